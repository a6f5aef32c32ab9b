/* Gradients of gather and splat. Compiled once for each type of sums.
 *
 * A tile of grad_input collects from grad_output what the adjoint operator would. On its way it meets each pair of pixels
 * that a tap connects once: there it writes the tap's grad_weight, too. */
#include "filter.h"

#include <string.h>

#include "taps.h"
#include "tile.h"

typedef struct backward_tile {
    wf_tile base; /* its input is grad_output, its sums are grad_input */
    const wf_backward_call *call;
    const real *factor, *less;               /* of wf_cpu_workspace */
    real input[WF_TILE_SUMS];                /* the forward call's, at the tile's pixels */
    int64_t input_channel;                   /* first of the channels that are loaded */
    real grad[WF_ROW_TAPS][WF_TILE_LONGEST]; /* grad_weight of neighbouring taps */
    real loaded[WF_TILE_LONGEST];
} backward_tile;

static const real *plane_at(const wf_backward_call *call, const real *plane, int64_t n, int64_t y, int64_t x)
{
    const int64_t *size = call->grad_output.size;
    return plane + (n * size[2] + y) * size[3] + x;
}

/* ---- Values of each destination ----------------------------------------------------------------------------------- */

typedef struct pixels {
    const wf_rows *rows;
    const wf_backward_call *call;
    int64_t n, y, first, count;
    real a[WF_TILE_LONGEST], b[WF_TILE_LONGEST], product[WF_TILE_LONGEST];
} pixels;

static void load_pixels(const pixels *p, const wf_tensor *tensor, int64_t c, real *row)
{
    p->rows->load(row, wf_cpu_address(tensor, p->n, c, p->y, p->first), tensor->dtype, tensor->stride[3], p->count);
}

/* product = sum_c grad_output (output - bias) */
static void sum_products(pixels *p)
{
    const wf_backward_call *call = p->call;
    p->rows->fill(p->product, 0, p->count);
    for (int64_t c = 0; c < call->grad_output.size[1]; c++) {
        load_pixels(p, &call->grad_output, c, p->a);
        load_pixels(p, &call->output, c, p->b);
        if (call->bias)
            p->rows->offset(p->b, -((const real *)call->bias)[c], p->count);
        p->rows->add_product(p->product, p->a, p->b, p->count);
    }
}

/* WF_NORMALIZED: from coverage to 1/S'; where that is clamped nothing is taken from sum_c g x. */
static void invert(pixels *p, real *factor)
{
    for (int64_t i = 0; i < p->count; i++) {
        real magnitude = factor[i] < 0 ? -factor[i] : factor[i];
        p->product[i] = magnitude <= (real)WF_MIN_SUM ? 0 : p->product[i];
    }
    p->rows->fill(p->a, 1, p->count);
    p->rows->clamp_divisor(factor, p->count);
    p->rows->divide(p->a, factor, p->count);
    memcpy(factor, p->a, (size_t)p->count * sizeof(real));
}

static void find_values(const wf_rows *rows, const wf_backward_call *call, real *factor, real *less)
{
    const int64_t *size = call->grad_output.size;
#pragma omp parallel
    {
        pixels p = {.rows = rows, .call = call};
#pragma omp for collapse(2) schedule(static)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t y = 0; y < size[2]; y++) {
                for (int64_t x = 0; x < size[3]; x += WF_TILE_LONGEST) {
                    const int64_t at = (n * size[2] + y) * size[3] + x;
                    p.n = n, p.y = y, p.first = x, p.count = wf_smaller(WF_TILE_LONGEST, size[3] - x);
                    load_pixels(&p, &call->coverage, 0, factor + at);
                    if (wf_present(&call->grad_weight))
                        sum_products(&p);
                    if (call->filter.mode == WF_NORMALIZED)
                        invert(&p, factor + at);
                    if (wf_present(&call->grad_weight))
                        memcpy(less + at, p.product, (size_t)p.count * sizeof(real));
                }
            }
        }
    }
}

/* ---- Tiles -------------------------------------------------------------------------------------------------------- */

static int writes_weight(const backward_tile *t)
{
    return wf_present(&t->call->grad_weight) && t->base.first_channel == 0;
}

/* The tap's weights, as they multiply grad_output. */
static void weigh_input(backward_tile *t, wf_tap *tap, real *row)
{
    wf_tile *base = &t->base;
    const real *factor = plane_at(t->call, t->factor, base->n, tap->y_in, tap->x_in);
    switch (t->call->filter.mode) {
    case WF_SOFTMAX:
        base->rows->exp_difference(row, wf_tile_weights(base, tap, t->loaded), factor, tap->count);
        wf_tap_use(tap, row);
        break;
    case WF_NORMALIZED:
        base->rows->load(row, tap->weight, tap->weight_dtype, base->weight->stride[3], tap->count);
        base->rows->multiply(row, factor, tap->count);
        wf_tap_use(tap, row);
        break;
    default:
        if (!wf_tile_can_use(base->weight))
            wf_tap_use(tap, wf_tile_weights(base, tap, row));
        break;
    }
}

static void weigh(wf_tile *base, wf_tap *tap, int k)
{
    backward_tile *t = (backward_tile *)base;
    if (wf_present(&t->call->grad_input) || t->call->filter.mode == WF_SOFTMAX)
        weigh_input(t, tap, base->weights[k]);
    if (writes_weight(t))
        base->rows->fill(t->grad[k], 0, base->width);
}

static void load_input(backward_tile *t)
{
    const wf_tile *base = &t->base;
    const wf_tensor *input = &t->call->input;
    if (t->input_channel == base->channel)
        return;
    t->input_channel = base->channel;
    for (int64_t c = 0; c < wf_tile_channels(base); c++)
        base->rows->load(t->input + c * base->width,
                         wf_cpu_address(input, base->n, base->channel + c, base->y, base->first), input->dtype,
                         input->stride[3], base->width);
}

static void add(wf_tile *base, int k, const wf_row_taps *row, int64_t first, int64_t last)
{
    backward_tile *t = (backward_tile *)base;
    const int64_t at = first - base->first, channels = wf_tile_channels(base);
    if (wf_present(&t->call->grad_input) && base->channel == base->first_channel)
        base->rows->add_taps(base->sums + at, base->width, channels, NULL, row, last - first);
    if (writes_weight(t)) {
        load_input(t);
        base->rows->correlate(t->grad[k] + at, WF_TILE_LONGEST, row, t->input + at, base->width, channels,
                              last - first);
    }
}

static void finish(wf_tile *base, const wf_tap *tap, int k)
{
    backward_tile *t = (backward_tile *)base;
    const wf_tensor *to = &t->call->grad_weight;
    if (!writes_weight(t))
        return;
    real *grad = t->grad[k] + (tap->x - base->first);
    const wf_mode mode = t->call->filter.mode;
    if (mode != WF_LINEAR)
        base->rows->scale_rest(grad, plane_at(t->call, t->less, base->n, tap->y_in, tap->x_in),
                               mode == WF_SOFTMAX ? base->weights[k]
                                                  : plane_at(t->call, t->factor, base->n, tap->y_in, tap->x_in),
                               tap->count);
    base->rows->stream(wf_tile_address(base, to, tap), to->dtype, to->stride[3], grad, tap->count);
}

static const wf_tile_kind backward_kind = {.weigh = weigh, .add = add, .finish = finish};

static void run_tile(backward_tile *t)
{
    wf_tile *base = &t->base;
    const wf_tensor *to = &t->call->grad_input;
    const int64_t channels = wf_smaller(base->channels, base->input->size[1] - base->first_channel);
    base->last_channel = writes_weight(t) ? base->input->size[1] : base->first_channel + channels;
    t->input_channel = -1;
    base->rows->fill(base->sums, 0, channels * base->width);
    int first, last;
    wf_tap_range(base->y, base->input->size[2], base->filter->kernel_height, base->filter->dilation, base->direction,
                 &first, &last);
    for (int i = first; i < last; i++)
        wf_tile_add_row(base, i, &backward_kind);
    for (int64_t c = 0; wf_present(to) && c < channels; c++)
        base->rows->store(wf_cpu_address(to, base->n, base->first_channel + c, base->y, base->first), to->dtype,
                          to->stride[3], base->sums + c * base->width, base->width);
}

static void run_tiles(const wf_rows *rows, const wf_backward_call *call, const real *factor, const real *less)
{
    const int64_t *size = call->grad_output.size;
    const int64_t channels = wf_smaller(size[1], WF_TILE_CHANNELS);
    const int64_t passes = wf_present(&call->grad_input) && channels > 0 ? wf_divide_up(size[1], channels) : 1;
    const wf_tiling tiling = wf_tile_split(size[3], channels);
#pragma omp parallel
    {
        backward_tile t;
        t.base.rows = rows;
        t.base.filter = &call->filter;
        t.base.input = &call->grad_output;
        t.base.weight = &call->weight;
        t.base.direction = call->op == WF_SPLAT ? +1 : -1;
        t.base.channels = channels;
        t.call = call;
        t.factor = factor;
        t.less = less;
#pragma omp for collapse(4) schedule(dynamic)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t pass = 0; pass < passes; pass++) {
                for (int64_t i = 0; i < tiling.count; i++) {
                    for (int64_t y = 0; y < size[2]; y++) {
                        t.base.n = n;
                        t.base.y = y;
                        t.base.first = i * tiling.width;
                        t.base.width = wf_smaller(tiling.width, size[3] - t.base.first);
                        t.base.first_channel = pass * channels;
                        run_tile(&t);
                    }
                }
            }
        }
    }
}

/* ---- Taps outside the image ----------------------------------------------------------------------------------------- */

static void clear(const wf_rows *rows, const wf_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t first,
                  int64_t last)
{
    static const real zeros[WF_TILE_LONGEST] = {0};
    for (int64_t x = first; x < last; x += WF_TILE_LONGEST)
        rows->store(wf_cpu_address(tensor, n, c, y, x), tensor->dtype, tensor->stride[3], zeros,
                    wf_smaller(WF_TILE_LONGEST, last - x));
}

/* In row y of tap (i, j). */
static void clear_tap(const wf_rows *rows, const wf_backward_call *call, int64_t n, int i, int j, int64_t y)
{
    const wf_filter *filter = &call->filter;
    const wf_tensor *to = &call->grad_weight;
    const int64_t height = to->size[2], width = to->size[3], tap = (int64_t)i * filter->kernel_width + j;
    const int64_t v = y + wf_tap_offset(i, filter->kernel_height, filter->dilation);
    int64_t first, last;
    wf_pixel_range(wf_tap_offset(j, filter->kernel_width, filter->dilation), width, &first, &last);
    if (v < 0 || v >= height || last <= first)
        first = last = width;
    clear(rows, to, n, tap, y, 0, first);
    clear(rows, to, n, tap, y, last, width);
}

static void clear_outside(const wf_rows *rows, const wf_backward_call *call)
{
    const int64_t *size = call->grad_weight.size;
#pragma omp parallel for collapse(2) schedule(static)
    for (int64_t n = 0; n < size[0]; n++) {
        for (int64_t y = 0; y < size[2]; y++) {
            for (int i = 0; i < call->filter.kernel_height; i++) {
                for (int j = 0; j < call->filter.kernel_width; j++)
                    clear_tap(rows, call, n, i, j, y);
            }
        }
    }
}

/* ---- grad_bias ---------------------------------------------------------------------------------------------------- */

static double sum_row(const wf_rows *rows, const wf_tensor *tensor, int64_t n, int64_t c, int64_t y)
{
    real row[WF_TILE_LONGEST];
    double sum = 0;
    for (int64_t x = 0; x < tensor->size[3]; x += WF_TILE_LONGEST) {
        const int64_t count = wf_smaller(WF_TILE_LONGEST, tensor->size[3] - x);
        rows->load(row, wf_cpu_address(tensor, n, c, y, x), tensor->dtype, tensor->stride[3], count);
        sum += rows->sum(row, count);
    }
    return sum;
}

static void sum_channels(const wf_rows *rows, const wf_backward_call *call, double *row_sums)
{
    const wf_tensor *from = &call->grad_output;
    const int64_t *size = from->size;
#pragma omp parallel for collapse(3) schedule(static)
    for (int64_t c = 0; c < size[1]; c++) {
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t y = 0; y < size[2]; y++)
                row_sums[(c * size[0] + n) * size[2] + y] = sum_row(rows, from, n, c, y);
        }
    }
    for (int64_t c = 0; c < size[1]; c++) {
        double sum = 0;
        for (int64_t i = 0; i < size[0] * size[2]; i++)
            sum += row_sums[c * size[0] * size[2] + i];
        ((real *)call->grad_bias.data)[c] = (real)sum;
    }
}

/* ---- All ------------------------------------------------------------------------------------------------------------ */

void WF_REAL(wf_cpu_gradients)(const wf_rows *rows, const wf_backward_call *call)
{
    const wf_cpu_workspace plan = wf_cpu_plan(call);
    const int weight = wf_present(&call->grad_weight), input = wf_present(&call->grad_input);
    char *workspace = call->workspace;
    real *factor = NULL, *less = NULL;
    if (call->filter.mode != WF_LINEAR && (weight || input)) {
        factor = (real *)(workspace + plan.factor);
        less = (real *)(workspace + plan.less);
        find_values(rows, call, factor, less);
    }
    if (weight || input)
        run_tiles(rows, call, factor, less);
    if (weight)
        clear_outside(rows, call);
    if (wf_present(&call->grad_bias))
        sum_channels(rows, call, (double *)(workspace + plan.row_sums));
}
