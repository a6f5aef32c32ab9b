#include "output.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/interrupt.h"

enum { MOST_LINKS = 40, NO_DESCRIPTOR = -1 };

static bool fail(const char *path, error *error)
{
    return error_set(error, "%s: cannot write: %s", path, strerror(errno));
}

/* ---- Places ------------------------------------------------------------------------------------------------------ */

/* The number of a name in /proc/self/fd, however that folder is called. */
static int descriptor_of(const char *path)
{
    char folder[PATH_MAX], real[PATH_MAX], own[64], *end;
    const char *slash = strrchr(path, '/');
    if (!slash || slash == path || slash - path >= PATH_MAX)
        return NO_DESCRIPTOR;
    snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
    snprintf(own, sizeof own, "/proc/%ld/fd", (long)getpid());
    if (!realpath(folder, real) || strcmp(real, own) != 0)
        return NO_DESCRIPTOR;
    long number = strtol(slash + 1, &end, 10);
    return end == slash + 1 || *end || number < 0 || number > INT_MAX ? NO_DESCRIPTOR : (int)number;
}

/* Where the link at `path` leads. NULL: it is none, or there is no memory. */
static char *follow(const char *path)
{
    char target[PATH_MAX], *next = NULL;
    ssize_t length = readlink(path, target, sizeof target - 1);
    if (length < 0)
        return NULL;
    target[length] = 0;
    const char *slash = strrchr(path, '/');
    int folder = *target != '/' && slash ? (int)(slash - path) + 1 : 0;
    return asprintf(&next, "%.*s%s", folder, path, target) < 0 ? NULL : next;
}

char *output_target(const char *path)
{
    char *target = strdup(strcmp(path, "-") == 0 ? "/dev/stdout" : path);
    for (int links = 0; target && descriptor_of(target) == NO_DESCRIPTOR; links++) {
        char *next = follow(target);
        if (!next)
            return target;
        free(target);
        target = next;
        if (links == MOST_LINKS) {
            free(target);
            errno = ELOOP;
            return NULL;
        }
    }
    return target;
}

bool output_is_stdout(const char *path)
{
    char *target = path ? output_target(path) : NULL;
    bool is = target && descriptor_of(target) == STDOUT_FILENO;
    free(target);
    return is;
}

/* ---- Opening ----------------------------------------------------------------------------------------------------- */

static void forget(output *output)
{
    if (output->temporary)
        interrupt_forgets(output->temporary);
    free(output->path);
    free(output->target);
    free(output->temporary);
}

/* Beside the target, with the permissions of what is replaced. */
static bool open_beside(output *output, const struct stat *replaced)
{
    if (asprintf(&output->temporary, "%s.%ld.tmp", output->target, (long)getpid()) < 0) {
        output->temporary = NULL;
        errno = ENOMEM;
        return false;
    }
    if (!interrupt_removes(output->temporary)) {
        errno = EMFILE;
        return false;
    }
    output->file = fopen(output->temporary, "wbx");
    return output->file && (!replaced || fchmod(fileno(output->file), replaced->st_mode & 07777) == 0);
}

static bool can_be_written(int descriptor)
{
    int flags = fcntl(descriptor, F_GETFL);
    errno = EBADF;
    return flags != -1 && (flags & O_ACCMODE) != O_RDONLY;
}

static bool open_place(output *output, error *error)
{
    struct stat there;
    output->descriptor = descriptor_of(output->target);
    bool is_descriptor = output->descriptor != NO_DESCRIPTOR;
    bool exists = is_descriptor || stat(output->target, &there) == 0;
    if (!is_descriptor && exists && (S_ISDIR(there.st_mode) || S_ISSOCK(there.st_mode)))
        return error_set(error, "%s: cannot write: it exists and is not a regular file", output->path);
    if (is_descriptor ? !can_be_written(output->descriptor) : exists && access(output->target, W_OK) != 0)
        return fail(output->path, error);
    if (!is_descriptor && (!exists || S_ISREG(there.st_mode)))
        return open_beside(output, exists ? &there : NULL) || fail(output->path, error);
    output->file = tmpfile();
    return output->file || fail(output->path, error);
}

bool output_open(output *output, const char *path, error *error)
{
    *output = (struct output){.path = strdup(path), .target = output_target(path)};
    bool opened = output->path && output->target ? open_place(output, error) : fail(path, error);
    if (opened)
        return true;
    if (output->file) {
        fclose(output->file);
        unlink(output->temporary);
    }
    forget(output);
    return false;
}

/* ---- Closing ----------------------------------------------------------------------------------------------------- */

static bool write_all(int to, const char *bytes, size_t count)
{
    while (count > 0) {
        ssize_t written = write(to, bytes, count);
        if (written < 0 && errno == EINTR)
            continue;
        if (written < 0)
            return false;
        bytes += written;
        count -= (size_t)written;
    }
    return true;
}

/* All of a file to a descriptor, where what the program has printed comes first. */
static bool pour(FILE *from, int to)
{
    char bytes[1 << 16];
    fflush(stdout);
    bool ok = fseek(from, 0, SEEK_SET) == 0;
    for (size_t count; ok && (count = fread(bytes, 1, sizeof bytes, from)) > 0;)
        ok = write_all(to, bytes, count);
    return ok && !ferror(from);
}

static bool pour_out(output *output)
{
    if (output->descriptor != NO_DESCRIPTOR)
        return pour(output->file, output->descriptor);
    int to = open(output->target, O_WRONLY | O_CLOEXEC | O_NOCTTY);
    if (to < 0)
        return false;
    bool poured = pour(output->file, to);
    return (close(to) == 0 || errno == EINTR) && poured;
}

static bool finish(output *output, error *error)
{
    errno = 0;
    bool written = fflush(output->file) == 0 && !ferror(output->file);
    if (!written && errno == 0 && pwrite(fileno(output->file), "", 1, lseek(fileno(output->file), 0, SEEK_END)) == 1)
        errno = EIO; /* an earlier failure, for a reason that is gone */
    if (written && !output->temporary)
        written = pour_out(output);
    if (!written)
        fail(output->path, error);
    fclose(output->file);
    return written &&
           (!output->temporary || rename(output->temporary, output->target) == 0 || fail(output->path, error));
}

bool output_close(output *output, bool success, error *error)
{
    if (success)
        success = finish(output, error);
    else
        fclose(output->file);
    if (!success && output->temporary)
        unlink(output->temporary);
    forget(output);
    return success;
}
