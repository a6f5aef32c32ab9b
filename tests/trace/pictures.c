#include "pictures.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "devices.h"

const double pi = 3.14159265358979323846;
device gpu;

/* ---- Rendering --------------------------------------------------------------------------------------------------- */

void require(bool ok, const error *error)
{
    if (!ok)
        fail_msg("%s", error->message);
}

void open_featured(scene *scene, tracer_features features, int width, int height, render *render)
{
    error error;
    bvh bvh;
    require(bvh_build(scene, &bvh, &error), &error);
    require(render_create(&gpu, scene, &bvh, features, (uint32_t)width, (uint32_t)height, render, &error), &error);
    bvh_free(&bvh);
}

void open_render(scene *scene, int width, int height, render *render)
{
    open_featured(scene, TRACER_FIRST_HIT, width, height, render);
}

frame shoot(render *render, const tracer_frame *wanted)
{
    error error;
    frame frame;
    require(render_frame(render, wanted, &frame, &error), &error);
    return frame;
}

tracer_frame plain_frame(camera camera, uint32_t samples)
{
    return (tracer_frame){
        .camera = camera, .previous = camera, .samples = samples, .max_bounces = TRACER_DEFAULT_BOUNCES};
}

camera look(vec3 eye, vec3 target, float degrees)
{
    return (camera){.eye = eye, .target = target, .up = {0, 1, 0}, .fov_y = (float)(degrees * pi / 180), .focus = 1};
}

frame shoot_once(scene *scene, int width, int height, const tracer_frame *wanted)
{
    render render;
    open_render(scene, width, height, &render);
    frame frame = shoot(&render, wanted);
    render_destroy(&render);
    scene_free(scene);
    return frame;
}

const float *at(const frame *frame, frame_layer layer, int x, int y)
{
    const image *image = &frame->layers[layer];
    return image->pixels + (y * image->width + x) * image->channels;
}

void assert_near(double actual, double expected, double tolerance, const char *what, int x, int y)
{
    if (!(fabs(actual - expected) <= tolerance))
        fail_msg("%s at %d,%d: %.9g, expected %.9g within %g", what, x, y, actual, expected, tolerance);
}

void set_environment(scene *scene, float radiance)
{
    for (int i = 0; i < 3; i++)
        scene->environment.color[i] = radiance;
}

/* ---- The camera again, in double --------------------------------------------------------------------------------- */

void cross(const double a[3], const double b[3], double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = a[(i + 1) % 3] * b[(i + 2) % 3] - a[(i + 2) % 3] * b[(i + 1) % 3];
}

double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

void normalize(double a[3])
{
    double length = sqrt(dot(a, a));
    for (int i = 0; i < 3; i++)
        a[i] /= length;
}

view view_of(const camera *camera, int width, int height)
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

void direction_of(const view *view, double x, double y, double out[3])
{
    for (int i = 0; i < 3; i++)
        out[i] = view->axes[2][i] + x * view->axes[0][i] - y * view->axes[1][i];
}

void direction_at(const view *view, int x, int y, int width, int height, double out[3])
{
    direction_of(view, 2 * (x + 0.5) / width - 1, 2 * (y + 0.5) / height - 1, out);
}

void project(const view *view, const double point[3], int width, int height, double out[2])
{
    double d[3] = {point[0] - view->eye[0], point[1] - view->eye[1], point[2] - view->eye[2]};
    double depth = dot(d, view->axes[2]);
    for (int i = 0; i < 2; i++) {
        double position = dot(d, view->axes[i]) / dot(view->axes[i], view->axes[i]) / depth;
        out[i] = i == 0 ? (position + 1) / 2 * width : (1 - position) / 2 * height;
    }
}

/* ---- The mixed scene --------------------------------------------------------------------------------------------- */

void build_mixed(scene *scene)
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

tracer_frame mixed_frame(uint32_t samples)
{
    return plain_frame(look((vec3){0.5f, 1, 3}, (vec3){0, 0.5f, 0}, 40), samples);
}

/* ---- The program ------------------------------------------------------------------------------------------------- */

int pictures_open(void)
{
    error error;
    if (device_create_instance(&gpu, NULL, 0, &error) && device_create(&gpu, VK_NULL_HANDLE, &error))
        return 0;
    device_destroy(&gpu);
    return skip_all(error.message);
}

int pictures_close(int failed)
{
    if (gpu.validation_messages > 0)
        printf("%d validation messages\n", gpu.validation_messages);
    failed += gpu.validation_messages > 0;
    device_destroy(&gpu);
    return failed;
}
