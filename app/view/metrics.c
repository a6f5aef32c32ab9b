#include "metrics.h"

#include <math.h>
#include <stddef.h>

static double display(double linear)
{
    double clamped = linear < 0 ? 0 : linear > 1 ? 1 : linear; /* NaN stays NaN */
    return clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * pow(clamped, 1 / 2.4) - 0.055;
}

static double count_of(const image *image)
{
    return 3.0 * ((double)image->width * (double)image->height);
}

/* Of a term over all pixels and channels. */
static double sum_of(double (*term)(double denoised, double reference), const image *denoised, const image *reference)
{
    double sum = 0;
    size_t pixels = (size_t)reference->width * (size_t)reference->height;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < 3; c++)
            sum += term(denoised->pixels[i * (size_t)denoised->channels + c],
                        reference->pixels[i * (size_t)reference->channels + c]);
    return sum;
}

static double smape_term(double d, double r)
{
    return fabs(d - r) / (fabs(d) + fabs(r) + 0.01);
}

static double rel_mse_term(double d, double r)
{
    return (d - r) * (d - r) / (r * r + 1e-4);
}

static double display_term(double d, double r)
{
    double shown = display(d) - display(r);
    return shown * shown;
}

static double smape(const image *denoised, const image *reference)
{
    return sum_of(smape_term, denoised, reference) / count_of(reference);
}

static double rel_mse(const image *denoised, const image *reference)
{
    return sum_of(rel_mse_term, denoised, reference) / count_of(reference);
}

/* On the display transform; infinity for equal pictures. */
static double psnr(const image *denoised, const image *reference)
{
    return 10 * log10(count_of(reference) / sum_of(display_term, denoised, reference));
}

const metric metric_rows[] = {
    {"smape", "SMAPE", 4, false, smape},
    {"rel_mse", "relMSE", 4, false, rel_mse},
    {"psnr", "PSNR dB", 2, true, psnr},
};

const int metric_count = sizeof metric_rows / sizeof *metric_rows;

_Static_assert(sizeof metric_rows / sizeof *metric_rows <= METRICS_MOST, "METRICS_MOST is too small");

metrics metrics_compare(const image *denoised, const image *reference)
{
    metrics metrics = {{0}};
    for (int i = 0; i < metric_count; i++)
        metrics.values[i] = metric_rows[i].compare(denoised, reference);
    return metrics;
}
