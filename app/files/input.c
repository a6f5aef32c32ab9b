#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

bool input_open(input *input, const char *path, error *error)
{
    struct stat status;
    input->descriptor = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK); /* O_NONBLOCK: a pipe must not block here */
    if (input->descriptor < 0)
        return error_set(error, "cannot open: %s", strerror(errno));
    if (fstat(input->descriptor, &status) == 0 && S_ISREG(status.st_mode)) {
        input->size = (uint64_t)status.st_size;
        return true;
    }
    input_close(input);
    return error_set(error, "cannot open: not a regular file");
}

void input_close(input *input)
{
    close(input->descriptor);
}

int64_t input_read(const input *input, void *to, uint64_t size, uint64_t offset, error *error)
{
    uint64_t done = 0;
    while (done < size) {
        ssize_t got = pread(input->descriptor, (char *)to + done, size - done, (off_t)(offset + done));
        if (got < 0 && errno == EINTR)
            continue;
        if (got < 0) {
            error_set(error, "cannot read: %s", strerror(errno));
            return -1;
        }
        if (got == 0)
            break;
        done += (uint64_t)got;
    }
    return (int64_t)done;
}
