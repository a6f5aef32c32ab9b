/* The names of a file's channels, without those of its views. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "exr_reader.h"

/* Names between dots, as a file's header lists its views; the first one is what a frame is read from, unless
   --channel names a color of another. */
typedef struct views {
    const char *const *names;
    int count;
} views;

/* Where a view's name stands between the dots of a channel's or part's name, or NULL. */
static char *find_view(char *text, const char *view)
{
    size_t length = strlen(view);
    for (char *at = length ? strstr(text, view) : NULL; at; at = strstr(at + 1, view))
        if ((at == text || at[-1] == '.') && (at[length] == '.' || at[length] == '\0'))
            return at;
    return NULL;
}

/* Removes a view's name and a dot beside it. */
static bool remove_view(char *text, const char *view)
{
    char *at = find_view(text, view);
    if (!at)
        return false;
    char *rest = at + strlen(view);
    if (*rest == '.')
        rest++;
    else if (at > text)
        at--;
    memmove(at, rest, strlen(rest) + 1);
    return true;
}

/* Files that do not list their views, and have channels of both these. */
static const char *const usual_views[] = {"left", "right"};

static bool has_channel_of(const exr_file *file, const char *view)
{
    for (int part = 0; part < exr_file_part_count(file); part++) {
        const exr_part *own = exr_file_part(file, part);
        for (int i = 0; i < own->channel_count; i++) {
            char *name = strdup(own->channels[i].name);
            bool found = name && find_view(name, view);
            free(name);
            if (found)
                return true;
        }
    }
    return false;
}

static views list_views(const exr_file *file)
{
    const exr_part *first = exr_file_part(file, 0);
    if (first->view_count > 0)
        return (views){first->views, first->view_count};
    if (has_channel_of(file, usual_views[0]) && has_channel_of(file, usual_views[1]))
        return (views){usual_views, 2};
    return (views){0};
}

/* The first part's that says of which view it is. */
static const char *first_view(const exr_file *file, const views *views)
{
    if (views->count > 0)
        return views->names[0];
    for (int part = 0; part < exr_file_part_count(file); part++)
        if (*exr_file_part(file, part)->view)
            return exr_file_part(file, part)->view;
    return "";
}

/* PART.CHANNEL; to be freed. NULL: no memory. */
static char *join(const char *part, const char *channel)
{
    char *name = NULL;
    return asprintf(&name, "%s%s%s", part, *part ? "." : "", channel) < 0 ? NULL : name;
}

static bool set_names(entry *entry, const char *part, const char *channel, const char *view, const views *views)
{
    char *own_part = strdup(part), *own = strdup(channel[0] == '.' ? channel + 1 : channel);
    bool ok = own_part && own;
    for (int i = 1; ok && i < views->count; i++)
        if (find_view(own_part, views->names[i]) || find_view(own, views->names[i]))
            entry->view = views->names[i];
    if (ok) {
        remove_view(own_part, *entry->view ? entry->view : view);
        remove_view(own, *entry->view ? entry->view : view);
    }
    if (ok) {
        entry->written = join(part, channel);
        entry->name = join(own_part, own);
        ok = entry->written && entry->name;
        entry->written_own = strlen(part) + (*part ? 1 : 0);
        entry->own = strlen(own_part) + (*own_part ? 1 : 0);
    }
    free(own_part);
    free(own);
    return ok;
}

static bool add_part(reader *reader, int part, const char *view, const views *views)
{
    const exr_part *own = exr_file_part(reader->file, part);
    const char *name = exr_file_part_count(reader->file) > 1 ? own->name : "";
    entry *entries = realloc(
        reader->entries, sizeof *entries * (size_t)(reader->entry_count + own->channel_count + !own->channel_count));
    if (!entries)
        return false;
    reader->entries = entries;
    for (int i = 0; i < own->channel_count; i++) {
        entry *entry = &entries[reader->entry_count++];
        *entry = (struct entry){.part = part, .channel = i, .view = strcmp(own->view, view) != 0 ? own->view : ""};
        if (!set_names(entry, name, own->channels[i].name, view, views))
            return false;
    }
    return true;
}

/* Takes the file. */
static bool add_file(reader *reader, exr_file *file, error *error)
{
    *reader = (struct reader){.file = file, .view = "", .color_part = -1};
    if (!reader->file)
        return false;
    views views = list_views(reader->file);
    const char *view = first_view(reader->file, &views);
    for (int part = 0; part < exr_file_part_count(reader->file); part++)
        if (!add_part(reader, part, view, &views))
            return error_set(error, "not enough memory for the names of its channels");
    return true;
}

bool reader_open(reader *reader, const char *path, error *error)
{
    return add_file(reader, exr_file_open(path, error), error);
}

bool reader_open_planes(reader *reader, const exr_planes *planes, error *error)
{
    return add_file(reader, exr_file_of_planes(planes, error), error);
}

void reader_close(reader *reader)
{
    for (int e = 0; e < reader->entry_count; e++) {
        free(reader->entries[e].written);
        free(reader->entries[e].name);
    }
    free(reader->entries);
    exr_file_close(reader->file);
    *reader = (struct reader){0};
}

/* ---- Of an open file --------------------------------------------------------------------------------------------- */

size_t group_length(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? (size_t)(dot - name) : 0;
}

const char *component_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    return dot ? dot + 1 : name;
}

bool is_of_view(const reader *reader, const entry *entry)
{
    return strcmp(entry->view, reader->view) == 0;
}

const entry *entry_of(const reader *reader, int part, int channel)
{
    const entry *entry = reader->entries;
    while (entry->part != part || entry->channel != channel)
        entry++;
    return entry;
}

const char *written_name(const reader *reader, int part, int channel)
{
    return entry_of(reader, part, channel)->written;
}
