/* Gradients of gather and splat. Compiled once for each type of sums.
 *
 * A tile of grad_input collects from grad_output what the adjoint operator would. On its way it meets each pair of
 * pixels that a tap connects once: there it writes the tap's grad_weight, too. */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

#include "taps.h"
#include "tile.h"

typedef struct backward_tile {
    wf_tile base; /* its input is grad_output */
    const wf_backward_call *call;
    const real *factor, *less;                        /* of wf_cpu_workspace */
    _Alignas(64) real sums[WF_TILE_SUMS];             /* grad_input, a row for each channel */
    _Alignas(64) real input[WF_TILE_SUMS];            /* the forward call's, at the tile's pixels */
    int64_t input_channel;                            /* first of the channels that are loaded */
    real grad[WF_ROW_GRADIENT_TAPS][WF_TILE_LONGEST]; /* grad_weight, where it is not stored as it is computed */
} backward_tile;

/* In a plane of the workspace. */
static int64_t plane_offset(const wf_backward_call *call, int64_t n, int64_t y, int64_t x)
{
    const int64_t *size = call->grad_output.size;
    return (n * size[2] + y) * size[3] + x;
}

/* ---- Values of each destination ---------------------------------------------------------------------------------- */

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
                    const int64_t at = plane_offset(call, n, y, x);
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

/* ---- Taps outside the image -------------------------------------------------------------------------------------- */

/* Gradients of pixels first <= x < last. */
static void clear(const wf_rows *rows, const wf_tensor *grads, int64_t n, int64_t tap, int64_t y, int64_t first,
                  int64_t last)
{
    static const real zeros[WF_TILE_LONGEST] = {0};
    for (int64_t x = first; x < last; x += WF_TILE_LONGEST)
        rows->store(wf_cpu_address(grads, n, tap, y, x), grads->dtype, grads->stride[3], zeros,
                    wf_smaller(WF_TILE_LONGEST, last - x));
}

/* Rows from which kernel rows lead out of the image: no tile has them. */
static void clear_rows_outside(const wf_rows *rows, const wf_backward_call *call)
{
    const wf_filter *filter = &call->filter;
    const int64_t *size = call->grad_weight.size;
#pragma omp parallel for collapse(2) schedule(static)
    for (int64_t n = 0; n < size[0]; n++) {
        for (int64_t y = 0; y < size[2]; y++) {
            for (int64_t tap = 0; tap < size[1]; tap++) {
                const int i = (int)(tap / filter->kernel_width);
                const int64_t y_in = y + wf_tap_offset(i, filter->kernel_height, filter->dilation);
                if (y_in < 0 || y_in >= size[2])
                    clear(rows, &call->grad_weight, n, tap, y, 0, size[3]);
            }
        }
    }
}

/* The rows' ends from which the taps of kernel row i do, where the tile reaches them. */
static void clear_ends_outside(const backward_tile *t, int i)
{
    const wf_tile *base = &t->base;
    const wf_filter *filter = base->filter;
    const wf_tensor *grads = &t->call->grad_weight;
    const int64_t width = grads->size[3], down = wf_tap_offset(i, filter->kernel_height, filter->dilation);
    const int64_t y = base->direction > 0 ? base->top : base->top - down;
    for (int j = 0; j < filter->kernel_width; j++) {
        const int64_t tap = (int64_t)i * filter->kernel_width + j;
        int64_t first, last;
        wf_pixel_range(wf_tap_offset(j, filter->kernel_width, filter->dilation), width, &first, &last);
        if (base->first == 0)
            clear(base->rows, grads, base->n, tap, y, 0, wf_smaller(first, width));
        if (base->first + base->width == width)
            clear(base->rows, grads, base->n, tap, y, wf_larger(last, 0), width);
    }
}

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

static int writes_weight(const backward_tile *t)
{
    return wf_present(&t->call->grad_weight) && t->base.first_channel == 0;
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

static int is_complete(const wf_tile *base)
{
    return base->channel + wf_tile_channels(base) == base->last_channel;
}

/* Whether grad_weight goes where it is stored as it is computed, each element once. */
static int writes_in_place(const backward_tile *t)
{
    const wf_tensor *grads = &t->call->grad_weight;
    return wf_present(grads) && wf_tile_can_use(grads) && t->base.channels >= t->call->input.size[1];
}

static void *grad_address(const backward_tile *t, const wf_tap *tap, int64_t x)
{
    return wf_tile_address(&t->base, &t->call->grad_weight, tap, x);
}

static void add(wf_tile *base, const wf_tap *taps, const wf_row_taps *row)
{
    backward_tile *t = (backward_tile *)base;
    const wf_backward_call *call = t->call;
    const wf_tensor *grads = &call->grad_weight;
    const int in_place = writes_in_place(t);
    wf_row_gradients to = {.mode = call->filter.mode,
                           .stride = base->width,
                           .channels = wf_tile_channels(base),
                           .continues = base->channel > base->first_channel,
                           .complete = is_complete(base),
                           .grad_dtype = in_place ? grads->dtype : WF_REAL_DTYPE,
                           .streams = in_place};
    if (wf_present(&call->grad_input) && !to.continues)
        to.sum = t->sums;
    if (writes_weight(t)) {
        load_input(t);
        to.other = t->input;
    }
    for (int i = 0; i < row->taps; i++) {
        const wf_tap *tap = &taps[i];
        to.grad[i] = in_place ? grad_address(t, tap, base->first) : (void *)t->grad[i];
        if (call->filter.mode == WF_LINEAR)
            continue;
        const int64_t offset = plane_offset(call, base->n, tap->y_in, tap->x_in + (base->first - tap->x));
        to.factor[i] = t->factor + offset;
        to.less[i] = t->less + offset;
    }
    base->rows->add_gradients(&to, row, base->width);
    for (int i = 0; i < row->taps && to.other && to.complete && !in_place; i++)
        base->rows->store(grad_address(t, &taps[i], taps[i].x), grads->dtype, grads->stride[3],
                          t->grad[i] + (taps[i].x - base->first), taps[i].count);
}

static void run_tile(backward_tile *t)
{
    wf_tile *base = &t->base;
    const wf_tensor *to = &t->call->grad_input;
    const int64_t channels = wf_smaller(base->channels, base->input->size[1] - base->first_channel);
    base->last_channel = writes_weight(t) ? base->input->size[1] : base->first_channel + channels;
    t->input_channel = -1;
    base->rows->fill(t->sums, 0, channels * base->width);
    int first, last;
    wf_tap_range(base->top, base->input->size[2], base->filter->kernel_height, base->filter->dilation, base->direction,
                 &first, &last);
    for (int i = first; i < last; i++) {
        wf_tile_add_row(base, i, add);
        if (writes_weight(t))
            clear_ends_outside(t, i);
    }
    for (int64_t c = 0; wf_present(to) && c < channels; c++)
        base->rows->store(wf_cpu_address(to, base->n, base->first_channel + c, base->top, base->first), to->dtype,
                          to->stride[3], t->sums + c * base->width, base->width);
}

static void run_tiles(const wf_rows *rows, const wf_backward_call *call, const real *factor, const real *less)
{
    const int64_t *size = call->grad_output.size;
    const int64_t channels = wf_smaller(size[1], WF_TILE_CHANNELS);
    const int64_t passes = wf_present(&call->grad_input) && channels > 0 ? wf_divide_up(size[1], channels) : 1;
    const wf_tiling tiling = wf_tile_split(size[3], channels);
    const int chunk = wf_tile_chunk(&tiling, WF_TILE_ROWS, size[0] * passes * size[2] * tiling.count);
#pragma omp parallel
    {
        backward_tile t;
        t.base.rows = rows;
        t.base.filter = &call->filter;
        t.base.input = &call->grad_output;
        t.base.weight = &call->weight;
        t.base.direction = call->op == WF_SPLAT ? +1 : -1;
        t.base.channels = channels;
        t.base.most_taps = WF_ROW_GRADIENT_TAPS;
        t.base.height = 1;
        wf_tile_keep(&t.base, t.base.height);
        t.call = call;
        t.factor = factor;
        t.less = less;
#pragma omp for collapse(4) schedule(dynamic, chunk)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t pass = 0; pass < passes; pass++) {
                for (int64_t y = 0; y < size[2]; y++) {
                    for (int64_t i = 0; i < tiling.count; i++) {
                        t.base.n = n;
                        t.base.top = y;
                        t.base.first = i * tiling.width;
                        t.base.width = wf_smaller(tiling.width, size[3] - t.base.first);
                        t.base.first_channel = pass * channels;
                        run_tile(&t);
                    }
                }
            }
        }
        free(t.base.kept_row);
        rows->settle();
    }
}

/* ---- grad_bias --------------------------------------------------------------------------------------------------- */

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

/* ---- All --------------------------------------------------------------------------------------------------------- */

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
        clear_rows_outside(rows, call);
    if (wf_present(&call->grad_bias))
        sum_channels(rows, call, (double *)(workspace + plan.row_sums));
}
