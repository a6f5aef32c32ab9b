/* The path tracer's radiance on the machine's Vulkan device, against what can be computed in closed form or by other
 * ways of the tracer itself. Exits with 77 (skipped) without a device. Noise is seeded: it is the same in every run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/trace/sky.h"
#include "pictures.h"

/* ---- Energy ------------------------------------------------------------------------------------------------------ */

/* A gray ball under an even sky is gray all over, of whatever size and wherever it is: no
   ray meets the surface it leaves. */
static void test_sizes_and_places(void **state)
{
    (void)state;
    enum { SIZE = 16 };
    static const float radii[] = {1e-6f, 1, 1e6f, 1}, places[] = {0, 0, 0, 3000};
    for (int i = 0; i < 4; i++) {
        const float radius = radii[i], place = places[i];
        scene scene = shapes_scene();
        material *gray = shapes_material(&scene);
        gray->base_color[0] = gray->base_color[1] = gray->base_color[2] = 0.5f;
        shapes_sphere(&scene, (vec3){place, 0, 0}, radius, 24);
        set_environment(&scene, 1);
        camera camera = look((vec3){place, 0, 10 * radius}, (vec3){place, 0, 0}, 7);
        tracer_frame wanted = plain_frame(camera, 16);
        wanted.strategy = TRACER_BSDF_SAMPLING;
        frame frame = shoot_once(&scene, SIZE, SIZE, &wanted);
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++)
                assert_near(at(&frame, FRAME_COLOR, x, y)[1], 0.5, 0.05, "gray", x, y);
        frame_free(&frame);
    }
}

/* What a sphere in an environment of 1 looks like, as the mean over its disk. */
static double furnace(material wanted_material, tracer_strategy strategy, uint32_t samples, double *worst)
{
    enum { SIZE = 24 };
    scene scene = shapes_scene();
    *shapes_material(&scene) = wanted_material;
    shapes_sphere(&scene, (vec3){0, 0, 0}, 1, 48);
    set_environment(&scene, 1);
    tracer_frame wanted = plain_frame(look((vec3){0, 0, 10}, (vec3){0, 0, 0}, 12), samples);
    wanted.strategy = strategy;
    wanted.max_bounces = 256;
    frame frame = shoot_once(&scene, SIZE, SIZE, &wanted);
    double sum = 0;
    int count = 0;
    *worst = 0;
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            double value = at(&frame, FRAME_COLOR, x, y)[1];
            assert_true(isfinite(value));
            if (at(&frame, FRAME_DEPTH, x, y)[0] == 0)
                continue;
            sum += value, count++;
            *worst = fmax(*worst, fabs(value - 1));
        }
    }
    assert_true(count > SIZE * SIZE / 2);
    frame_free(&frame);
    return sum / count;
}

static material white(float roughness, float metallic, float transmission, float ior)
{
    material material = material_white;
    material.metallic = metallic, material.roughness = roughness;
    material.transmission = transmission, material.ior = ior;
    return material;
}

static void test_furnace_diffuse(void **state)
{
    (void)state;
    double worst, mean = furnace(white(1, 0, 0, 1), TRACER_BSDF_SAMPLING, 4, &worst);
    print_message("white Lambert: mean %.5f, worst pixel %.5f\n", mean, worst);
    assert_true(worst < 0.005);
    mean = furnace(white(1, 0, 0, 1), TRACER_MIS, 256, &worst);
    print_message("white Lambert, MIS: mean %.5f, worst pixel %.5f\n", mean, worst);
    assert_near(mean, 1, 0.005, "mean", 0, 0);
}

static void test_furnace_of_rough_surfaces(void **state)
{
    (void)state;
    static const float roughnesses[] = {0, 0.1f, 0.3f, 0.6f, 1};
    for (int i = 0; i < 5; i++) {
        double worst;
        double metal = furnace(white(roughnesses[i], 1, 0, 1.5f), TRACER_MIS, 96, &worst);
        double coat = furnace(white(roughnesses[i], 0, 0, 1.5f), TRACER_MIS, 96, &worst);
        double glass = furnace(white(roughnesses[i], 0, 1, 1.5f), TRACER_BSDF_SAMPLING, 256, &worst);
        print_message("roughness %.1f: white metal %.4f, coated white %.4f, glass %.4f\n", (double)roughnesses[i],
                      metal, coat, glass);
        assert_near(metal, 1, 0.005, "metal", i, 0);
        assert_near(coat, 1, 0.005, "coat", i, 0);
        assert_near(glass, 1, 0.005, "glass", i, 0);
    }
}

/* ---- Light ------------------------------------------------------------------------------------------------------- */

/* The irradiance at a point of the plane y = 0 under a rectangle that emits radiance 1
   downwards, by its edges (Lambert). */
static double rectangle_irradiance(const double corners[4][3], const double point[3])
{
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        double a[3], b[3], c[3];
        for (int k = 0; k < 3; k++) {
            a[k] = corners[i][k] - point[k];
            b[k] = corners[(i + 1) % 4][k] - point[k];
        }
        normalize(a);
        normalize(b);
        cross(a, b, c);
        sum += acos(dot(a, b)) * c[1] / sqrt(dot(c, c));
    }
    return fabs(sum) / 2;
}

static void test_rectangle_over_a_plane(void **state)
{
    (void)state;
    enum { W = 12, H = 8 };
    static const double corners[4][3] = {{-0.5, 1, -1}, {0.5, 1, -1}, {0.5, 1, 1}, {-0.5, 1, 1}};
    for (int strategy = TRACER_MIS; strategy <= TRACER_BSDF_SAMPLING; strategy++) {
        scene scene = shapes_scene();
        shapes_material(&scene)->base_color[1] = 0.5f;
        shapes_quad(&scene, (vec3){-50, 0, 50}, (vec3){100, 0, 0}, (vec3){0, 0, -100});
        material *light = shapes_material(&scene);
        light->base_color[0] = light->base_color[1] = light->base_color[2] = 0;
        light->emission[0] = 1, light->emission[1] = 4, light->emission[2] = 0.25f;
        shapes_quad(&scene, (vec3){-0.5f, 1, -1}, (vec3){1, 0, 0}, (vec3){0, 0, 2});
        tracer_frame wanted = plain_frame(look((vec3){0, 0.9f, 3}, (vec3){0, 0, 0}, 25), 512);
        wanted.strategy = (tracer_strategy)strategy;
        wanted.max_bounces = 1;
        view view = view_of(&wanted.camera, W, H);
        frame frame = shoot_once(&scene, W, H, &wanted);
        double sum = 0, expected_sum = 0;
        for (int y = 0; y < H; y++) {
            for (int x = 0; x < W; x++) {
                double expected = 0;
                for (int i = 0; i < 16; i++) { /* over the pixel */
                    double d[3], point[3];
                    direction_of(&view, 2 * (x + (i % 4 + 0.5) / 4) / W - 1, 2 * (y + (i / 4 + 0.5) / 4) / H - 1, d);
                    assert_true(d[1] < 0);
                    for (int k = 0; k < 3; k++)
                        point[k] = view.eye[k] + d[k] * view.eye[1] / -d[1];
                    expected += rectangle_irradiance(corners, point) / pi * 0.5 * 4 / 16;
                }
                double actual = at(&frame, FRAME_COLOR, x, y)[1];
                sum += actual, expected_sum += expected;
                if (strategy == TRACER_LIGHT_SAMPLING)
                    assert_near(actual, expected, 0.08 * expected + 0.002, "radiance", x, y);
                assert_near(at(&frame, FRAME_COLOR, x, y)[0], actual / 4 * 2, 1e-4 * actual, "red", x, y);
            }
        }
        print_message("strategy %d: mean %.5f, form factors %.5f\n", strategy, sum / (W * H), expected_sum / (W * H));
        double tolerance = strategy == TRACER_BSDF_SAMPLING ? 0.015 : 0.005; /* few rays hit the light by chance */
        assert_near(sum, expected_sum, tolerance * expected_sum, "sum", strategy, 0);
        frame_free(&frame);
    }
}

/* Sky and sun on a Lambert plane, integrated over the sky model itself. */
static void test_sky_over_a_plane(void **state)
{
    (void)state;
    enum { THETAS = 200, PHIS = 400 };
    scene scene = shapes_scene();
    shapes_material(&scene);
    shapes_quad(&scene, (vec3){-1, 0, 1}, (vec3){2, 0, 0}, (vec3){0, 0, -2});
    scene.environment = (environment){.kind = ENVIRONMENT_SKY, .sun_direction = {0.48f, 0.6f, 0.64f}};
    tracer_frame wanted = plain_frame(look((vec3){0, 1, 0.5f}, (vec3){0, 0, 0}, 20), 1024);
    frame frame = shoot_once(&scene, 8, 8, &wanted);

    error error;
    sky sky;
    require(sky_create((vec3){0.48f, 0.6f, 0.64f}, SKY_TURBIDITY, &sky, &error), &error);
    sun sun = sky_sun(&sky);
    for (int channel = 0; channel < 3; channel++) {
        double expected = sun.radiance[channel] * sun.solid_angle * 0.6;
        for (int i = 0; i < THETAS; i++) {
            for (int j = 0; j < PHIS; j++) {
                double theta = (i + 0.5) / THETAS * pi / 2, phi = (j + 0.5) / PHIS * 2 * pi;
                vec3 direction = {(float)(sin(theta) * sin(phi)), (float)cos(theta), (float)(sin(theta) * cos(phi))};
                float rgb[3];
                sky_radiance(&sky, direction, rgb);
                expected += rgb[channel] * cos(theta) * sin(theta) * (pi / 2 / THETAS) * (2 * pi / PHIS);
            }
        }
        double mean = 0;
        for (int i = 0; i < 64; i++)
            mean += frame.layers[FRAME_COLOR].pixels[4 * i + channel] / 64;
        print_message("sky, channel %d: %.5f, integral %.5f\n", channel, mean, expected / pi);
        assert_near(mean, expected / pi, 0.005 * expected / pi, "radiance", channel, 0);
    }
    frame_free(&frame);
}

/* The sun's disk, in front of the sky, has all of its light; behind oneself there is the ground and no other sun. */
static void test_disk_of_the_sun(void **state)
{
    (void)state;
    enum { SIZE = 64 };
    const vec3 up = {0.48f, 0.6f, 0.64f}, down = {-0.48f, -0.6f, -0.64f};
    error error;
    sky sky;
    require(sky_create(up, SKY_TURBIDITY, &sky, &error), &error);
    const sun sun = sky_sun(&sky);
    const double pixel = pow(2 * tan(0.5 * pi / 180) / SIZE, 2); /* solid angle, of pictures of one degree */
    for (int i = 0; i < 2; i++) {
        scene scene = shapes_scene();
        shapes_material(&scene);
        shapes_quad(&scene, (vec3){9, 9, 9}, (vec3){1, 0, 0}, (vec3){0, 1, 0});
        scene.environment = (environment){.kind = ENVIRONMENT_SKY, .sun_direction = up};
        tracer_frame wanted = plain_frame(look((vec3){0, 0, 0}, i ? down : up, 1), 4);
        frame frame = shoot_once(&scene, SIZE, SIZE, &wanted);
        float around[3];
        sky_radiance(&sky, i ? down : up, around);
        for (int channel = 0; channel < 3; channel++) {
            double sum = 0;
            for (int p = 0; p < SIZE * SIZE; p++)
                sum += pixel * frame.layers[FRAME_COLOR].pixels[4 * p + channel];
            double expected = SIZE * SIZE * pixel * around[channel];
            expected += i ? 0 : (sun.radiance[channel] - around[channel]) * sun.solid_angle;
            assert_near(sum, expected, 0.02 * expected, i ? "behind" : "sun", channel, 0);
        }
        frame_free(&frame);
    }
}

/* An environment that is black but for two texels, which light the plane as their picture says however they are found:
 * black texels are entries of the table that only lead to others. */
static void test_dark_environment(void **state)
{
    (void)state;
    double means[3] = {0};
    for (int strategy = TRACER_MIS; strategy <= TRACER_BSDF_SAMPLING; strategy++) {
        scene scene = shapes_scene();
        shapes_material(&scene);
        shapes_quad(&scene, (vec3){-1, 0, 1}, (vec3){2, 0, 0}, (vec3){0, 0, -2});
        scene.environment.kind = ENVIRONMENT_IMAGE;
        scene.environment.image = (image){16, 8, 3, calloc(16 * 8 * 3, sizeof(float))};
        for (int i = 0; i < 3; i++) {
            scene.environment.image.pixels[3 * (2 * 16 + 5) + i] = 4;
            scene.environment.image.pixels[3 * (3 * 16 + 11) + i] = 9;
        }
        tracer_frame wanted = plain_frame(look((vec3){0, 1, 0.5f}, (vec3){0, 0, 0}, 20), 2048);
        wanted.strategy = (tracer_strategy)strategy;
        frame frame = shoot_once(&scene, 8, 8, &wanted);
        for (int i = 0; i < 64; i++)
            means[strategy] += frame.layers[FRAME_COLOR].pixels[4 * i] / 64;
        frame_free(&frame);
    }
    print_message("dark environment: MIS %.5f, light %.5f, BSDF %.5f\n", means[0], means[1], means[2]);
    assert_near(means[1], means[2], 0.005 * means[2], "light sampling", 0, 0);
    assert_near(means[0], means[2], 0.005 * means[2], "MIS", 0, 0);
}

/* A pane of glass over black: it reflects what Fresnel's equations say, and of the sky nothing else. */
static void test_fresnel_reflection(void **state)
{
    (void)state;
    enum { SIZE = 16 };
    scene scene = shapes_scene();
    material *glass = shapes_material(&scene);
    glass->transmission = 1, glass->ior = 1.5f, glass->roughness = 0;
    shapes_quad(&scene, (vec3){-50, 0, 50}, (vec3){100, 0, 0}, (vec3){0, 0, -100});
    material *black = shapes_material(&scene);
    black->base_color[0] = black->base_color[1] = black->base_color[2] = 0;
    shapes_quad(&scene, (vec3){-500, -0.1f, 500}, (vec3){1000, 0, 0}, (vec3){0, 0, -1000});
    set_environment(&scene, 1);
    tracer_frame wanted = plain_frame(look((vec3){0, 2, 3}, (vec3){0, 0.5f, 0}, 50), 2048);
    view view = view_of(&wanted.camera, SIZE, SIZE);
    frame frame = shoot_once(&scene, SIZE, SIZE, &wanted);
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            double d[3];
            direction_at(&view, x, y, SIZE, SIZE, d);
            normalize(d);
            if (d[1] > -0.1)
                continue;
            double c = -d[1], t = sqrt(1 - (1 - c * c) / 2.25);
            double s = (c - 1.5 * t) / (c + 1.5 * t), p = (1.5 * c - t) / (1.5 * c + t), f = (s * s + p * p) / 2;
            assert_near(at(&frame, FRAME_COLOR, x, y)[0], f, 0.03 * f + 0.012, "radiance", x, y);
        }
    }
    frame_free(&frame);
}

/* Pictures with as many seeds: the strategies' means agree as far as their spread lets one tell. */
static void test_strategies_agree(void **state)
{
    (void)state;
    enum { W = 16, H = 12, BLOCK = 4, SEEDS = 8, BLOCKS = W / BLOCK * (H / BLOCK) };
    scene scene;
    build_mixed(&scene);
    render render;
    open_render(&scene, W, H, &render);
    tracer_frame wanted = mixed_frame(0);
    static const uint32_t samples[3] = {64, 320, 96}; /* lights alone are noisiest */
    double means[3][BLOCKS] = {{0}}, squares[3][BLOCKS] = {{0}};
    for (int strategy = 0; strategy < 3; strategy++) {
        for (uint32_t seed = 0; seed < SEEDS; seed++) {
            wanted.strategy = (tracer_strategy)strategy;
            wanted.samples = samples[strategy];
            wanted.seed = 100 * (uint32_t)strategy + seed;
            frame frame = shoot(&render, &wanted);
            double blocks[BLOCKS] = {0};
            for (int i = 0; i < W * H; i++)
                for (int c = 0; c < 3; c++)
                    blocks[i / W / BLOCK * (W / BLOCK) + i % W / BLOCK] +=
                        frame.layers[FRAME_COLOR].pixels[4 * i + c] / (3.0 * BLOCK * BLOCK);
            for (int b = 0; b < BLOCKS; b++) {
                means[strategy][b] += blocks[b] / SEEDS;
                squares[strategy][b] += blocks[b] * blocks[b] / SEEDS;
            }
            frame_free(&frame);
        }
    }
    double totals[3] = {0}, spreads[3] = {0};
    for (int b = 0; b < BLOCKS; b++) {
        double variances[3];
        for (int s = 0; s < 3; s++) {
            variances[s] = fmax(squares[s][b] - means[s][b] * means[s][b], 0) / (SEEDS - 1);
            totals[s] += means[s][b] / BLOCKS;
            spreads[s] += sqrt(variances[s]) / BLOCKS;
        }
        for (int s = 1; s < 3; s++) /* a heavy tail may hide more than the spread says */
            assert_near(means[s][b], means[0][b], 6 * sqrt(variances[s] + variances[0]) + 0.01 * means[0][b], "block",
                        s, b);
    }
    print_message("MIS %.5f +- %.5f, lights %.5f +- %.5f, BSDF %.5f +- %.5f\n", totals[0], spreads[0], totals[1],
                  spreads[1], totals[2], spreads[2]);
    for (int s = 1; s < 3; s++)
        assert_near(totals[s], totals[0], 0.01 * totals[0], "mean", s, 0);
    for (int s = 1; s < 3; s++) /* for the same work */
        assert_true(spreads[0] * sqrt(samples[0]) < spreads[s] * sqrt(samples[s]));
    render_destroy(&render);
    scene_free(&scene);
}

/* An edge of light at the distance of focus stays as sharp as without a lens; at half of it, it spreads
 * over the circle of confusion. */
static void test_lens(void **state)
{
    (void)state;
    enum { W = 64, H = 4 };
    double widths[3];
    for (int i = 0; i < 3; i++) {
        scene scene = shapes_scene();
        material *light = shapes_material(&scene);
        light->emission[0] = 1;
        shapes_quad(&scene, (vec3){0, -50, 0}, (vec3){50, 0, 0}, (vec3){0, 100, 0});
        tracer_frame wanted = plain_frame(look((vec3){0, 0, 4}, (vec3){0, 0, 0}, 5), 1024);
        wanted.max_bounces = 0;
        wanted.camera.aperture = i > 0 ? 0.2f : 0;
        wanted.camera.focus = i == 1 ? 4 : 8;
        frame frame = shoot_once(&scene, W, H, &wanted);
        widths[i] = 0;
        for (int p = 0; p < W * H; p++) {
            double value = frame.layers[FRAME_COLOR].pixels[4 * p];
            widths[i] += (p % W < W / 2 ? value : 1 - value) / H;
        }
        frame_free(&frame);
    }
    /* A point of the lens sees the edge shifted by half of its distance from the lens's middle line, whose mean over a
     * disk is 4 / (3 pi) of the radius. */
    double pixel = 2 * tan(2.5 * pi / 180) * 4 / H;
    assert_near(widths[0], 0, 1e-3, "pinhole", 0, 0);
    assert_near(widths[1], 0, 1e-2, "in focus", 0, 0);
    assert_near(widths[2], 0.1 * 4 / (3 * pi) / pixel, 0.05 * widths[2], "out of focus", 0, 0);
}

/* An argument: a pattern of the tests to run, such as '*furnace*'. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sizes_and_places),          cmocka_unit_test(test_furnace_diffuse),
        cmocka_unit_test(test_furnace_of_rough_surfaces), cmocka_unit_test(test_rectangle_over_a_plane),
        cmocka_unit_test(test_sky_over_a_plane),          cmocka_unit_test(test_disk_of_the_sun),
        cmocka_unit_test(test_dark_environment),          cmocka_unit_test(test_fresnel_reflection),
        cmocka_unit_test(test_strategies_agree),          cmocka_unit_test(test_lens),
    };
    int status = pictures_open();
    if (status != 0)
        return status;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return pictures_close(cmocka_run_group_tests(tests, NULL, NULL));
}
