#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "app/dataset/dataset.h"
#include "app/frames/sequence.h"
#include "app/viewer/viewer.h"
#include "interrupt.h"
#include "options.h"
#include "settings.h"

enum { EXIT_DONE = 0, EXIT_FAILED = 1, EXIT_USAGE = 2, EXIT_OF_SIGNALS = 128 };

/* For someone to look at. */
static bool opens_window(const options *options)
{
    return !options->help && !options->version && !options->list && !options->dataset && !options->headless &&
           options->frames == 0;
}

/* Where standard files are closed their numbers are taken: else the first files that are opened would have them, a
 * driver's cache or a result among these, and what is printed would go there. */
static void take_closed_files(void)
{
    int file = open("/dev/null", O_RDWR);
    while (file >= 0 && file <= STDERR_FILENO)
        file = open("/dev/null", O_RDWR);
    if (file >= 0)
        close(file);
}

/* What was printed has arrived; one that is closed wants none of it. */
static bool end_output(error *error)
{
    errno = 0;
    if (fflush(stdout) == 0 && !ferror(stdout))
        return true;
    if (errno == 0 && write(STDOUT_FILENO, "\n", 1) == 1)
        errno = EIO; /* an earlier failure, for a reason that is gone */
    return errno == EBADF || error_set(error, "standard output: cannot write: %s", strerror(errno));
}

int main(int argc, char **argv)
{
    options options;
    error error = {0};
    take_closed_files();
    interrupt_watch();
    options_result parsed = options_parse(argc, argv, &options, &error);
    bool ok = parsed == OPTIONS_OK;
    if (ok && opens_window(&options))
        settings_apply(argc, argv, &options);
    if (ok && options.help)
        options_print_manual(stdout);
    else if (ok && options.version)
        puts("wfview " WF_VERSION);
    else if (ok && options.list)
        ok = sequence_list(options.list, options.channels, options.channel_count, stdout, &error);
    else if (ok)
        ok = options.dataset ? dataset_run(&options, &error) : viewer_run(&options, &error);
    ok = ok && end_output(&error);
    if (!ok && *error.message)
        fprintf(stderr, "wfview: %s\n", error.message);
    if (interrupt_came())
        return EXIT_OF_SIGNALS + interrupt_came();
    return ok ? EXIT_DONE : parsed == OPTIONS_USAGE ? EXIT_USAGE : EXIT_FAILED;
}
