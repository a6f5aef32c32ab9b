#include <math.h>
#include <png.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "app/color.h"
#include "frame_file.h"

#define LINEAR_GAMMA 1.0

typedef struct stream {
    const uint8_t *bytes;
    size_t size, position;
} stream;

/* What decode keeps beyond a jump: it is the caller's. */
typedef struct decoded {
    uint16_t *samples; /* r,g,b,a, in this machine's byte order */
    png_bytep *rows;
    png_uint_32 width, height;
    bool has_alpha, is_linear;
} decoded;

static void on_error(png_structp png, png_const_charp message)
{
    error_set(png_get_error_ptr(png), "%s", message);
    png_longjmp(png, 1);
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

static void on_read(png_structp png, png_bytep to, size_t size)
{
    stream *stream = png_get_io_ptr(png);
    if (size > stream->size - stream->position)
        png_error(png, "it is cut off");
    memcpy(to, stream->bytes + stream->position, size);
    stream->position += size;
}

static void read_header(png_structp png, png_infop info, decoded *decoded)
{
    double gamma;
    png_read_info(png, info);
    decoded->width = png_get_image_width(png, info);
    decoded->height = png_get_image_height(png, info);
    decoded->has_alpha =
        png_get_color_type(png, info) & PNG_COLOR_MASK_ALPHA || png_get_valid(png, info, PNG_INFO_tRNS);
    decoded->is_linear = !png_get_valid(png, info, PNG_INFO_sRGB) && png_get_gAMA(png, info, &gamma) &&
                         fabs(gamma - LINEAR_GAMMA) < 1e-3;
}

/* 16 bits, r,g,b,a, whatever the file has. */
static void ask_for_samples(png_structp png)
{
    png_set_expand_16(png);
    png_set_gray_to_rgb(png);
    png_set_add_alpha(png, 65535, PNG_FILLER_AFTER);
#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
    png_set_swap(png);
#endif
}

/* Nothing in here changes a local variable after setjmp, so none is indeterminate after a jump. */
static bool decode(png_structp png, png_infop info, stream *stream, decoded *decoded)
{
    if (setjmp(png_jmpbuf(png)))
        return false;
    png_set_read_fn(png, stream, on_read);
    png_set_user_limits(png, FRAME_FILE_MAX_SIZE, FRAME_FILE_MAX_SIZE);
    read_header(png, info, decoded);
    ask_for_samples(png);
    png_set_interlace_handling(png);
    png_read_update_info(png, info);
    decoded->samples = calloc((size_t)decoded->width * decoded->height, 4 * sizeof *decoded->samples);
    decoded->rows = calloc(decoded->height, sizeof *decoded->rows);
    if (!decoded->samples || !decoded->rows)
        png_error(png, "not enough memory for its pixels");
    for (png_uint_32 y = 0; y < decoded->height; y++)
        decoded->rows[y] = (png_bytep)(decoded->samples + (size_t)y * decoded->width * 4);
    png_read_image(png, decoded->rows);
    png_read_end(png, NULL);
    return true;
}

static float linear(float value, bool is_linear)
{
    return is_linear ? value : color_from_srgb(value);
}

static bool convert(const decoded *decoded, image *image, error *error)
{
    const size_t count = (size_t)decoded->width * decoded->height;
    *image = (struct image){(int)decoded->width, (int)decoded->height, 4, malloc(count * 4 * sizeof(float))};
    if (!image->pixels)
        return error_set(error, "not enough memory for %dx%d pixels", image->width, image->height);
    for (size_t i = 0; i < count; i++) {
        const uint16_t *from = decoded->samples + 4 * i;
        float *to = image->pixels + 4 * i;
        to[3] = (float)from[3] / 65535;
        for (int c = 0; c < 3; c++)
            to[c] = to[3] * linear((float)from[c] / 65535, decoded->is_linear);
    }
    return true;
}

bool png_decode(const uint8_t *bytes, size_t size, image *image, bool *has_alpha, error *error)
{
    stream stream = {bytes, size, 0};
    decoded decoded = {0};
    png_structp png = png_create_read_struct(PNG_LIBPNG_VER_STRING, error, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool ok = info ? decode(png, info, &stream, &decoded) : error_set(error, "not enough memory");
    ok = ok && convert(&decoded, image, error);
    *has_alpha = decoded.has_alpha;
    png_destroy_read_struct(&png, &info, NULL);
    free(decoded.samples);
    free(decoded.rows);
    return ok;
}
