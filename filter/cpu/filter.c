/* Gather and splat. Compiled once for each type of sums. */
#include "filter.h"

#include <stdlib.h>
#include <string.h>

#include "taps.h"
#include "tile.h"

/* Rows for one thread in a go, where two calls share weights: the second finds in the cache what the first has read. */
enum { SHARED_ROWS = 32 };

/* Bytes of weights a pixel up to which they are read row by row. With more of them the caches lose what was fetched of
 * the next row before its turn comes: each tap's weights are read for several rows in a go. */
enum { FEW_BYTES = 400 };

typedef struct row_sums {
    _Alignas(64) real sums[WF_TILE_SUMS];     /* of weight * input, a row for each channel */
    _Alignas(64) real total[WF_TILE_LONGEST]; /* of the weights */
    _Alignas(64) real unit[WF_TILE_LONGEST];  /* of wf_row_sums */
} row_sums;

typedef struct filter_tile {
    wf_tile base;
    const wf_filter_call *call;
    row_sums of_rows[WF_TILE_ROWS];
} filter_tile;

/* Those of the row that is being worked on. */
static row_sums *sums_of(filter_tile *t)
{
    return &t->of_rows[t->base.y - t->base.top];
}

static int sums_weights(const filter_tile *t)
{
    return t->call->filter.mode != WF_LINEAR || wf_present(&t->call->coverage);
}

static void add(wf_tile *base, const wf_tap *taps, const wf_row_taps *row)
{
    (void)taps;
    filter_tile *t = (filter_tile *)base;
    const wf_filter_call *call = t->call;
    row_sums *s = sums_of(t);
    const wf_row_sums to = {.sum = s->sums,
                            .stride = base->width,
                            .channels = wf_tile_channels(base),
                            .total = sums_weights(t) ? s->total : NULL,
                            .unit = call->filter.mode == WF_SOFTMAX ? s->unit : NULL};
    base->rows->add_taps(&to, row, base->width);
}

static void store_row(const wf_tile *t, const wf_tensor *to, int64_t c, const real *row)
{
    t->rows->store(wf_cpu_address(to, t->n, c, t->y, t->first), to->dtype, to->stride[3], row, t->width);
}

static void store_channel(filter_tile *t, int64_t c)
{
    const wf_rows *rows = t->base.rows;
    real *sums = sums_of(t)->sums + c * t->base.width;
    if (t->call->filter.mode != WF_LINEAR)
        rows->divide(sums, sums_of(t)->total, t->base.width);
    if (t->call->bias)
        rows->offset(sums, ((const real *)t->call->bias)[t->base.first_channel + c], t->base.width);
    store_row(&t->base, &t->call->output, t->base.first_channel + c, sums);
}

/* Before total becomes a divisor. */
static void store_coverage(filter_tile *t)
{
    if (!wf_present(&t->call->coverage) || t->base.first_channel > 0)
        return;
    real coverage[WF_TILE_LONGEST];
    memcpy(coverage, sums_of(t)->total, (size_t)t->base.width * sizeof(real));
    if (t->call->filter.mode == WF_SOFTMAX)
        t->base.rows->log_plus(coverage, sums_of(t)->unit, t->base.width);
    store_row(&t->base, &t->call->coverage, 0, coverage);
}

static void begin_row(filter_tile *t, int64_t channels)
{
    const wf_rows *rows = t->base.rows;
    const int64_t width = t->base.width;
    rows->fill(sums_of(t)->sums, 0, channels * width);
    if (sums_weights(t))
        rows->fill(sums_of(t)->total, 0, width);
    if (t->call->filter.mode == WF_SOFTMAX)
        rows->fill(sums_of(t)->unit, -WF_REAL_MAX, width); /* finite, so that masked logits of -inf weigh 0 */
}

static void finish_row(filter_tile *t, int64_t channels)
{
    store_coverage(t);
    if (t->call->filter.mode == WF_NORMALIZED)
        t->base.rows->clamp_divisor(sums_of(t)->total, t->base.width);
    for (int64_t c = 0; c < channels; c++)
        store_channel(t, c);
}

static void filter_one(filter_tile *t, const wf_filter_call *call)
{
    wf_tile *base = &t->base;
    const int64_t channels = base->last_channel - base->first_channel, bottom = base->top + base->height;
    t->call = call;
    base->filter = &call->filter;
    base->input = &call->input;
    base->weight = &call->weight;
    base->direction = call->op == WF_SPLAT ? -1 : +1;
    for (base->y = base->top; base->y < bottom; base->y++)
        begin_row(t, channels);
    for (int i = 0; i < call->filter.kernel_height; i++)
        wf_tile_add_row(base, i, add);
    for (base->y = base->top; base->y < bottom; base->y++)
        finish_row(t, channels);
}

void WF_REAL(wf_cpu_filter)(const wf_rows *rows, const wf_filter_call *calls, int count)
{
    const int64_t *size = calls[0].output.size;
    const int64_t channels = wf_smaller(size[1], WF_TILE_CHANNELS);
    const int64_t passes = channels > 0 ? wf_divide_up(size[1], channels) : 1;
    const wf_tiling tiling = wf_tile_split(size[3], channels);
    const int chunk =
        wf_tile_chunk(&tiling, count > 1 ? SHARED_ROWS : WF_TILE_ROWS, size[0] * passes * size[2] * tiling.count);
    const int few = calls[0].weight.size[1] * (int64_t)wf_dtype_size(calls[0].weight.dtype) <= FEW_BYTES;
    const int64_t height = few ? 1 : wf_larger(1, wf_smaller(WF_TILE_ROWS, chunk / tiling.count));
#pragma omp parallel
    {
        filter_tile t;
        t.base.rows = rows;
        t.base.channels = channels;
        t.base.most_taps = WF_ROW_TAPS;
        t.base.filter = &calls[0].filter;
        t.base.input = &calls[0].input;
        wf_tile_keep(&t.base, height);
#pragma omp for collapse(4) schedule(dynamic, chunk / height)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t pass = 0; pass < passes; pass++) {
                for (int64_t top = 0; top < size[2]; top += height) {
                    for (int64_t i = 0; i < tiling.count; i++) {
                        t.base.n = n;
                        t.base.top = top;
                        t.base.height = wf_smaller(height, size[2] - top);
                        t.base.first = i * tiling.width;
                        t.base.width = wf_smaller(tiling.width, size[3] - t.base.first);
                        t.base.first_channel = pass * channels;
                        t.base.last_channel = wf_smaller(t.base.first_channel + channels, size[1]);
                        for (int k = 0; k < count; k++)
                            filter_one(&t, &calls[k]);
                    }
                }
            }
        }
        free(t.base.kept_row);
    }
}
