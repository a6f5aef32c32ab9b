/* What lights are drawn from: tables draw by weight, and densities are those of what is drawn. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/trace/alias.h"
#include "app/trace/lights.h"
#include "shapes.h"

static const double pi = 3.14159265358979323846;

/* How often each entry is drawn, added up from the table. */
static void add_up(const trace_choice *choices, uint32_t count, double *drawn)
{
    for (uint32_t i = 0; i < count; i++)
        drawn[i] = 0;
    for (uint32_t i = 0; i < count; i++) {
        double kept = choices[i].threshold == UINT32_MAX ? 1 : choices[i].threshold / 4294967296.0;
        drawn[i] += kept / count;
        drawn[choices[i].alias] += (1 - kept) / count;
    }
}

static void test_tables(void **state)
{
    (void)state;
    enum { COUNT = 1000 };
    static float weights[COUNT];
    static trace_choice choices[COUNT];
    static double drawn[COUNT];
    for (uint32_t count = 1; count <= COUNT; count = count * 3 + 1) {
        double sum = 0;
        for (uint32_t i = 0; i < count; i++) {
            weights[i] = i % 3 == 1 ? 0 : powf(10, (float)((i * 7919) % 11) - 5);
            sum += weights[i];
        }
        error error;
        assert_true(alias_build(weights, count, choices, &error));
        add_up(choices, count, drawn);
        for (uint32_t i = 0; i < count; i++) {
            assert_true(fabs(drawn[i] - weights[i] / sum) < 1e-9);
            assert_true(fabs(choices[i].density - weights[i] / sum) < 1e-6);
            assert_true(weights[i] > 0 || drawn[i] == 0);
        }
    }
}

/* Triangles by area and brightness, but for those that have none of either, as bright as floats can be. */
static void test_emitters(void **state)
{
    (void)state;
    static const float radiances[] = {1, 0, 5, 3e38f};
    for (int last = 3; last <= 4; last++) {
        scene scene = shapes_scene();
        for (int i = 0; i < last; i++) {
            material *material = shapes_material(&scene);
            for (int c = 0; c < 3; c++)
                material->emission[c] = radiances[i];
            shapes_quad(&scene, (vec3){0, 0, (float)i}, (vec3){1, 0, 0}, (vec3){0, (float)i + 1, 0});
        }
        scene.triangles[0].vertices[1] = scene.triangles[0].vertices[0]; /* no area */
        lights lights;
        error error;
        assert_true(lights_create(&scene, &lights, &error));
        assert_int_equal(lights.emitter_count, 2 * last - 3);
        double sum = 0;
        for (uint32_t i = 0; i < lights.emitter_count; i++) {
            const triangle *triangle = &scene.triangles[lights.emitters[i].item];
            assert_true(scene.materials[triangle->material].emission[0] > 0);
            sum += lights.emitters[i].density * ((double)triangle->material + 1) / 2;
        }
        assert_true(fabs(sum - 1) < 1e-6);
        assert_null(lights.environment_choices);
        lights_free(&lights);
        scene_free(&scene);
    }
}

/* A lamp whose texture is bright in a single texel is drawn, too, beside one that is bright all over, but seldom. */
static void test_emission_that_is_nearly_black(void **state)
{
    (void)state;
    enum { SIZE = 64 };
    static uint8_t texels[4 * SIZE * SIZE];
    memset(texels, 0, sizeof texels);
    memset(texels, 255, 4); /* in a corner, where no point is looked at */
    scene scene = shapes_scene();
    for (int i = 0; i < 2; i++) {
        material *material = shapes_material(&scene);
        for (int c = 0; c < 3; c++)
            material->emission[c] = 1;
        if (i == 1)
            material->emission_texture = shapes_texture(&scene, SIZE, SIZE, texels, false);
        shapes_quad(&scene, (vec3){0, 0, (float)i}, (vec3){1, 0, 0}, (vec3){0, 1, 0});
    }
    lights lights;
    error error;
    assert_true(lights_create(&scene, &lights, &error));
    assert_int_equal(lights.emitter_count, 4);
    for (uint32_t i = 0; i < lights.emitter_count; i++) {
        const bool bright = scene.triangles[lights.emitters[i].item].material == 0;
        const double density = lights.emitters[i].density;
        assert_true(fabs(density - (bright ? 1 : 0.05) / 1.05) < 1e-5);
    }
    lights_free(&lights);
    scene_free(&scene);
}

static double solid_angle(int y, int width, int height)
{
    return 2 * pi / width * (cos(pi * y / height) - cos(pi * (y + 1) / height));
}

static void test_environment(void **state)
{
    (void)state;
    enum { W = 7, H = 5 };
    static const float odd[] = {NAN, INFINITY, -3, 3e38f};
    scene scene = shapes_scene();
    shapes_material(&scene);
    shapes_quad(&scene, (vec3){0, 0, 0}, (vec3){1, 0, 0}, (vec3){0, 1, 0});
    scene.environment.kind = ENVIRONMENT_IMAGE;
    scene.environment.image = (image){W, H, 4, calloc(W * H * 4, sizeof(float))};
    for (int kind = 0; kind <= 4; kind++) {
        float *texel = scene.environment.image.pixels + 4 * (2 * W + 6);
        texel[0] = texel[1] = texel[2] = kind < 4 ? odd[kind] : 2;
        lights lights;
        error error;
        assert_true(lights_create(&scene, &lights, &error));
        assert_true((lights.environment_choices != NULL) == (kind >= 3));
        double sum = 0;
        for (int i = 0; kind >= 3 && i < W * H; i++) {
            sum += lights.environment_choices[i].density * solid_angle(i / W, W, H);
            bool near = abs(i / W - 2) <= 1 && (i % W == 0 || i % W >= 5);
            assert_true((lights.environment_choices[i].density > 0) == near);
        }
        assert_true(kind < 3 || fabs(sum - 1) < 1e-6);
        lights_free(&lights);
    }
    scene_free(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_emitters),
        cmocka_unit_test(test_emission_that_is_nearly_black),
        cmocka_unit_test(test_environment),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
