#include "tile.h"

#include <omp.h>
#include <stdlib.h>

#include "taps.h"

enum { VECTOR = 16 }; /* pixels that tiles are cut in multiples of */

wf_tiling wf_tile_split(int64_t pixels, int64_t channels)
{
    const int64_t room = WF_TILE_SUMS / wf_larger(channels, 1) / VECTOR * VECTOR;
    const int64_t count = wf_divide_up(pixels, wf_smaller(WF_TILE_LONGEST, room));
    return (wf_tiling){.width = wf_divide_up(wf_divide_up(pixels, count), VECTOR) * VECTOR, .count = count};
}

int wf_tile_chunk(const wf_tiling *tiling, int64_t rows, int64_t all)
{
    enum { CHUNKS_PER_THREAD = 4 };
    const int64_t fair = all / (CHUNKS_PER_THREAD * omp_get_max_threads());
    return (int)wf_larger(1, wf_smaller(rows * tiling->count, fair));
}

int wf_tile_can_use(const wf_tensor *tensor)
{
    return tensor->stride[3] == 1 || tensor->size[3] == 1;
}

void *wf_tile_address(const wf_tile *t, const wf_tensor *tensor, const wf_tap *tap, int64_t x)
{
    return t->direction > 0 ? wf_cpu_address(tensor, t->n, tap->index, t->y, x)
                            : wf_cpu_address(tensor, t->n, tap->index, tap->y_in, x - tap->x + tap->x_in);
}

static int lies_inside(const wf_tile *t, int i)
{
    int first, last;
    wf_tap_range(t->y, t->input->size[2], t->filter->kernel_height, t->filter->dilation, t->direction, &first, &last);
    return i >= first && i < last;
}

static wf_tap find_tap(const wf_tile *t, int i, int j)
{
    const wf_filter *filter = t->filter;
    int64_t down = t->direction * wf_tap_offset(i, filter->kernel_height, filter->dilation);
    int64_t right = t->direction * wf_tap_offset(j, filter->kernel_width, filter->dilation);
    int64_t first, last;
    wf_pixel_range(right, t->input->size[3], &first, &last);
    first = wf_larger(first, t->first);
    last = wf_smaller(last, t->first + t->width);
    wf_tap tap = {.index = (int64_t)i * filter->kernel_width + j,
                  .x = first,
                  .count = wf_larger(last - first, 0),
                  .y_in = t->y + down,
                  .x_in = first + right,
                  .weight_dtype = t->weight->dtype};
    if (tap.count > 0 && wf_present(t->weight))
        tap.weight = wf_tile_address(t, t->weight, &tap, tap.x);
    return tap;
}

/* Neighboring taps and the input that they read: pixels from x_in on, in t->channel. */
typedef struct group {
    wf_tap taps[WF_ROW_TAPS];
    int count;
    int64_t x_in, length;
    const real *input;
    int64_t input_stride;
} group;

static void add_group(wf_tile *t, wf_tile_add add, const group *g)
{
    const wf_tap *taps = g->taps;
    const int64_t element = (int64_t)wf_dtype_size(taps->weight_dtype);
    const char *weights[2] = {0};
    for (int i = 0; i < 2 && i < g->count && taps[i].weight; i++)
        weights[i] = (const char *)taps[i].weight + (t->first - taps[i].x) * element;
    wf_row_taps row = {.taps = g->count,
                       .weight_dtype = taps->weight_dtype,
                       .weight = weights[0],
                       .weight_step = weights[1] ? weights[1] - weights[0] : 0,
                       .input = g->input + (taps->x_in - g->x_in + t->first - taps->x),
                       .input_step = t->filter->dilation,
                       .input_stride = g->input_stride};
    for (int i = 0; i < g->count; i++) {
        row.first[i] = taps[i].x - t->first;
        row.last[i] = row.first[i] + taps[i].count;
    }
    add(t, taps, &row);
}

/* Loads the weights of a tap that cannot be used as they are stored, to their place in a row of the tile. */
static void stage_weights(wf_tile *t, wf_tap *tap, real *row)
{
    real *at = row + (tap->x - t->first);
    t->rows->load(at, tap->weight, tap->weight_dtype, t->weight->stride[3], tap->count);
    tap->weight = at;
    tap->weight_dtype = WF_REAL_DTYPE;
}

static int input_is_in_place(const wf_tile *t)
{
    return wf_tile_can_use(t->input) && t->input->dtype == WF_REAL_DTYPE;
}

void wf_tile_keep(wf_tile *t, int64_t height)
{
    const int64_t rows = (t->filter->kernel_height - 1) * (int64_t)t->filter->dilation + height;
    const int64_t row = t->channels * t->input->size[3];
    const int is_whole = t->channels > 0 && t->channels >= t->input->size[1];
    t->kept_row = NULL;
    if (input_is_in_place(t) || !is_whole || rows * row > WF_TILE_KEPT)
        return;
    t->kept_row = malloc((size_t)rows * sizeof *t->kept_row + (size_t)(rows * row) * sizeof(real));
    if (!t->kept_row)
        return;
    t->kept = (real *)(void *)(t->kept_row + rows);
    t->kept_rows = rows;
    for (int64_t i = 0; i < rows; i++)
        t->kept_row[i] = -1;
}

/* The beginning of an image row, loaded unless it is there already. */
static const real *find_kept(wf_tile *t, int64_t y)
{
    const wf_tensor *input = t->input;
    const int64_t slot = y % t->kept_rows, width = input->size[3];
    const int64_t row = t->n * input->size[2] + y;
    real *kept = t->kept + slot * t->channels * width;
    for (int64_t c = 0; t->kept_row[slot] != row && c < input->size[1]; c++)
        t->rows->load(kept + c * width, wf_cpu_address(input, t->n, c, y, 0), input->dtype, input->stride[3], width);
    t->kept_row[slot] = row;
    return kept;
}

static void find_input(group *g)
{
    int64_t last = 0;
    g->x_in = INT64_MAX;
    for (int k = 0; k < g->count; k++) {
        g->x_in = wf_smaller(g->x_in, g->taps[k].x_in);
        last = wf_larger(last, g->taps[k].x_in + g->taps[k].count);
    }
    g->length = last - g->x_in;
}

static void place_input(wf_tile *t, group *g)
{
    const int64_t y_in = g->taps[0].y_in;
    if (input_is_in_place(t)) {
        g->input = wf_cpu_address(t->input, t->n, t->channel, y_in, g->x_in);
        g->input_stride = t->input->stride[1];
        return;
    }
    if (t->kept_row) {
        g->input = find_kept(t, y_in) + g->x_in;
        g->input_stride = t->input->size[3];
        return;
    }
    g->input = t->staged;
    g->input_stride = g->length;
    for (int64_t c = 0; c < wf_tile_channels(t); c++)
        t->rows->load(t->staged + c * g->length, wf_cpu_address(t->input, t->n, t->channel + c, y_in, g->x_in),
                      t->input->dtype, t->input->stride[3], g->length);
}

/* Those from first to last in kernel row i, in the tile's row y: in the order of what they read. */
static void add_neighbors(wf_tile *t, int i, int first, int last, wf_tile_add add)
{
    group g;
    g.count = 0;
    for (int k = 0; k < last - first; k++) {
        wf_tap tap = find_tap(t, i, t->direction > 0 ? first + k : last - 1 - k);
        if (tap.count == 0)
            continue;
        if (tap.weight && !wf_tile_can_use(t->weight))
            stage_weights(t, &tap, t->weights[g.count]);
        g.taps[g.count++] = tap;
    }
    if (g.count == 0)
        return;
    find_input(&g);
    t->channel = t->first_channel;
    do {
        place_input(t, &g);
        add_group(t, add, &g);
    } while ((t->channel += t->channels) < t->last_channel);
}

void wf_tile_add_row(wf_tile *t, int i, wf_tile_add add)
{
    const int kernel_width = t->filter->kernel_width;
    const int64_t span = t->width + (t->most_taps - 1) * (int64_t)t->filter->dilation;
    const int most = input_is_in_place(t) || t->kept_row || span * t->channels <= WF_TILE_STAGED ? t->most_taps : 1;
    const int groups = (int)wf_divide_up(kernel_width, most);
    for (int at = 0; at < groups; at++) {
        for (t->y = t->top; t->y < t->top + t->height; t->y++) {
            if (lies_inside(t, i))
                add_neighbors(t, i, at * kernel_width / groups, (at + 1) * kernel_width / groups, add);
        }
    }
}
