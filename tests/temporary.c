#include "temporary.h"

#include <dirent.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char folder[] = "/tmp/wfview-test-XXXXXX";

static void fail(const char *what)
{
    perror(what);
    exit(1);
}

/* Visits every name in the folder; returns how many there are. */
static int visit(void (*act)(const char *path))
{
    DIR *directory = opendir(temporary_path(""));
    int count = 0;
    if (!directory)
        fail(folder);
    for (struct dirent *entry; (entry = readdir(directory));) {
        if (strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0)
            continue;
        count++;
        if (act)
            act(temporary_path(entry->d_name));
    }
    closedir(directory);
    return count;
}

static int remove_entry(const char *path, const struct stat *status, int kind, struct FTW *level)
{
    (void)status, (void)kind, (void)level;
    return remove(path);
}

void temporary_remove(const char *path)
{
    if (nftw(path, remove_entry, 8, FTW_DEPTH | FTW_PHYS) != 0)
        fail(path);
}

static void end(void)
{
    visit(temporary_remove);
    rmdir(folder);
}

const char *temporary_path(const char *name)
{
    static char paths[8][512];
    static unsigned next;
    static int made;
    if (!made) {
        if (!mkdtemp(folder))
            fail(folder);
        atexit(end);
        made = 1;
    }
    char *path = paths[next++ % 8];
    snprintf(path, sizeof paths[0], "%s/%s", folder, name);
    return path;
}

int temporary_count(void)
{
    return visit(NULL);
}

void temporary_clear(void)
{
    visit(temporary_remove);
}

void temporary_write(const char *name, const void *bytes, size_t size)
{
    FILE *file = fopen(temporary_path(name), "wb");
    if (!file || fwrite(bytes, 1, size, file) != size || fclose(file) != 0)
        fail(name);
}

char *temporary_read(const char *name, size_t *size)
{
    FILE *file = fopen(temporary_path(name), "rb");
    if (!file)
        fail(name);
    fseek(file, 0, SEEK_END);
    *size = (size_t)ftell(file);
    rewind(file);
    char *bytes = calloc(1, *size + 1);
    if (fread(bytes, 1, *size, file) != *size)
        fail(name);
    fclose(file);
    return bytes;
}
