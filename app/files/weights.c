#include "weights.h"

#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "arrays.h"
#include "wf.h"

/* What the caller of weights_read asked for. */
typedef struct request {
    int kernel_height, kernel_width, width, height;
    const char *name; /* of the array; NULL: whichever fits */
} request;

/* ---- Which array, and does it fit -------------------------------------------------------------------------------- */

/* "(25,270,480)" */
static const char *shape_text(const array *array, char text[256])
{
    int length = snprintf(text, 256, "(");
    for (int i = 0; i < array->rank; i++)
        length +=
            snprintf(text + length, 256 - (size_t)length, "%s%llu", i ? "," : "", (unsigned long long)array->size[i]);
    snprintf(text + length, 256 - (size_t)length, ")");
    return text;
}

/* The kernel that has so many taps: as requested, else square. */
static bool set_kernel(const request *request, uint64_t taps, weights *weights, error *error)
{
    if (request->kernel_height) {
        weights->kernel_height = request->kernel_height;
        weights->kernel_width = request->kernel_width;
        uint64_t needed = (uint64_t)request->kernel_height * (uint64_t)request->kernel_width;
        return taps == needed || error_set(error, "%llu taps, a %dx%d kernel needs %llu", (unsigned long long)taps,
                                           request->kernel_height, request->kernel_width, (unsigned long long)needed);
    }
    int size = 1;
    while (size < WF_MAX_KERNEL && (uint64_t)size * (uint64_t)size < taps)
        size++;
    weights->kernel_height = weights->kernel_width = size;
    return (uint64_t)size * (uint64_t)size == taps ||
           error_set(error, "%llu taps are no square kernel of 1x1 to %dx%d; --kernel-size KhxKw names another one",
                     (unsigned long long)taps, WF_MAX_KERNEL, WF_MAX_KERNEL);
}

/* Where the taps, rows and columns of weights are among an array's dimensions. */
typedef struct layout {
    int taps, rows, columns;
} layout;

static bool has_pixels(const array *array, const layout *layout, const request *request)
{
    return array->size[layout->rows] == (uint64_t)request->height &&
           array->size[layout->columns] == (uint64_t)request->width;
}

/* (K*K,H,W), or where that does not have the frame's pixels and it has, (H,W,K*K); either with a 1 in front. */
static bool find_layout(const array *array, const request *request, layout *layout)
{
    int first = array->rank == 4 && array->size[0] == 1;
    const struct layout last = {first + 2, first, first + 1};
    *layout = (struct layout){first, first + 1, first + 2};
    if (array->rank != first + 3)
        return false;
    if (!has_pixels(array, layout, request) && has_pixels(array, &last, request))
        *layout = last;
    return true;
}

static bool fit(const array *array, const request *request, weights *weights, error *error)
{
    char text[256];
    layout layout;
    if (array->type == ARRAY_OTHER)
        return error_set(error, "its elements are %s, expected float16, bfloat16, float32 or float64",
                         array->type_name);
    if (!find_layout(array, request, &layout))
        return error_set(error, "its shape is %s, a frame of %dx%d needs (K*K,%d,%d)", shape_text(array, text),
                         request->width, request->height, request->height, request->width);
    if (!has_pixels(array, &layout, request))
        return error_set(error, "its weights are for %llux%llu pixels, the frame has %dx%d: (K*K,%d,%d), not %s",
                         (unsigned long long)array->size[layout.columns], (unsigned long long)array->size[layout.rows],
                         request->width, request->height, request->height, request->width, shape_text(array, text));
    if (!set_kernel(request, array->size[layout.taps], weights, error))
        return false;
    uint64_t needed = array->size[layout.taps] * (uint64_t)request->height * (uint64_t)request->width *
                      (uint64_t)array_element_size(array->type);
    if (array->bytes != needed)
        return error_set(error, "%llu bytes of elements, its shape %s needs %llu", (unsigned long long)array->bytes,
                         shape_text(array, text), (unsigned long long)needed);
    weights->height = request->height;
    weights->width = request->width;
    weights->half = array->type == ARRAY_FLOAT16;
    return true;
}

/* Its elements are those of weights, in their order. */
static bool is_plain(const array *array, const request *request)
{
    layout layout;
    return (array->type == ARRAY_FLOAT16 || array->type == ARRAY_FLOAT32) && !array->big_endian &&
           !array->fortran_order && find_layout(array, request, &layout) && layout.taps < layout.rows;
}

static bool fits(const array *array, const request *request, bool plainly)
{
    weights weights;
    error error;
    return fit(array, request, &weights, &error) && (!plainly || is_plain(array, request));
}

static const array *find_named(const array_file *file, const request *request, error *error)
{
    char names[256] = "";
    size_t length = 0;
    for (int i = 0; i < file->count; i++) {
        if (strcmp(file->arrays[i].name, request->name) == 0)
            return &file->arrays[i];
        if (length < sizeof names)
            length +=
                (size_t)snprintf(names + length, sizeof names - length, "%s%s", i ? ", " : "", file->arrays[i].name);
    }
    error_set(error, "no array %s among %s", request->name, *names ? names : "arrays without names");
    return NULL;
}

/* The only one of the arrays that fits, with how many do. */
static const array *find_fitting(const array_file *file, const request *request, bool plainly, int *count)
{
    const array *fitting = NULL;
    *count = 0;
    for (int i = 0; i < file->count; i++) {
        if (fits(&file->arrays[i], request, plainly)) {
            fitting = &file->arrays[i];
            (*count)++;
        }
    }
    return *count == 1 ? fitting : NULL;
}

/* The array asked for by its name, else that named weight or weights, else the only one, else the only one that
 * fits: as it is, or converted. */
static const array *choose(const array_file *file, const request *request, error *error)
{
    int count;
    if (request->name)
        return find_named(file, request, error);
    for (int i = 0; i < file->count; i++)
        if (strcmp(file->arrays[i].name, "weight") == 0 || strcmp(file->arrays[i].name, "weights") == 0)
            return &file->arrays[i];
    if (file->count == 1)
        return &file->arrays[0];
    const array *fitting = find_fitting(file, request, true, &count);
    if (count == 0)
        fitting = find_fitting(file, request, false, &count);
    if (!fitting && file->count == 0)
        error_set(error, "holds no arrays");
    else if (!fitting)
        error_set(error,
                  "%d of its %d arrays fit a frame of %dx%d; name the one to use \"weight\", or ask for FILE:NAME",
                  count, file->count, request->width, request->height);
    return fitting;
}

/* ---- Elements ---------------------------------------------------------------------------------------------------- */

static bool is_finite(const weights *weights, size_t index)
{
    if (weights->half)
        return (((const uint16_t *)weights->data)[index] & 0x7c00) != 0x7c00;
    return isfinite(((const float *)weights->data)[index]);
}

/* is_narrowed: they were float64, of which float32 does not have all. */
static bool check_finite(const weights *weights, bool is_narrowed, error *error)
{
    size_t pixels = (size_t)weights->width * (size_t)weights->height;
    size_t count = pixels * (size_t)weights->kernel_height * (size_t)weights->kernel_width;
    size_t bad = 0, first = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_finite(weights, i) && bad++ == 0)
            first = i;
    if (bad == 0)
        return true;
    size_t pixel = first % pixels, width = (size_t)weights->width;
    return error_set(error, "%zu of its weights are NaN or infinite%s, the first is tap %zu of pixel x=%zu y=%zu", bad,
                     is_narrowed ? " as float32" : "", first / pixels, pixel % width, pixel / width);
}

/* An element's bits, least significant first. */
static uint64_t load(const uint8_t *bytes, int size, bool big_endian)
{
    uint64_t bits = 0;
    for (int i = 0; i < size; i++)
        bits |= (uint64_t)bytes[i] << 8 * (big_endian ? size - 1 - i : i);
    return bits;
}

static float to_float(array_type type, uint64_t bits)
{
    uint32_t word = (uint32_t)(type == ARRAY_BFLOAT16 ? bits << 16 : bits);
    float single;
    double value;
    memcpy(&single, &word, sizeof single);
    memcpy(&value, &bits, sizeof value);
    return type == ARRAY_FLOAT64 ? (float)value : single;
}

/* How far apart neighbors along each dimension are, in elements. */
static void find_strides(const array *array, size_t strides[ARRAY_MAX_RANK])
{
    size_t stride = 1;
    for (int i = 0; i < array->rank; i++) {
        int dimension = array->fortran_order ? i : array->rank - 1 - i;
        strides[dimension] = stride;
        stride *= (size_t)array->size[dimension];
    }
}

/* From elements as the file has them to those of weights. */
static void convert(const array *array, const layout *layout, const uint8_t *from, weights *weights)
{
    size_t strides[ARRAY_MAX_RANK], to = 0;
    int size = array_element_size(array->type);
    find_strides(array, strides);
    for (size_t tap = 0; tap < array->size[layout->taps]; tap++) {
        for (size_t y = 0; y < array->size[layout->rows]; y++) {
            for (size_t x = 0; x < array->size[layout->columns]; x++) {
                size_t at = tap * strides[layout->taps] + y * strides[layout->rows] + x * strides[layout->columns];
                uint64_t bits = load(from + at * (size_t)size, size, array->big_endian);
                if (weights->half)
                    ((uint16_t *)weights->data)[to++] = (uint16_t)bits;
                else
                    ((float *)weights->data)[to++] = to_float(array->type, bits);
            }
        }
    }
}

static bool read_converted(const array_file *file, const array *array, const request *request, weights *weights,
                           error *error)
{
    layout layout;
    uint64_t count = array->bytes / (uint64_t)array_element_size(array->type), size = weights->half ? 2 : 4;
    uint8_t *elements = malloc((size_t)array->bytes);
    weights->data = malloc((size_t)(count * size));
    bool read = (elements && weights->data) || error_set(error, "not enough memory for %llu bytes of weights",
                                                         (unsigned long long)(array->bytes + count * size));
    read = read && array_file_read(file, array, elements, error);
    if (read && find_layout(array, request, &layout))
        convert(array, &layout, elements, weights);
    free(elements);
    return read;
}

static bool read_elements(const array_file *file, const array *array, const request *request, weights *weights,
                          error *error)
{
    if (!is_plain(array, request))
        return read_converted(file, array, request, weights, error) &&
               check_finite(weights, array->type == ARRAY_FLOAT64, error);
    weights->data = malloc((size_t)array->bytes);
    if (!weights->data)
        return error_set(error, "not enough memory for %llu bytes of weights", (unsigned long long)array->bytes);
    return array_file_read(file, array, weights->data, error) && check_finite(weights, false, error);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static bool read_chosen(const array_file *file, const request *request, weights *weights, error *error)
{
    const array *array = choose(file, request, error);
    if (!array)
        return false;
    struct error inner = {""};
    if (fit(array, request, weights, &inner) && read_elements(file, array, request, weights, &inner))
        return true;
    return *array->name ? error_set(error, "array %s: %s", array->name, inner.message) : (*error = inner, false);
}

/* FILE:NAME is an array of a file, unless there is a file of that name. */
static void split_name(const char *path, char *file, size_t size, request *request)
{
    const char *colon = strrchr(path, ':');
    bool named = colon && colon[1] && !strchr(colon, '/') && access(path, F_OK) != 0;
    snprintf(file, size, "%.*s", named ? (int)(colon - path) : (int)strlen(path), path);
    request->name = named ? colon + 1 : NULL;
}

bool weights_read(const char *path, int kernel_height, int kernel_width, int width, int height, weights *weights,
                  error *error)
{
    request request = {kernel_height, kernel_width, width, height, NULL};
    struct error inner = {""};
    array_file file;
    char name[4096];
    memset(weights, 0, sizeof *weights);
    split_name(path, name, sizeof name, &request);
    bool read = array_file_open(name, &file, &inner);
    if (read) {
        read = read_chosen(&file, &request, weights, &inner);
        array_file_close(&file);
    }
    if (read)
        return true;
    weights_free(weights);
    return error_set(error, "%s: %s", name, inner.message);
}

bool weights_exist(const char *path)
{
    request request;
    char name[4096];
    split_name(path, name, sizeof name, &request);
    return access(name, F_OK) == 0;
}

void weights_free(weights *weights)
{
    free(weights->data);
    memset(weights, 0, sizeof *weights);
}
