#include "images.h"

#include <stdlib.h>
#include <string.h>

void ipc_image_free(ipc_image *image)
{
    for (int i = 0; i < image->channel_count; i++) {
        if (image->channels)
            free(image->channels[i]);
        if (image->planes)
            free(image->planes[i]);
    }
    free(image->channels);
    free(image->planes);
    free(image->name);
    *image = (ipc_image){0};
}

static int find_channel(const ipc_image *image, const char *name)
{
    for (int i = 0; i < image->channel_count; i++)
        if (strcmp(image->channels[i], name) == 0)
            return i;
    return -1;
}

/* Which also keeps the work of a packet below that of the image's size. */
static bool check_names(const ipc_packet *packet, error *error)
{
    for (int i = 0; i < packet->channel_count; i++)
        for (int other = 0; other < i; other++)
            if (strcmp(packet->channels[i].name, packet->channels[other].name) == 0)
                return error_set(error, "%s: two channels are called %s", packet->name, packet->channels[i].name);
    return true;
}

static bool allocate(const ipc_packet *packet, ipc_image *image)
{
    const size_t count = (size_t)packet->channel_count, pixels = (size_t)packet->width * (size_t)packet->height;
    image->name = strdup(packet->name);
    image->channels = calloc(count, sizeof *image->channels);
    image->planes = calloc(count, sizeof *image->planes);
    bool ok = image->name && image->channels && image->planes;
    for (size_t i = 0; ok && i < count; i++) {
        image->channels[i] = strdup(packet->channels[i].name);
        image->planes[i] = calloc(pixels, sizeof *image->planes[i]);
        ok = image->channels[i] && image->planes[i];
    }
    return ok;
}

bool ipc_image_create(const ipc_packet *packet, uint64_t others, ipc_image *image, error *error)
{
    const uint64_t bytes =
        (uint64_t)packet->width * (uint64_t)packet->height * (uint64_t)packet->channel_count * sizeof(float);
    *image = (ipc_image){0};
    if (!check_names(packet, error))
        return false;
    if (bytes > IPC_MAX_BYTES - others)
        return error_set(error, "%s: %dx%d pixels of %d channels are %llu bytes, of %llu for all images %llu are left",
                         packet->name, packet->width, packet->height, packet->channel_count, (unsigned long long)bytes,
                         (unsigned long long)IPC_MAX_BYTES, (unsigned long long)(IPC_MAX_BYTES - others));
    *image = (ipc_image){
        .width = packet->width, .height = packet->height, .channel_count = packet->channel_count, .bytes = bytes};
    if (allocate(packet, image))
        return true;
    ipc_image_free(image);
    return error_set(error, "%s: not enough memory for %dx%d pixels of %d channels", packet->name, packet->width,
                     packet->height, packet->channel_count);
}

static bool check_tile(const ipc_image *image, const ipc_packet *packet, error *error)
{
    if (!check_names(packet, error))
        return false;
    if (packet->x < 0 || packet->y < 0 || packet->x > image->width - packet->width ||
        packet->y > image->height - packet->height)
        return error_set(error, "%s: a tile of %dx%d pixels at %d,%d is not within %dx%d", packet->name, packet->width,
                         packet->height, packet->x, packet->y, image->width, image->height);
    for (int i = 0; i < packet->channel_count; i++)
        if (find_channel(image, packet->channels[i].name) < 0)
            return error_set(error, "%s: has no channel %s", packet->name, packet->channels[i].name);
    return true;
}

bool ipc_image_update(ipc_image *image, const ipc_packet *packet, error *error)
{
    if (!check_tile(image, packet, error))
        return false;
    for (int i = 0; i < packet->channel_count; i++) {
        float *plane = image->planes[find_channel(image, packet->channels[i].name)];
        for (int y = 0; y < packet->height; y++) {
            float *row = plane + (size_t)(packet->y + y) * (size_t)image->width + packet->x;
            for (int x = 0; x < packet->width; x++)
                row[x] = ipc_packet_sample(packet, i, (int64_t)y * packet->width + x);
        }
    }
    return true;
}
