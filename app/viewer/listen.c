/* What other programs tell the window to show. */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "state.h"

/* What the messages of one turn come to. */
typedef struct turn {
    viewer *viewer;
    char **paths; /* of all frames from then on; owned, as they are */
    int count;
    bool is_changed;
    char *shown; /* the frame that is to be shown; owned, NULL: the one that is */
} turn;

static void complain(void *user, const char *sentence)
{
    fprintf(stderr, "wfview: warning: --ipc: %s\n", sentence);
    viewer_notify(((turn *)user)->viewer, true, sentence);
}

static int find_path(const turn *turn, const char *path)
{
    int i = turn->count - 1;
    while (i >= 0 && strcmp(turn->paths[i], path) != 0)
        i--;
    return i;
}

static void add_path(turn *turn, const char *path)
{
    if (find_path(turn, path) >= 0)
        return;
    char **paths = realloc(turn->paths, sizeof *paths * ((size_t)turn->count + 1));
    char *copy = paths ? strdup(path) : NULL;
    turn->paths = paths ? paths : turn->paths;
    if (!copy) {
        complain(turn, "not enough memory for one more image");
        return;
    }
    paths[turn->count++] = copy;
    turn->is_changed = true;
}

static void show(turn *turn, const packet *packet, const char *path)
{
    if (!packet->grabs_focus)
        return;
    free(turn->shown);
    turn->shown = strdup(path);
}

/* A frame by its name or its file's. */
static const char *path_of(turn *turn, const char *name)
{
    const sent_image *image = images_find(&turn->viewer->images, name);
    return image ? image->path : name;
}

static bool reload(viewer *viewer, const char *path, error *error)
{
    for (int i = 0; i < viewer->context.frame_count; i++)
        if (strcmp(feed_path(&viewer->feed, i), path) == 0)
            return viewer_reload_frame(viewer, i, error);
    return true;
}

static void open_file(turn *turn, const packet *packet)
{
    add_path(turn, packet->image);
    show(turn, packet, packet->image);
}

static void reload_file(turn *turn, const packet *packet)
{
    const char *path = path_of(turn, packet->image);
    error error;
    if (find_path(turn, path) < 0)
        error_set(&error, "%s: is not open", packet->image);
    else if (reload(turn->viewer, path, &error)) {
        show(turn, packet, path);
        return;
    }
    complain(turn, error.message);
}

static void close_image(turn *turn, const packet *packet)
{
    sent_image *image = images_find(&turn->viewer->images, packet->image);
    const int index = find_path(turn, path_of(turn, packet->image));
    error error;
    if (index < 0 || turn->count == 1) {
        error_set(&error, index < 0 ? "%s: is not open" : "%s: the last image stays open", packet->image);
        complain(turn, error.message);
        return;
    }
    free(turn->paths[index]);
    memmove(turn->paths + index, turn->paths + index + 1, sizeof *turn->paths * (size_t)(--turn->count - index));
    turn->is_changed = true;
    if (image)
        images_remove(&turn->viewer->images, image);
}

static void create(turn *turn, const packet *packet)
{
    viewer *viewer = turn->viewer;
    error error;
    const sent_image *old = images_find(&viewer->images, packet->image);
    const int index = old ? find_path(turn, old->path) : -1;
    if (index >= 0) {
        free(turn->paths[index]);
        memmove(turn->paths + index, turn->paths + index + 1, sizeof *turn->paths * (size_t)(--turn->count - index));
    }
    sent_image *image = images_create(&viewer->images, packet, &error);
    if (!image || !images_write(&viewer->images, image, &error)) {
        turn->is_changed = turn->is_changed || index >= 0;
        complain(turn, error.message);
        return;
    }
    add_path(turn, image->path);
    show(turn, packet, image->path);
}

static void take(void *user, const packet *packet)
{
    turn *turn = user;
    error error;
    const sent_image *image;
    switch (packet->kind) {
    case PACKET_OPEN:
        open_file(turn, packet);
        break;
    case PACKET_RELOAD:
        reload_file(turn, packet);
        break;
    case PACKET_CLOSE:
        close_image(turn, packet);
        break;
    case PACKET_CREATE:
        create(turn, packet);
        break;
    case PACKET_UPDATE:
        image = images_update(&turn->viewer->images, packet, &error);
        if (image)
            show(turn, packet, image->path);
        else
            complain(turn, error.message);
        break;
    case PACKET_DRAWING:
        complain(turn, "lines that are drawn over images are not shown");
    }
}

static bool begin(turn *turn, error *error)
{
    const feed *feed = &turn->viewer->feed;
    const int count = feed_count(feed);
    turn->paths = calloc((size_t)count, sizeof *turn->paths);
    bool ok = turn->paths;
    for (int i = 0; i < count && ok; i++)
        ok = (turn->paths[turn->count++] = strdup(feed_path(feed, i)));
    return ok || error_set(error, "not enough memory for %d frames", count);
}

static void end(turn *turn)
{
    for (int i = 0; i < turn->count; i++)
        free(turn->paths[i]);
    free(turn->paths);
    free(turn->shown);
}

/* Pieces that came go to the image's file, and that is read anew. */
static bool write_images(viewer *viewer, error *error)
{
    for (int i = 0; i < viewer->images.count; i++) {
        sent_image *image = &viewer->images.list[i];
        if (image->is_stale && (!images_write(&viewer->images, image, error) || !reload(viewer, image->path, error)))
            return false;
    }
    return true;
}

/* The frame that is asked for, else the one that was shown before, else any. */
static bool arrange(turn *turn, const char *former, error *error)
{
    viewer *viewer = turn->viewer;
    struct error reason = {""};
    const int asked = turn->shown ? find_path(turn, turn->shown) : -1;
    if (turn->is_changed && !viewer_reopen(viewer, (const char *const *)turn->paths, turn->count, &reason)) {
        complain(turn, reason.message);
        return !viewer->broken || error_set(error, "%s", reason.message);
    }
    if (asked >= 0 && (turn->is_changed || asked != viewer->shown)) {
        if (viewer_step(viewer, asked, &reason))
            return true;
        complain(turn, reason.message);
    }
    const int before = find_path(turn, former);
    if (!turn->is_changed || (before >= 0 && viewer_step(viewer, before, &reason)))
        return true;
    return viewer_show_first(viewer, error);
}

bool viewer_listen(viewer *viewer, error *error)
{
    turn turn = {.viewer = viewer};
    if (!viewer->server || viewer->shown < 0)
        return true;
    char *former = strdup(feed_path(&viewer->feed, viewer->shown));
    bool ok = former && begin(&turn, error);
    if (ok) {
        server_poll(viewer->server, take, complain, &turn);
        ok = write_images(viewer, error) && arrange(&turn, former, error);
    }
    end(&turn);
    free(former);
    return ok;
}
