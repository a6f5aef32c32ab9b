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
#include <time.h>

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
    shapes_quad(&scene, (vec3){-1000, 0, 1000}, (vec3){2000, 0, 0}, (vec3){0, 0, -2000});
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
            bool up = d[1] >= 0 || now.eye[1] / -d[1] > 500;
            for (int i = 0; i < 3; i++)
                point[i] = now.eye[i] + d[i] * (up ? 1e9 : now.eye[1] / -d[1]);
            project(&before, point, W, H, pixel);
            sky += up;
            if (d[1] < 0 && up)
                continue; /* near the plane's far edge */
            double depth = up ? 0 : sqrt(dot(d, d)) * now.eye[1] / -d[1];
            assert_near(at(&frame, FRAME_DEPTH, x, y)[0], depth, 1e-5 * depth, "depth", x, y);
            assert_near(at(&frame, FRAME_MOTION, x, y)[0], pixel[0] - x - 0.5, 2e-4, "motion x", x, y);
            assert_near(at(&frame, FRAME_MOTION, x, y)[1], pixel[1] - y - 0.5, 2e-4, "motion y", x, y);
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
    shapes_quad(&scene, (vec3){-1, 1, 0}, (vec3){2, 0, 0}, (vec3){0, -2, 0});
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

/* ---- Energy ------------------------------------------------------------------------------------------------------- */

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
    return (material){.base_color = {1, 1, 1},
                      .metallic = metallic,
                      .roughness = roughness,
                      .transmission = transmission,
                      .ior = ior,
                      .base_color_texture = -1,
                      .metallic_roughness_texture = -1,
                      .normal_texture = -1,
                      .emission_texture = -1};
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
    for (size_t i = 0; i < sizeof roughnesses / sizeof *roughnesses; i++) {
        double worst, r = roughnesses[i];
        double metal = furnace(white(roughnesses[i], 1, 0, 1.5f), TRACER_MIS, 128, &worst);
        double coat = furnace(white(roughnesses[i], 0, 0, 1.5f), TRACER_MIS, 128, &worst);
        double glass = furnace(white(roughnesses[i], 0, 1, 1.5f), TRACER_MIS, 128, &worst);
        print_message("roughness %.1f: white metal %.4f, coated white %.4f, glass %.4f\n", r, metal, coat, glass);
        assert_near(metal, 1, 0.005, "metal", (int)i, 0);
        assert_near(coat, 1, 0.005, "coat", (int)i, 0);
        /* Rough glass loses what needs several microfacets. */
        assert_true(glass < 1.005 && glass > 1 - 0.005 - 0.2 * r * r);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_features_of_a_plane),
        cmocka_unit_test(test_points_behind_the_previous_camera),
        cmocka_unit_test(test_textures),
        cmocka_unit_test(test_furnace_diffuse),
        cmocka_unit_test(test_furnace_of_rough_surfaces),
    };
    error error;
    if (!device_create_instance(&gpu, NULL, 0, &error) || !device_create(&gpu, VK_NULL_HANDLE, &error)) {
        printf("skipped: %s\n", error.message);
        device_destroy(&gpu);
        return SKIPPED;
    }
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    if (gpu.validation_messages > 0)
        printf("%d validation messages\n", gpu.validation_messages);
    failed += gpu.validation_messages > 0;
    device_destroy(&gpu);
    return failed;
}
