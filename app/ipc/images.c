#include "images.h"

#include <ctype.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/files/exr.h"

static void free_image(sent_image *image)
{
    if (image->path)
        unlink(image->path);
    for (int i = 0; i < image->channel_count; i++)
        free(image->channels[i]);
    free(image->name);
    free(image->path);
    free(image->pixels);
    *image = (sent_image){0};
}

void images_close(sent_images *images)
{
    for (int i = 0; i < images->count; i++)
        free_image(&images->list[i]);
    if (images->folder)
        rmdir(images->folder);
    free(images->folder);
    *images = (sent_images){0};
}

sent_image *images_find(sent_images *images, const char *name)
{
    for (int i = 0; i < images->count; i++)
        if (strcmp(images->list[i].name, name) == 0)
            return &images->list[i];
    return NULL;
}

void images_remove(sent_images *images, sent_image *image)
{
    free_image(image);
    *image = images->list[--images->count];
    images->list[images->count] = (sent_image){0};
}

static long long bytes_of(int width, int height, int channels)
{
    return (long long)width * height * channels * (long long)sizeof(float);
}

static bool copy_names(sent_image *image, const packet *packet)
{
    image->name = strdup(packet->image);
    image->pixels =
        calloc((size_t)packet->width * (size_t)packet->height, sizeof(float) * (size_t)packet->channel_count);
    bool ok = image->name && image->pixels;
    for (int i = 0; i < packet->channel_count && ok; i++) {
        image->channels[image->channel_count++] = strdup(packet->channels[i]);
        ok = image->channels[i];
    }
    return ok;
}

sent_image *images_create(sent_images *images, const packet *packet, error *error)
{
    sent_image *old = images_find(images, packet->image),
               image = {.width = packet->width, .height = packet->height, .is_stale = true};
    long long bytes = bytes_of(packet->width, packet->height, packet->channel_count);
    if (old)
        images_remove(images, old);
    for (int i = 0; i < images->count; i++)
        bytes += bytes_of(images->list[i].width, images->list[i].height, images->list[i].channel_count);
    if (images->count == IMAGES_MOST || bytes > IMAGES_MOST_BYTES) {
        error_set(error, "%s: %d images of %lld bytes in all are too many, at most %d of %lld are kept", packet->image,
                  images->count + 1, bytes, IMAGES_MOST, IMAGES_MOST_BYTES);
        return NULL;
    }
    if (!copy_names(&image, packet)) {
        free_image(&image);
        error_set(error, "%s: not enough memory for %dx%d pixels of %d channels", packet->image, packet->width,
                  packet->height, packet->channel_count);
        return NULL;
    }
    images->list[images->count] = image;
    return &images->list[images->count++];
}

static int find_channel(const sent_image *image, const char *name)
{
    int i = image->channel_count - 1;
    while (i >= 0 && strcmp(image->channels[i], name) != 0)
        i--;
    return i;
}

sent_image *images_update(sent_images *images, const packet *packet, error *error)
{
    sent_image *image = images_find(images, packet->image);
    int channels[PACKET_MOST_CHANNELS];
    if (!image) {
        error_set(error, "%s: no image of that name was created", packet->image);
        return NULL;
    }
    if (packet->x + packet->width > image->width || packet->y + packet->height > image->height) {
        error_set(error, "%s: %dx%d pixels at %d,%d are not in its %dx%d", packet->image, packet->width, packet->height,
                  packet->x, packet->y, image->width, image->height);
        return NULL;
    }
    for (int i = 0; i < packet->channel_count; i++)
        if ((channels[i] = find_channel(image, packet->channels[i])) < 0) {
            error_set(error, "%s: has no channel %s", packet->image, packet->channels[i]);
            return NULL;
        }
    for (int64_t pixel = 0; pixel < (int64_t)packet->width * packet->height; pixel++) {
        const int64_t x = packet->x + pixel % packet->width, y = packet->y + pixel / packet->width;
        float *to = image->pixels + (y * image->width + x) * image->channel_count;
        for (int i = 0; i < packet->channel_count; i++)
            to[channels[i]] = packet_value(packet, i, pixel);
    }
    image->is_stale = true;
    return image;
}

static bool make_folder(sent_images *images, error *error)
{
    const char *runtime = getenv("XDG_RUNTIME_DIR");
    if (images->folder)
        return true;
    if (asprintf(&images->folder, "%s/wfview-XXXXXX", runtime && *runtime ? runtime : "/tmp") < 0)
        images->folder = NULL;
    if (images->folder && mkdtemp(images->folder))
        return true;
    error_set(error, "%s: cannot make a folder for images that are sent: %s",
              images->folder ? images->folder : "memory", strerror(errno));
    free(images->folder);
    images->folder = NULL;
    return false;
}

/* The file is called like the image, as far as files can be; a number tells it from others. */
static bool name_file(sent_images *images, sent_image *image, error *error)
{
    char name[128];
    snprintf(name, sizeof name, "%.100s", image->name);
    for (char *c = name; *c; c++)
        *c = isalnum((unsigned char)*c) || strchr("-_", *c) ? *c : '-';
    return asprintf(&image->path, "%s/%s-%d.exr", images->folder, name, ++images->made) >= 0 ||
           error_set(error, "%s: not enough memory", image->name);
}

bool images_write(sent_images *images, sent_image *image, error *error)
{
    if (!make_folder(images, error) || (!image->path && !name_file(images, image, error)))
        return false;
    image->is_stale = false;
    return exr_write(image->path, image->width, image->height, image->channel_count,
                     (const char *const *)image->channels, image->pixels, EXR_NONE, error);
}
