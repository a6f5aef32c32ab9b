#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "frame_file.h"

#define MAX_HEADER 256

/* The header's numbers; its length, 0 where it is none. */
static size_t read_header(const uint8_t *bytes, size_t size, int *channels, long *width, long *height, float *scale)
{
    char text[MAX_HEADER + 1] = "", kind = 0;
    int length = 0;
    memcpy(text, bytes, size < MAX_HEADER ? size : MAX_HEADER);
    if (sscanf(text, "P%c %9ld %9ld %31f%n", &kind, width, height, scale, &length) != 4 || (kind != 'F' && kind != 'f'))
        return 0;
    *channels = kind == 'F' ? 3 : 1;
    return (size_t)length + 1; /* one character ends it */
}

static float value_at(const uint8_t *bytes, bool big_endian)
{
    uint32_t bits = 0;
    float value;
    for (int i = 0; i < 4; i++)
        bits |= (uint32_t)bytes[big_endian ? 3 - i : i] << 8 * i;
    memcpy(&value, &bits, sizeof value);
    return value;
}

bool pfm_decode(const uint8_t *bytes, size_t size, image *image, bool *has_alpha, error *error)
{
    int channels;
    long width, height;
    float scale;
    const size_t header = read_header(bytes, size, &channels, &width, &height, &scale);
    if (header == 0)
        return error_set(error, "it is no PFM: PF or Pf, width, height and scale were expected");
    if (width < 1 || height < 1 || width > FRAME_FILE_MAX_SIZE || height > FRAME_FILE_MAX_SIZE)
        return error_set(error, "it is %ldx%ld pixels, expected 1x1 to %dx%d", width, height, FRAME_FILE_MAX_SIZE,
                         FRAME_FILE_MAX_SIZE);
    if (scale == 0 || !isfinite(scale))
        return error_set(error, "its scale is %g", (double)scale);
    const size_t count = (size_t)width * (size_t)height, needed = count * (size_t)channels * sizeof(float);
    if (size < header || size - header < needed)
        return error_set(error, "it has %zu bytes, %ldx%ld pixels of %d channels need %zu", size, width, height,
                         channels, header + needed);
    *image = (struct image){(int)width, (int)height, 4, malloc(count * 4 * sizeof(float))};
    if (!image->pixels)
        return error_set(error, "not enough memory for %ldx%ld pixels", width, height);
    *has_alpha = false;
    for (size_t i = 0; i < count; i++) {
        const size_t row = (size_t)height - 1 - i / (size_t)width, from = row * (size_t)width + i % (size_t)width;
        for (size_t c = 0; c < 4; c++) {
            const size_t sample = from * (size_t)channels + (channels == 3 ? c : 0);
            image->pixels[4 * i + c] =
                c == 3 ? 1 : fabsf(scale) * value_at(bytes + header + sizeof(float) * sample, scale > 0);
        }
    }
    return true;
}
