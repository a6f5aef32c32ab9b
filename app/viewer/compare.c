#include "compare.h"

#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "app/files/frame_file.h"
#include "app/files/input.h"
#include "app/files/output.h"
#include "app/files/png.h"
#include "app/view/flip.h"
#include "compare_page.h"
#include "display/ramp.h"

typedef struct figures {
    double mean, large; /* FLIP; a share of the pixels */
} figures;

static bool read(const char *path, compare_picture *picture, image *image, error *error)
{
    struct error inner = {""};
    bool has_alpha;
    picture->bytes = input_read_file(path, &picture->size, &inner);
    return (picture->bytes && png_decode(picture->bytes, picture->size, image, &has_alpha, &inner)) ||
           error_set(error, "%s: %s", path, inner.message);
}

bool compare_check(const options *options, error *error)
{
    compare_picture golden = {0};
    image image = {0};
    struct stat status;
    if (!options->compare)
        return true;
    if (output_is_stdout(options->screenshot) || (stat(options->screenshot, &status) == 0 && !S_ISREG(status.st_mode)))
        return error_set(error, "--screenshot %s: is not a regular file, which --compare %s reads", options->screenshot,
                         options->compare);
    bool ok = read(options->compare, &golden, &image, error);
    free(golden.bytes);
    image_free(&image);
    return ok;
}

/* ---- The difference ---------------------------------------------------------------------------------------------- */

static figures measure(const image *map)
{
    const size_t count = (size_t)map->width * (size_t)map->height;
    double sum = 0, large = 0;
    for (size_t i = 0; i < count; i++) {
        sum += (double)map->pixels[i];
        large += map->pixels[i] > COMPARE_LARGE;
    }
    return (figures){sum / (double)count, large / (double)count};
}

static void color(float value, uint8_t rgba[4])
{
#define STOP(r, g, b)                                                                                                  \
    {                                                                                                                  \
        r##f, g##f, b##f                                                                                               \
    }
    static const float ramp[][3] = {RAMP(STOP)};
    enum { LAST = sizeof ramp / sizeof *ramp - 1 };
    const float position = value * LAST;
    const int stop = position < LAST ? (int)position : LAST - 1;
    for (int c = 0; c < 3; c++)
        rgba[c] =
            (uint8_t)(255 * (ramp[stop][c] + (ramp[stop + 1][c] - ramp[stop][c]) * (position - (float)stop)) + 0.5f);
    rgba[3] = 255;
}

static bool draw(const image *map, compare_picture *picture, error *error)
{
    const size_t count = (size_t)map->width * (size_t)map->height;
    uint8_t *rgba = malloc(count * 4);
    FILE *file = rgba ? open_memstream((char **)&picture->bytes, &picture->size) : NULL;
    for (size_t i = 0; file && i < count; i++)
        color(map->pixels[i], rgba + 4 * i);
    bool ok = file ? png_encode(file, map->width, map->height, rgba, error)
                   : error_set(error, "not enough memory to draw a difference");
    if (file && fclose(file) != 0)
        ok = error_set(error, "not enough memory to draw a difference");
    free(rgba);
    return ok;
}

/* ---- What is said and written ------------------------------------------------------------------------------------ */

static const char *const names[COMPARE_PICTURES] = {"expected", "actual", "difference"};

/* Of the screenshot's path what stands before its extension. */
static int stem_length(const char *path)
{
    size_t length = strlen(path);
    return (int)(length > 4 && strcasecmp(path + length - 4, ".png") == 0 ? length - 4 : length);
}

static bool write_pictures(const char *screenshot, const compare_picture pictures[COMPARE_PICTURES], error *error)
{
    for (int i = 0; i < COMPARE_PICTURES; i++) {
        char path[4096];
        output output;
        snprintf(path, sizeof path, "%.*s.%s.png", stem_length(screenshot), screenshot, names[i]);
        if (!output_open(&output, path, error))
            return false;
        fwrite(pictures[i].bytes, 1, pictures[i].size, output.file);
        if (!output_close(&output, true, error))
            return false;
    }
    return true;
}

/* The verdict on figures, and the files that go with it. */
static bool judge(const options *options, const figures *figures, const compare_picture pictures[COMPARE_PICTURES],
                  FILE *said, error *error)
{
    const float *most = options->tolerance;
    const bool matches = figures->mean <= (double)most[0] && figures->large <= (double)most[1];
    char sentence[400];
    snprintf(sentence, sizeof sentence,
             "FLIP has a mean of %.6f (at most %g) and is above %g at %.4f %% of the pixels (at most %g %%)",
             figures->mean, (double)most[0], (double)COMPARE_LARGE, 100 * figures->large, 100 * (double)most[1]);
    if (options->compare_html &&
        !compare_page_write(options->compare_html, pictures, options->compare, sentence, matches, error))
        return false;
    if (matches) {
        fprintf(said, "%s matches %s: %s\n", options->screenshot, options->compare, sentence);
        return true;
    }
    return write_pictures(options->screenshot, pictures, error) &&
           error_set(error, "%s differs from %s: %s; see %.*s.expected.png, .actual.png and .difference.png",
                     options->screenshot, options->compare, sentence, stem_length(options->screenshot),
                     options->screenshot);
}

static bool compare(const options *options, const image images[2], compare_picture pictures[COMPARE_PICTURES],
                    FILE *said, error *error)
{
    const image *expected = &images[COMPARE_EXPECTED], *actual = &images[COMPARE_ACTUAL];
    image map;
    if (expected->width != actual->width || expected->height != actual->height)
        return error_set(error, "%s: has %dx%d pixels, and %s %dx%d: these cannot be compared", options->compare,
                         expected->width, expected->height, options->screenshot, actual->width, actual->height);
    if (!flip_compare(actual, expected, &map, error))
        return false;
    const figures figures = measure(&map);
    bool ok = draw(&map, &pictures[COMPARE_DIFFERENCE], error);
    image_free(&map);
    return ok && judge(options, &figures, pictures, said, error);
}

bool compare_screenshot(const options *options, FILE *said, error *error)
{
    compare_picture pictures[COMPARE_PICTURES] = {0};
    image images[2] = {0};
    bool ok = read(options->compare, &pictures[COMPARE_EXPECTED], &images[COMPARE_EXPECTED], error) &&
              read(options->screenshot, &pictures[COMPARE_ACTUAL], &images[COMPARE_ACTUAL], error) &&
              compare(options, images, pictures, said, error);
    for (int i = 0; i < COMPARE_PICTURES; i++)
        free(pictures[i].bytes);
    for (int i = 0; i < 2; i++)
        image_free(&images[i]);
    return ok;
}
