#include "metrics.h"

#include <math.h>
#include <stddef.h>

#include "app/color.h"

/* ---- Terms ------------------------------------------------------------------------------------------------------- */

static double display(double linear)
{
    return color_to_srgb_double(linear < 0 ? 0 : linear > 1 ? 1 : linear); /* NaN stays NaN */
}

static double signed_term(double d, double r)
{
    return d - r;
}

static double absolute_term(double d, double r)
{
    return fabs(d - r);
}

static double relative_term(double d, double r)
{
    return MEASURE_RELATIVE_TERM(d, r);
}

static double smape_term(double d, double r)
{
    return MEASURE_SMAPE_TERM(d, r);
}

static double rel_mse_term(double d, double r)
{
    return MEASURE_REL_MSE_TERM(d, r);
}

static double display_term(double d, double r)
{
    double shown = display(d) - display(r);
    return shown * shown;
}

/* NULL: it is no sum over values. */
static double (*const terms[MEASURED_SUMS])(double d, double r) = {
    [MEASURE_SIGNED] = signed_term, [MEASURE_ABSOLUTE] = absolute_term, [MEASURE_RELATIVE] = relative_term,
    [MEASURE_SMAPE] = smape_term,   [MEASURE_REL_MSE] = rel_mse_term,   [MEASURED_DISPLAY] = display_term,
};

/* Over all pixels and channels. */
static double mean_of(double (*term)(double d, double r), const image *denoised, const image *reference)
{
    double sum = 0;
    size_t pixels = (size_t)reference->width * (size_t)reference->height;
    for (size_t i = 0; i < pixels; i++)
        for (size_t c = 0; c < 3; c++)
            sum += term(denoised->pixels[i * (size_t)denoised->channels + c],
                        reference->pixels[i * (size_t)reference->channels + c]);
    return sum / (3 * (double)pixels);
}

/* ---- Metrics ----------------------------------------------------------------------------------------------------- */

/* Infinity for equal pictures. */
static double decibels(double mean)
{
    return -10 * log10(mean);
}

const metric metric_rows[] = {
    {"smape", "SMAPE", 4, false, MEASURE_SMAPE, NULL},
    {"rel_mse", "relMSE", 4, false, MEASURE_REL_MSE, NULL},
    {"psnr", "PSNR dB", 2, true, MEASURED_DISPLAY, decibels},
    {"flip", "FLIP", 4, false, MEASURE_FLIP, NULL},
    {"relative", "relative", 4, false, MEASURE_RELATIVE, NULL},
    {"absolute", "absolute", 4, false, MEASURE_ABSOLUTE, NULL},
    {"signed", "signed", 4, false, MEASURE_SIGNED, NULL},
};

const int metric_count = sizeof metric_rows / sizeof *metric_rows;

_Static_assert(sizeof metric_rows / sizeof *metric_rows <= METRICS_MOST, "METRICS_MOST is too small");

metrics metrics_of_means(const double means[MEASURED_SUMS])
{
    metrics metrics = {{0}};
    for (int i = 0; i < metric_count; i++) {
        const metric *row = &metric_rows[i];
        metrics.values[i] = row->of_mean ? row->of_mean(means[row->sum]) : means[row->sum];
    }
    return metrics;
}

metrics metrics_compare(const image *denoised, const image *reference)
{
    double means[MEASURED_SUMS];
    for (int i = 0; i < MEASURED_SUMS; i++)
        means[i] = terms[i] ? mean_of(terms[i], denoised, reference) : NAN;
    return metrics_of_means(means);
}
