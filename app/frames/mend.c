#include "mend.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shaders/network/frame.h"

typedef struct mended {
    size_t count;   /* values that were not sound */
    int x, y;       /* the first one's pixel */
    bool has_large; /* some are finite */
} mended;

/* Pixels that are bad, by their number, and what becomes of them: 3 floats each. */
typedef struct bad_pixels {
    size_t *pixels;
    float *values;
    size_t count;
} bad_pixels;

static bool is_radiance(frame_layer layer)
{
    return layer == FRAME_COLOR || layer >= FRAME_REFERENCE;
}

/* Of 4 channels the fourth is alpha, or nothing. */
static int meant_channels(const image *image)
{
    return image->channels < 3 ? image->channels : 3;
}

static float *pixel_of(const image *image, size_t number)
{
    return image->pixels + number * (size_t)image->channels;
}

/* Adds a pixel's to the others. */
static bool find_bad(const image *image, frame_layer layer, size_t number, mended *found)
{
    const float *pixel = pixel_of(image, number), largest = is_radiance(layer) ? (float)WF_LARGEST : FLT_MAX;
    const size_t before = found->count;
    for (int c = 0; c < meant_channels(image); c++) {
        const bool is_bad = !(fabsf(pixel[c]) <= largest);
        found->count += is_bad;
        found->has_large |= is_bad && isfinite(pixel[c]);
    }
    return found->count > before;
}

/* The mean of the neighbors whose first channel is finite: bad ones have NaN there. */
static bool mean_of_neighbors(const image *image, size_t number, float mean[3])
{
    int x = (int)(number % (size_t)image->width), y = (int)(number / (size_t)image->width), count = 0;
    double sum[3] = {0};
    for (int row = y > 0 ? y - 1 : 0; row <= y + 1 && row < image->height; row++) {
        for (int column = x > 0 ? x - 1 : 0; column <= x + 1 && column < image->width; column++) {
            const float *neighbor = pixel_of(image, (size_t)row * (size_t)image->width + (size_t)column);
            for (int c = 0; c < 3 && isfinite(neighbor[0]); c++)
                sum[c] += neighbor[c];
            count += isfinite(neighbor[0]);
        }
    }
    for (int c = 0; c < 3 && count; c++)
        mean[c] = (float)(sum[c] / count);
    return count;
}

/* Fills those that have a sound neighbor, all from the same picture, and keeps the others. */
static void fill_once(image *image, bad_pixels *bad)
{
    size_t left = 0, filled = bad->count;
    for (size_t i = 0; i < bad->count; i++)
        if (!mean_of_neighbors(image, bad->pixels[i], bad->values + 3 * i))
            bad->values[3 * i] = NAN;
    for (size_t i = 0; i < filled; i++) {
        if (isnan(bad->values[3 * i]))
            bad->pixels[left++] = bad->pixels[i];
        else
            memcpy(pixel_of(image, bad->pixels[i]), bad->values + 3 * i, 3 * sizeof(float));
    }
    bad->count = left;
}

/* Without memory what is left becomes 0 at once. */
static void fill_radiance(image *image, const size_t *pixels, size_t count)
{
    bad_pixels bad = {malloc(count * sizeof *pixels), malloc(3 * count * sizeof(float)), count};
    if (bad.pixels && bad.values) {
        memcpy(bad.pixels, pixels, count * sizeof *pixels);
        for (int pass = 0; pass < MEND_REACH && bad.count; pass++)
            fill_once(image, &bad);
    }
    free(bad.pixels);
    free(bad.values);
}

static mended mend(image *image, frame_layer layer)
{
    mended mended = {0};
    size_t pixels = (size_t)image->width * (size_t)image->height, count = 0, room = 0, *bad = NULL;
    for (size_t i = 0; i < pixels; i++) {
        const bool is_first = mended.count == 0;
        if (!find_bad(image, layer, i, &mended))
            continue;
        if (is_first) {
            mended.x = (int)(i % (size_t)image->width);
            mended.y = (int)(i / (size_t)image->width);
        }
        pixel_of(image, i)[0] = NAN;
        if (count == room) {
            size_t *more = realloc(bad, (room = 2 * room + 64) * sizeof *bad);
            room = more ? room : count;
            bad = more ? more : bad;
        }
        if (count < room)
            bad[count++] = i;
    }
    if (is_radiance(layer) && count)
        fill_radiance(image, bad, count);
    for (size_t i = 0; i < pixels && mended.count; i++)
        if (isnan(pixel_of(image, i)[0]))
            memset(pixel_of(image, i), 0, (size_t)meant_channels(image) * sizeof(float));
    free(bad);
    return mended;
}

static float mean_alpha_around(const image *image, int x, int y)
{
    double sum = 0;
    int count = 0;
    for (int row = y > 0 ? y - 1 : 0; row <= y + 1 && row < image->height; row++) {
        for (int column = x > 0 ? x - 1 : 0; column <= x + 1 && column < image->width; column++) {
            float alpha = pixel_of(image, (size_t)row * (size_t)image->width + (size_t)column)[3];
            sum += isfinite(alpha) ? (double)alpha : 0;
            count += isfinite(alpha);
        }
    }
    return count ? (float)(sum / count) : 0;
}

static mended mend_alpha(image *image)
{
    mended mended = {0};
    for (int y = 0; y < image->height; y++) {
        for (int x = 0; x < image->width; x++) {
            float *alpha = &pixel_of(image, (size_t)y * (size_t)image->width + (size_t)x)[3];
            if (isfinite(*alpha))
                continue;
            if (mended.count++ == 0) {
                mended.x = x;
                mended.y = y;
            }
            *alpha = mean_alpha_around(image, x, y);
        }
    }
    return mended;
}

/* ---- What is said ------------------------------------------------------------------------------------------------ */

static void say(const char *what, const mended *mended, FILE *damage)
{
    if (mended->count)
        fprintf(damage, "%zu values of its %s are NaN%s infinite%s, the first at pixel x=%d y=%d\n", mended->count,
                what, mended->has_large ? "," : " or", mended->has_large ? " or beyond 1e30" : "", mended->x,
                mended->y);
}

void image_mend(image *image, frame_layer layer, FILE *damage)
{
    const mended mended = mend(image, layer);
    say(frame_layer_name(layer), &mended, damage);
}

void image_mend_alpha(image *image, FILE *damage)
{
    const mended mended = mend_alpha(image);
    say("alpha", &mended, damage);
}
