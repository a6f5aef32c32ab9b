#include "frame_name.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "app/files/frame_file.h"
#include "app/view/layers.h"

#define SEPARATORS "._-"

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* How long the name is without what says what kind of file it is. */
static size_t stem_length(const char *file)
{
    size_t length = strlen(file);
    if (frame_file_format(file))
        length -= strlen(frame_file_format(file)->extension);
    return length > 4 && strncasecmp(file + length - 4, ".hdr", 4) == 0 ? length - 4 : length;
}

static bool is_separator(char c)
{
    return c && strchr(SEPARATORS " ", c);
}

/* Where the number begins in a stem; its end: there is none. Behind a letter it has at least so many digits. */
static size_t find_number(const char *stem, size_t length, size_t least)
{
    size_t start = length;
    while (start > 0 && isdigit((unsigned char)stem[start - 1]))
        start--;
    if (start == 0 || is_separator(stem[start - 1]))
        return start;
    bool is_version = tolower((unsigned char)stem[start - 1]) == 'v' && (start == 1 || is_separator(stem[start - 2]));
    bool is_size =
        tolower((unsigned char)stem[start - 1]) == 'x' && start > 1 && isdigit((unsigned char)stem[start - 2]);
    return length - start >= least && !is_version && !is_size ? start : length;
}

static void copy(char *to, size_t size, const char *from, size_t length)
{
    snprintf(to, size, "%.*s", (int)length, from);
}

static void split(const char *path, size_t least, frame_name *name)
{
    const char *file = file_name(path);
    size_t length = stem_length(file), start = find_number(file, length, least), end = start;
    if (length - start >= sizeof name->number)
        start = end = length;
    while (end > 0 && start < length && is_separator(file[end - 1]))
        end--;
    copy(name->name, sizeof name->name, end > 0 ? file : "frame", end > 0 ? end : 5);
    copy(name->number, sizeof name->number, file + start, length - start);
    copy(name->before, sizeof name->before, file, start);
    copy(name->after, sizeof name->after, file + length, strlen(file + length));
}

void frame_name_split(const char *path, frame_name *name)
{
    split(path, 3, name);
}

void frame_name_split_numbered(const char *path, frame_name *name)
{
    split(path, 1, name);
}

bool frame_name_same_sequence(const frame_name *one, const frame_name *other)
{
    return *one->number && *other->number && strcmp(one->before, other->before) == 0 &&
           strcmp(one->after, other->after) == 0;
}

void frame_name_split_among(const char *path, const char *before, const char *after, frame_name *name)
{
    const char *const neighbors[] = {before, after};
    frame_name numbered, other;
    frame_name_split(path, name);
    frame_name_split_numbered(path, &numbered);
    for (int i = 0; i < 2 && !*name->number; i++) {
        if (!neighbors[i])
            continue;
        frame_name_split_numbered(neighbors[i], &other);
        if (frame_name_same_sequence(&numbered, &other))
            *name = numbered;
    }
}

bool frame_name_is_result(const char *path)
{
    const char *file = file_name(path);
    for (const char *word = file; *word; word += strspn(word, SEPARATORS)) {
        size_t length = strcspn(word, SEPARATORS);
        for (int layer = FRAME_LAYER_COUNT; layer < LAYER_FURTHER_GATHER; layer++)
            if (strlen(layer_rows[layer].name) == length && strncasecmp(word, layer_rows[layer].name, length) == 0)
                return true;
        word += length;
    }
    return false;
}
