#include "metrics.h"

#include <math.h>
#include <stddef.h>

static double display(double linear)
{
    double clamped = linear < 0 ? 0 : linear > 1 ? 1 : linear; /* NaN stays NaN */
    return clamped <= 0.0031308 ? 12.92 * clamped : 1.055 * pow(clamped, 1 / 2.4) - 0.055;
}

metrics metrics_compare(const image *denoised, const image *reference)
{
    double smape = 0, rel_mse = 0, mse = 0;
    size_t pixels = (size_t)reference->width * (size_t)reference->height;
    for (size_t i = 0; i < pixels; i++) {
        for (int c = 0; c < 3; c++) {
            double d = denoised->pixels[i * (size_t)denoised->channels + (size_t)c];
            double r = reference->pixels[i * (size_t)reference->channels + (size_t)c];
            double shown = display(d) - display(r);
            smape += fabs(d - r) / (fabs(d) + fabs(r) + 0.01);
            rel_mse += (d - r) * (d - r) / (r * r + 1e-4);
            mse += shown * shown;
        }
    }
    double count = 3.0 * (double)pixels;
    return (metrics){smape / count, rel_mse / count, 10 * log10(count / mse)};
}
