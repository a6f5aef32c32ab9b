#include "normals.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* Half's rounding, 8 bits', and what a pixel's filter makes of neighbors that differ. */
#define RANGE_TOLERANCE  0.004f
#define LENGTH_TOLERANCE 0.05f

static float *normal_at(const image *image, size_t number)
{
    return image->pixels + number * (size_t)image->channels;
}

static float length_of(const float n[3])
{
    return sqrtf(n[0] * n[0] + n[1] * n[1] + n[2] * n[2]);
}

/* Pixels of which a mean of unit vectors (shorter), a unit vector, or neither (longer) is stored. */
typedef struct lengths {
    size_t unit, longer;
} lengths;

static void count_length(lengths *lengths, const float n[3])
{
    const float length = length_of(n);
    lengths->unit += fabsf(length - 1) <= LENGTH_TOLERANCE;
    lengths->longer += length > 1 + LENGTH_TOLERANCE;
}

static bool is_black(const float value[3])
{
    return value[0] == 0 && value[1] == 0 && value[2] == 0;
}

static void decode(float to[3], const float from[3])
{
    const bool is_missed = is_black(from);
    for (int c = 0; c < 3; c++)
        to[c] = is_missed ? 0 : 2 * from[c] - 1;
    const float length = length_of(to), scale = length <= LENGTH_TOLERANCE ? 0 : length > 1 ? 1 / length : 1;
    for (int c = 0; c < 3; c++)
        to[c] *= scale;
}

/* At edges before a black background neither reading is right, so a tenth may be wrong. */
static bool is_encoded(const image *image, size_t count)
{
    size_t hit = 0;
    lengths stored = {0}, decoded = {0};
    for (size_t i = 0; i < count; i++) {
        const float *value = normal_at(image, i);
        const float doubled[3] = {2 * value[0] - 1, 2 * value[1] - 1, 2 * value[2] - 1};
        for (int c = 0; c < 3; c++)
            if (value[c] < -RANGE_TOLERANCE || value[c] > 1 + RANGE_TOLERANCE)
                return false;
        if (is_black(value))
            continue;
        hit++;
        count_length(&stored, value);
        count_length(&decoded, doubled);
    }
    return 10 * decoded.longer < hit &&
           (10 * stored.longer > hit || (2 * decoded.unit > hit && decoded.unit > stored.unit));
}

/* False: it is as it was. */
static bool decode_image(image *image)
{
    const size_t count = (size_t)image->width * (size_t)image->height;
    if (!is_encoded(image, count))
        return false;
    for (size_t i = 0; i < count; i++)
        decode(normal_at(image, i), normal_at(image, i));
    return true;
}

void frame_decode_normals(frame *frame)
{
    char **origin = &frame->origins[FRAME_NORMAL], *said = NULL;
    if (!frame->layers[FRAME_NORMAL].pixels || !decode_image(&frame->layers[FRAME_NORMAL]) || !*origin ||
        asprintf(&said, "%s as n/2 + 1/2", *origin) < 0)
        return;
    free(*origin);
    *origin = said;
}
