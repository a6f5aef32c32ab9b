#include "input.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#define MAX_FILE ((uint64_t)8 << 30)

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

uint8_t *input_read_file(const char *path, size_t *size, error *error)
{
    input input;
    if (!input_open(&input, path, error))
        return NULL;
    uint8_t *bytes = input.size <= MAX_FILE ? malloc(input.size + 1) : NULL;
    int64_t length = bytes ? input_read(&input, bytes, input.size, 0, error) : -1;
    if (!bytes)
        error_set(error, "not enough memory for %llu bytes", (unsigned long long)input.size);
    input_close(&input);
    if (length >= 0) {
        *size = (size_t)length;
        return bytes;
    }
    free(bytes);
    return NULL;
}
