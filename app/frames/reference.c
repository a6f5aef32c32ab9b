#include "reference.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "app/files/frame_file.h"
#include "frame_name.h"
#include "sequence.h"

static char *if_there(char *path)
{
    if (path && access(path, F_OK) == 0)
        return path;
    free(path);
    return NULL;
}

static const char *name_of(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static const char *extension_of(const char *name)
{
    return frame_file_format(name) ? strrchr(name, '.') : ".exr";
}

/* Its format is the frame's where that is one that frames have. */
static char *find_beside(const char *frame, char place[REFERENCE_PLACE])
{
    static const char *const marks[] = {NULL, ".ref", "_ref"};
    const char *name = name_of(frame), *extension = extension_of(name), *dot = strrchr(name, '.');
    const int folder = (int)(name - frame), stem = (int)((dot ? dot : strchr(name, 0)) - frame);
    for (int i = 0; i < 3; i++) {
        char *candidate = NULL;
        if ((marks[i] ? asprintf(&candidate, "%.*s%s%s", stem, frame, marks[i], extension)
                      : asprintf(&candidate, "%.*sreference/%s", folder, frame, name)) < 0)
            return NULL;
        snprintf(place, REFERENCE_PLACE, "%s*%s%s", marks[i] ? "" : "reference/", marks[i] ? marks[i] : "", extension);
        candidate = if_there(candidate);
        if (candidate)
            return candidate;
    }
    return NULL;
}

/* Of a folder's name, without slashes at its end. */
static int folder_length(const char *path)
{
    int length = (int)strlen(path);
    while (length > 1 && path[length - 1] == '/')
        length--;
    return length;
}

/* Whether it is there or not; NULL: the frame has no number, or there is no memory. */
static char *expected_path(reference_kind kind, const char *asked, const char *frame)
{
    frame_name name;
    char *path = NULL;
    if (kind == REFERENCE_FOLDER)
        return asprintf(&path, "%.*s/%s", folder_length(asked), asked, name_of(frame)) < 0 ? NULL : path;
    frame_name_split_numbered(frame, &name);
    return *name.number ? sequence_path(asked, name.number) : NULL;
}

reference_kind reference_kind_of(const char *asked)
{
    struct stat status;
    if (!asked)
        return REFERENCE_BESIDE;
    if (stat(asked, &status) == 0)
        return S_ISDIR(status.st_mode) ? REFERENCE_FOLDER : REFERENCE_SHARED;
    return sequence_is_numbered(asked) ? REFERENCE_NUMBERED : REFERENCE_SHARED;
}

char *reference_find(const char *asked, const char *frame, char place[REFERENCE_PLACE])
{
    if (!asked)
        return find_beside(frame, place);
    const reference_kind kind = reference_kind_of(asked);
    if (kind == REFERENCE_FOLDER)
        snprintf(place, REFERENCE_PLACE, "%.*s/*%s", folder_length(asked), asked, extension_of(name_of(frame)));
    else
        snprintf(place, REFERENCE_PLACE, "%s", asked);
    return if_there(expected_path(kind, asked, frame));
}

/* Which frame lacks one, of how many; false and *error where that cannot be told. */
static bool count_missing(reference_kind kind, const char *asked, char *const *frames, int count, int *missing,
                          int *first, error *error)
{
    for (int i = 0; i < count; i++) {
        char *path = expected_path(kind, asked, frames[i]);
        if (!path)
            return error_set(error, "--reference %s: %s has no number to take one by", asked, frames[i]);
        path = if_there(path);
        *first = !path && *missing == 0 ? i : *first;
        *missing += !path;
        free(path);
    }
    return true;
}

bool reference_check(const char *asked, char *const *frames, int count, char **sentence, error *error)
{
    const reference_kind kind = reference_kind_of(asked);
    int missing = 0, first = 0;
    *sentence = NULL;
    if (kind == REFERENCE_BESIDE || kind == REFERENCE_SHARED)
        return true;
    if (!count_missing(kind, asked, frames, count, &missing, &first, error))
        return false;
    char *path = expected_path(kind, asked, frames[first]);
    const bool ok = missing < count;
    if (!ok)
        error_set(error, "--reference %s: no file for any of %d frame%s, the first would be %s", asked, count,
                  count == 1 ? "" : "s", path);
    else if (missing > 0 && asprintf(sentence, "--reference %s: no file for %d of %d frames, the first would be %s\n",
                                     asked, missing, count, path) < 0)
        *sentence = NULL;
    free(path);
    return ok;
}
