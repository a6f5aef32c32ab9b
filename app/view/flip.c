#include "flip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shaders/metrics/flip.h"

/* Contrast sensitivity: sums of Gaussians a sqrt(pi/b) exp(-(pi x)^2 / b), x in degrees. */
typedef struct gaussian {
    double a, b;
} gaussian;

static const gaussian achromatic = {1, 0.0047}, red_green = {1, 0.0053}, blue_yellow[2] = {{34.1, 0.04}, {13.5, 0.025}};

#define WIDEST_B      0.04
#define FEATURE_WIDTH 0.082 /* degrees */

/* Of one axis; the middle tap at FLIP_RADIUS, and none beyond the radius. */
typedef struct kernel {
    int radius;
    float taps[FLIP_TAPS];
} kernel;

/* Planes of a picture's size. */
typedef struct planes {
    int width, height;
    size_t count;
    float *opponent[3];           /* Y, Cx, Cz; filtered in place at last */
    float *edges, *points;        /* how strong they are */
    float *rows, *first, *second; /* scratch */
    float *line;                  /* of width + 2 FLIP_RADIUS pixels, scratch */
} planes;

enum { PLANES = 8 };

/* ---- Colors ------------------------------------------------------------------------------------------------------ */

static const double white[3] = {FLIP_WHITE};

#define ROW(...)                                                                                                       \
    {                                                                                                                  \
        __VA_ARGS__                                                                                                    \
    }

/* In X, Y and Z of the white. */
static void to_xyz(const float rgb[3], double xyz[3])
{
    static const double rows[3][3] = {FLIP_TO_XYZ(ROW)};
    for (int i = 0; i < 3; i++)
        xyz[i] = (rows[i][0] * (double)rgb[0] + rows[i][1] * (double)rgb[1] + rows[i][2] * (double)rgb[2]) / white[i];
}

static void from_xyz(const double xyz[3], float rgb[3])
{
    static const double rows[3][3] = {FLIP_FROM_XYZ(ROW)};
    for (int i = 0; i < 3; i++)
        rgb[i] =
            (float)(rows[i][0] * xyz[0] * white[0] + rows[i][1] * xyz[1] * white[1] + rows[i][2] * xyz[2] * white[2]);
}

static void to_opponent(const float rgb[3], float opponent[3])
{
    double xyz[3];
    to_xyz(rgb, xyz);
    opponent[0] = (float)(116 * xyz[1] - 16);
    opponent[1] = (float)(500 * (xyz[0] - xyz[1]));
    opponent[2] = (float)(200 * (xyz[1] - xyz[2]));
}

static void from_opponent(const float opponent[3], float rgb[3])
{
    const double y = ((double)opponent[0] + 16) / 116;
    from_xyz((double[]){y + (double)opponent[1] / 500, y, y - (double)opponent[2] / 200}, rgb);
}

static float lab_curve(double t)
{
    const double delta = FLIP_DELTA;
    return t > delta * delta * delta ? cbrtf((float)t) : (float)(t / (3 * delta * delta) + 4. / 29);
}

/* CIELAB, with the colorfulness of the Hunt effect: colors of dark pixels count less. */
static void to_hunt(const float rgb[3], float lab[3])
{
    double xyz[3];
    to_xyz(rgb, xyz);
    const float x = lab_curve(xyz[0]), y = lab_curve(xyz[1]), z = lab_curve(xyz[2]);
    lab[0] = 116 * y - 16;
    lab[1] = 0.01f * lab[0] * 500 * (x - y);
    lab[2] = 0.01f * lab[0] * 200 * (y - z);
}

/* HyAB, to a power. */
static float color_distance(const float a[3], const float b[3])
{
    return powf(fabsf(a[0] - b[0]) + hypotf(a[1] - b[1], a[2] - b[2]), (float)FLIP_COLOR_EXPONENT);
}

/* Between the colors that differ most. */
static float largest_distance(void)
{
    float green[3], blue[3];
    to_hunt((float[]){0, 1, 0}, green);
    to_hunt((float[]){0, 0, 1}, blue);
    return color_distance(green, blue);
}

/* ---- Filters ----------------------------------------------------------------------------------------------------- */

static float *tap(kernel *kernel, int i)
{
    return &kernel->taps[FLIP_RADIUS + i];
}

/* One axis of the two-dimensional Gaussians, which have a sum of 1 together. */
static void make_gaussians(const gaussian *gaussians, int count, kernel kernels[])
{
    double total = 0;
    for (int k = 0; k < count; k++) {
        double sum = 0;
        kernels[k] = (kernel){0};
        kernels[k].radius = (int)ceil(3 * sqrt(WIDEST_B / (2 * M_PI * M_PI)) * FLIP_PIXELS_PER_DEGREE);
        for (int i = -kernels[k].radius; i <= kernels[k].radius; i++) {
            const double x = i / FLIP_PIXELS_PER_DEGREE, a = gaussians[k].a, b = gaussians[k].b;
            const double value = sqrt(a * sqrt(M_PI / b)) * exp(-M_PI * M_PI * x * x / b);
            *tap(&kernels[k], i) = (float)value;
            sum += value;
        }
        total += sum * sum;
    }
    for (int k = 0; k < count; k++)
        for (int i = -kernels[k].radius; i <= kernels[k].radius; i++)
            *tap(&kernels[k], i) /= (float)sqrt(total);
}

/* A Gaussian (order 0) or a derivative of one: edges (1), points (2). Taps above 0 have a
   sum of 1, those below one of -1. */
static kernel make_feature(int order)
{
    const double deviation = 0.5 * FEATURE_WIDTH * FLIP_PIXELS_PER_DEGREE;
    kernel kernel = {.radius = (int)ceil(3 * deviation)};
    double above = 0, below = 0;
    for (int i = -kernel.radius; i <= kernel.radius; i++) {
        const double x = i / deviation, factors[] = {1, -x, x * x - 1};
        const double value = factors[order] * exp(-x * x / 2);
        *tap(&kernel, i) = (float)value;
        above += value > 0 ? value : 0;
        below -= value < 0 ? value : 0;
    }
    for (int i = -kernel.radius; i <= kernel.radius; i++)
        *tap(&kernel, i) /= (float)(*tap(&kernel, i) > 0 ? above : below > 0 ? below : 1);
    return kernel;
}

void flip_make_filters(struct flip_filters *filters)
{
    kernel kernels[FLIP_FILTERS];
    make_gaussians(&achromatic, 1, &kernels[FLIP_ACHROMATIC]);
    make_gaussians(&red_green, 1, &kernels[FLIP_RED_GREEN]);
    make_gaussians(blue_yellow, 2, &kernels[FLIP_BLUE_YELLOW]);
    for (int order = 0; order < 3; order++)
        kernels[FLIP_SMOOTH + order] = make_feature(order);
    for (int i = 0; i < FLIP_FILTERS; i++)
        for (int t = 0; t < FLIP_TAPS; t++)
            filters->taps[i][t] = kernels[i].taps[t];
    filters->largest = largest_distance();
}

static int clamp(int i, int size)
{
    return i < 0 ? 0 : i < size ? i : size - 1;
}

/* A row with the pixels at its ends repeated, for taps beyond them. */
static void copy_row(const float *from, int width, float *line)
{
    for (int x = -FLIP_RADIUS; x < width + FLIP_RADIUS; x++)
        line[FLIP_RADIUS + x] = from[clamp(x, width)];
}

/* row[x] += factor * other[x] */
static void add_row(float factor, const float *other, int width, float *row)
{
    for (int x = 0; x < width; x++)
        row[x] += factor * other[x];
}

static void convolve(const planes *planes, const float *from, const kernel *across, const kernel *down, float *to)
{
    const int width = planes->width, height = planes->height;
    const size_t row_size = (size_t)width * sizeof *to;
    for (int y = 0; y < height; y++) {
        float *row = planes->rows + (size_t)y * (size_t)width;
        copy_row(from + (size_t)y * (size_t)width, width, planes->line);
        memset(row, 0, row_size);
        for (int i = -across->radius; i <= across->radius; i++)
            add_row(across->taps[FLIP_RADIUS + i], planes->line + FLIP_RADIUS + i, width, row);
    }
    for (int y = 0; y < height; y++) {
        float *row = to + (size_t)y * (size_t)width;
        memset(row, 0, row_size);
        for (int i = -down->radius; i <= down->radius; i++)
            add_row(down->taps[FLIP_RADIUS + i], planes->rows + (size_t)clamp(y + i, height) * (size_t)width, width,
                    row);
    }
}

static void find_features(const planes *planes, int order, float *strengths)
{
    const kernel smooth = make_feature(0), change = make_feature(order);
    convolve(planes, planes->opponent[0], &change, &smooth, planes->first);
    convolve(planes, planes->opponent[0], &smooth, &change, planes->second);
    for (size_t i = 0; i < planes->count; i++) /* of luminance: Y / 116 and a constant, which derivatives do not see */
        strengths[i] = hypotf(planes->first[i], planes->second[i]) / 116;
}

static void see(const planes *planes)
{
    kernel kernels[2];
    make_gaussians(&achromatic, 1, kernels);
    convolve(planes, planes->opponent[0], kernels, kernels, planes->opponent[0]);
    make_gaussians(&red_green, 1, kernels);
    convolve(planes, planes->opponent[1], kernels, kernels, planes->opponent[1]);
    make_gaussians(blue_yellow, 2, kernels);
    for (int k = 0; k < 2; k++)
        convolve(planes, planes->opponent[2], &kernels[k], &kernels[k], k ? planes->second : planes->first);
    for (size_t i = 0; i < planes->count; i++)
        planes->opponent[2][i] = planes->first[i] + planes->second[i];
}

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

static bool allocate(planes *planes, int width, int height)
{
    const size_t count = (size_t)width * (size_t)height;
    float *all = malloc((count * PLANES + (size_t)width + 2 * FLIP_RADIUS) * sizeof *all);
    *planes = (struct planes){.width = width, .height = height, .count = count};
    float **list[PLANES] = {&planes->opponent[0], &planes->opponent[1], &planes->opponent[2], &planes->edges,
                            &planes->points,      &planes->rows,        &planes->first,       &planes->second};
    for (int i = 0; all && i < PLANES; i++)
        *list[i] = all + (size_t)i * count;
    planes->line = all ? all + PLANES * count : NULL;
    return all;
}

static void perceive(const image *image, const planes *planes)
{
    for (size_t i = 0; i < planes->count; i++) {
        float opponent[3];
        to_opponent(image->pixels + i * (size_t)image->channels, opponent);
        for (int c = 0; c < 3; c++)
            planes->opponent[c][i] = opponent[c];
    }
    find_features(planes, 1, planes->edges);
    find_features(planes, 2, planes->points);
    see(planes);
}

static void get_color(const planes *planes, size_t i, float hunt[3])
{
    float rgb[3];
    from_opponent((float[]){planes->opponent[0][i], planes->opponent[1][i], planes->opponent[2][i]}, rgb);
    for (int c = 0; c < 3; c++)
        rgb[c] = fminf(fmaxf(rgb[c], 0), 1);
    to_hunt(rgb, hunt);
}

static float difference(const planes *a, const planes *b, size_t i, float largest)
{
    float seen[2][3];
    get_color(a, i, seen[0]);
    get_color(b, i, seen[1]);
    const float distance = color_distance(seen[0], seen[1]), knee = (float)FLIP_KNEE_IN * largest;
    const float color = distance < knee
                            ? distance * (float)FLIP_KNEE_OUT / knee
                            : (float)FLIP_KNEE_OUT + (distance - knee) / (largest - knee) * (1 - (float)FLIP_KNEE_OUT);
    const float feature = fmaxf(fabsf(a->edges[i] - b->edges[i]), fabsf(a->points[i] - b->points[i]));
    return powf(color, 1 - powf(feature / sqrtf(2), (float)FLIP_FEATURE_EXPONENT));
}

bool flip_compare(const image *picture, const image *reference, image *map, error *error)
{
    const int width = picture->width, height = picture->height;
    planes a = {0}, b = {0};
    *map = (struct image){width, height, 1, malloc((size_t)width * (size_t)height * sizeof(float))};
    const bool ok = map->pixels && allocate(&a, width, height) && allocate(&b, width, height);
    if (ok) {
        const float largest = largest_distance();
        perceive(picture, &a);
        perceive(reference, &b);
        for (size_t i = 0; i < a.count; i++)
            map->pixels[i] = difference(&a, &b, i, largest);
    } else {
        image_free(map);
    }
    free(a.opponent[0]);
    free(b.opponent[0]);
    return ok || error_set(error, "not enough memory to compare pictures of %dx%d pixels", width, height);
}
