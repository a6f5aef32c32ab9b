/* dump -- prints what wfview reads: one line of JSON, then the elements as raw bytes. For the Python tests, which
 * compare with what other programs wrote. Errors go to stderr, with exit status 1.
 *
 *     dump frame FILE.exr [LAYER=NAME ...]         every layer, float32; refused where not all of it is finite
 *     dump mended FILE.exr [LAYER=NAME ...]        the same, mended where it is not finite; `damage` has what was
 *     dump reference FILE.exr [LAYER=NAME ...]     the color, float32
 *     dump weights FILE KH KW W H                  as stored
 *     dump sequence [--reference FILE] PATH ...    paths, and whether each has a reference; no elements
 *     dump save IN.exr OUT.exr                     writes color, albedo and depth of one file to another
 *     dump write OUT.exr COMPRESSION W H NAME ...  writes channels of interleaved floats from stdin; prints nothing
 *     dump png OUT.png W H                         writes r,g,b,a bytes from stdin; prints nothing
 *     dump flip PICTURE REFERENCE                  FLIP's map, float32 */
#include <cjson/cJSON.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/exr.h"
#include "app/files/frame_file.h"
#include "app/files/png.h"
#include "app/files/weights.h"
#include "app/frames/source.h"
#include "app/view/flip.h"

static void print(cJSON *object)
{
    char *text = cJSON_PrintUnformatted(object);
    puts(text);
    cJSON_free(text);
    cJSON_Delete(object);
}

static cJSON *describe(const image *image)
{
    return cJSON_CreateIntArray((int[]){image->height, image->width, image->channels}, 3);
}

static void write_pixels(const image *image)
{
    fwrite(image->pixels, sizeof(float), (size_t)image->width * (size_t)image->height * (size_t)image->channels,
           stdout);
}

static void print_frame(const frame *frame, bool with_damage)
{
    cJSON *layers = cJSON_CreateObject();
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (frame->layers[layer].pixels)
            cJSON_AddItemToObject(layers, frame_layer_name(layer), describe(&frame->layers[layer]));
    if (with_damage)
        cJSON_AddStringToObject(layers, "damage", frame->damage ? frame->damage : "");
    print(layers);
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (frame->layers[layer].pixels)
            write_pixels(&frame->layers[layer]);
}

static bool read_and_print(int count, char **arguments, bool mended, error *error)
{
    frame frame;
    if (!frame_file_read(arguments[0], (const char *const *)arguments + 1, count - 1, &frame, error))
        return false;
    bool accepted = mended || frame_is_sound(&frame, error);
    if (accepted)
        print_frame(&frame, mended);
    frame_free(&frame);
    return accepted;
}

static bool dump_frame(int count, char **arguments, error *error)
{
    return read_and_print(count, arguments, false, error);
}

static bool dump_mended(int count, char **arguments, error *error)
{
    return read_and_print(count, arguments, true, error);
}

static bool dump_reference(int count, char **arguments, error *error)
{
    frame frame;
    if (!frame_file_read_color(arguments[0], (const char *const *)arguments + 1, count - 1, &frame, error))
        return false;
    image image = frame_take(&frame, FRAME_REFERENCE);
    cJSON *layers = cJSON_CreateObject();
    cJSON_AddItemToObject(layers, frame_layer_name(FRAME_REFERENCE), describe(&image));
    print(layers);
    write_pixels(&image);
    image_free(&image);
    return true;
}

static bool dump_weights(int count, char **arguments, error *error)
{
    weights weights;
    if (count != 5 || !weights_read(arguments[0], atoi(arguments[1]), atoi(arguments[2]), atoi(arguments[3]),
                                    atoi(arguments[4]), &weights, error))
        return false;
    int taps = weights.kernel_height * weights.kernel_width;
    cJSON *object = cJSON_CreateObject();
    cJSON_AddStringToObject(object, "dtype", weights.half ? "float16" : "float32");
    cJSON_AddItemToObject(object, "shape", cJSON_CreateIntArray((int[]){taps, weights.height, weights.width}, 3));
    cJSON_AddItemToObject(object, "kernel",
                          cJSON_CreateIntArray((int[]){weights.kernel_height, weights.kernel_width}, 2));
    print(object);
    fwrite(weights.data, weights.half ? 2 : 4, (size_t)taps * (size_t)weights.height * (size_t)weights.width, stdout);
    weights_free(&weights);
    return true;
}

static bool dump_sequence(int count, char **arguments, error *error)
{
    source_options options = {.paths = (const char *const *)arguments, .path_count = count, .strict = true};
    if (count > 2 && strcmp(arguments[0], "--reference") == 0) {
        options.reference = arguments[1];
        options.paths += 2;
        options.path_count -= 2;
    }
    source *source = source_open(&options, error);
    if (!source)
        return false;
    cJSON *list = cJSON_CreateArray();
    bool loaded = true;
    for (int i = 0; i < source_count(source) && loaded; i++) {
        const frame *frame = source_get(source, i, error);
        if (!(loaded = frame != NULL))
            break;
        cJSON *item = cJSON_CreateObject();
        cJSON_AddStringToObject(item, "path", source_path(source, i));
        cJSON_AddBoolToObject(item, "reference", frame->layers[FRAME_REFERENCE].pixels != NULL);
        cJSON_AddItemToArray(list, item);
    }
    source_close(source);
    if (loaded)
        print(list);
    else
        cJSON_Delete(list);
    return loaded;
}

static bool save(int count, char **arguments, error *error)
{
    static const char *const names[] = {"R", "G", "B", "albedo.R", "albedo.G", "albedo.B", "Z"};
    enum { CHANNELS = 7 };
    frame frame;
    if (count != 2 || !frame_file_read(arguments[0], NULL, 0, &frame, error))
        return false;
    size_t pixels = (size_t)frame.width * (size_t)frame.height;
    float *all = calloc(pixels, CHANNELS * sizeof(float));
    for (size_t i = 0; i < pixels; i++) {
        memcpy(all + CHANNELS * i, frame.layers[FRAME_COLOR].pixels + 4 * i, 3 * sizeof(float));
        memcpy(all + CHANNELS * i + 3, frame.layers[FRAME_ALBEDO].pixels + 4 * i, 3 * sizeof(float));
        all[CHANNELS * i + 6] = frame.layers[FRAME_DEPTH].pixels[i];
    }
    bool saved = exr_write(arguments[1], frame.width, frame.height, CHANNELS, names, all, EXR_ZIP, error);
    free(all);
    frame_free(&frame);
    return saved;
}

static bool write_exr(int count, char **arguments, error *error)
{
    int compression = 0;
    while (count > 1 && exr_compression_name(compression) &&
           strcmp(arguments[1], exr_compression_name(compression)) != 0)
        compression++;
    if (count < 5 || !exr_compression_name(compression))
        return false;
    int width = atoi(arguments[2]), height = atoi(arguments[3]), channels = count - 4;
    size_t size = (size_t)width * (size_t)height * (size_t)channels;
    float *pixels = malloc(size * sizeof *pixels);
    bool written = fread(pixels, sizeof *pixels, size, stdin) == size &&
                   exr_write(arguments[0], width, height, channels, (const char *const *)arguments + 4, pixels,
                             compression, error);
    free(pixels);
    return written;
}

static bool write_png(int count, char **arguments, error *error)
{
    if (count != 3)
        return false;
    int width = atoi(arguments[1]), height = atoi(arguments[2]);
    size_t size = (size_t)width * (size_t)height * 4;
    uint8_t *rgba = malloc(size);
    bool written = fread(rgba, 1, size, stdin) == size && png_write(arguments[0], width, height, rgba, error);
    free(rgba);
    return written;
}

static bool dump_flip(int count, char **arguments, error *error)
{
    frame pictures[2];
    image map;
    for (int i = 0; i < 2; i++)
        if (count != 2 || !frame_file_read_color(arguments[i], NULL, 0, &pictures[i], error))
            return false;
    image picture = frame_take(&pictures[0], FRAME_REFERENCE), reference = frame_take(&pictures[1], FRAME_REFERENCE);
    bool compared = flip_compare(&picture, &reference, &map, error);
    if (compared) {
        cJSON *layers = cJSON_CreateObject();
        cJSON_AddItemToObject(layers, "flip", describe(&map));
        print(layers);
        write_pixels(&map);
        image_free(&map);
    }
    image_free(&picture);
    image_free(&reference);
    return compared;
}

static const struct {
    const char *name;
    bool (*run)(int count, char **arguments, error *error);
} commands[] = {{"frame", dump_frame},     {"mended", dump_mended},     {"reference", dump_reference},
                {"weights", dump_weights}, {"sequence", dump_sequence}, {"save", save},
                {"write", write_exr},      {"png", write_png},          {"flip", dump_flip}};

int main(int argc, char **argv)
{
    error error = {"usage: see dump.c"};
    for (size_t i = 0; argc > 2 && i < sizeof commands / sizeof commands[0]; i++)
        if (strcmp(argv[1], commands[i].name) == 0 && commands[i].run(argc - 2, argv + 2, &error))
            return 0;
    fprintf(stderr, "%s\n", error.message);
    return 1;
}
