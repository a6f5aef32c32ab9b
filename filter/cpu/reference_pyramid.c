/* The kernel pyramid in float64, from its definition: nothing here is shared with the backends. */
#include <math.h>
#include <stdlib.h>

#include "cpu/reference.h"

static double *zeros(const int64_t size[4])
{
    double *values = calloc((size_t)(size[0] * size[1] * size[2] * size[3]), sizeof *values);
    if (!values)
        abort();
    return values;
}

/* D: every fine pixel is added to its block, and the sums are divided by how many came. */
static void halve(const int64_t size[4], const double *fine, double *coarse)
{
    const int64_t h = size[2], w = size[3], rows = (h + 1) / 2, columns = (w + 1) / 2;
    for (int64_t plane = 0; plane < size[0] * size[1]; plane++) {
        double *sums = coarse + plane * rows * columns, *counts = zeros((int64_t[4]){1, 1, rows, columns});
        for (int64_t i = 0; i < rows * columns; i++)
            sums[i] = 0;
        for (int64_t i = 0; i < h * w; i++) {
            const int64_t block = i / w / 2 * columns + i % w / 2;
            sums[block] += fine[plane * h * w + i];
            counts[block]++;
        }
        for (int64_t i = 0; i < rows * columns; i++)
            sums[i] /= counts[i];
        free(counts);
    }
}

static double clamped(const double *image, int64_t rows, int64_t columns, int64_t y, int64_t x)
{
    y = y < 0 ? 0 : y >= rows ? rows - 1 : y;
    x = x < 0 ? 0 : x >= columns ? columns - 1 : x;
    return image[y * columns + x];
}

/* U: bilinear at the fine pixel's center. */
static double sample(const double *image, int64_t rows, int64_t columns, int64_t fine_y, int64_t fine_x)
{
    const double y = ((double)fine_y + 0.5) / 2 - 0.5, x = ((double)fine_x + 0.5) / 2 - 0.5;
    const int64_t y0 = (int64_t)floor(y), x0 = (int64_t)floor(x);
    double sum = 0;
    for (int corner = 0; corner < 4; corner++) {
        const int64_t cy = y0 + corner / 2, cx = x0 + corner % 2;
        sum += (1 - fabs(y - (double)cy)) * (1 - fabs(x - (double)cx)) * clamped(image, rows, columns, cy, cx);
    }
    return sum;
}

/* o from y and the coarser level's o, in place of y. */
static void blend(const int64_t size[4], double *y, const double *alpha, const double *coarser)
{
    const int64_t h = size[2], w = size[3], rows = (h + 1) / 2, columns = (w + 1) / 2;
    double *difference = zeros((int64_t[4]){size[0], size[1], rows, columns});
    halve(size, y, difference);
    for (int64_t i = 0; i < size[0] * size[1] * rows * columns; i++)
        difference[i] = coarser[i] - difference[i];
    for (int64_t i = 0; i < size[0] * size[1] * h * w; i++) {
        const int64_t plane = i / (h * w), pixel = i % (h * w), n = plane / size[1];
        y[i] +=
            alpha[n * h * w + pixel] * sample(difference + plane * rows * columns, rows, columns, pixel / w, pixel % w);
    }
    free(difference);
}

void wf_reference_pyramid(wf_operator op, const wf_filter *filters, int count, const int64_t size[4],
                          const double *input, double *const *weights, double *const *alphas, double *output)
{
    wf_reference_filter(op, &filters[0], size, input, weights[0], NULL, output);
    if (count == 1)
        return;
    const int64_t half[4] = {size[0], size[1], (size[2] + 1) / 2, (size[3] + 1) / 2};
    double *coarse_input = zeros(half), *coarse_output = zeros(half);
    halve(size, input, coarse_input);
    wf_reference_pyramid(op, filters + 1, count - 1, half, coarse_input, weights + 1, alphas + 1, coarse_output);
    blend(size, output, alphas[0], coarse_output);
    free(coarse_input);
    free(coarse_output);
}
