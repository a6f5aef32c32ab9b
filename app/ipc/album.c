#include "album.h"

#include <stdlib.h>
#include <string.h>

/* What it is made of. */
static void clear(ipc_entry *entry)
{
    ipc_image_free(&entry->image);
    if (!entry->is_given)
        source_close(entry->source);
    entry->source = NULL;
    entry->is_given = false;
    entry->frame = 0;
}

void ipc_entry_free(ipc_entry *entry)
{
    clear(entry);
    free(entry->name);
    *entry = (ipc_entry){0};
}

ipc_entry ipc_album_move(ipc_album *album, int index)
{
    ipc_entry *moved = &album->entries[index], entry = *moved;
    album->count--;
    memmove(moved, moved + 1, sizeof *moved * (size_t)(album->count - index));
    return entry;
}

void ipc_album_remove(ipc_album *album, int index)
{
    ipc_entry entry = ipc_album_move(album, index);
    ipc_entry_free(&entry);
}

void ipc_album_free(ipc_album *album)
{
    while (album->count > 0)
        ipc_album_remove(album, album->count - 1);
    source_close(album->given);
    free(album->entries);
    *album = (ipc_album){0};
}

static ipc_entry *add_entry(ipc_album *album, const char *name, error *error)
{
    ipc_entry *entries = realloc(album->entries, sizeof *entries * (size_t)(album->count + 1));
    char *copy = entries ? strdup(name) : NULL;
    album->entries = entries ? entries : album->entries;
    if (!copy) {
        error_set(error, "%s: not enough memory", name);
        return NULL;
    }
    entries[album->count] = (ipc_entry){.name = copy};
    return &entries[album->count++];
}

bool ipc_album_open(ipc_album *album, error *error)
{
    if (album->reading.path_count == 0)
        return true;
    album->given = source_open(&album->reading, error);
    for (int i = 0; album->given && i < source_count(album->given); i++) {
        ipc_entry *entry = add_entry(album, source_path(album->given, i), error);
        if (!entry)
            return false;
        entry->source = album->given;
        entry->frame = i;
        entry->is_given = true;
        entry->version = ++album->versions;
    }
    return album->given;
}

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static exr_planes planes_of(const ipc_image *image)
{
    return (exr_planes){.name = image->name,
                        .width = image->width,
                        .height = image->height,
                        .count = image->channel_count,
                        .channels = (const char *const *)image->channels,
                        .samples = (const float *const *)image->planes};
}

exr_planes ipc_entry_planes(const ipc_entry *entry)
{
    return planes_of(&entry->image);
}

static bool read_image(const ipc_album *album, const ipc_image *image, frame *frame, error *error)
{
    const exr_planes planes = planes_of(image);
    return exr_read_planes(&planes, album->reading.channels, album->reading.channel_count, frame, error);
}

bool ipc_album_read(const ipc_album *album, const ipc_entry *entry, frame *frame, error *error)
{
    return read_image(album, &entry->image, frame, error);
}

/* ---- What packets ask for ---------------------------------------------------------------------------------------- */

/* The newest of that name. */
static ipc_entry *find(ipc_album *album, const char *name)
{
    for (int i = album->count - 1; i >= 0; i--)
        if (!album->entries[i].is_closed && strcmp(album->entries[i].name, name) == 0)
            return &album->entries[i];
    return NULL;
}

static void touch(ipc_album *album, ipc_entry *entry, const ipc_packet *packet, unsigned client)
{
    entry->client = client;
    entry->gone_ns = 0;
    entry->version = ++album->versions;
    entry->wants_focus = entry->wants_focus || packet->grab_focus;
}

static uint64_t bytes_of_others(const ipc_album *album, const ipc_entry *entry)
{
    uint64_t bytes = 0;
    for (int i = 0; i < album->count; i++)
        if (&album->entries[i] != entry)
            bytes += album->entries[i].image.bytes;
    return bytes;
}

/* A new entry, or the one of that name made empty: *entry, whose contents the caller
   gives. False: too many, no memory. */
static bool make_place(ipc_album *album, const ipc_packet *packet, ipc_entry **entry, error *error)
{
    int own = 0;
    if (*entry) {
        clear(*entry);
        return true;
    }
    for (int i = 0; i < album->count; i++)
        own += !album->entries[i].is_given;
    if (own >= IPC_MAX_IMAGES)
        return error_set(error, "%s: there are %d images already, expected at most that many", packet->name,
                         IPC_MAX_IMAGES);
    *entry = add_entry(album, packet->name, error);
    return *entry;
}

static bool create(ipc_album *album, const ipc_packet *packet, unsigned client, error *error)
{
    ipc_entry *entry = find(album, packet->name);
    ipc_image image;
    frame frame;
    if (!ipc_image_create(packet, bytes_of_others(album, entry), &image, error))
        return false;
    bool ok = read_image(album, &image, &frame, error);
    if (ok)
        frame_free(&frame);
    if (!ok || !make_place(album, packet, &entry, error)) {
        ipc_image_free(&image);
        return false;
    }
    entry->image = image;
    touch(album, entry, packet, client);
    return true;
}

static bool open_file(ipc_album *album, const ipc_packet *packet, unsigned client, error *error)
{
    ipc_entry *entry = find(album, packet->name);
    source_options reading = album->reading;
    reading.paths = &packet->name;
    reading.path_count = 1;
    source *source = source_open(&reading, error);
    if (!source)
        return false;
    const int count = source_count(source);
    if ((count == 1 || error_set(error, "%s: stands for %d frames, expected one", packet->name, count)) &&
        source_get(source, 0, error) && make_place(album, packet, &entry, error)) {
        entry->source = source;
        touch(album, entry, packet, client);
        return true;
    }
    source_close(source);
    return false;
}

static bool reload(ipc_album *album, ipc_entry *entry, const ipc_packet *packet, unsigned client, error *error)
{
    if (!entry->source)
        return error_set(error, "%s: was created here, there is no file to reload it from", packet->name);
    source_reload(entry->source, entry->frame);
    touch(album, entry, packet, client);
    return true;
}

static bool update(ipc_album *album, ipc_entry *entry, const ipc_packet *packet, unsigned client, error *error)
{
    if (entry->source)
        return error_set(error, "%s: is a file, which cannot be updated", packet->name);
    if (!ipc_image_update(&entry->image, packet, error))
        return false;
    touch(album, entry, packet, client);
    return true;
}

bool ipc_album_take(ipc_album *album, const ipc_packet *packet, unsigned client, error *error)
{
    ipc_entry *entry = find(album, packet->name);
    if (packet->operation == IPC_CREATE)
        return create(album, packet, client, error);
    if (packet->operation == IPC_OPEN)
        return open_file(album, packet, client, error);
    if (packet->operation == IPC_DRAW)
        return error_set(error, "%s: vector graphics are not drawn", packet->name);
    if (!entry)
        return error_set(error, "%s: no image of that name was created", packet->name);
    if (packet->operation == IPC_RELOAD)
        return reload(album, entry, packet, client, error);
    if (packet->operation == IPC_UPDATE)
        return update(album, entry, packet, client, error);
    entry->is_closed = true;
    return true;
}
