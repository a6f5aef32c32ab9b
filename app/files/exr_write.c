#include "exr.h"

#include <stdio.h>
#include <stdlib.h>

#include "exr_file.h"

const char *exr_compression_name(int compression)
{
    static const char *const names[EXR_COMPRESSION_COUNT] = {"none", "zip", "piz", "dwaa"};
    return compression < EXR_COMPRESSION_COUNT ? names[compression] : NULL;
}

bool exr_write(const char *path, int width, int height, int channels, const char *const *names, const float *pixels,
               exr_compression compression, error *error)
{
    exr_plane *planes = calloc((size_t)channels, sizeof *planes);
    if (!planes)
        return error_set(error, "%s: not enough memory for %d channels", path, channels);
    for (int i = 0; i < channels; i++)
        planes[i] = (exr_plane){0, names[i], pixels + i, channels, (int64_t)channels * width};
    const exr_writing writing = {
        .compression = compression, .width = width, .height = height, .planes = planes, .plane_count = channels};
    bool written = exr_file_write(path, &writing, error);
    free(planes);
    return written;
}

bool exr_write_frame(const char *path, const frame *frame, exr_compression compression, error *error)
{
    char names[4 * FRAME_LAYER_COUNT][32];
    const char *written[4 * FRAME_LAYER_COUNT];
    const float *from[4 * FRAME_LAYER_COUNT];
    int strides[4 * FRAME_LAYER_COUNT], channels = 0;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        const layer_row *row = &layer_rows[layer];
        const image *image = &frame->layers[layer];
        for (int c = 0; image->pixels && row->letters[c]; c++) {
            snprintf(names[channels], sizeof *names, "%s%s%c", row->group, *row->group ? "." : "", row->letters[c]);
            written[channels] = names[channels];
            from[channels] = image->pixels + c;
            strides[channels++] = image->channels;
        }
    }
    size_t count = (size_t)frame->width * (size_t)frame->height;
    float *pixels = malloc(count * (size_t)channels * sizeof *pixels);
    if (!pixels)
        return error_set(error, "%s: not enough memory for %dx%d pixels", path, frame->width, frame->height);
    for (size_t i = 0; i < count; i++)
        for (int c = 0; c < channels; c++)
            pixels[i * (size_t)channels + (size_t)c] = from[c][i * (size_t)strides[c]];
    bool ok = exr_write(path, frame->width, frame->height, channels, written, pixels, compression, error);
    free(pixels);
    return ok;
}
