/* Files that are not there, for the program that this is loaded into: those whose paths have WF_WITHOUT in them. */
#include <dlfcn.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

typedef FILE *open_function(const char *path, const char *mode);

FILE *fopen(const char *path, const char *mode)
{
    const char *missing = getenv("WF_WITHOUT");
    open_function *next;
    if (missing && strstr(path, missing)) {
        errno = ENOENT;
        return NULL;
    }
    *(void **)&next = dlsym(RTLD_NEXT, "fopen");
    return next(path, mode);
}
