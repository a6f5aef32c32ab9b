#include "results.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "app/files/output.h"
#include "profiler.h"

static bool can_write(const char *path, error *error)
{
    output output;
    if (!path)
        return true;
    if (!output_open(&output, path, error))
        return false;
    output_close(&output, false, error);
    return true;
}

/* Like mkdir -p. */
static bool make_directory(const char *path, error *error)
{
    char part[4096];
    struct stat status;
    if (strlen(path) >= sizeof part)
        return error_set(error, "--save: a path of %zu characters is too long", strlen(path));
    for (size_t i = 1; i <= strlen(path); i++) {
        if (path[i] && path[i] != '/')
            continue;
        memcpy(part, path, i);
        part[i] = 0;
        if (mkdir(part, 0777) != 0 && errno != EEXIST)
            return error_set(error, "%s: cannot make this directory: %s", part, strerror(errno));
    }
    if (stat(path, &status) != 0 || !S_ISDIR(status.st_mode))
        return error_set(error, "%s: is not a directory", path);
    return true;
}

bool results_check(const options *options, error *error)
{
    if (options->save) {
        char path[4200];
        if (!make_directory(options->save, error))
            return false;
        results_path(options, "gather", 0, 1, path, sizeof path);
        if (!can_write(path, error))
            return false;
    }
    return can_write(options->screenshot, error) && can_write(options->report, error) &&
           can_write(options->trace, error);
}

void results_path(const options *options, const char *name, int frame, int frame_count, char *path, size_t size)
{
    if (frame_count == 1)
        snprintf(path, size, "%s/%s.exr", options->save, name);
    else
        snprintf(path, size, "%s/%s.%04d.exr", options->save, name, frame + 1);
}

int64_t results_process_start(void)
{
    unsigned long long ticks = 0;
    struct timespec since_boot;
    FILE *file = fopen("/proc/self/stat", "r");
    /* Field 22, after a name in parentheses: clock ticks from boot to this process's start. */
    bool known = file && fscanf(file,
                                "%*d (%*[^)]) %*c %*d %*d %*d %*d %*d %*u %*u %*u %*u %*u %*u %*u %*d %*d %*d %*d %*d "
                                "%*d %llu",
                                &ticks) == 1;
    if (file)
        fclose(file);
    if (!known || clock_gettime(CLOCK_BOOTTIME, &since_boot) != 0)
        return profiler_now();
    double running =
        (double)since_boot.tv_sec + 1e-9 * (double)since_boot.tv_nsec - (double)ticks / (double)sysconf(_SC_CLK_TCK);
    return profiler_now() - (int64_t)(running * 1e9);
}
