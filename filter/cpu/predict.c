/* The joint bilateral predictor: each tap's weights are made a part of a row at a time. */
#include <math.h>
#include <string.h>

#include "cpu.h"
#include "filter/bilateral.h"
#include "rows.h"
#include "taps.h"

enum {
    LONGEST_TILE = 384, /* pixels */
    GUIDES = 10         /* rows at most: compressed color, albedo, normal, depth */
};

/* ---- The compressed color, T, and the confidence ----------------------------------------------------------------- */

/* From sums over up to three rows to means over up to 3x3 pixels, in place. */
static void finish_means(float *row, int64_t width, int64_t rows)
{
    float left = 0;
    for (int64_t x = 0; x < width; x++) {
        float here = row[x], right = x + 1 < width ? row[x + 1] : 0;
        int64_t columns = 1 + (x > 0) + (x + 1 < width);
        row[x] = (left + here + right) / (float)(rows * columns);
        left = here;
    }
}

static void compress_row(const wf_rows *rows, const wf_bilateral_call *call, int64_t n, int64_t c, int64_t y)
{
    const int64_t width = call->color.size[3];
    float *to = wf_cpu_address(&call->scratch, n, c, y, 0);
    int first, last;
    wf_tap_range(y, call->color.size[2], 3, 1, +1, &first, &last);
    rows->fill(to, 0, width);
    for (int i = first; i < last; i++)
        rows->add_compressed(to, wf_cpu_address(&call->color, n, c, y + wf_tap_offset(i, 3, 1), 0), width);
    finish_means(to, width, last - first);
}

static void find_confidence(const wf_bilateral_call *call, int64_t n, int64_t y)
{
    const int64_t width = call->color.size[3];
    const float *color[3], *compressed[3];
    for (int64_t c = 0; c < 3; c++) {
        color[c] = wf_cpu_address(&call->color, n, c, y, 0);
        compressed[c] = wf_cpu_address(&call->scratch, n, c, y, 0);
    }
    const float least = (float)WF_LEAST_LIGHT;
    float *to = wf_cpu_address(&call->scratch, n, 3, y, 0);
    for (int64_t x = 0; x < width; x++) {
        float brightest = 0, surroundings = 0;
        for (int64_t c = 0; c < 3; c++) {
            brightest = fmaxf(brightest, color[c][x]);
            surroundings = fmaxf(surroundings, compressed[c][x] / (1 - compressed[c][x]));
        }
        to[x] = fminf(1, (call->parameters.firefly_ratio * surroundings + least) / (brightest + least));
    }
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

/* A channel of a feature: sqrt(1/2) / sigma is its scale. */
typedef struct guide {
    const wf_tensor *tensor;
    int64_t channel;
    float scale;
} guide;

/* Those that are compared by their squared difference first, then depth, if there is one. */
typedef struct guides {
    guide rows[GUIDES];
    int count, squares;
} guides;

static void add_guides(guides *g, const wf_tensor *feature, int64_t channels, float sigma)
{
    for (int64_t c = 0; feature->data && c < channels; c++)
        g->rows[g->count++] = (guide){feature, c, sqrtf(0.5f) / sigma};
}

static guides list_guides(const wf_bilateral_call *call)
{
    guides g = {.count = 0};
    add_guides(&g, &call->scratch, 3, call->parameters.sigma_color);
    add_guides(&g, &call->albedo, 3, call->parameters.sigma_albedo);
    add_guides(&g, &call->normal, 3, call->parameters.sigma_normal);
    g.squares = g.count;
    add_guides(&g, &call->depth, 1, call->parameters.sigma_depth);
    return g;
}

/* The pixels first <= x < first + width of row y of image n. Guides are copied: planes that lie a power of two apart
 * would throw each other out of the cache. */
typedef struct tile {
    const wf_rows *rows;
    const wf_bilateral_call *call;
    const guides *guides;
    int64_t n, y, first, width;
    float here[GUIDES][LONGEST_TILE];                  /* at the tile's pixels */
    float there[GUIDES][LONGEST_TILE + WF_MAX_KERNEL]; /* around row y of one kernel row's taps, from first - Kw/2 on */
    float weight[LONGEST_TILE];                        /* of one tap */
} tile;

static void copy_guides(const tile *t, int64_t y, int64_t first, int64_t last, float *to, size_t stride)
{
    for (int r = 0; r < t->guides->count; r++) {
        const guide *guide = &t->guides->rows[r];
        memcpy(to + (size_t)r * stride, wf_cpu_address(guide->tensor, t->n, guide->channel, y, first),
               (size_t)(last - first) * sizeof(float));
    }
}

/* Weights of the pixels first <= x < last, whose taps lie down rows and right columns away. */
static void weigh(tile *t, int64_t first, int64_t last, int64_t down, int64_t right)
{
    const wf_bilateral *s = &t->call->parameters;
    const int64_t at = first - t->first, tap_at = at + right + s->kernel_width / 2, count = last - first;
    const guides *g = t->guides;
    float *weight = t->weight + at, scales[GUIDES];
    const float *here[GUIDES], *there[GUIDES];
    for (int r = 0; r < g->count; r++) {
        here[r] = t->here[r] + at;
        there[r] = t->there[r] + tap_at;
        scales[r] = g->rows[r].scale;
    }
    double distance = (double)(down * down + right * right);
    t->rows->fill(weight, (float)(-distance / (2 * (double)s->sigma_space * s->sigma_space)), count);
    t->rows->subtract_squares(weight, g->squares, there, here, scales, count);
    if (g->count > g->squares)
        t->rows->subtract_relative_square(weight, there[g->squares], here[g->squares], scales[g->squares], count);
    t->rows->exponential(weight, count);
    t->rows->multiply(weight, wf_cpu_address(&t->call->scratch, t->n, 3, t->y, first), count);
}

static void store(const tile *t, int64_t tap)
{
    void *to = wf_cpu_address(&t->call->weight, t->n, tap, t->y, t->first);
    if (t->call->weight.dtype == WF_FLOAT32)
        memcpy(to, t->weight, (size_t)t->width * sizeof(float));
    else
        t->rows->store(to, WF_FLOAT16, 1, t->weight, t->width);
}

static void predict_kernel_row(tile *t, int i)
{
    const int64_t *size = t->call->color.size;
    const int kernel_width = t->call->parameters.kernel_width;
    const int64_t down = wf_tap_offset(i, t->call->parameters.kernel_height, 1), y = t->y + down;
    const int inside = y >= 0 && y < size[2];
    const int64_t corner = t->first - kernel_width / 2, end = corner + t->width + kernel_width;
    const int64_t begin = corner > 0 ? corner : 0;
    if (inside)
        copy_guides(t, y, begin, end < size[3] ? end : size[3], t->there[0] + (begin - corner),
                    LONGEST_TILE + WF_MAX_KERNEL);
    for (int j = 0; j < kernel_width; j++) {
        int64_t right = wf_tap_offset(j, kernel_width, 1), first, last;
        wf_pixel_range(right, size[3], &first, &last);
        first = first > t->first ? first : t->first;
        last = last < t->first + t->width ? last : t->first + t->width;
        t->rows->fill(t->weight, 0, t->width);
        if (inside && first < last)
            weigh(t, first, last, down, right);
        store(t, (int64_t)i * kernel_width + j);
    }
}

static void predict_tile(tile *t)
{
    copy_guides(t, t->y, t->first, t->first + t->width, t->here[0], LONGEST_TILE);
    for (int i = 0; i < t->call->parameters.kernel_height; i++)
        predict_kernel_row(t, i);
}

wf_result wf_cpu_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral_call *call)
{
    (void)stream;
    const wf_rows *rows = ((const wf_cpu_device *)device)->rows_float32;
    const int64_t *size = call->color.size;
    const guides guides = list_guides(call);
#pragma omp parallel
    {
#pragma omp for collapse(2)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t y = 0; y < size[2]; y++) {
                for (int64_t c = 0; c < 3; c++)
                    compress_row(rows, call, n, c, y);
                find_confidence(call, n, y);
            }
        }
        tile t;
        t.rows = rows;
        t.call = call;
        t.guides = &guides;
#pragma omp for collapse(3) schedule(dynamic)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t y = 0; y < size[2]; y++) {
                for (int64_t x = 0; x < size[3]; x += LONGEST_TILE) {
                    t.n = n;
                    t.y = y;
                    t.first = x;
                    t.width = size[3] - x < LONGEST_TILE ? size[3] - x : LONGEST_TILE;
                    predict_tile(&t);
                }
            }
        }
    }
    return WF_OK;
}
