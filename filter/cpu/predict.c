/* The joint bilateral predictor: each tap's weights are made a part of a row at a time. */
#include <math.h>
#include <string.h>

#include "cpu.h"
#include "taps.h"

enum { LONGEST_TILE = 1024 /* pixels */ };

/* ---- The compressed colour, T ------------------------------------------------------------------------------------- */

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

/* ---- Weights ------------------------------------------------------------------------------------------------------ */

/* The pixels first <= x < first + width of row y of image n. */
typedef struct tile {
    const wf_rows *rows;
    const wf_bilateral_call *call;
    int64_t n, y, first, width;
    float weight[LONGEST_TILE]; /* of one tap */
} tile;

/* `count` pixels p from column x on, whose taps q lie `down` rows and `right` columns away. */
typedef struct tap {
    int64_t x, count, down, right;
} tap;

/* exponent -= |F(q) - F(p)|^2 / (2 sigma^2) */
static void subtract_feature(const tile *t, const tap *tap, const wf_tensor *feature, float sigma, float *exponent)
{
    for (int64_t c = 0; feature->data && c < feature->size[1]; c++) {
        const float *q = wf_cpu_address(feature, t->n, c, t->y + tap->down, tap->x + tap->right);
        const float *p = wf_cpu_address(feature, t->n, c, t->y, tap->x);
        t->rows->subtract_square(exponent, q, p, sqrtf(0.5f) / sigma, tap->count);
    }
}

static void subtract_depth(const tile *t, const tap *tap, const wf_tensor *depth, float sigma, float *exponent)
{
    if (!depth->data)
        return;
    const float *q = wf_cpu_address(depth, t->n, 0, t->y + tap->down, tap->x + tap->right);
    const float *p = wf_cpu_address(depth, t->n, 0, t->y, tap->x);
    t->rows->subtract_relative_square(exponent, q, p, sqrtf(0.5f) / sigma, tap->count);
}

static void weigh(tile *t, const tap *tap)
{
    const wf_bilateral *s = &t->call->parameters;
    float *weight = t->weight + (tap->x - t->first);
    double distance = (double)(tap->down * tap->down + tap->right * tap->right);
    t->rows->fill(weight, (float)(-distance / (2 * (double)s->sigma_space * s->sigma_space)), tap->count);
    subtract_feature(t, tap, &t->call->scratch, s->sigma_color, weight);
    subtract_feature(t, tap, &t->call->albedo, s->sigma_albedo, weight);
    subtract_feature(t, tap, &t->call->normal, s->sigma_normal, weight);
    subtract_depth(t, tap, &t->call->depth, s->sigma_depth, weight);
    t->rows->exponential(weight, tap->count);
}

static void predict_tap(tile *t, int i, int j)
{
    const wf_bilateral *s = &t->call->parameters;
    const int64_t *size = t->call->color.size;
    tap tap = {.down = wf_tap_offset(i, s->kernel_height, 1), .right = wf_tap_offset(j, s->kernel_width, 1)};
    int64_t first_y, last_y, first, last;
    wf_pixel_range(tap.down, size[2], &first_y, &last_y);
    wf_pixel_range(tap.right, size[3], &first, &last);
    tap.x = first > t->first ? first : t->first;
    tap.count = (last < t->first + t->width ? last : t->first + t->width) - tap.x;

    t->rows->fill(t->weight, 0, t->width);
    if (t->y >= first_y && t->y < last_y && tap.count > 0)
        weigh(t, &tap);
    void *to = wf_cpu_address(&t->call->weight, t->n, (int64_t)i * s->kernel_width + j, t->y, t->first);
    if (t->call->weight.dtype == WF_FLOAT32)
        memcpy(to, t->weight, (size_t)t->width * sizeof(float));
    else
        t->rows->to_half(to, t->weight, t->width);
}

static void predict_tile(tile *t)
{
    for (int i = 0; i < t->call->parameters.kernel_height; i++) {
        for (int j = 0; j < t->call->parameters.kernel_width; j++)
            predict_tap(t, i, j);
    }
}

wf_result wf_cpu_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral_call *call)
{
    (void)stream;
    const wf_rows *rows = ((const wf_cpu_device *)device)->rows;
    const int64_t *size = call->color.size;
#pragma omp parallel
    {
#pragma omp for collapse(3)
        for (int64_t n = 0; n < size[0]; n++) {
            for (int64_t c = 0; c < 3; c++) {
                for (int64_t y = 0; y < size[2]; y++)
                    compress_row(rows, call, n, c, y);
            }
        }
        tile t;
        t.rows = rows;
        t.call = call;
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
