#include "png.h"

#include <png.h>
#include <setjmp.h>

#include "output.h"

static void on_error(png_structp png, png_const_charp message)
{
    error_set(png_get_error_ptr(png), "cannot encode the PNG: %s", message);
    png_longjmp(png, 1);
}

static void on_write(png_structp png, png_bytep data, size_t size)
{
    fwrite(data, 1, size, png_get_io_ptr(png)); /* output_close sees a failure */
}

static void on_flush(png_structp png)
{
    (void)png;
}

static void on_warning(png_structp png, png_const_charp message)
{
    (void)png;
    (void)message;
}

/* Nothing in here changes a local variable after setjmp, so none is indeterminate after a jump. */
static bool encode(png_structp png, png_infop info, FILE *file, int width, int height, const uint8_t *rgba)
{
    if (setjmp(png_jmpbuf(png)))
        return false;
    png_set_write_fn(png, file, on_write, on_flush);
    png_set_IHDR(png, info, (png_uint_32)width, (png_uint_32)height, 8, PNG_COLOR_TYPE_RGB, PNG_INTERLACE_NONE,
                 PNG_COMPRESSION_TYPE_DEFAULT, PNG_FILTER_TYPE_DEFAULT);
    png_set_sRGB(png, info, PNG_sRGB_INTENT_RELATIVE);
    png_write_info(png, info);
    png_set_filler(png, 0, PNG_FILLER_AFTER);
    for (int y = 0; y < height; y++)
        png_write_row(png, rgba + (size_t)y * (size_t)width * 4);
    png_write_end(png, info);
    return true;
}

bool png_encode(FILE *to, int width, int height, const uint8_t *rgba, error *error)
{
    png_structp png = png_create_write_struct(PNG_LIBPNG_VER_STRING, error, on_error, on_warning);
    png_infop info = png ? png_create_info_struct(png) : NULL;
    bool encoded =
        info ? encode(png, info, to, width, height, rgba) : error_set(error, "not enough memory to encode a PNG");
    png_destroy_write_struct(&png, &info);
    return encoded;
}

bool png_write(const char *path, int width, int height, const uint8_t *rgba, error *error)
{
    output output;
    return output_open(&output, path, error) &&
           output_close(&output, png_encode(output.file, width, height, rgba, error), error);
}
