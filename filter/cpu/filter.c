/* Gather and splat. Compiled once for each type of sums. */
#include "filter.h"

#include <string.h>

#include "taps.h"
#include "tile.h"

/* Rows for one thread in a go, where two calls share weights: the second finds in the cache what the first has read. */
enum { SHARED_ROWS = 32 };

typedef struct filter_tile {
    wf_tile base;
    const wf_filter_call *call;
    _Alignas(64) real total[WF_TILE_LONGEST]; /* of the weights */
    _Alignas(64) real unit[WF_TILE_LONGEST];  /* of wf_row_sums */
} filter_tile;

static int sums_weights(const filter_tile *t)
{
    return t->call->filter.mode != WF_LINEAR || wf_present(&t->call->coverage);
}

static void add(wf_tile *base, const wf_tap *taps, int k, const wf_row_taps *row, int64_t first, int64_t last)
{
    (void)taps, (void)k;
    filter_tile *t = (filter_tile *)base;
    const wf_filter_call *call = t->call;
    const int64_t at = first - base->first;
    const wf_row_sums to = {.sum = base->sums + at,
                            .stride = base->width,
                            .channels = wf_tile_channels(base),
                            .total = sums_weights(t) ? t->total + at : NULL,
                            .unit = call->filter.mode == WF_SOFTMAX ? t->unit + at : NULL};
    base->rows->add_taps(&to, row, last - first);
}

static void store_row(const wf_tile *t, const wf_tensor *to, int64_t c, const real *row)
{
    t->rows->store(wf_cpu_address(to, t->n, c, t->y, t->first), to->dtype, to->stride[3], row, t->width);
}

static void store_channel(filter_tile *t, int64_t c)
{
    const wf_rows *rows = t->base.rows;
    real *sums = t->base.sums + c * t->base.width;
    if (t->call->filter.mode != WF_LINEAR)
        rows->divide(sums, t->total, t->base.width);
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
    memcpy(coverage, t->total, (size_t)t->base.width * sizeof(real));
    if (t->call->filter.mode == WF_SOFTMAX)
        t->base.rows->log_plus(coverage, t->unit, t->base.width);
    store_row(&t->base, &t->call->coverage, 0, coverage);
}

static void filter_one(filter_tile *t, const wf_filter_call *call)
{
    wf_tile *base = &t->base;
    const wf_rows *rows = base->rows;
    const int64_t channels = base->last_channel - base->first_channel;
    t->call = call;
    base->filter = &call->filter;
    base->input = &call->input;
    base->weight = &call->weight;
    base->direction = call->op == WF_SPLAT ? -1 : +1;
    rows->fill(base->sums, 0, channels * base->width);
    if (sums_weights(t))
        rows->fill(t->total, 0, base->width);
    if (call->filter.mode == WF_SOFTMAX)
        rows->fill(t->unit, -WF_REAL_MAX, base->width); /* finite, so that masked logits of -inf weigh 0 */
    int first, last;
    wf_tap_range(base->y, call->input.size[2], call->filter.kernel_height, call->filter.dilation, base->direction,
                 &first, &last);
    for (int i = first; i < last; i++)
        wf_tile_add_row(base, i, add);
    store_coverage(t);
    if (call->filter.mode == WF_NORMALIZED)
        rows->clamp_divisor(t->total, base->width);
    for (int64_t c = 0; c < channels; c++)
        store_channel(t, c);
}

void WF_REAL(wf_cpu_filter)(const wf_rows *rows, const wf_filter_call *calls, int count)
{
    const int64_t *size = calls[0].output.size;
    const int64_t channels = wf_smaller(size[1], WF_TILE_CHANNELS);
    const int64_t passes = channels > 0 ? wf_divide_up(size[1], channels) : 1;
    const wf_tiling tiling = wf_tile_split(size[3], channels);
    const int chunk =
        wf_tile_chunk(&tiling, count > 1 ? SHARED_ROWS : WF_TILE_ROWS, size[0] * passes * size[2] * tiling.count);
#pragma omp parallel
    {
        filter_tile t;
        t.base.rows = rows;
        t.base.channels = channels;
#pragma omp for collapse(4) schedule(dynamic, chunk)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t pass = 0; pass < passes; pass++) {
                for (int64_t y = 0; y < size[2]; y++) {
                    for (int64_t i = 0; i < tiling.count; i++) {
                        t.base.n = n;
                        t.base.y = y;
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
    }
}
