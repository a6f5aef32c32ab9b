/* Convolutions in blocks of pixels: what a block reads is copied together first, zeros around the image included. */
#include "convolve.h"

#include <omp.h>
#include <stdlib.h>
#include <string.h>

enum { ROWS = 4, GROUP = WF_CONVOLVE_GROUP, PIXELS = WF_CONVOLVE_PIXELS };

static int groups_of(int outputs)
{
    return (outputs + GROUP - 1) / GROUP;
}

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

static size_t parameter_bytes(int inputs, int size, int outputs)
{
    return (size_t)(groups_of(outputs) * GROUP) * (size_t)(1 + size * size * inputs) * sizeof(float);
}

static void arrange(int inputs, int size, int outputs, const float *weight, const float *bias, float *to)
{
    const int taps = size * size;
    memcpy(to, bias, (size_t)outputs * sizeof *to);
    to += groups_of(outputs) * GROUP;
    for (int o = 0; o < outputs; o++) {
        for (int i = 0; i < inputs; i++) {
            for (int tap = 0; tap < taps; tap++)
                to[((o / GROUP * taps + tap) * inputs + i) * GROUP + o % GROUP] = *weight++;
        }
    }
}

size_t wf_cpu_convolution_bytes(const wf_device *device, const wf_convolution *shape)
{
    (void)device;
    return parameter_bytes(shape->coarse + shape->inputs, 3, shape->outputs);
}

void wf_cpu_arrange_convolution(const wf_device *device, const wf_convolution *shape, const float *weight,
                                const float *bias, void *parameters)
{
    (void)device;
    arrange(shape->coarse + shape->inputs, 3, shape->outputs, weight, bias, parameters);
}

size_t wf_cpu_head_bytes(const wf_head *head)
{
    return parameter_bytes(head->inputs, 1, head->outputs);
}

void wf_cpu_arrange_head(const wf_head *head, const float *weight, const float *bias, void *parameters)
{
    arrange(head->inputs, 1, head->outputs, weight, bias, parameters);
}

/* ---- Blocks ------------------------------------------------------------------------------------------------------ */

/* A thread's. */
typedef struct block {
    float *input;  /* (ROWS + size - 1, PIXELS + size - 1, inputs) */
    float *output; /* (ROWS, PIXELS, 16 * groups) */
} block;

static int make_block(block *b, int inputs, int size, int outputs)
{
    const size_t in = (size_t)((ROWS + size - 1) * (PIXELS + size - 1) * inputs);
    const size_t out = (size_t)(ROWS * PIXELS * groups_of(outputs) * GROUP);
    b->input = malloc((in + out) * sizeof(float));
    b->output = b->input + in;
    return b->input != NULL;
}

static const float *pixel_of(const wf_activation *a, int y, int x)
{
    return (const float *)a->data + ((size_t)y * (size_t)a->width + (size_t)x) * (size_t)a->channels;
}

/* A pixel of the coarser level's channels and the own level's. */
static void copy_pixel(const wf_activation *coarse, const wf_activation *input, int y, int x, float *to)
{
    if (coarse->data) {
        memcpy(to, pixel_of(coarse, y / 2, x / 2), (size_t)coarse->channels * sizeof *to);
        to += coarse->channels;
    }
    memcpy(to, pixel_of(input, y, x), (size_t)input->channels * sizeof *to);
}

static void fill_block(float *to, const wf_activation *coarse, const wf_activation *input, int y0, int x0, int size)
{
    const int inputs = (coarse->data ? coarse->channels : 0) + input->channels;
    for (int y = y0 - size / 2; y < y0 + ROWS + size / 2; y++) {
        for (int x = x0 - size / 2; x < x0 + PIXELS + size / 2; x++, to += inputs) {
            if (y >= 0 && y < input->height && x >= 0 && x < input->width)
                copy_pixel(coarse, input, y, x, to);
            else
                memset(to, 0, (size_t)inputs * sizeof *to);
        }
    }
}

/* The row has all but addresses of pixels. */
static void compute_block(const wf_device *device, const block *b, wf_convolve_row row)
{
    row.input_row = (int64_t)(PIXELS + row.size - 1) * row.inputs;
    for (int y = 0; y < ROWS; y++) {
        row.input = b->input + y * row.input_row;
        row.output = b->output + (int64_t)y * PIXELS * (row.last - row.first) * GROUP;
        ((const wf_cpu_device *)device)->convolve_row(&row);
    }
}

static int smaller(int a, int b)
{
    return a < b ? a : b;
}

/* ---- 3x3 convolutions -------------------------------------------------------------------------------------------- */

static void store(const wf_activation *output, const float *from, int y0, int x0)
{
    const int rows = smaller(ROWS, output->height - y0), columns = smaller(PIXELS, output->width - x0);
    for (int y = 0; y < rows; y++)
        memcpy((float *)pixel_of(output, y0 + y, x0), from + y * PIXELS * output->channels,
               (size_t)(columns * output->channels) * sizeof *from);
}

static void store_pooled(const wf_activation *pooled, const wf_activation *full, const float *from, int y0, int x0)
{
    const int rows = smaller(ROWS, full->height - y0), columns = smaller(PIXELS, full->width - x0);
    const int channels = pooled->channels;
    for (int y = 0; y < rows; y += 2) {
        for (int x = 0; x < columns; x += 2) {
            float *to = (float *)pixel_of(pooled, (y0 + y) / 2, (x0 + x) / 2);
            const float *corner = from + (y * PIXELS + x) * channels;
            const float *right = x + 1 < columns ? corner + channels : corner;
            const int down = y + 1 < rows ? PIXELS * channels : 0;
            for (int c = 0; c < channels; c++) {
                const float top = corner[c] > right[c] ? corner[c] : right[c];
                const float bottom = corner[c + down] > right[c + down] ? corner[c + down] : right[c + down];
                to[c] = top > bottom ? top : bottom;
            }
        }
    }
}

static wf_result no_memory(const wf_device *device)
{
    return wf_fail(&device->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for the blocks of a convolution");
}

wf_result wf_cpu_convolve(wf_device *device, wf_stream stream, const wf_convolve_call *call)
{
    (void)stream;
    const wf_activation *output = &call->output;
    const int groups = groups_of(call->shape.outputs);
    const wf_convolve_row row = {.parameters = call->parameters,
                                 .inputs = call->shape.coarse + call->shape.inputs,
                                 .groups = groups,
                                 .last = groups,
                                 .size = 3,
                                 .relu = 1};
    int failed = 0;
#pragma omp parallel reduction(| : failed)
    {
        block b;
        failed = !make_block(&b, row.inputs, row.size, call->shape.outputs);
#pragma omp for collapse(2) schedule(dynamic)
        for (int y = 0; y < output->height; y += ROWS) {
            for (int x = 0; x < output->width; x += PIXELS) {
                if (failed)
                    continue;
                fill_block(b.input, &call->coarse, &call->input, y, x, row.size);
                compute_block(device, &b, row);
                store(output, b.output, y, x);
                if (call->pooled.data)
                    store_pooled(&call->pooled, output, b.output, y, x);
            }
        }
        free(b.input);
    }
    return failed ? no_memory(device) : WF_OK;
}

/* ---- Heads ------------------------------------------------------------------------------------------------------- */

/* The channels skipped ... skipped + count - 1 of the block's `channels`. */
static void store_planes(const wf_activation *decoded, const float *from, int channels, int skipped, int count, int y0,
                         int x0, float *to)
{
    const int rows = smaller(ROWS, decoded->height - y0), columns = smaller(PIXELS, decoded->width - x0);
    const size_t plane = (size_t)decoded->height * (size_t)decoded->width;
    for (int c = 0; c < count; c++) {
        for (int y = 0; y < rows; y++) {
            float *row = to + (size_t)c * plane + (size_t)(y0 + y) * (size_t)decoded->width + x0;
            const float *pixel = from + y * PIXELS * channels + skipped + c;
            for (int x = 0; x < columns; x++)
                row[x] = pixel[x * channels];
        }
    }
}

static void store_pixels(const wf_activation *decoded, const float *from, int channels, int skipped, int count, int y0,
                         int x0, float *to)
{
    const int rows = smaller(ROWS, decoded->height - y0), columns = smaller(PIXELS, decoded->width - x0);
    for (int y = 0; y < rows; y++) {
        for (int x = 0; x < columns; x++)
            memcpy(to + ((size_t)(y0 + y) * (size_t)decoded->width + (size_t)(x0 + x)) * (size_t)count,
                   from + (y * PIXELS + x) * channels + skipped, (size_t)count * sizeof *to);
    }
}

/* Rows from first_row on, up to whole blocks. */
static wf_result find_head(wf_device *device, const wf_head *head, const wf_activation *decoded, int first, int last,
                           int first_row, int last_row, float *to_planes, float *to_pixels)
{
    static const wf_activation no_coarse;
    const wf_convolve_row row = {.parameters = head->parameters,
                                 .inputs = head->inputs,
                                 .groups = groups_of(head->outputs),
                                 .first = first / GROUP,
                                 .last = groups_of(last),
                                 .size = 1};
    const int channels = (row.last - row.first) * GROUP, skipped = first - row.first * GROUP;
    int failed = 0;
#pragma omp parallel reduction(| : failed)
    {
        block b;
        failed = !make_block(&b, head->inputs, 1, head->outputs);
#pragma omp for collapse(2) schedule(dynamic)
        for (int y = first_row; y < last_row; y += ROWS) {
            for (int x = 0; x < decoded->width; x += PIXELS) {
                if (failed)
                    continue;
                fill_block(b.input, &no_coarse, decoded, y, x, 1);
                compute_block(device, &b, row);
                if (to_planes)
                    store_planes(decoded, b.output, channels, skipped, last - first, y, x, to_planes);
                else
                    store_pixels(decoded, b.output, channels, skipped, last - first, y, x, to_pixels);
            }
        }
        free(b.input);
    }
    return failed ? no_memory(device) : WF_OK;
}

wf_result wf_cpu_head(wf_device *device, const wf_head *head, const wf_activation *decoded, int first, int last,
                      float *to_planes, float *to_pixels)
{
    return find_head(device, head, decoded, first, last, 0, decoded->height, to_planes, to_pixels);
}

wf_result wf_cpu_head_rows(wf_device *device, const wf_head *head, const wf_activation *decoded, int first, int last,
                           int first_row, int rows, float *to_planes)
{
    return find_head(device, head, decoded, first, last, first_row, first_row + rows, to_planes, NULL);
}
