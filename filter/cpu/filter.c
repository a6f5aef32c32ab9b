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
    real total[WF_TILE_LONGEST];   /* of the weights */
    real largest[WF_TILE_LONGEST]; /* softmax: sums and total count in units of this logit's exponential */
    real raised[WF_TILE_LONGEST];
    real factor[WF_TILE_LONGEST];
} filter_tile;

static void weigh(wf_tile *base, wf_tap *tap, int k)
{
    filter_tile *t = (filter_tile *)base;
    real *row = base->weights[k];
    if (t->call->filter.mode == WF_SOFTMAX) {
        const real *logits = wf_tile_weights(base, tap, t->factor);
        base->rows->exp_difference(row, logits, t->largest + (tap->x - base->first), tap->count);
        wf_tap_use(tap, row);
    } else if (!wf_tile_can_use(base->weight)) {
        wf_tap_use(tap, wf_tile_weights(base, tap, row));
    }
}

static void add(wf_tile *base, int k, const wf_row_taps *row, int64_t first, int64_t last)
{
    (void)k;
    filter_tile *t = (filter_tile *)base;
    const int sums_weights = t->call->filter.mode != WF_LINEAR || wf_present(&t->call->coverage);
    const int64_t at = first - base->first;
    base->rows->add_taps(base->sums + at, base->width, wf_tile_channels(base), sums_weights ? t->total + at : NULL, row,
                         last - first);
}

static const wf_tile_kind filter_kind = {.weigh = weigh, .add = add};

/* Raises the largest logits to those of kernel row i, and expresses the sums in their units. */
static void raise_largest(filter_tile *t, int i)
{
    wf_tile *base = &t->base;
    const wf_rows *rows = base->rows;
    memcpy(t->raised, t->largest, (size_t)base->width * sizeof(real));
    for (int j = 0; j < base->filter->kernel_width; j++) {
        wf_tap tap = wf_tile_find_tap(base, i, j);
        if (tap.count > 0)
            rows->raise(t->raised + (tap.x - base->first), wf_tile_weights(base, &tap, t->factor), tap.count);
    }
    rows->exp_difference(t->factor, t->largest, t->raised, base->width);
    memcpy(t->largest, t->raised, (size_t)base->width * sizeof(real));
    rows->multiply(t->total, t->factor, base->width);
    for (int64_t c = 0; c < base->last_channel - base->first_channel; c++)
        rows->multiply(base->sums + c * base->width, t->factor, base->width);
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
    const real *coverage = t->total;
    if (t->call->filter.mode == WF_SOFTMAX) {
        memcpy(t->raised, t->total, (size_t)t->base.width * sizeof(real));
        t->base.rows->log_plus(t->raised, t->largest, t->base.width);
        coverage = t->raised;
    }
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
    rows->fill(t->total, 0, base->width);
    rows->fill(t->largest, -WF_REAL_MAX, base->width); /* finite, so that masked logits of -inf weigh 0 */
    int first, last;
    wf_tap_range(base->y, call->input.size[2], call->filter.kernel_height, call->filter.dilation, base->direction,
                 &first, &last);
    for (int i = first; i < last; i++) {
        if (call->filter.mode == WF_SOFTMAX)
            raise_largest(t, i);
        wf_tile_add_row(base, i, &filter_kind);
    }
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
    const int chunk = count > 1 ? SHARED_ROWS : 1;
#pragma omp parallel
    {
        filter_tile t;
        t.base.rows = rows;
        t.base.channels = channels;
#pragma omp for collapse(4) schedule(dynamic, chunk)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t pass = 0; pass < passes; pass++) {
                for (int64_t i = 0; i < tiling.count; i++) {
                    for (int64_t y = 0; y < size[2]; y++) {
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
