/* Gather and splat, by tiles: parts of output rows whose sums stay in the first-level cache while every tap's weights
 * stream past once. */
#include "filter.h"

#include <float.h>
#include <string.h>

#include "taps.h"

enum {
    SUMS = 4096,         /* floats, 16 KiB */
    LONGEST_TILE = 1024, /* pixels */
    MOST_CHANNELS = 64,  /* in one pass over the weights */
    VECTOR = 16          /* pixels that tiles are cut in multiples of */
};

typedef struct tile {
    const wf_rows *rows;
    const wf_filter_call *call;
    int direction;
    int64_t n, y, first, width; /* the pixels first <= x < first + width of row y of image n */
    int64_t channel, channels;  /* the first one, and how many */

    float sums[SUMS];            /* of weight * input, a row for each channel */
    float total[LONGEST_TILE];   /* of the weights */
    float largest[LONGEST_TILE]; /* softmax: sums and total count in units of this logit's exponential */
    float raised[LONGEST_TILE];
    float factor[LONGEST_TILE];
    float weight[WF_ROW_TAPS][LONGEST_TILE]; /* softmax: exponentials of logits */
} tile;

/* A tap over the part of a tile that has it: `count` output pixels from x on, if any. Their input pixels lie in row y_in
 * from x_in on. */
typedef struct tap {
    int64_t index, x, count, y_in, x_in;
    const void *weight;
    const void *input; /* in the tile's first channel */
} tap;

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t larger(int64_t a, int64_t b)
{
    return a > b ? a : b;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

static float *sums_of(tile *t, int64_t channel)
{
    return t->sums + channel * t->width;
}

static tap find_tap(const tile *t, int i, int j)
{
    const wf_filter *filter = &t->call->filter;
    int64_t down = t->direction * wf_tap_offset(i, filter->kernel_height, filter->dilation);
    int64_t right = t->direction * wf_tap_offset(j, filter->kernel_width, filter->dilation);
    int64_t first, last;
    wf_pixel_range(right, t->call->input.size[3], &first, &last);
    first = larger(first, t->first);
    last = smaller(last, t->first + t->width);
    return (tap){.index = (int64_t)i * filter->kernel_width + j,
                 .x = first,
                 .count = larger(last - first, 0),
                 .y_in = t->y + down,
                 .x_in = first + right};
}

static const void *weight_address(const tile *t, const tap *tap)
{
    const wf_tensor *weight = &t->call->weight;
    return t->direction > 0 ? wf_cpu_address(weight, t->n, tap->index, t->y, tap->x)
                            : wf_cpu_address(weight, t->n, tap->index, tap->y_in, tap->x_in);
}

/* float32 logits: in place, or converted into t->factor. */
static const float *load_logits(tile *t, const tap *tap)
{
    const void *logits = weight_address(t, tap);
    if (t->call->weight.dtype == WF_FLOAT32)
        return logits;
    t->rows->from_half(t->factor, logits, tap->count);
    return t->factor;
}

static const float *exponentiate(tile *t, const tap *tap, float *weight)
{
    t->rows->exp_difference(weight, load_logits(t, tap), t->largest + (tap->x - t->first), tap->count);
    return weight;
}

/* Adds what the taps have in first <= x < last, where all of them have something. */
static void add_part(tile *t, const tap *taps, int count, int64_t first, int64_t last)
{
    if (last <= first)
        return;
    const wf_filter_call *call = t->call;
    const int softmax = call->filter.mode == WF_SOFTMAX;
    wf_row_taps row = {.taps = count,
                       .half_weight = call->weight.dtype == WF_FLOAT16 && !softmax,
                       .half_input = call->input.dtype == WF_FLOAT16,
                       .input_stride = call->input.stride[1]};
    if (!softmax)
        row.prefetch = count * call->weight.stride[1] * (int64_t)wf_dtype_size(call->weight.dtype);
    for (int k = 0; k < count; k++) {
        row.weight[k] = (const char *)taps[k].weight + (first - taps[k].x) * (row.half_weight ? 2 : 4);
        row.input[k] = (const char *)taps[k].input + (first - taps[k].x) * (row.half_input ? 2 : 4);
    }
    float *total = call->filter.mode == WF_LINEAR ? NULL : t->total + (first - t->first);
    t->rows->add_taps(t->sums + (first - t->first), t->width, t->channels, total, &row, last - first);
}

/* Adds the taps at once where all of them count, and singly where the image's border leaves some of them out. */
static void add_taps(tile *t, const tap *taps, int count)
{
    if (count == 0)
        return;
    int64_t first = t->first, last = t->first + t->width;
    for (int k = 0; k < count; k++) {
        first = larger(first, taps[k].x);
        last = smaller(last, taps[k].x + taps[k].count);
    }
    last = larger(first, last);
    add_part(t, taps, count, first, last);
    for (int k = 0; k < count; k++) {
        int64_t end = taps[k].x + taps[k].count;
        add_part(t, &taps[k], 1, taps[k].x, smaller(first, end));
        add_part(t, &taps[k], 1, larger(last, taps[k].x), end);
    }
}

static void add_kernel_row(tile *t, int i)
{
    const int kernel_width = t->call->filter.kernel_width, groups = (int)divide_up(kernel_width, WF_ROW_TAPS);
    for (int group = 0; group < groups; group++) {
        tap taps[WF_ROW_TAPS];
        int count = 0;
        for (int j = group * kernel_width / groups; j < (group + 1) * kernel_width / groups; j++) {
            tap tap = find_tap(t, i, j);
            if (tap.count == 0)
                continue;
            tap.weight =
                t->call->filter.mode == WF_SOFTMAX ? exponentiate(t, &tap, t->weight[count]) : weight_address(t, &tap);
            tap.input = wf_cpu_address(&t->call->input, t->n, t->channel, tap.y_in, tap.x_in);
            taps[count++] = tap;
        }
        add_taps(t, taps, count);
    }
}

/* Raises the largest logits to those of kernel row i, and expresses the sums in their units. */
static void raise_largest(tile *t, int i)
{
    memcpy(t->raised, t->largest, (size_t)t->width * sizeof(float));
    for (int j = 0; j < t->call->filter.kernel_width; j++) {
        tap tap = find_tap(t, i, j);
        if (tap.count > 0)
            t->rows->raise(t->raised + (tap.x - t->first), load_logits(t, &tap), tap.count);
    }
    t->rows->exp_difference(t->factor, t->largest, t->raised, t->width);
    memcpy(t->largest, t->raised, (size_t)t->width * sizeof(float));
    t->rows->multiply(t->total, t->factor, t->width);
    for (int64_t c = 0; c < t->channels; c++)
        t->rows->multiply(sums_of(t, c), t->factor, t->width);
}

static void store(tile *t, int64_t c)
{
    const wf_filter_call *call = t->call;
    float *sums = sums_of(t, c);
    if (call->filter.mode != WF_LINEAR)
        t->rows->divide(sums, t->total, t->width);
    if (call->bias)
        t->rows->offset(sums, ((const float *)call->bias)[t->channel + c], t->width);
    void *to = wf_cpu_address(&call->output, t->n, t->channel + c, t->y, t->first);
    if (call->output.dtype == WF_FLOAT32)
        memcpy(to, sums, (size_t)t->width * sizeof(float));
    else
        t->rows->to_half(to, sums, t->width);
}

static void filter_tile(tile *t)
{
    const wf_filter *filter = &t->call->filter;
    t->rows->fill(t->sums, 0, t->channels * t->width);
    t->rows->fill(t->total, 0, t->width);
    t->rows->fill(t->largest, -FLT_MAX, t->width); /* finite, so that masked logits of -inf weigh 0 */
    int first, last;
    wf_tap_range(t->y, t->call->input.size[2], filter->kernel_height, filter->dilation, t->direction, &first, &last);
    for (int i = first; i < last; i++) {
        if (filter->mode == WF_SOFTMAX)
            raise_largest(t, i);
        add_kernel_row(t, i);
    }
    if (filter->mode == WF_NORMALIZED)
        t->rows->clamp_divisor(t->total, t->width);
    for (int64_t c = 0; c < t->channels; c++)
        store(t, c);
}

void wf_cpu_filter(const wf_rows *rows, const wf_filter_call *call, int direction)
{
    const int64_t *size = call->output.size;
    const int64_t channels = smaller(size[1], MOST_CHANNELS), passes = divide_up(size[1], channels);
    const int64_t longest = smaller(LONGEST_TILE, SUMS / channels / VECTOR * VECTOR);
    const int64_t tiles = divide_up(size[3], longest), width = divide_up(divide_up(size[3], tiles), VECTOR) * VECTOR;
#pragma omp parallel
    {
        tile t;
        t.rows = rows;
        t.call = call;
        t.direction = direction;
#pragma omp for collapse(4) schedule(dynamic)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t pass = 0; pass < passes; pass++) {
                for (int64_t y = 0; y < size[2]; y++) {
                    for (int64_t i = 0; i < tiles; i++) {
                        t.n = n;
                        t.y = y;
                        t.first = i * width;
                        t.width = smaller(width, size[3] - t.first);
                        t.channel = pass * channels;
                        t.channels = smaller(channels, size[1] - t.channel);
                        filter_tile(&t);
                    }
                }
            }
        }
    }
}
