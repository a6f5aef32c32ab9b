/* album.h -- what clients have opened and created, by name and in that order: packets change it, frames are read from
 * it. Knows neither sockets nor clocks. */
#ifndef WFVIEW_IPC_ALBUM_H
#define WFVIEW_IPC_ALBUM_H

#include "app/files/exr.h"
#include "app/frames/source.h"
#include "images.h"

#define IPC_MAX_IMAGES 64 /* that clients opened and created */

typedef struct ipc_entry {
    char *name;
    ipc_image image; /* one that was created; its name NULL: a file ... */
    source *source;  /* ... which is this frame of this source */
    int frame;
    bool is_given;    /* it was there at first, the source is the album's */
    unsigned client;  /* whose packet changed it last */
    uint64_t version; /* differs after each change, and from those of all other entries */
    bool is_closed;   /* the client needs it no more; it is still here, until ipc_album_remove */
    bool wants_focus; /* it is to be shown; for the caller to take back */

    /* The caller's, 0 in a new entry. */
    uint64_t seen;   /* a version */
    int64_t gone_ns; /* when the client's connection ended; 0: it has not, or another one came */
} ipc_entry;

/* Zeroed but for how files are read, and by which mappings channels become layers, it is ready. */
typedef struct ipc_album {
    source_options reading;
    source *given; /* the files that were there at first, or NULL */
    ipc_entry *entries;
    int count;
    uint64_t versions;
} ipc_album;

/* With the files of reading.paths, if there are any, as its first entries. */
bool ipc_album_open(ipc_album *album, error *error);

void ipc_album_free(ipc_album *album);

/* Does what a packet asks for. False and *error, which begins with the image's name, where that cannot be, and nothing
 * has changed: there is no such image, one of the reasons of images.h, it has no color among its channels, the file
 * cannot be read, there are IPC_MAX_IMAGES. Of IPC_DRAW it is said that nothing is drawn. */
bool ipc_album_take(ipc_album *album, const ipc_packet *packet, unsigned client, error *error);

void ipc_album_remove(ipc_album *album, int index);

/* An entry that is removed is moved out of the album, and freed. */
ipc_entry ipc_album_move(ipc_album *album, int index);
void ipc_entry_free(ipc_entry *entry);

/* Of an entry's image, or zeroed: it is a file. Valid until it changes. */
exr_planes ipc_entry_planes(const ipc_entry *entry);

/* Of an entry's image: the frame as it is now, in memory that is the caller's. False and *error. */
bool ipc_album_read(const ipc_album *album, const ipc_entry *entry, frame *frame, error *error);

#endif
