#include "frame.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void image_free(image *image)
{
    free(image->pixels);
    memset(image, 0, sizeof *image);
}

void frame_free(frame *frame)
{
    for (int i = 0; i < FRAME_LAYER_COUNT; i++) {
        image_free(&frame->layers[i]);
        free(frame->origins[i]);
    }
    free(frame->warnings);
    free(frame->damage);
    free(frame->path);
    memset(frame, 0, sizeof *frame);
}

image frame_take(frame *frame, frame_layer layer)
{
    image image = frame->layers[layer];
    frame->layers[layer] = (struct image){0};
    frame_free(frame);
    return image;
}

static bool same_size(const frame *frame, const struct frame *other)
{
    return frame->width == other->width && frame->height == other->height;
}

bool frame_covers(const frame *frame, const struct frame *other)
{
    bool same_display = frame->display_width > 0 && frame->display_width == other->display_width &&
                        frame->display_height == other->display_height;
    bool within = other->x >= frame->x && other->y >= frame->y && other->x + other->width <= frame->x + frame->width &&
                  other->y + other->height <= frame->y + frame->height;
    return same_display ? within : same_size(frame, other);
}

bool frame_refuse(const frame *frame, const char *what, const struct frame *other, error *error)
{
    char at[2][32] = {"", ""};
    const struct frame *both[] = {frame, other};
    for (int i = 0; i < 2 && same_size(frame, other); i++)
        snprintf(at[i], sizeof at[i], " at %d,%d", both[i]->x, both[i]->y);
    return error_set(error, "%s: %s%dx%d pixels%s, %s has %dx%d%s", frame->path, what, frame->width, frame->height,
                     at[0], other->path, other->width, other->height, at[1]);
}

bool frame_cut(const frame *frame, frame_layer layer, const struct frame *other, image *image)
{
    const struct image *from = &frame->layers[layer];
    int left = same_size(frame, other) ? 0 : other->x - frame->x,
        top = same_size(frame, other) ? 0 : other->y - frame->y;
    size_t row = (size_t)other->width * (size_t)from->channels;
    *image = (struct image){other->width, other->height, from->channels, NULL};
    image->pixels = malloc(row * (size_t)other->height * sizeof *image->pixels);
    for (int y = 0; image->pixels && y < other->height; y++) {
        size_t first = ((size_t)(top + y) * (size_t)from->width + (size_t)left) * (size_t)from->channels;
        memcpy(image->pixels + (size_t)y * row, from->pixels + first, row * sizeof *image->pixels);
    }
    return image->pixels;
}

bool frame_add_damage(frame *frame, const char *sentences)
{
    char *all = NULL;
    if (!sentences)
        return true;
    if (asprintf(&all, "%s%s", frame->damage ? frame->damage : "", sentences) < 0)
        return false;
    free(frame->damage);
    frame->damage = all;
    return true;
}

bool frame_is_sound(const frame *frame, error *error)
{
    return !frame->damage ||
           error_set(error, "%s: %.*s", frame->path, (int)strcspn(frame->damage, "\n"), frame->damage);
}

bool frame_take_sound(frame *frame, frame_layer layer, image *image, error *error)
{
    bool sound = frame_is_sound(frame, error);
    *image = frame_take(frame, layer);
    if (!sound)
        image_free(image);
    return sound;
}

char *frame_describe(const frame *frame)
{
    char *text = NULL;
    size_t size;
    FILE *stream = open_memstream(&text, &size);
    const char *separator = "";
    for (int i = 0; stream && i < FRAME_LAYER_COUNT; i++) {
        if (!frame->origins[i])
            continue;
        fprintf(stream, "%s%s from %s", separator, frame_layer_name((frame_layer)i), frame->origins[i]);
        separator = "; ";
    }
    return stream && fclose(stream) == 0 ? text : NULL;
}
