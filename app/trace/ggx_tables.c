/* ggx_tables.c -- the program that writes ggx_tables.h while the project is built: how much light a GGX
 * surface passes on with one scattering, by the sampling of bsdf.glsl. Roughness r / (TRACE_ALBEDO_SIZE - 1),
 * cosine c / (TRACE_ALBEDO_SIZE - 1):
 *
 *     ggx_reflected[r][c]    0, 1: the part of the light from anywhere that leaves at this cosine, with Schlick's
 *                            Fresnel term split into F0 and F90: the albedo is F0 ...[0] + F90 ...[1]. 2, 3: their
 *                            means over all directions, weighted by the cosine
 *     ggx_glass[g][r][c]     of glass, reflected and refracted together; for g see TRACE_GLASS_SIZE */
#include <math.h>
#include <stdio.h>

#include "shaders/trace/trace.h"

#define LAST       (TRACE_ALBEDO_SIZE - 1)
#define AZIMUTHS   24 /* of half a turn: the other half is its mirror image */
#define ELEVATIONS 64

/* The outgoing direction is (sine, 0, cosine). */
typedef struct view {
    double alpha, sine, cosine, lambda;
} view;

/* A microfacet normal out of those that the view sees. */
typedef struct facet {
    double weight, x, z;
} facet;

static double lambda(double alpha, double cosine)
{
    double tangent = alpha * sqrt(fmax(1 - cosine * cosine, 0)) / fabs(cosine);
    return (sqrt(1 + tangent * tangent) - 1) / 2;
}

static view make_view(int r, int c)
{
    double roughness = (double)r / LAST, cosine = fmax((double)c / LAST, 0.01);
    double alpha = roughness * roughness;
    return (view){alpha, sqrt(1 - cosine * cosine), cosine, lambda(alpha, cosine)};
}

static facet draw(const view *view, int i, int j)
{
    double angle = M_PI * (i + 0.5) / AZIMUTHS, tail = (j + 0.5) / ELEVATIONS;
    double v = pow(tail, 4); /* steep microfacets are few, but matter */
    double length = hypot(view->alpha * view->sine, view->cosine);
    double top = view->cosine / length, z = v * (1 + top) - top, radius = sqrt(fmax(1 - z * z, 0));
    double x = view->alpha * (radius * cos(angle) + view->alpha * view->sine / length);
    double y = view->alpha * radius * sin(angle);
    z += top;
    double size = sqrt(x * x + y * y + z * z);
    return (facet){4 * pow(tail, 3) / (AZIMUTHS * ELEVATIONS), x / size, z / size};
}

/* What of the light along a direction of that cosine is not hidden. */
static double unshadowed(const view *view, double cosine)
{
    return (1 + view->lambda) / (1 + view->lambda + lambda(view->alpha, cosine));
}

static void reflect(const view *view, double terms[2])
{
    terms[0] = terms[1] = 0;
    for (int i = 0; i < AZIMUTHS; i++) {
        for (int j = 0; j < ELEVATIONS; j++) {
            facet h = draw(view, i, j);
            double half = view->sine * h.x + view->cosine * h.z, incoming = 2 * half * h.z - view->cosine;
            if (incoming <= 0)
                continue;
            double weight = h.weight * unshadowed(view, incoming), edge = pow(1 - half, 5);
            terms[0] += weight * (1 - edge);
            terms[1] += weight * edge;
        }
    }
}

static double scatter_by_glass(const view *view, double eta)
{
    double sum = 0;
    for (int i = 0; i < AZIMUTHS; i++) {
        for (int j = 0; j < ELEVATIONS; j++) {
            facet h = draw(view, i, j);
            double half = view->sine * h.x + view->cosine * h.z, fresnel = 1;
            double inner = 1 - (1 - half * half) / (eta * eta);
            if (inner > 0) {
                inner = sqrt(inner);
                double parallel = (eta * half - inner) / (eta * half + inner);
                double perpendicular = (half - eta * inner) / (half + eta * inner);
                fresnel = (parallel * parallel + perpendicular * perpendicular) / 2;
                double refracted = (half / eta - inner) * h.z - view->cosine / eta;
                if (refracted < 0)
                    sum += h.weight * (1 - fresnel) * unshadowed(view, refracted);
            }
            double reflected = 2 * half * h.z - view->cosine;
            if (reflected > 0)
                sum += h.weight * fresnel * unshadowed(view, reflected);
        }
    }
    return sum;
}

/* Of what the shader interpolates linearly: the integral of 2 c f(c). */
static double mean(double row[TRACE_ALBEDO_SIZE][2], int term)
{
    double sum = 0, step = 1.0 / LAST;
    for (int i = 0; i < LAST; i++) {
        double low = row[i][term], rise = row[i + 1][term] - low, cosine = i * step;
        sum += 2 * step * (low * cosine + (low * step + rise * cosine) / 2 + rise * step / 3);
    }
    return sum;
}

static void print_reflected(void)
{
    printf("static const float ggx_reflected[%d][%d][4] = {\n", TRACE_ALBEDO_SIZE, TRACE_ALBEDO_SIZE);
    for (int r = 0; r <= LAST; r++) {
        double row[TRACE_ALBEDO_SIZE][2];
        for (int c = 0; c <= LAST; c++) {
            view view = make_view(r, c);
            reflect(&view, row[c]);
        }
        printf("{");
        for (int c = 0; c <= LAST; c++)
            printf("{%.7g, %.7g, %.7g, %.7g},", row[c][0], row[c][1], mean(row, 0), mean(row, 1));
        printf("},\n");
    }
    printf("};\n");
}

static void print_glass(void)
{
    printf("static const float ggx_glass[%d][%d][%d] = {\n", TRACE_GLASS_SIZE, TRACE_ALBEDO_SIZE, TRACE_ALBEDO_SIZE);
    for (int g = 0; g < TRACE_GLASS_SIZE; g++) {
        double t = 2.0 * g / (TRACE_GLASS_SIZE - 1) - 1, x = TRACE_GLASS_LIMIT * t * fabs(t), eta = (1 + x) / (1 - x);
        printf("{");
        for (int r = 0; r <= LAST; r++) {
            printf("{");
            for (int c = 0; c <= LAST; c++) {
                view view = make_view(r, c);
                printf("%.5g,", scatter_by_glass(&view, eta));
            }
            printf("},\n");
        }
        printf("},\n");
    }
    printf("};\n");
}

int main(void)
{
    print_reflected();
    print_glass();
    return 0;
}
