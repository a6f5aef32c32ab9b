#include "sky.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define PI                 ((float)M_PI)
#define UNIT_LUMINANCE     25.0f  /* kcd/m2 of radiance 1 */
#define SUN_ILLUMINANCE    128.0f /* klx above the atmosphere */
#define GROUND_REFLECTANCE 0.2f
#define GROUND_SAMPLES     64    /* directions in elevation, and twice as many around */
#define MIN_COSINE         0.01f /* the fit's poles at the horizon are kept away from */

/* ---- The paper's tables ------------------------------------------------------------------------------------------ */

/* A to E: slope by turbidity, and constant. */
static const float distributions[3][5][2] = {
    {{0.1787f, -1.4630f}, {-0.3554f, 0.4275f}, {-0.0227f, 5.3251f}, {0.1206f, -2.5771f}, {-0.0670f, 0.3703f}},
    {{-0.0193f, -0.2592f}, {-0.0665f, 0.0008f}, {-0.0004f, 0.2125f}, {-0.0641f, -0.8989f}, {-0.0033f, 0.0452f}},
    {{-0.0167f, -0.2608f}, {-0.0950f, 0.0092f}, {-0.0079f, 0.2102f}, {-0.0441f, -1.6537f}, {-0.0109f, 0.0529f}},
};

/* Chromaticity x and y of the zenith: rows by turbidity squared, turbidity, 1; columns
   by the sun's angle cubed ... 1. */
static const float zeniths[2][3][4] = {
    {{0.00166f, -0.00375f, 0.00209f, 0},
     {-0.02903f, 0.06377f, -0.03202f, 0.00394f},
     {0.11693f, -0.21196f, 0.06052f, 0.25886f}},
    {{0.00275f, -0.00610f, 0.00317f, 0},
     {-0.04214f, 0.08970f, -0.04153f, 0.00516f},
     {0.15346f, -0.26756f, 0.06670f, 0.26688f}},
};

/* Micrometers that stand for r, g, b, and the ozone's absorption there, 1/cm. */
static const float wavelengths[3] = {0.61f, 0.55f, 0.465f};
static const float ozone[3] = {0.115f, 0.085f, 0.012f};

/* ---- The sky ----------------------------------------------------------------------------------------------------- */

/* Perez' function of the angles from the zenith and from the sun. */
static float perez(const float c[5], float cos_zenith, float angle, float cos_angle)
{
    return (1 + c[0] * expf(c[1] / cos_zenith)) * (1 + c[2] * expf(c[3] * angle) + c[4] * cos_angle * cos_angle);
}

static float zenith_luminance(float turbidity, float sun_angle)
{
    float chi = (4.0f / 9 - turbidity / 120) * (PI - 2 * sun_angle);
    return (4.0453f * turbidity - 4.9710f) * tanf(chi) - 0.2155f * turbidity + 2.4192f;
}

static float zenith_chromaticity(const float rows[3][4], float turbidity, float sun_angle)
{
    float sum = 0;
    for (int row = 0; row < 3; row++) {
        const float *c = rows[row];
        sum = sum * turbidity + ((c[0] * sun_angle + c[1]) * sun_angle + c[2]) * sun_angle + c[3];
    }
    return sum;
}

static void prepare(sky *sky)
{
    float cos_sun = fminf(sky->sun_direction.y, 1), sun_angle = acosf(cos_sun), turbidity = sky->turbidity;
    float zenith[3] = {zenith_luminance(turbidity, sun_angle), zenith_chromaticity(zeniths[0], turbidity, sun_angle),
                       zenith_chromaticity(zeniths[1], turbidity, sun_angle)};
    for (int i = 0; i < 3; i++) {
        for (int k = 0; k < 5; k++)
            sky->distribution[i][k] = distributions[i][k][0] * turbidity + distributions[i][k][1];
        sky->zenith[i] = zenith[i] / perez(sky->distribution[i], 1, sun_angle, cos_sun);
    }
}

/* CIE XYZ with Y in kcd/m2 to linear Rec. 709. */
static void to_rgb(float luminance, float x, float y, float rgb[3])
{
    static const float matrix[3][3] = {{3.2404542f, -1.5371385f, -0.4985314f},
                                       {-0.9692660f, 1.8760108f, 0.0415560f},
                                       {0.0556434f, -0.2040259f, 1.0572252f}};
    float scale = luminance / UNIT_LUMINANCE / y;
    for (int i = 0; i < 3; i++)
        rgb[i] = fmaxf(scale * (matrix[i][0] * x + matrix[i][1] * y + matrix[i][2] * (1 - x - y)), 0);
}

void sky_radiance(const sky *sky, vec3 direction, float rgb[3])
{
    if (direction.y < 0) {
        memcpy(rgb, sky->ground, sizeof sky->ground);
        return;
    }
    float cos_angle = fmaxf(-1, fminf(vec3_dot(direction, sky->sun_direction), 1)), value[3];
    for (int i = 0; i < 3; i++)
        value[i] =
            sky->zenith[i] * perez(sky->distribution[i], fmaxf(direction.y, MIN_COSINE), acosf(cos_angle), cos_angle);
    to_rgb(fmaxf(value[0], 0), value[1], value[2], rgb);
}

/* Half of the ground's own: what falls on level ground, over pi, times its reflectance. */
static void light_ground(sky *sky)
{
    const sun sun = sky_sun(sky);
    float irradiance[3];
    for (int c = 0; c < 3; c++)
        irradiance[c] = sun.radiance[c] * sun.solid_angle * sun.direction.y;
    for (int row = 0; row < GROUND_SAMPLES; row++)
        for (int column = 0; column < 2 * GROUND_SAMPLES; column++) {
            /* equal shares of the projected solid angle, whose whole is pi */
            float radius = sqrtf(((float)row + 0.5f) / GROUND_SAMPLES);
            float around = PI * ((float)column + 0.5f) / GROUND_SAMPLES, rgb[3];
            vec3 direction = {radius * cosf(around), sqrtf(1 - radius * radius), radius * sinf(around)};
            sky_radiance(sky, direction, rgb);
            for (int c = 0; c < 3; c++)
                irradiance[c] += rgb[c] * PI / (2 * GROUND_SAMPLES * GROUND_SAMPLES);
        }
    for (int c = 0; c < 3; c++)
        sky->ground[c] = GROUND_REFLECTANCE * irradiance[c] / PI;
}

bool sky_create(vec3 sun_direction, float turbidity, sky *sky, error *error)
{
    memset(sky, 0, sizeof *sky);
    float length = vec3_length(sun_direction);
    if (!(length > 0 && isfinite(length)))
        return error_set(error, "(%g, %g, %g) is no direction to the sun", sun_direction.x, sun_direction.y,
                         sun_direction.z);
    if (!(turbidity >= SKY_MIN_TURBIDITY && turbidity <= SKY_MAX_TURBIDITY))
        return error_set(error, "a turbidity of %g: the sky's model holds from %g to %g", turbidity, SKY_MIN_TURBIDITY,
                         SKY_MAX_TURBIDITY);
    float elevation = asinf(sun_direction.y / length) * 180 / PI;
    if (elevation < SKY_MIN_ELEVATION)
        return error_set(error, "the sun stands %.1f degrees above the horizon, the sky's model needs %g", elevation,
                         SKY_MIN_ELEVATION);
    sky->sun_direction = vec3_scale(sun_direction, 1 / length);
    sky->turbidity = turbidity;
    prepare(sky);
    light_ground(sky);
    return true;
}

/* ---- The sun ----------------------------------------------------------------------------------------------------- */

static float transmittance(int color, float turbidity, float sun_angle)
{
    float degrees = sun_angle * 180 / PI, wavelength = wavelengths[color];
    float mass = 1 / (cosf(sun_angle) + 0.15f * powf(93.885f - degrees, -1.253f));
    float rayleigh = 0.008735f * powf(wavelength, -4.08f);
    float aerosol = (0.04608f * turbidity - 0.04586f) * powf(wavelength, -1.3f);
    return expf(-mass * (rayleigh + aerosol + 0.35f * ozone[color]));
}

sun sky_sun(const sky *sky)
{
    float radius = SKY_SUN_RADIUS * PI / 180, half = sinf(radius / 2);
    sun sun = {.direction = sky->sun_direction, .cos_radius = cosf(radius), .solid_angle = 4 * PI * half * half};
    float above = SUN_ILLUMINANCE / UNIT_LUMINANCE / sun.solid_angle;
    for (int c = 0; c < 3; c++)
        sun.radiance[c] = above * transmittance(c, sky->turbidity, acosf(fminf(sky->sun_direction.y, 1)));
    return sun;
}

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

vec3 equirectangular_direction(float u, float v)
{
    float around = 2 * PI * u, down = PI * v;
    return (vec3){sinf(around) * sinf(down), cosf(down), -cosf(around) * sinf(down)};
}

bool sky_image(const sky *sky, int width, int height, image *image, error *error)
{
    memset(image, 0, sizeof *image);
    if (width < 2 || height < 1 || width > 16384 || height > 16384)
        return error_set(error, "a sky of %dx%d texels: from 2x1 to 16384x16384 is possible", width, height);
    float *pixels = malloc((size_t)width * (size_t)height * 3 * sizeof *pixels);
    if (!pixels)
        return error_set(error, "not enough memory for a sky of %dx%d texels", width, height);
#pragma omp parallel for
    for (int row = 0; row < height; row++)
        for (int column = 0; column < width; column++) {
            vec3 direction =
                equirectangular_direction(((float)column + 0.5f) / (float)width, ((float)row + 0.5f) / (float)height);
            sky_radiance(sky, direction, pixels + 3 * ((size_t)row * (size_t)width + (size_t)column));
        }
    *image = (struct image){width, height, 3, pixels};
    return true;
}
