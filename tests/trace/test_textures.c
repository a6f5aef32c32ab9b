/* How surfaces are painted, on the machine's Vulkan device: where textures are read and how they go on beyond their
 * edges, and the vertices' colors, against the same in double. Exits with 77 (skipped) without a device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "pictures.h"

enum { SIZE = 64, WIDTH = 3, HEIGHT = 2 };

static void add_quad(scene *scene)
{
    shapes_quad(scene, (vec3){-1, -1, 0}, (vec3){2, 0, 0}, (vec3){0, 2, 0});
}

/* From so far that rays are parallel: the quad from (-1,-1) to (1,1) fills the picture. */
static frame shoot_straight(scene *scene)
{
    camera camera = look((vec3){0, 0, 1000}, (vec3){0, 0, 0}, (float)(2 * atan(0.001) * 180 / pi));
    tracer_frame wanted = plain_frame(camera, 1);
    return shoot_once(scene, SIZE, SIZE, &wanted);
}

static frame shoot_quad(scene *scene)
{
    add_quad(scene);
    return shoot_straight(scene);
}

/* ---- Textures ---------------------------------------------------------------------------------------------------- */

/* The texel of an index that may lie outside. */
static int texel_at(int i, int size, int mode)
{
    if (mode == TRACE_WRAP_REPEAT)
        return ((i % size) + size) % size;
    if (mode == TRACE_WRAP_CLAMP)
        return i < 0 ? 0 : i >= size ? size - 1 : i;
    i = ((i % (2 * size)) + 2 * size) % (2 * size);
    return i < size ? i : 2 * size - 1 - i;
}

/* Bilinear, as if the texture went on for ever. */
static double expected(const uint8_t *texels, const texture_mapping *m, double u, double v)
{
    const double x = (m->u[0] * u + m->u[1] * v + m->u[2]) * WIDTH - 0.5;
    const double y = (m->v[0] * u + m->v[1] * v + m->v[2]) * HEIGHT - 0.5;
    double sum = 0;
    for (int i = 0; i < 4; i++) {
        const int column = (int)floor(x) + (i & 1), row = (int)floor(y) + (i >> 1);
        const double weight = (1 - fabs(x - column)) * (1 - fabs(y - row));
        sum += weight * texels[4 * (texel_at(row, HEIGHT, m->wrap_v) * WIDTH + texel_at(column, WIDTH, m->wrap_u))];
    }
    return sum / 255;
}

static void test_mappings(void **state)
{
    (void)state;
    static const uint8_t texels[] = {250, 0, 0, 255, 20, 0, 0, 255, 90,  0, 0, 255,
                                     10,  0, 0, 255, 60, 0, 0, 255, 200, 0, 0, 255};
    static const texture_mapping mappings[] = {
        {{3.5f, 0, -1.25f}, {0, 2.5f, -0.75f}, TRACE_WRAP_REPEAT, TRACE_WRAP_REPEAT},
        {{3.5f, 0, -1.25f}, {0, 2.5f, -0.75f}, TRACE_WRAP_CLAMP, TRACE_WRAP_MIRROR},
        {{5, 0, -2.25f}, {0, 2.5f, -0.75f}, TRACE_WRAP_MIRROR, TRACE_WRAP_CLAMP},
        {{1.5f, 2.5f, -1}, {-2, 1.25f, 0.5f}, TRACE_WRAP_REPEAT, TRACE_WRAP_MIRROR},
    };
    for (int i = 0; i < 4; i++) {
        scene scene = shapes_scene();
        material *material = shapes_material(&scene);
        material->base_color_texture = shapes_texture(&scene, WIDTH, HEIGHT, texels, false);
        material->base_color_mapping = mappings[i];
        frame frame = shoot_quad(&scene);
        double largest = 0;
        for (int y = 0; y < SIZE; y++)
            for (int x = 0; x < SIZE; x++) {
                double value = expected(texels, &mappings[i], (x + 0.5) / SIZE, (y + 0.5) / SIZE);
                assert_near(at(&frame, FRAME_ALBEDO, x, y)[0], value, 1e-3, "albedo", x, y);
                largest = fmax(largest, value);
            }
        assert_true(largest > 0.8);
        frame_free(&frame);
    }
}

/* Normals and emission have places of their own: each texture is white or flat in its left half alone, and the mapping
 * turns the halves around. */
static void test_own_mappings(void **state)
{
    (void)state;
    const uint8_t glow[] = {255, 255, 255, 255, 0, 0, 0, 255}, normals[] = {204, 204, 204, 255, 128, 128, 255, 255};
    const texture_mapping straight = {{1, 0, 0}, {0, 1, 0}, TRACE_WRAP_CLAMP, TRACE_WRAP_CLAMP};
    const texture_mapping turned = {{-1, 0, 1}, {0, 1, 0}, TRACE_WRAP_CLAMP, TRACE_WRAP_CLAMP};
    for (int i = 0; i < 2; i++) {
        scene scene = shapes_scene();
        material *material = shapes_material(&scene);
        material->base_color[0] = material->base_color[1] = material->base_color[2] = 0;
        for (int c = 0; c < 3; c++)
            material->emission[c] = 0.75f;
        material->emission_texture = shapes_texture(&scene, 2, 1, glow, false);
        material->normal_texture = shapes_texture(&scene, 2, 1, normals, false);
        material->normal_mapping = i ? turned : straight;
        material->emission_mapping = i ? straight : turned;
        frame frame = shoot_quad(&scene);
        assert_near(at(&frame, FRAME_ALBEDO, 2, 9)[0], i ? 0.75 : 0, 1e-3, "emission", 2, 9);
        assert_near(at(&frame, FRAME_ALBEDO, 61, 9)[0], i ? 0 : 0.75, 1e-3, "emission", 61, 9);
        assert_near(at(&frame, FRAME_NORMAL, 2, 9)[0], i ? 0 : 1 / sqrt(3), 5e-3, "normal", 2, 9);
        assert_near(at(&frame, FRAME_NORMAL, 61, 9)[0], i ? 1 / sqrt(3) : 0, 5e-3, "normal", 61, 9);
        frame_free(&frame);
    }
}

/* Right and up in the texture, which vertices may mirror; the scale is of the slope. */
static void test_normal_maps(void **state)
{
    (void)state;
    static const uint8_t texel[] = {204, 153, 204, 255}; /* 0.6, 0.2, 0.6 */
    for (int handedness = -1; handedness <= 1; handedness += 2) {
        scene scene = shapes_scene();
        material *material = shapes_material(&scene);
        material->normal_texture = shapes_texture(&scene, 1, 1, texel, false);
        material->normal_scale = 1.5f;
        add_quad(&scene);
        for (uint32_t i = 0; i < scene.vertex_count; i++)
            scene.vertices[i].handedness = (float)handedness;
        frame frame = shoot_straight(&scene);
        double normal[3] = {1.5 * 0.6, handedness * 1.5 * 0.2, 0.6};
        normalize(normal);
        for (int c = 0; c < 3; c++)
            assert_near(at(&frame, FRAME_NORMAL, 20, 30)[c], normal[c], 2e-3, "normal", 20, 30);
        frame_free(&frame);
    }
}

/* ---- Vertices ---------------------------------------------------------------------------------------------------- */

/* Interpolated over each triangle, times the material's own; below the cutoff one sees the sky. */
static void test_vertex_colors(void **state)
{
    (void)state;
    static const vertex_color colors[4] = {{1, 0, 0, 1}, {0, 1, 0, 1}, {0, 0, 1, 0.2f}, {0.5f, 0.5f, 0.5f, 1}};
    scene scene = shapes_scene();
    material *material = shapes_material(&scene);
    material->base_color[0] = 0.5f;
    material->alpha_cutoff = 0.6f;
    scene.colors = calloc(4, sizeof *scene.colors);
    assert_non_null(scene.colors);
    for (int i = 0; i < 4; i++)
        scene.colors[i] = colors[i];
    frame frame = shoot_quad(&scene);
    int holes = 0;
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            /* the quad's corners 0 (left, bottom), 1, 2, 3; its triangles 0 1 3 and 0 3 2 */
            const double s = (x + 0.5) / SIZE, t = 1 - (y + 0.5) / SIZE, low = s > t ? s - t : t - s;
            const double weights[4] = {1 - fmax(s, t), s > t ? low : 0, s > t ? 0 : low, fmin(s, t)};
            double sum[4] = {0};
            for (int i = 0; i < 4; i++) {
                const float *color = &colors[i].r;
                for (int c = 0; c < 4; c++)
                    sum[c] += weights[i] * color[c];
            }
            if (fabs(sum[3] - 0.6) < 1e-3 || fabs(s - t) < 1e-3)
                continue;
            const bool hole = sum[3] < 0.6;
            holes += hole;
            for (int c = 0; c < 3; c++)
                assert_near(at(&frame, FRAME_ALBEDO, x, y)[c], hole ? 0 : sum[c] * (c == 0 ? 0.5 : 1), 1e-3, "albedo",
                            x, y);
        }
    }
    assert_in_range(holes, SIZE * SIZE / 16, SIZE * SIZE / 2);
    frame_free(&frame);
}

/* ---- Other scenes ------------------------------------------------------------------------------------------------ */

/* A quad whose texture is dark in its left half; turned around, or not. */
static void build_halves(scene *scene, bool turned)
{
    static const uint8_t texels[] = {51, 51, 51, 255, 204, 204, 204, 255};
    *scene = shapes_scene();
    material *material = shapes_material(scene);
    material->base_color_texture = shapes_texture(scene, 2, 1, texels, false);
    if (turned)
        material->base_color_mapping = (texture_mapping){{-1, 0, 1}, {0, 1, 0}, TRACE_WRAP_REPEAT, TRACE_WRAP_REPEAT};
    add_quad(scene);
}

/* The shaders are made for what scenes have: plain ones, others, and plain ones again. */
static void test_scenes_in_turn(void **state)
{
    (void)state;
    scene scene;
    render render;
    error error = {""};
    const tracer_frame wanted =
        plain_frame(look((vec3){0, 0, 1000}, (vec3){0, 0, 0}, (float)(2 * atan(0.001) * 180 / pi)), 1);
    build_halves(&scene, false);
    open_render(&scene, SIZE, SIZE, &render);
    for (int i = 0; i < 4; i++) {
        const bool turned = i == 1 || i == 2;
        if (i > 0) {
            bvh bvh;
            scene_free(&scene);
            build_halves(&scene, turned);
            require(bvh_build(&scene, &bvh, &error), &error);
            require(tracer_set_scene(&render.tracer, &scene, &bvh, &error), &error);
            bvh_free(&bvh);
        }
        frame frame = shoot(&render, &wanted);
        assert_near(at(&frame, FRAME_ALBEDO, SIZE / 4, 5)[0], turned ? 0.8 : 0.2, 0.01, "albedo", SIZE / 4, 5);
        assert_near(at(&frame, FRAME_ALBEDO, 3 * SIZE / 4, 5)[0], turned ? 0.2 : 0.8, 0.01, "albedo", 3 * SIZE / 4, 5);
        frame_free(&frame);
    }
    render_destroy(&render);
    scene_free(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_mappings),      cmocka_unit_test(test_own_mappings),   cmocka_unit_test(test_normal_maps),
        cmocka_unit_test(test_vertex_colors), cmocka_unit_test(test_scenes_in_turn),
    };
    int status = pictures_open();
    return status ? status : pictures_close(cmocka_run_group_tests(tests, NULL, NULL));
}
