#include "exposure.h"

#include <math.h>
#include <stdlib.h>

#include "app/color.h"

enum { MOST_SAMPLES = 65536 };

static int compare_floats(const void *a, const void *b)
{
    const float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float luminance(const float *pixel, int channels)
{
    return channels < 3 ? pixel[0] : color_luminance(pixel);
}

static float difference(int measure, const float *a, const float *b, int channels)
{
    float most = 0;
    for (int c = 0; c < channels && c < 3; c++) {
        const float value = fabsf(measure_of(measure, a[c], b[c]));
        most = value > most || isnan(value) ? value : most;
    }
    return most;
}

bool exposure_find(const pane *pane, const image *picture, const image *against, float *ev)
{
    const size_t pixels = (size_t)picture->width * (size_t)picture->height;
    const size_t tries = pixels < MOST_SAMPLES ? pixels : MOST_SAMPLES;
    float *samples = malloc(tries * sizeof *samples);
    size_t count = 0;
    for (size_t i = 0; samples && i < tries; i++) {
        const size_t at = i * pixels / tries * (size_t)picture->channels;
        const float value =
            against ? difference(pane->measure, picture->pixels + at, against->pixels + at, picture->channels)
                    : luminance(picture->pixels + at, picture->channels);
        if (isfinite(value))
            samples[count++] = value;
    }
    if (count > 0)
        qsort(samples, count, sizeof *samples, compare_floats);
    const float white = count > 0 ? samples[count - 1 - count / 100] : 0;
    free(samples);
    *ev = white > 0 ? -log2f(white) : 0;
    return white > 0;
}
