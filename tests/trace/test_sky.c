/* The sky against values worked out by hand from the paper, and against what every clear sky does. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "app/trace/sky.h"

#define assert_near(value, expected, tolerance) assert_float_equal(value, expected, tolerance)

static vec3 at(double elevation, double around)
{
    double e = elevation * M_PI / 180, a = around * M_PI / 180;
    return (vec3){(float)(cos(e) * cos(a)), (float)sin(e), (float)(cos(e) * sin(a))};
}

static sky make(double elevation, float turbidity)
{
    sky sky;
    error error = {""};
    assert_true(sky_create(at(elevation, 0), turbidity, &sky, &error));
    return sky;
}

static float luminance(const float rgb[3])
{
    return 0.2126f * rgb[0] + 0.7152f * rgb[1] + 0.0722f * rgb[2];
}

static float brightness(const sky *sky, vec3 direction)
{
    float rgb[3];
    sky_radiance(sky, direction, rgb);
    return luminance(rgb);
}

/* Zenith for a sun at 45 degrees and turbidity 3, in kcd/m2, by the paper's formula in float64. */
static void test_zenith(void **state)
{
    (void)state;
    double sun = M_PI / 4, turbidity = 3, chi = (4.0 / 9 - turbidity / 120) * (M_PI - 2 * sun);
    double expected = (4.0453 * turbidity - 4.9710) * tan(chi) - 0.2155 * turbidity + 2.4192;
    sky sky = make(45, 3);
    float rgb[3];
    sky_radiance(&sky, (vec3){0, 1, 0}, rgb);
    assert_near(luminance(rgb) * 25, expected, 0.01);
    assert_true(rgb[2] > 1.5f * rgb[0]); /* blue */
}

/* One direction's chromaticity by the paper's formulas in float64, for turbidity 4 and a sun at 35 degrees. */
static void test_chromaticity(void **state)
{
    (void)state;
    static const double rows[2][12] = {
        {0.00166, -0.00375, 0.00209, 0, -0.02903, 0.06377, -0.03202, 0.00394, 0.11693, -0.21196, 0.06052, 0.25886},
        {0.00275, -0.00610, 0.00317, 0, -0.04214, 0.08970, -0.04153, 0.00516, 0.15346, -0.26756, 0.06670, 0.26688}};
    static const double perez[3][5] = {
        {4 * 0.1787 - 1.4630, 4 * -0.3554 + 0.4275, 4 * -0.0227 + 5.3251, 4 * 0.1206 - 2.5771, 4 * -0.0670 + 0.3703},
        {4 * -0.0193 - 0.2592, 4 * -0.0665 + 0.0008, 4 * -0.0004 + 0.2125, 4 * -0.0641 - 0.8989, 4 * -0.0033 + 0.0452},
        {4 * -0.0167 - 0.2608, 4 * -0.0950 + 0.0092, 4 * -0.0079 + 0.2102, 4 * -0.0441 - 1.6537, 4 * -0.0109 + 0.0529}};
    double sun = 55 * M_PI / 180, theta = 30 * M_PI / 180, gamma = 40 * M_PI / 180,
           powers[4] = {pow(sun, 3), sun * sun, sun, 1};
    double expected[3] = {(4.0453 * 4 - 4.9710) * tan((4.0 / 9 - 4.0 / 120) * (M_PI - 2 * sun)) - 0.2155 * 4 + 2.4192,
                          0, 0};
    for (int i = 0; i < 12; i++)
        for (int k = 0; k < 2; k++)
            expected[k + 1] += rows[k][i] * powers[i % 4] * (i < 4 ? 16 : i < 8 ? 4 : 1);
    for (int i = 0; i < 3; i++) {
        const double *c = perez[i];
        expected[i] *= (1 + c[0] * exp(c[1] / cos(theta))) * (1 + c[2] * exp(c[3] * gamma) + c[4] * pow(cos(gamma), 2));
        expected[i] /= (1 + c[0] * exp(c[1])) * (1 + c[2] * exp(c[3] * sun) + c[4] * pow(cos(sun), 2));
    }

    sky sky = make(35, 4);
    float rgb[3];
    double x = (cos(gamma) - cos(theta) * cos(sun)) / sin(sun); /* theta from the zenith, gamma from the sun */
    sky_radiance(&sky, (vec3){(float)x, (float)cos(theta), (float)sqrt(1 - x * x - pow(cos(theta), 2))}, rgb);
    double X = 0.4124564 * rgb[0] + 0.3575761 * rgb[1] + 0.1804375 * rgb[2];
    double Y = 0.2126729 * rgb[0] + 0.7151522 * rgb[1] + 0.0721750 * rgb[2];
    double Z = 0.0193339 * rgb[0] + 0.1191920 * rgb[1] + 0.9503041 * rgb[2];
    assert_near(25 * Y, expected[0], 1e-3);
    assert_near(X / (X + Y + Z), expected[1], 1e-4);
    assert_near(Y / (X + Y + Z), expected[2], 1e-4);
}

static void test_shape(void **state)
{
    (void)state;
    sky sky = make(40, 3);
    assert_true(brightness(&sky, at(42, 4)) > 2 * brightness(&sky, at(50, 180)));     /* around the sun */
    assert_true(brightness(&sky, at(3, 180)) > 1.5f * brightness(&sky, at(60, 180))); /* towards the horizon */
    assert_near(brightness(&sky, at(30, 50)), brightness(&sky, at(30, -50)), 1e-5);   /* both sides of the sun */
    assert_true(brightness(&sky, at(80, 0)) < 0.6f &&
                brightness(&sky, at(80, 0)) > 0.05f); /* what the header promises */
}

/* Everywhere finite and not negative, for all suns and turbidities that are allowed. */
static void test_range(void **state)
{
    (void)state;
    for (float turbidity = SKY_MIN_TURBIDITY; turbidity <= SKY_MAX_TURBIDITY; turbidity += 1)
        for (double sun = SKY_MIN_ELEVATION + 0.001; sun <= 90; sun += 10.9) {
            sky sky = make(sun, turbidity);
            for (double elevation = -90; elevation <= 90; elevation += 7.5)
                for (double around = 0; around < 360; around += 30) {
                    float rgb[3];
                    sky_radiance(&sky, at(elevation, around), rgb);
                    for (int c = 0; c < 3; c++)
                        assert_true(rgb[c] >= 0 && rgb[c] < 50);
                    assert_true(luminance(rgb) > 0);
                }
        }
}

/* The ground is a fifth of what falls on it, over pi: an integral over the picture's upper half, and the sun. */
static void test_ground(void **state)
{
    (void)state;
    sky sky = make(50, 3);
    sun sun = sky_sun(&sky);
    image image;
    error error = {""};
    double irradiance[3];
    assert_true(sky_image(&sky, 512, 256, &image, &error));
    for (int c = 0; c < 3; c++)
        irradiance[c] = sun.radiance[c] * sun.solid_angle * sun.direction.y;
    for (int row = 0; row < 128; row++)
        for (int column = 0; column < 512; column++) {
            double down = M_PI * (row + 0.5) / 256, area = sin(down) * (M_PI / 256) * (2 * M_PI / 512);
            for (int c = 0; c < 3; c++)
                irradiance[c] += image.pixels[3 * (row * 512 + column) + c] * cos(down) * area;
        }
    for (int c = 0; c < 3; c++)
        assert_near(image.pixels[3 * (200 * 512 + 9) + c] / (0.2 * irradiance[c] / M_PI), 1, 0.005);
    image_free(&image);
}

/* ---- The sun ----------------------------------------------------------------------------------------------------- */

static void test_sun(void **state)
{
    (void)state;
    sky high = make(60, 3), low = make(5, 3);
    sun noon = sky_sun(&high), evening = sky_sun(&low);
    assert_near(noon.solid_angle, 6.797e-5, 1e-8);
    assert_near(2 * M_PI * (1 - (double)noon.cos_radius) / noon.solid_angle, 1, 0.01);
    assert_near(vec3_dot(noon.direction, at(60, 0)), 1, 1e-6);
    double klx = luminance(noon.radiance) * noon.solid_angle * 25;
    assert_true(klx > 80 && klx < 110); /* what one measures on a clear day, square to the sun */
    assert_true(luminance(evening.radiance) < 0.5f * luminance(noon.radiance));
    assert_true(evening.radiance[0] / evening.radiance[2] > 3 * noon.radiance[0] / noon.radiance[2]); /* red */
}

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

static void assert_vec3(vec3 v, float x, float y, float z)
{
    assert_near(v.x, x, 1e-6);
    assert_near(v.y, y, 1e-6);
    assert_near(v.z, z, 1e-6);
}

static void test_equirectangular(void **state)
{
    (void)state;
    assert_vec3(equirectangular_direction(0.5f, 0.5f), 0, 0, 1);
    assert_vec3(equirectangular_direction(0.75f, 0.5f), -1, 0, 0);
    assert_vec3(equirectangular_direction(0.25f, 0.5f), 1, 0, 0);
    assert_vec3(equirectangular_direction(0, 0.5f), 0, 0, -1);
    assert_vec3(equirectangular_direction(0.3f, 0), 0, 1, 0);
    assert_vec3(equirectangular_direction(0.3f, 1), 0, -1, 0);
}

static void test_image(void **state)
{
    (void)state;
    sky sky = make(30, 4);
    image image;
    error error = {""};
    assert_true(sky_image(&sky, 16, 8, &image, &error));
    assert_int_equal(image.width, 16);
    assert_int_equal(image.height, 8);
    assert_int_equal(image.channels, 3);
    for (int row = 0; row < 8; row++)
        for (int column = 0; column < 16; column++) {
            float rgb[3];
            sky_radiance(&sky, equirectangular_direction(((float)column + 0.5f) / 16, ((float)row + 0.5f) / 8), rgb);
            for (int c = 0; c < 3; c++)
                assert_near(image.pixels[3 * (row * 16 + column) + c], rgb[c], 1e-6);
        }
    image_free(&image);
}

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

static void assert_refused(vec3 sun, float turbidity, const char *message)
{
    sky sky;
    error error = {""};
    assert_false(sky_create(sun, turbidity, &sky, &error));
    assert_string_equal(error.message, message);
}

static void test_errors(void **state)
{
    (void)state;
    assert_refused((vec3){0, 0, 0}, 3, "(0, 0, 0) is no direction to the sun");
    assert_refused((vec3){0, INFINITY, 0}, 3, "(0, inf, 0) is no direction to the sun");
    assert_refused((vec3){0, 1, 0}, 1.5f, "a turbidity of 1.5: the sky's model holds from 2 to 8");
    assert_refused((vec3){0, 1, 0}, NAN, "a turbidity of nan: the sky's model holds from 2 to 8");
    assert_refused((vec3){1, -1, 0}, 3, "the sun stands -45.0 degrees above the horizon, the sky's model needs 2");

    sky sky = make(30, 3);
    image image;
    error error = {""};
    assert_false(sky_image(&sky, 1, 1, &image, &error));
    assert_string_equal(error.message, "a sky of 1x1 texels: from 2x1 to 16384x16384 is possible");
    assert_false(sky_image(&sky, 16385, 8, &image, &error));
    assert_string_equal(error.message, "a sky of 16385x8 texels: from 2x1 to 16384x16384 is possible");
    assert_null(image.pixels);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_zenith),          cmocka_unit_test(test_chromaticity), cmocka_unit_test(test_shape),
        cmocka_unit_test(test_range),           cmocka_unit_test(test_ground),       cmocka_unit_test(test_sun),
        cmocka_unit_test(test_equirectangular), cmocka_unit_test(test_image),        cmocka_unit_test(test_errors),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
