#include "ggx.h"

#include <math.h>

#define LAST  (TRACE_ALBEDO_SIZE - 1)
#define STEPS 32 /* squared: directions a table entry sums over */

static const double pi = 3.14159265358979323846;

static double lambda(double alpha, double cosine)
{
    double tangent = alpha * sqrt(fmax(1 - cosine * cosine, 0)) / cosine;
    return (sqrt(1 + tangent * tangent) - 1) / 2;
}

/* As trace_bsdf.glsl draws microfacets; the outgoing direction is (sine, 0, cosine). */
static void sample(double alpha, double sine, double cosine, double u, double v, double h[3])
{
    double length = sqrt(alpha * alpha * sine * sine + cosine * cosine);
    double z = (1 - v) * (1 + cosine / length) - cosine / length;
    double radius = sqrt(fmax(1 - z * z, 0));
    h[0] = alpha * (radius * cos(2 * pi * u) + alpha * sine / length);
    h[1] = alpha * radius * sin(2 * pi * u);
    h[2] = z + cosine / length;
    double scale = 1 / sqrt(h[0] * h[0] + h[1] * h[1] + h[2] * h[2]);
    for (int i = 0; i < 3; i++)
        h[i] *= scale;
}

static void sum_directions(double alpha, double cosine, float terms[2])
{
    double sine = sqrt(1 - cosine * cosine), outgoing = lambda(alpha, cosine), sums[2] = {0};
    for (int i = 0; i < STEPS; i++) {
        for (int j = 0; j < STEPS; j++) {
            double h[3], tail = (j + 0.5) / STEPS; /* v = 1 - tail^4: steep microfacets are few, but matter */
            sample(alpha, sine, cosine, (i + 0.5) / STEPS, 1 - pow(tail, 4), h);
            double half = sine * h[0] + cosine * h[2], incoming = 2 * half * h[2] - cosine;
            if (incoming <= 0)
                continue;
            double weight = 4 * pow(tail, 3) * (1 + outgoing) / (1 + outgoing + lambda(alpha, incoming));
            double edge = pow(1 - half, 5);
            sums[0] += weight * (1 - edge);
            sums[1] += weight * edge;
        }
    }
    for (int i = 0; i < 2; i++)
        terms[i] = (float)(sums[i] / (STEPS * STEPS));
}

/* Of what the shader interpolates linearly: the integral of 2 c f(c). */
static float mean(float row[TRACE_ALBEDO_SIZE][4], int term)
{
    double sum = 0, step = 1.0 / LAST;
    for (int i = 0; i < LAST; i++) {
        double low = row[i][term], rise = row[i + 1][term] - low, cosine = i * step;
        sum += 2 * step * (low * cosine + (low * step + rise * cosine) / 2 + rise * step / 3);
    }
    return (float)sum;
}

void ggx_albedo(float table[TRACE_ALBEDO_SIZE][TRACE_ALBEDO_SIZE][4])
{
    for (int r = 0; r < TRACE_ALBEDO_SIZE; r++) {
        double roughness = (double)r / LAST;
        for (int c = 0; c < TRACE_ALBEDO_SIZE; c++)
            sum_directions(roughness * roughness, fmax((double)c / LAST, 1e-4), table[r][c]);
        float means[2] = {mean(table[r], 0), mean(table[r], 1)};
        for (int c = 0; c < TRACE_ALBEDO_SIZE; c++) {
            table[r][c][2] = means[0];
            table[r][c][3] = means[1];
        }
    }
}
