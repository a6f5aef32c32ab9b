#include "output.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static bool fail(const char *path, error *error)
{
    return error_set(error, "%s: cannot write: %s", path, strerror(errno));
}

bool output_open(output *output, const char *path, error *error)
{
    memset(output, 0, sizeof *output);
    struct stat status;
    if (stat(path, &status) == 0 && !S_ISREG(status.st_mode))
        return error_set(error, "%s: cannot write: it exists and is not a regular file", path);
    output->path = strdup(path);
    if (!output->path || asprintf(&output->temporary, "%s.%ld.tmp", path, (long)getpid()) < 0) {
        free(output->path);
        errno = ENOMEM;
        return fail(path, error);
    }
    output->file = fopen(output->temporary, "wbx");
    if (output->file)
        return true;
    fail(path, error);
    free(output->path);
    free(output->temporary);
    return false;
}

static bool finish(output *output, error *error)
{
    errno = EIO; /* for an earlier failure that does not repeat itself here */
    bool written = fflush(output->file) == 0 && !ferror(output->file);
    if (!written)
        fail(output->path, error);
    fclose(output->file);
    return written && (rename(output->temporary, output->path) == 0 || fail(output->path, error));
}

bool output_close(output *output, bool success, error *error)
{
    if (success)
        success = finish(output, error);
    else
        fclose(output->file);
    if (!success)
        unlink(output->temporary);
    free(output->path);
    free(output->temporary);
    return success;
}
