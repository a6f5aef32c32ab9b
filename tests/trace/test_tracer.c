/* The path tracer on the machine's Vulkan device: features, motion, and how frames follow each other, against what can
 * be computed in closed form. Exits with 77 (skipped) without a device. */
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

/* ---- Features ---------------------------------------------------------------------------------------------------- */

/* A tilted camera over the plane y = 0, which moved and turned since the frame before; sky above the horizon. */
static void test_features_of_a_plane(void **state)
{
    (void)state;
    enum { W = 48, H = 32 };
    scene scene = shapes_scene();
    material *material = shapes_material(&scene);
    material->base_color[0] = 0.25f, material->base_color[2] = 0.5f;
    shapes_quad(&scene, (vec3){-200, 0, 200}, (vec3){400, 0, 0}, (vec3){0, 0, -400});
    set_environment(&scene, 0.75f);
    tracer_frame wanted = plain_frame(look((vec3){1, 2, 5}, (vec3){0, 1.2f, 0}, 60), 1);
    wanted.previous = look((vec3){1.2f, 2.1f, 5.3f}, (vec3){-0.3f, 1.1f, 0}, 55);
    frame frame = shoot_once(&scene, W, H, &wanted);

    view now = view_of(&wanted.camera, W, H), before = view_of(&wanted.previous, W, H);
    int sky = 0;
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            double d[3], point[3], pixel[2];
            direction_at(&now, x, y, W, H, d);
            bool up = d[1] >= 0 || now.eye[1] / -d[1] > 100;
            for (int i = 0; i < 3; i++)
                point[i] = now.eye[i] + d[i] * (up ? 1e9 : now.eye[1] / -d[1]);
            project(&before, point, W, H, pixel);
            sky += up;
            if (d[1] < 0 && up)
                continue; /* near the plane's far edge */
            double depth = up ? 0 : sqrt(dot(d, d)) * now.eye[1] / -d[1];
            assert_near(at(&frame, FRAME_DEPTH, x, y)[0], depth, 1e-5 * depth, "depth", x, y);
            assert_near(at(&frame, FRAME_MOTION, x, y)[0], pixel[0] - x - 0.5, 2e-3, "motion x", x, y);
            assert_near(at(&frame, FRAME_MOTION, x, y)[1], pixel[1] - y - 0.5, 2e-3, "motion y", x, y);
            for (int i = 0; i < 3; i++) {
                double albedo = up ? 0.75 : i == 0 ? 0.25 : i == 1 ? 1 : 0.5;
                assert_near(at(&frame, FRAME_ALBEDO, x, y)[i], albedo, 1e-6, "albedo", x, y);
                assert_near(at(&frame, FRAME_NORMAL, x, y)[i], !up && i == 1, 1e-6, "normal", x, y);
            }
        }
    }
    assert_true(sky > W && sky < W * H / 2);
    frame_free(&frame);
}

static void test_points_behind_the_previous_camera(void **state)
{
    (void)state;
    scene scene = shapes_scene();
    shapes_material(&scene);
    shapes_quad(&scene, (vec3){-1, -1, 0}, (vec3){2, 0, 0}, (vec3){0, 2, 0});
    tracer_frame wanted = plain_frame(look((vec3){0, 0, 1}, (vec3){0, 0, 0}, 40), 1);
    wanted.previous = look((vec3){0, 0, -1}, (vec3){0, 0, -2}, 40);
    frame frame = shoot_once(&scene, 8, 8, &wanted);
    for (int i = 0; i < 2; i++)
        assert_near(at(&frame, FRAME_MOTION, 2, 5)[i], -8 - (i ? 5.5 : 2.5), 1e-6, "motion", 2, 5);
    frame_free(&frame);
}

/* A checkered texture on a quad: its texels, bilinear between them; where alpha is low one sees the sky; a normal
 * map that leans along u and up. */
static void test_textures(void **state)
{
    (void)state;
    enum { SIZE = 64 };
    const uint8_t colors[] = {255, 0, 0, 255, 0, 255, 0, 255, 0, 0, 255, 255, 188, 188, 188, 0};
    const uint8_t normals[] = {204, 204, 204, 255};
    scene scene = shapes_scene();
    material *material = shapes_material(&scene);
    material->base_color_texture = shapes_texture(&scene, 2, 2, colors, true);
    material->normal_texture = shapes_texture(&scene, 1, 1, normals, false);
    material->alpha_cutoff = 0.5f;
    shapes_quad(&scene, (vec3){-1, -1, 0}, (vec3){2, 0, 0}, (vec3){0, 2, 0});
    vec3 eye = {0, 0, 100};
    camera camera = look(eye, (vec3){0, 0, 0}, (float)(2 * atan(0.01) * 180 / pi));
    tracer_frame wanted = plain_frame(camera, 1);
    frame frame = shoot_once(&scene, SIZE, SIZE, &wanted);

    int holes = 0;
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            double weights[4], position[2] = {(x + 0.5) / SIZE * 2 - 0.5, (y + 0.5) / SIZE * 2 - 0.5}, part[2];
            int low[2];
            for (int i = 0; i < 2; i++) {
                low[i] = (int)floor(position[i] + 2) % 2;
                part[i] = position[i] - floor(position[i]);
            }
            for (int i = 0; i < 4; i++)
                weights[i] = ((i & 1) == low[0] ? 1 - part[0] : part[0]) * ((i >> 1) == low[1] ? 1 - part[1] : part[1]);
            double gray = 0.5029 * weights[3]; /* sRGB 188 is 0.5029 */
            if (fabs(weights[3] - 0.5) < 1e-3)
                continue;
            bool hole = weights[3] > 0.5;
            holes += hole;
            for (int i = 0; i < 3; i++)
                assert_near(at(&frame, FRAME_ALBEDO, x, y)[i], hole ? 0 : weights[i] + gray, 2e-3, "albedo", x, y);
            if (hole)
                continue;
            for (int i = 0; i < 3; i++)
                assert_near(at(&frame, FRAME_NORMAL, x, y)[i], 1 / sqrt(3), 1e-3, "normal", x, y);
        }
    }
    assert_true(holes > SIZE * SIZE / 8);
    frame_free(&frame);
}

/* A texture of more than the 64 MiB that are copied at once, darker from row to row, and another after it. */
static void test_large_texture(void **state)
{
    (void)state;
    enum { WIDTH = 4096, HEIGHT = 5120, SIZE = 32 };
    const uint8_t leaning[] = {204, 204, 204, 255};
    uint32_t *texels = malloc(sizeof(uint32_t) * WIDTH * HEIGHT);
    assert_non_null(texels);
    for (int i = 0; i < WIDTH * HEIGHT; i++)
        texels[i] = (uint32_t)(255 - i / WIDTH * 256 / HEIGHT);
    scene scene = shapes_scene();
    material *material = shapes_material(&scene);
    material->base_color_texture = shapes_texture(&scene, WIDTH, HEIGHT, (const uint8_t *)texels, false);
    material->normal_texture = shapes_texture(&scene, 1, 1, leaning, false);
    free(texels);
    shapes_quad(&scene, (vec3){-1, -1, 0}, (vec3){2, 0, 0}, (vec3){0, 2, 0});
    tracer_frame wanted = plain_frame(look((vec3){0, 0, 100}, (vec3){0, 0, 0}, (float)(2 * atan(0.01) * 180 / pi)), 1);
    frame frame = shoot_once(&scene, SIZE, SIZE, &wanted);
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            assert_near(at(&frame, FRAME_ALBEDO, x, y)[0], 1 - (y + 0.5) / SIZE, 1.5 / 255, "albedo", x, y);
            assert_near(at(&frame, FRAME_NORMAL, x, y)[0], 1 / sqrt(3), 1e-3, "normal", x, y);
        }
    }
    frame_free(&frame);
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static void test_determinism_and_accumulation(void **state)
{
    (void)state;
    enum { W = 20, H = 12 };
    scene scene;
    build_mixed(&scene);
    render render;
    open_render(&scene, W, H, &render);
    tracer_frame wanted = mixed_frame(6);
    frame whole = shoot(&render, &wanted), again = shoot(&render, &wanted);
    for (int layer = 0; layer < FRAME_REFERENCE; layer++)
        assert_memory_equal(whole.layers[layer].pixels, again.layers[layer].pixels,
                            W * H * (size_t)whole.layers[layer].channels * sizeof(float));
    frame_free(&again);

    wanted.seed = 1;
    frame other = shoot(&render, &wanted);
    assert_memory_not_equal(whole.layers[FRAME_COLOR].pixels, other.layers[FRAME_COLOR].pixels, W * H * 16);
    frame_free(&other);

    wanted.seed = 0;
    wanted.samples = 2;
    frame first = shoot(&render, &wanted);
    wanted.first_sample = 2;
    wanted.samples = 4;
    wanted.accumulate = true;
    frame both = shoot(&render, &wanted);
    assert_memory_not_equal(whole.layers[FRAME_COLOR].pixels, first.layers[FRAME_COLOR].pixels, W * H * 16);
    for (int i = 0; i < 4 * W * H; i++) { /* the order of the sum differs */
        double expected = whole.layers[FRAME_COLOR].pixels[i];
        assert_near(both.layers[FRAME_COLOR].pixels[i], expected, 1e-6 * expected, "mean", i, 0);
    }
    frame_free(&first);
    frame_free(&both);
    frame_free(&whole);
    render_destroy(&render);
    scene_free(&scene);
}

/* The point that depth and the pixel say, as the previous camera saw it: on every surface, and where that camera saw
 * the same point, its depth there says so too. */
static void test_motion(void **state)
{
    (void)state;
    enum { W = 96, H = 64 };
    scene scene;
    build_mixed(&scene);
    render render;
    open_render(&scene, W, H, &render);
    tracer_frame wanted = mixed_frame(1);
    wanted.previous = look((vec3){0.8f, 1.1f, 2.7f}, (vec3){0.1f, 0.45f, 0}, 44);
    frame now = shoot(&render, &wanted);
    tracer_frame earlier = plain_frame(wanted.previous, 1);
    frame before = shoot(&render, &earlier);
    const view here = view_of(&wanted.camera, W, H), there = view_of(&wanted.previous, W, H);
    int seen = 0, surfaces = 0;
    for (int y = 0; y < H; y++) {
        for (int x = 0; x < W; x++) {
            double depth = at(&now, FRAME_DEPTH, x, y)[0], d[3], point[3], offset[3], pixel[2];
            if (depth == 0)
                continue;
            direction_at(&here, x, y, W, H, d);
            normalize(d);
            for (int i = 0; i < 3; i++) {
                point[i] = here.eye[i] + depth * d[i];
                offset[i] = point[i] - there.eye[i];
            }
            project(&there, point, W, H, pixel);
            const float *motion = at(&now, FRAME_MOTION, x, y);
            assert_near(motion[0], pixel[0] - x - 0.5, 0.01, "motion x", x, y);
            assert_near(motion[1], pixel[1] - y - 0.5, 0.01, "motion y", x, y);
            surfaces++;
            int column = (int)floor(x + 0.5 + motion[0]), row = (int)floor(y + 0.5 + motion[1]);
            if (column >= 0 && column < W && row >= 0 && row < H)
                seen += fabs(at(&before, FRAME_DEPTH, column, row)[0] - sqrt(dot(offset, offset))) < 0.05;
        }
    }
    print_message("motion: of %d points, the frame before saw %d\n", surfaces, seen);
    assert_true(surfaces > W * H / 3 && seen > surfaces * 4 / 5);
    frame_free(&now);
    frame_free(&before);
    render_destroy(&render);
    scene_free(&scene);
}

/* Which thread traces what does not show: neither the samples of a pixel nor, in large
   pictures, pixels below each other. */
static void test_paths_per_thread(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height, samples;
    } cases[] = {{20, 12, 21}, {1, 1, 64}, {1031, 517, 1}};
    scene scene;
    build_mixed(&scene);
    render render;
    for (int i = 0; i < 3; i++) {
        tracer_frame wanted = mixed_frame(cases[i].samples);
        wanted.max_bounces = 1;
        open_render(&scene, (int)cases[i].width, (int)cases[i].height, &render);
        render.tracer.paths_per_thread = 1;
        frame one = shoot(&render, &wanted);
        render.tracer.paths_per_thread = TRACE_SLICE;
        frame many = shoot(&render, &wanted);
        assert_memory_equal(one.layers[FRAME_COLOR].pixels, many.layers[FRAME_COLOR].pixels,
                            (size_t)cases[i].width * cases[i].height * 16);
        assert_true(one.layers[FRAME_COLOR].pixels[0] > 0);
        frame_free(&one);
        frame_free(&many);
        render_destroy(&render);
    }
    scene_free(&scene);
}

/* The sky as a picture of the same size and the sun beside it is the sky; and it does not matter
   which scene was there before. */
static void test_another_scene(void **state)
{
    (void)state;
    enum { W = 20, H = 12 };
    const vec3 up = {0.48f, 0.6f, 0.64f};
    const tracer_frame wanted = mixed_frame(4);
    scene scene;
    error error;
    sky sky;
    bvh bvh;
    build_mixed(&scene);
    scene.environment.kind = ENVIRONMENT_SKY;
    scene.environment.sun_direction = up;
    render render;
    open_render(&scene, W, H, &render);
    frame expected = shoot(&render, &wanted);
    render_destroy(&render);
    scene_free(&scene);

    scene = shapes_scene();
    shapes_material(&scene);
    shapes_quad(&scene, (vec3){-1, 0, 1}, (vec3){2, 0, 0}, (vec3){0, 0, -2});
    open_render(&scene, W, H, &render);
    frame other = shoot(&render, &wanted);
    assert_memory_not_equal(expected.layers[FRAME_COLOR].pixels, other.layers[FRAME_COLOR].pixels, W * H * 16);
    scene_free(&scene);

    build_mixed(&scene);
    require(sky_create(up, SKY_TURBIDITY, &sky, &error), &error);
    image_free(&scene.environment.image);
    require(sky_image(&sky, 512, 256, &scene.environment.image, &error), &error);
    scene.environment.sun = sky_sun(&sky);
    require(bvh_build(&scene, &bvh, &error), &error);
    require(tracer_set_scene(&render.tracer, &scene, &bvh, &error), &error);
    frame actual = shoot(&render, &wanted);
    for (int layer = 0; layer < FRAME_REFERENCE; layer++)
        assert_memory_equal(expected.layers[layer].pixels, actual.layers[layer].pixels,
                            W * H * (size_t)expected.layers[layer].channels * sizeof(float));
    frame_free(&expected);
    frame_free(&other);
    frame_free(&actual);
    bvh_free(&bvh);
    render_destroy(&render);
    scene_free(&scene);
}

static void test_refused_sky(void **state)
{
    (void)state;
    error error;
    bvh bvh;
    tracer tracer;
    scene scene = shapes_scene();
    shapes_material(&scene);
    shapes_quad(&scene, (vec3){0, 0, 0}, (vec3){1, 0, 0}, (vec3){0, 1, 0});
    scene.environment = (environment){.kind = ENVIRONMENT_SKY, .sun_direction = {0, -1, 0}};
    require(bvh_build(&scene, &bvh, &error), &error);
    assert_false(tracer_create(&gpu, &scene, &bvh, TRACER_FIRST_HIT, &tracer, &error));
    assert_non_null(strstr(error.message, "degrees"));
    assert_null(tracer.device);
    bvh_free(&bvh);
    scene_free(&scene);
}

/* An argument: a pattern of the tests to run, such as '*features*'. */
int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_features_of_a_plane),
        cmocka_unit_test(test_points_behind_the_previous_camera),
        cmocka_unit_test(test_textures),
        cmocka_unit_test(test_large_texture),
        cmocka_unit_test(test_motion),
        cmocka_unit_test(test_determinism_and_accumulation),
        cmocka_unit_test(test_paths_per_thread),
        cmocka_unit_test(test_another_scene),
        cmocka_unit_test(test_refused_sky),
    };
    int status = pictures_open();
    if (status != 0)
        return status;
    if (argc > 1)
        cmocka_set_test_filter(argv[1]);
    return pictures_close(cmocka_run_group_tests(tests, NULL, NULL));
}
