/* Gather and splat, by tiles: parts of output rows whose sums stay in the first-level cache while every tap's weights
 * stream past once. */
#include "filter.h"

#include <float.h>
#include <string.h>

#include "taps.h"

enum {
    SUMS = 8192,         /* floats, 32 KiB */
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
    float weight[LONGEST_TILE], input[LONGEST_TILE]; /* converted to float32 */
} tile;

/* A tap over the part of a tile that has it: `count` output pixels from x on; their input pixels lie in row y_in from x_in
 * on. */
typedef struct tap {
    int64_t index, x, count, y_in, x_in;
} tap;

static float *sums_of(tile *t, int64_t channel)
{
    return t->sums + channel * t->width;
}

/* Returns 0 where no pixel of the tile has the tap. */
static int find_tap(const tile *t, int i, int j, tap *tap)
{
    const wf_filter *filter = &t->call->filter;
    int64_t down = t->direction * wf_tap_offset(i, filter->kernel_height, filter->dilation);
    int64_t right = t->direction * wf_tap_offset(j, filter->kernel_width, filter->dilation);
    int64_t first, last;
    wf_pixel_range(right, t->call->input.size[3], &first, &last);
    first = first > t->first ? first : t->first;
    last = last < t->first + t->width ? last : t->first + t->width;
    tap->index = (int64_t)i * filter->kernel_width + j;
    tap->x = first;
    tap->count = last - first;
    tap->y_in = t->y + down;
    tap->x_in = first + right;
    return last > first;
}

/* Pixels as float32: in place, or converted into buffer. */
static const float *load(const wf_rows *rows, const wf_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t x,
                         int64_t count, float *buffer)
{
    const void *from = wf_cpu_address(tensor, n, c, y, x);
    if (tensor->dtype == WF_FLOAT32)
        return from;
    rows->from_half(buffer, from, count);
    return buffer;
}

static const float *load_weight(tile *t, const tap *tap)
{
    int at_output = t->direction > 0;
    return load(t->rows, &t->call->weight, t->n, tap->index, at_output ? t->y : tap->y_in,
                at_output ? tap->x : tap->x_in, tap->count, t->weight);
}

static void add_tap(tile *t, const tap *tap, const float *weight)
{
    int64_t at = tap->x - t->first;
    for (int64_t c = 0; c < t->channels; c++) {
        const float *input =
            load(t->rows, &t->call->input, t->n, t->channel + c, tap->y_in, tap->x_in, tap->count, t->input);
        t->rows->add_product(sums_of(t, c) + at, weight, input, tap->count);
    }
    if (t->call->filter.mode != WF_LINEAR)
        t->rows->add(t->total + at, weight, tap->count);
}

static void add_kernel_row(tile *t, int i)
{
    tap tap;
    for (int j = 0; j < t->call->filter.kernel_width; j++) {
        if (find_tap(t, i, j, &tap))
            add_tap(t, &tap, load_weight(t, &tap));
    }
}

/* Raises the largest logit to that of kernel row i, and expresses the sums in its units. */
static void raise_largest(tile *t, int i)
{
    tap tap;
    memcpy(t->raised, t->largest, (size_t)t->width * sizeof(float));
    for (int j = 0; j < t->call->filter.kernel_width; j++) {
        if (find_tap(t, i, j, &tap))
            t->rows->raise(t->raised + (tap.x - t->first), load_weight(t, &tap), tap.count);
    }
    t->rows->exp_difference(t->factor, t->largest, t->raised, t->width);
    memcpy(t->largest, t->raised, (size_t)t->width * sizeof(float));
    t->rows->multiply(t->total, t->factor, t->width);
    for (int64_t c = 0; c < t->channels; c++)
        t->rows->multiply(sums_of(t, c), t->factor, t->width);
}

static void add_softmax_row(tile *t, int i)
{
    tap tap;
    raise_largest(t, i);
    for (int j = 0; j < t->call->filter.kernel_width; j++) {
        if (!find_tap(t, i, j, &tap))
            continue;
        t->rows->exp_difference(t->factor, load_weight(t, &tap), t->largest + (tap.x - t->first), tap.count);
        add_tap(t, &tap, t->factor);
    }
}

static void store(tile *t, int64_t c)
{
    const wf_filter_call *call = t->call;
    float *sums = sums_of(t, c);
    if (call->filter.mode != WF_LINEAR)
        t->rows->divide(sums, t->total, t->width);
    if (call->bias)
        t->rows->offset(sums, call->bias[t->channel + c], t->width);
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
    for (int i = first; i < last; i++)
        filter->mode == WF_SOFTMAX ? add_softmax_row(t, i) : add_kernel_row(t, i);
    if (filter->mode == WF_NORMALIZED)
        t->rows->clamp_divisor(t->total, t->width);
    for (int64_t c = 0; c < t->channels; c++)
        store(t, c);
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

static int64_t divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
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
