/* The path tracer on the machine's Vulkan device, against what can be computed in closed form or by other ways of the
 * tracer itself. Exits with 77 (skipped) without a device. Noise is seeded: it is the same in every run. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/trace/render.h"
#include "app/trace/sky.h"
#include "shapes.h"

enum { SKIPPED = 77 };

static const double pi = 3.14159265358979323846;
static device gpu;

/* ---- Rendering ---------------------------------------------------------------------------------------------------- */

static void require(bool ok, const error *error)
{
    if (!ok)
        fail_msg("%s", error->message);
}

static void open_render(scene *scene, int width, int height, render *render)
{
    error error;
    bvh bvh;
    require(bvh_build(scene, &bvh, &error), &error);
    require(render_create(&gpu, scene, &bvh, (uint32_t)width, (uint32_t)height, render, &error), &error);
    bvh_free(&bvh);
}

static frame shoot(render *render, const tracer_frame *wanted)
{
    error error;
    frame frame;
    require(render_frame(render, wanted, &frame, &error), &error);
    return frame;
}

static tracer_frame plain_frame(camera camera, uint32_t samples)
{
    return (tracer_frame){
        .camera = camera, .previous = camera, .samples = samples, .max_bounces = TRACER_DEFAULT_BOUNCES};
}

static camera look(vec3 eye, vec3 target, float degrees)
{
    return (camera){.eye = eye, .target = target, .up = {0, 1, 0}, .fov_y = (float)(degrees * pi / 180), .focus = 1};
}

/* One picture of a scene that is not needed any more. */
static frame shoot_once(scene *scene, int width, int height, const tracer_frame *wanted)
{
    render render;
    open_render(scene, width, height, &render);
    frame frame = shoot(&render, wanted);
    render_destroy(&render);
    scene_free(scene);
    return frame;
}

static const float *at(const frame *frame, frame_layer layer, int x, int y)
{
    const image *image = &frame->layers[layer];
    return image->pixels + (y * image->width + x) * image->channels;
}

static void assert_near(double actual, double expected, double tolerance, const char *what, int x, int y)
{
    if (!(fabs(actual - expected) <= tolerance))
        fail_msg("%s at %d,%d: %.9g, expected %.9g within %g", what, x, y, actual, expected, tolerance);
}

static void set_environment(scene *scene, float radiance)
{
    for (int i = 0; i < 3; i++)
        scene->environment.color[i] = radiance;
}

/* ---- The camera again, in double ---------------------------------------------------------------------------------- */

typedef struct view {
    double eye[3], axes[3][3]; /* right, up, forward; the first two scaled to the image's half size at distance 1 */
} view;

static void cross(const double a[3], const double b[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void normalize(double a[3])
{
    double length = sqrt(dot(a, a));
    for (int i = 0; i < 3; i++)
        a[i] /= length;
}

static view view_of(const camera *camera, int width, int height)
{
    view view = {.eye = {camera->eye.x, camera->eye.y, camera->eye.z}};
    double target[3] = {camera->target.x, camera->target.y, camera->target.z};
    double up[3] = {camera->up.x, camera->up.y, camera->up.z}, slope = tan(camera->fov_y / 2.0);
    for (int i = 0; i < 3; i++)
        view.axes[2][i] = target[i] - view.eye[i];
    normalize(view.axes[2]);
    cross(view.axes[2], up, view.axes[0]);
    normalize(view.axes[0]);
    cross(view.axes[0], view.axes[2], view.axes[1]);
    for (int i = 0; i < 3; i++) {
        view.axes[0][i] *= slope * width / height;
        view.axes[1][i] *= slope;
    }
    return view;
}

static void direction_of(const view *view, double x, double y, double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = view->axes[2][i] + x * view->axes[0][i] - y * view->axes[1][i];
}

static void direction_at(const view *view, int x, int y, int width, int height, double out[3])
{
    direction_of(view, 2 * (x + 0.5) / width - 1, 2 * (y + 0.5) / height - 1, out);
}

/* Pixel coordinates of a point. */
static void project(const view *view, const double point[3], int width, int height, double out[2])
{
    double d[3] = {point[0] - view->eye[0], point[1] - view->eye[1], point[2] - view->eye[2]};
    double depth = dot(d, view->axes[2]);
    for (int i = 0; i < 2; i++) {
        double position = dot(d, view->axes[i]) / dot(view->axes[i], view->axes[i]) / depth;
        out[i] = i == 0 ? (position + 1) / 2 * width : (1 - position) / 2 * height;
    }
}

/* ---- Features ----------------------------------------------------------------------------------------------------- */

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

/* A checkered texture on a quad: its texels, bilinear between them; where alpha is low one sees the sky; a normal map that
 * leans along u and up. */
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

/* ---- Energy ------------------------------------------------------------------------------------------------------- */

/* A gray ball under an even sky is gray all over, of whatever size and wherever it is: no ray meets the surface it leaves. */
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

/* ---- Light -------------------------------------------------------------------------------------------------------- */

/* The irradiance at a point of the plane y = 0 under a rectangle that emits radiance 1 downwards, by its edges (Lambert). */
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

/* An environment that is black but for two texels, which light the plane as their picture says however they are found: black
 * texels are entries of the table that only lead to others. */
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

/* A corner with a textured light, a glossy floor, a rough glass ball, under a bright environment picture. */
static void build_mixed(scene *scene)
{
    const uint8_t glow[] = {255, 255, 255, 255, 0, 0, 0, 255, 0, 0, 0, 255, 128, 64, 255, 255};
    *scene = shapes_scene();
    material *floor = shapes_material(scene);
    floor->roughness = 0.4f, floor->metallic = 0.5f, floor->ior = 1.5f, floor->base_color[2] = 0.3f;
    shapes_quad(scene, (vec3){-1, 0, 1}, (vec3){2, 0, 0}, (vec3){0, 0, -2});
    shapes_material(scene)->base_color[0] = 0.6f;
    shapes_quad(scene, (vec3){-1, 0, -1}, (vec3){2, 0, 0}, (vec3){0, 2, 0});
    material *ball = shapes_material(scene);
    ball->roughness = 0.5f, ball->transmission = 0.8f, ball->ior = 1.4f;
    shapes_sphere(scene, (vec3){0.3f, 0.4f, 0}, 0.35f, 16);
    material *light = shapes_material(scene);
    light->emission[0] = light->emission[1] = light->emission[2] = 6;
    light->emission_texture = shapes_texture(scene, 2, 2, glow, true);
    shapes_quad(scene, (vec3){-0.8f, 0.6f, -0.5f}, (vec3){0.4f, 0, 0.4f}, (vec3){0, 0.6f, 0});
    scene->environment.kind = ENVIRONMENT_IMAGE;
    scene->environment.image = (image){4, 2, 3, malloc(24 * sizeof(float))};
    for (int i = 0; i < 24; i++)
        scene->environment.image.pixels[i] = i / 3 == 2 ? 1.5f : 0.1f;
}

static tracer_frame mixed_frame(uint32_t samples)
{
    return plain_frame(look((vec3){0.5f, 1, 3}, (vec3){0, 0.5f, 0}, 40), samples);
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

/* ---- Frames ------------------------------------------------------------------------------------------------------- */

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

/* The point that depth and the pixel say, as the previous camera saw it: on every surface, and where that camera saw the same
 * point, its depth there says so too. */
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

/* Which thread traces what does not show: neither the samples of a pixel nor, in large pictures, pixels below each other. */
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

/* The sky as a picture of the same size and the sun beside it is the sky; and it does not matter which scene was there before. */
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
    assert_false(tracer_create(&gpu, &scene, &bvh, &tracer, &error));
    assert_non_null(strstr(error.message, "degrees"));
    assert_null(tracer.device);
    bvh_free(&bvh);
    scene_free(&scene);
}

/* An edge of light at the distance of focus stays as sharp as without a lens; at half of it, it spreads over the circle of
 * confusion. */
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

/* An argument: a pattern of the tests to run, such as '*furnace*'; or --host: those that are not about what shaders compute. */
int main(int argc, char **argv)
{
    const struct CMUnitTest host[] = {
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
    const struct CMUnitTest radiance[] = {
        cmocka_unit_test(test_sizes_and_places),
        cmocka_unit_test(test_furnace_diffuse),
        cmocka_unit_test(test_furnace_of_rough_surfaces),
        cmocka_unit_test(test_rectangle_over_a_plane),
        cmocka_unit_test(test_sky_over_a_plane),
        cmocka_unit_test(test_dark_environment),
        cmocka_unit_test(test_fresnel_reflection),
        cmocka_unit_test(test_strategies_agree),
        cmocka_unit_test(test_lens),
    };
    error error;
    if (!device_create_instance(&gpu, NULL, 0, &error) || !device_create(&gpu, VK_NULL_HANDLE, &error)) {
        printf("skipped: %s\n", error.message);
        device_destroy(&gpu);
        return SKIPPED;
    }
    const bool host_only = argc > 1 && strcmp(argv[1], "--host") == 0;
    if (argc > 1 && !host_only)
        cmocka_set_test_filter(argv[1]);
    int failed = cmocka_run_group_tests(host, NULL, NULL);
    failed += host_only ? 0 : cmocka_run_group_tests(radiance, NULL, NULL);
    if (gpu.validation_messages > 0)
        printf("%d validation messages\n", gpu.validation_messages);
    failed += gpu.validation_messages > 0;
    device_destroy(&gpu);
    return failed;
}
