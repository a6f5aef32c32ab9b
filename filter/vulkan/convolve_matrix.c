/* 3x3 convolutions as products of matrices. */
#include <string.h>

#include "half.h"
#include "network.h"

#include "convolve_emulated.comp.h"
#include "convolve_features.comp.h"
#include "convolve_features_emulated.comp.h"
#include "convolve_matrix.comp.h"

enum {
    TAPS = 9,
    UP_TAPS = 16,
    SIDE = 16 /* of a matrix */,
    WARP = 32,
    PIECE = 16 /* bytes */,
    PIXEL = 3,
    QUAD = 9 /* 2x2 pixels */
};

/* ---- Parameters: biases, then weights (16 inputs, tap, 16, output), then those of a coarser source's four places - */

size_t wf_vulkan_matrix_convolution_bytes(const wf_convolution *shape)
{
    const int lines = (shape->coarse + shape->inputs) * TAPS + shape->coarse * UP_TAPS;
    return (size_t)shape->outputs * (sizeof(float) + (size_t)lines * sizeof(uint16_t));
}

/* Of a pixel at place (below, right) among the four that a coarser one covers, tap (dy,dx) of its 2x2: the sum of those
 * of the 3x3 that read the same coarser pixel. */
static float up_weight(const float *weight, int tap)
{
    const int below = tap >> 3, right = tap >> 2 & 1, dy = tap >> 1 & 1, dx = tap & 1;
    float sum = 0;
    for (int y = 0; y < 3; y++) {
        for (int x = 0; x < 3; x++)
            sum += (y + below + 1) / 2 - below == dy && (x + right + 1) / 2 - right == dx ? weight[y * 3 + x] : 0;
    }
    return sum;
}

static int place_of(int i, int taps, int tap, int outputs, int o)
{
    return ((i / SIDE * taps + tap) * SIDE + i % SIDE) * outputs + o;
}

void wf_vulkan_arrange_matrix_convolution(const wf_convolution *shape, const float *weight, const float *bias,
                                          void *parameters)
{
    const int inputs = shape->coarse + shape->inputs, outputs = shape->outputs;
    uint16_t *to = (uint16_t *)((float *)parameters + outputs), *up = to + inputs * TAPS * outputs;
    memcpy(parameters, bias, (size_t)outputs * sizeof *bias);
    for (int o = 0; o < outputs; o++) {
        for (int i = 0; i < inputs; i++, weight += TAPS) {
            for (int tap = 0; tap < TAPS; tap++)
                to[place_of(i, TAPS, tap, outputs, o)] = wf_float_to_half(weight[tap]);
            for (int tap = 0; tap < UP_TAPS && i < shape->coarse; tap++)
                up[place_of(i, UP_TAPS, tap, outputs, o)] = wf_float_to_half(up_weight(weight, tap));
        }
    }
}

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

/* Of a warp: rows of 32 pixels, and 16 outputs each. Warps of a workgroup: below each other, beside each
 * other, and for further outputs. Tiles of a workgroup, below each other: the next one's first inputs are read
 * during the last products of one. */
typedef struct tile {
    int rows, pairs, down, across, deep, ahead, tiles, up;
} tile;

static int most_of(int a, int b)
{
    return a > b ? a : b;
}

static int threads_of(const tile *t)
{
    return WARP * t->down * t->across * t->deep;
}

/* Pieces of shared memory: for pixels and weights, of a coarser source, too, or for outputs. */
static int memory_of(const tile *t)
{
    const int width = 2 * SIDE * t->across, height = t->rows * t->down, line = 2 * t->pairs * t->deep + 1;
    const int whole = (width / 2 + 1) * (height / 2 + 1) * QUAD + TAPS * SIDE * line;
    const int coarse = (width / 2 + 2) * (height / 2 + 2) * PIXEL + UP_TAPS * SIDE * line;
    const int outputs = t->down * t->across * t->deep * 4 * SIDE * PIXEL;
    return most_of(outputs, most_of(whole, t->up ? coarse : 0));
}

enum { MOST_SHAPES = 2, MOST_TILES = 32 };

/* The tiles to choose from. Measured on an H200 for a network of 16, 48, 64, 128 and 160 channels. */
static int list_shapes(int outputs, int up, tile shapes[MOST_SHAPES])
{
    const int groups = outputs / SIDE;
    int count = 0;
    if (groups % 4 == 0 && up)
        shapes[count++] = (tile){4, 2, 4, 1, 2, 1, 1, up};
    else if (groups % 4 == 0)
        shapes[count++] = (tile){4, 1, 2, 1, 4, 1, 1, up}, shapes[count++] = (tile){6, 1, 3, 1, 4, 1, 1, up};
    else if (groups % 3 == 0)
        shapes[count++] = (tile){4, 1, 4, 1, 3, 1, 1, up};
    else if (groups % 2 == 0)
        shapes[count++] = (tile){4, 1, 4, 1, 2, 1, 1, up}, shapes[count++] = (tile){4, 1, 3, 1, 2, 1, 1, up};
    else
        shapes[count++] = (tile){4, 1, 8, 1, 1, 1, 1, up};
    return count;
}

typedef struct grid {
    int64_t columns, rows;
} grid;

/* Of tiles, each with its outputs; those of a pair overlap by one pixel on each side. */
static grid tiles_of(const tile *t, const wf_convolve_call *call)
{
    const int lost = call->second ? 2 : 0, first = call->second && t->up;
    return (grid){wf_vulkan_divide_up(call->output.width + first, 2 * SIDE * t->across - lost),
                  wf_vulkan_divide_up(call->output.height + first, t->rows * t->down - lost)};
}

static int groups_of(const tile *t, const wf_convolve_call *call)
{
    return call->shape.outputs / (SIDE * t->pairs * t->deep);
}

int64_t wf_vulkan_time_of_tiles(int64_t workgroups, int64_t across, int64_t rows, int tiles)
{
    const int64_t whole = across * (rows / tiles), part = rows % tiles, parts = part ? across : 0;
    const int64_t whole_time = 2 * tiles + 1, part_time = 2 * part + 1, busy = whole % workgroups;
    const int64_t beside = busy ? (workgroups - busy) * (whole_time / part_time) : 0;
    const int64_t after = parts > beside ? wf_vulkan_divide_up(parts - beside, workgroups) : 0;
    return wf_vulkan_divide_up(whole, workgroups) * whole_time + after * part_time;
}

/* In rows of pixels. */
static int64_t time_of(const vulkan_device *device, const tile *t, const wf_convolve_call *call)
{
    const grid tiles = tiles_of(t, call);
    const int64_t across = tiles.columns * groups_of(t, call);
    return wf_vulkan_time_of_tiles(device->multiprocessors, across, tiles.rows, t->tiles) * t->rows * t->down;
}

static int fits(const vulkan_device *device, const tile *t)
{
    return memory_of(t) * PIECE <= (int)device->limits.maxComputeSharedMemorySize &&
           threads_of(t) <= (int)device->limits.maxComputeWorkGroupInvocations;
}

/* Whether coarser pixels cover 2x2 whole ones each. */
static int is_up(const wf_convolve_call *call)
{
    return call->shape.coarse > 0 && call->output.width % 2 == 0 && call->output.height % 2 == 0;
}

/* The soonest done. Smaller where shared memory or threads are less. */
static tile choose_tile(const vulkan_device *device, const wf_convolve_call *call)
{
    tile shapes[MOST_SHAPES], best = {2, 1, 4, 1, call->shape.outputs / SIDE % 2 ? 1 : 2, 1, 1, is_up(call)};
    const int count = list_shapes(call->shape.outputs, best.up, shapes);
    int64_t best_time = INT64_MAX;
    for (int i = 0; i < count; i++) {
        tile *t = &shapes[i];
        for (; fits(device, t) && t->tiles <= MOST_TILES; t->tiles++) {
            const int64_t time = time_of(device, t, call);
            if (time < best_time) {
                best = *t;
                best_time = time;
            }
        }
    }
    return best;
}

__extension__ _Static_assert(sizeof(struct wf_convolve_features_push) <= 128, "push constants are too large");

/* Whether it makes the features that it reads. */
static int makes_features(const wf_convolve_call *call)
{
    return !call->input.data;
}

static wf_result get_pipeline(vulkan_device *device, const wf_convolve_call *call, tile *t, vulkan_pipeline *pipeline)
{
    static const vulkan_shader shaders[][2] = {
        [VULKAN_MATRICES_DEVICE] = {{convolve_matrix_comp, sizeof convolve_matrix_comp},
                                    {convolve_features_comp, sizeof convolve_features_comp}},
        [VULKAN_MATRICES_EMULATED] = {{convolve_emulated_comp, sizeof convolve_emulated_comp},
                                      {convolve_features_emulated_comp, sizeof convolve_features_emulated_comp}}};
    *t = choose_tile(device, call);
    *pipeline = (vulkan_pipeline){
        .shader = &shaders[device->matrices][makes_features(call)],
        .constants = {[WF_CONVOLVE_THREADS] = threads_of(t),
                      [WF_CONVOLVE_ROWS] = t->rows,
                      [WF_CONVOLVE_PAIRS] = t->pairs,
                      [WF_CONVOLVE_DOWN] = t->down,
                      [WF_CONVOLVE_ACROSS] = t->across,
                      [WF_CONVOLVE_DEEP] = t->deep,
                      [WF_CONVOLVE_MEMORY] = memory_of(t),
                      [WF_CONVOLVE_AHEAD] = t->ahead,
                      [WF_CONVOLVE_COARSE] = call->shape.coarse > 0,
                      [WF_CONVOLVE_UP] = t->up,
                      [WF_CONVOLVE_TILES] = t->tiles,
                      [WF_CONVOLVE_PAIR] = call->second != NULL,
                      /* Where rows are pooled they begin at even ones, for coarser pixels those before do. */
                      [WF_CONVOLVE_OFFSET] = call->second ? 1 + t->up : 0}};
    if (makes_features(call))
        wf_vulkan_set_features(&pipeline->constants[WF_CONVOLVE_FEATURE], &call->features);
    return wf_vulkan_get_pipeline(device, pipeline);
}

wf_result wf_vulkan_prepare_convolution_matrix(vulkan_device *device, const wf_convolve_call *call)
{
    vulkan_pipeline pipeline;
    tile t;
    return get_pipeline(device, call, &t, &pipeline);
}

int wf_vulkan_fuses(const wf_device *device, const wf_convolution *first, const wf_convolution *second, int width,
                    int height)
{
    (void)width, (void)height;
    return ((const vulkan_device *)device)->matrices && first->inputs == SIDE && first->outputs == SIDE &&
           second->outputs == SIDE;
}

/* Of the first one's. */
static int offset_of(const void *first, const void *second)
{
    return second ? (int)((const char *)second - (const char *)first) : 0;
}

static void dispatch(vulkan_device *device, wf_stream stream, const vulkan_pipeline *pipeline, const tile *t,
                     const wf_convolve_call *call, const void *push, uint32_t size)
{
    const grid tiles = tiles_of(t, call);
    wf_vulkan_dispatch(device, stream, pipeline, push, size, tiles.columns,
                       wf_vulkan_divide_up(tiles.rows, t->tiles) * groups_of(t, call));
}

static wf_result convolve_features(vulkan_device *device, wf_stream stream, const wf_convolve_call *call)
{
    const wf_layers *layers = &call->features.layers;
    const wf_plane_push color = wf_vulkan_planes(&layers->color), albedo = wf_vulkan_planes(&layers->albedo);
    const wf_plane_push normal = wf_vulkan_planes(&layers->normal), depth = wf_vulkan_planes(&layers->depth);
    vulkan_pipeline pipeline;
    tile t;
    WF_TRY(get_pipeline(device, call, &t, &pipeline));
    const struct wf_convolve_features_push push = {.width = call->output.width,
                                                   .height = call->output.height,
                                                   .output_data = wf_vulkan_address(call->output.data),
                                                   .parameters_data = wf_vulkan_address(call->parameters),
                                                   .pooled_data = wf_vulkan_address(call->pooled.data),
                                                   .exposure_data = wf_vulkan_address(call->features.exposure),
                                                   .color_data = color.data,
                                                   .albedo_data = albedo.data,
                                                   .normal_data = normal.data,
                                                   .depth_data = depth.data,
                                                   .color = {color.channel, color.row, color.column},
                                                   .albedo = {albedo.channel, albedo.row, albedo.column},
                                                   .normal = {normal.channel, normal.row, normal.column},
                                                   .depth = {depth.row, depth.column},
                                                   .second = offset_of(call->parameters, call->second)};
    dispatch(device, stream, &pipeline, &t, call, &push, sizeof push);
    return WF_OK;
}

wf_result wf_vulkan_convolve_matrix(vulkan_device *device, wf_stream stream, const wf_convolve_call *call)
{
    if (makes_features(call))
        return convolve_features(device, stream, call);
    vulkan_pipeline pipeline;
    tile t;
    WF_TRY(get_pipeline(device, call, &t, &pipeline));
    struct wf_convolve_push push = wf_vulkan_convolve_push(call);
    push.pooled_data = wf_vulkan_address(call->pooled.data);
    push.second = offset_of(call->parameters, call->second);
    dispatch(device, stream, &pipeline, &t, call, &push, sizeof push);
    return WF_OK;
}
