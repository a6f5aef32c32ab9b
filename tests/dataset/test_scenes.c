#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <float.h>
#include <math.h>
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/dataset/scenes/camera.h"
#include "app/dataset/scenes/exposure.h"
#include "app/dataset/scenes/random_scene.h"
#include "app/dataset/scenes/shapes.h"
#include "shapes.h"
#include "traverse.h"

#ifdef __SANITIZE_ADDRESS__
#define COUNT 12
#else
#define COUNT 64
#endif

static void require(bool ok, const error *error)
{
    if (!ok)
        fail_msg("%s", error->message);
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

static void test_streams(void **state)
{
    (void)state;
    rng a = rng_stream(1, 2, 3), same = rng_stream(1, 2, 3);
    rng others[] = {rng_stream(2, 2, 3), rng_stream(1, 3, 3), rng_stream(1, 2, 4), rng_stream(2, 1, 3)};
    rng copy = a;
    for (int i = 0; i < 4; i++) {
        uint64_t bits = rng_bits(&a);
        assert_true(bits == rng_bits(&same) && bits == rng_bits(&copy));
        for (int k = 0; k < 4; k++)
            assert_true(bits != rng_bits(&others[k]));
    }
}

static void test_distributions(void **state)
{
    (void)state;
    enum { N = 100000 };
    rng rng = rng_stream(5, 0, 0);
    double sum = 0, squares = 0, logs = 0, heads = 0, direction[3] = {0};
    int counts[3] = {0}, picks[3] = {0};
    for (int i = 0; i < N; i++) {
        double x = rng_uniform(&rng, -1, 3);
        assert_true(x >= -1 && x <= 3);
        sum += x, squares += x * x;
        logs += log2(rng_log_uniform(&rng, 0.5f, 32));
        heads += rng_chance(&rng, 0.3f);
        int integer = rng_integer(&rng, -1, 1);
        assert_in_range(integer + 1, 0, 2);
        counts[integer + 1]++;
        picks[rng_pick(&rng, (float[]){1, 0, 3}, 3)]++;
        vec3 d = rng_direction(&rng);
        assert_true(fabsf(vec3_length(d) - 1) < 1e-5f);
        direction[0] += d.x, direction[1] += d.y, direction[2] += d.z;
    }
    assert_true(fabs(sum / N - 1) < 0.02 && fabs(squares / N - 1 - 16.0 / 12) < 0.03);
    assert_true(fabs(logs / N - 2) < 0.03 && fabs(heads / N - 0.3) < 0.01);
    for (int i = 0; i < 3; i++)
        assert_true(fabs(counts[i] / (double)N - 1.0 / 3) < 0.01 && fabs(direction[i] / N) < 0.01);
    assert_true(fabs(picks[0] / (double)N - 0.25) < 0.01 && picks[1] == 0);
}

static void test_noise(void **state)
{
    (void)state;
    rng rng = rng_stream(6, 0, 0);
    double low = 1, high = 0;
    for (int i = 0; i < 2000; i++) {
        float x = rng_uniform(&rng, 0, 4), y = rng_uniform(&rng, 0, 4);
        float value = noise_plane(9, x, y, 4, 3), step = 1e-3f;
        assert_true(value >= 0 && value <= 1);
        assert_true(fabsf(value - noise_plane(9, x + 4, y - 8, 4, 3)) < 1e-4f);
        assert_true(fabsf(value - noise_plane(9, x + step, y, 4, 3)) < 20 * step);
        vec3 p = {x, y, 2.5f * x}, q = {x, y + step, 2.5f * x};
        assert_true(fabsf(noise_space(9, p, 3) - noise_space(9, q, 3)) < 20 * step);
        low = fmin(low, value), high = fmax(high, value);
    }
    assert_true(low < 0.3 && high > 0.7);
}

/* ---- Shapes and patterns ----------------------------------------------------------------------------------------- */

/* Their faces turn outwards: the volume of the pyramids from the middle to all of them is that of the shape. */
static void test_shapes(void **state)
{
    (void)state;
    for (shape_kind kind = 0; kind < SHAPE_COUNT; kind++) {
        for (uint64_t variant = 0; variant < 6; variant++) {
            scene scene;
            mesh mesh;
            error error;
            vec3 low, high;
            rng rng = rng_stream(7, kind, variant);
            require(mesh_begin(&mesh, &scene, &error), &error);
            shape_add(&mesh, kind, &rng);
            assert_true(scene.triangle_count >= 12 && scene.triangle_count <= 10000);
            double volume = 0;
            for (uint32_t i = 0; i < scene.triangle_count; i++) {
                const vertex *a = &scene.vertices[scene.triangles[i].vertices[0]];
                const vertex *b = &scene.vertices[scene.triangles[i].vertices[1]];
                const vertex *c = &scene.vertices[scene.triangles[i].vertices[2]];
                vec3 normal =
                    vec3_cross(vec3_subtract(b->position, a->position), vec3_subtract(c->position, a->position));
                vec3 shading = vec3_add(vec3_add(a->normal, b->normal), c->normal);
                if (!(vec3_dot(normal, shading) > 0))
                    fail_msg("shape %d, variant %d: triangle %u is seen from behind", (int)kind, (int)variant, i);
                volume += vec3_dot(a->position, vec3_cross(b->position, c->position)) / 6;
            }
            if (kind < SHAPE_SOLID_COUNT && !(volume > 0.004 && volume < 1.1))
                fail_msg("shape %d, variant %d: volume %g", (int)kind, (int)variant, volume);
            mesh_bounds(&mesh, 0, &low, &high);
            vec3 size = vec3_subtract(high, low);
            float extent = fmaxf(fmaxf(size.x, size.y), size.z);
            if (!(extent > 0.35f && extent < 1.6f))
                fail_msg("shape %d, variant %d: extent %g", (int)kind, (int)variant, extent);
            scene_free(&scene);
        }
    }
}

static void test_poses(void **state)
{
    (void)state;
    rng rng = rng_stream(8, 0, 0);
    for (int i = 0; i < 100; i++) {
        pose outer = pose_random(&rng, rng_direction(&rng), 2), inner = pose_turned(rng_direction(&rng), 0.5f, 1);
        pose both = pose_join(outer, inner);
        vec3 point = rng_direction(&rng);
        vec3 expected = pose_point(&outer, pose_point(&inner, point)), actual = pose_point(&both, point);
        assert_true(vec3_length(vec3_subtract(actual, expected)) < 1e-5f);
        assert_true(vec3_length(vec3_subtract(vec3_cross(both.x, both.y), both.z)) < 1e-5f);
        vec3 up = rng_direction(&rng);
        assert_true(vec3_length(vec3_subtract(pose_along(point, up, 1).y, up)) < 1e-6f);
    }
}

/* A mesh that is full leaves shapes out as a whole. */
static void test_full_mesh(void **state)
{
    (void)state;
    scene scene;
    mesh mesh;
    error error;
    rng rng = rng_stream(9, 0, 0);
    require(mesh_begin(&mesh, &scene, &error), &error);
    uint32_t before = 1;
    for (int i = 0; i < 200 && before != scene.triangle_count; i++) {
        before = scene.triangle_count;
        shape_add(&mesh, SHAPE_BLOB, &rng);
    }
    assert_true(scene.triangle_count == before && before > MESH_MAX_TRIANGLES / 2);
    assert_true(before <= MESH_MAX_TRIANGLES && scene.vertex_count <= MESH_MAX_VERTICES);
    scene_free(&scene);
}

static void test_patterns(void **state)
{
    (void)state;
    rng rng = rng_stream(10, 0, 0);
    for (pattern_kind kind = 0; kind < PATTERN_COUNT; kind++) {
        pattern pattern = {kind, 77, 8};
        float low = 1, high = 0;
        for (int i = 0; i < 3000; i++) {
            float u = rng_uniform(&rng, 0, 0.99999f), v = rng_uniform(&rng, 0, 0.99999f),
                  value = pattern_value(&pattern, u, v);
            assert_true(value >= 0 && value <= 1);
            low = fminf(low, value), high = fmaxf(high, value);
        }
        if (!(high - low > 0.3f))
            fail_msg("pattern %d: values from %g to %g", (int)kind, low, high);
    }
}

/* Checks of black and white, as a picture and as a relief; shapes that are cut out. */
static void test_textures(void **state)
{
    (void)state;
    const pattern checks = {PATTERN_CHECKS, 1, 2};
    const ramp ramp = {{{0, 0, 0}, {1, 0.5f, 0}}, 2};
    texture color, normals, roughness, leaf, net;
    assert_true(texture_color(&checks, &ramp, 8, &color) && texture_normals(&checks, 1, 8, &normals));
    assert_true(texture_roughness(&checks, 0.2f, 0.6f, 8, &roughness));
    assert_true(texture_leaf(&checks, &ramp, 16, &leaf) && texture_net(&checks, &ramp, 16, &net));
    assert_true(color.srgb && leaf.srgb && !normals.srgb && !roughness.srgb);
    assert_memory_equal(color.rgba, ((uint8_t[]){0, 0, 0, 255}), 4);
    assert_memory_equal(color.rgba + 4 * 5, ((uint8_t[]){255, 188, 0, 255}), 4);
    assert_int_equal(roughness.rgba[1], 51);
    assert_int_equal(roughness.rgba[4 * 5 + 1], 153);
    assert_memory_equal(normals.rgba + 4 * 9, ((uint8_t[]){128, 128, 255, 255}), 4); /* flat */
    assert_true(normals.rgba[4 * 11] < 60 && normals.rgba[4 * 12] < 60); /* it rises to the right: n.x < 0 */
    assert_int_equal(leaf.rgba[3], 0);
    assert_int_equal(leaf.rgba[4 * (8 * 16 + 8) + 3], 255);
    assert_int_equal(net.rgba[3], 255);
    assert_int_equal(net.rgba[4 * (6 * 16 + 6) + 3], 0);
    free(color.rgba), free(normals.rgba), free(roughness.rgba), free(leaf.rgba), free(net.rgba);
}

/* ---- Rays and exposure ------------------------------------------------------------------------------------------- */

static void test_rays(void **state)
{
    (void)state;
    random_scene random;
    error error;
    require(random_scene_create(11, 2, NULL, &random, &error), &error);
    for (uint32_t i = 0; i < random.scene.material_count; i++)
        random.scene.materials[i].alpha_cutoff = 0; /* the reference knows no holes */
    rng rng = rng_stream(11, 0, 0);
    vec3 eye = random.scene.camera.eye;
    int hits = 0;
    for (int i = 0; i < 200; i++) {
        vec3 d = rng_direction(&rng);
        ray ray = {{eye.x, eye.y, eye.z}, {d.x, d.y, d.z}};
        hit expected = traverse_all(&random.scene, &ray);
        ray_hit actual;
        bool found = bvh_ray(&random.scene, &random.bvh, eye, d, FLT_MAX, &actual);
        if (found != (expected.distance < INFINITY))
            fail_msg("ray %d: %d, expected distance %g", i, found, expected.distance);
        if (!found)
            continue;
        hits++;
        assert_true(fabs(actual.distance - expected.distance) <= 1e-3 * expected.distance);
        assert_false(bvh_ray(&random.scene, &random.bvh, eye, d, (float)expected.distance * 0.99f, &actual));
    }
    assert_true(hits > 40);
    random_scene_free(&random);
}

/* A plane of albedo 1/2 under a constant light, and under one lamp whose irradiance is known. */
static void test_probe(void **state)
{
    (void)state;
    enum { PIXELS = EXPOSURE_GRID * EXPOSURE_GRID };
    float luminance[PIXELS], noise;
    for (int lamp = 0; lamp < 2; lamp++) {
        scene scene = shapes_scene();
        error error;
        bvh bvh;
        material *matte = shapes_material(&scene);
        for (int c = 0; c < 3; c++)
            matte->base_color[c] = 0.5f;
        shapes_quad(&scene, (vec3){-50, 0, 50}, (vec3){100, 0, 0}, (vec3){0, 0, -100});
        for (int c = 0; c < 3 && !lamp; c++)
            scene.environment.color[c] = 3;
        if (lamp) {
            material *light = shapes_material(&scene);
            for (int c = 0; c < 3; c++)
                light->emission[c] = 100;
            shapes_quad(&scene, (vec3){-0.05f, 5, -0.05f}, (vec3){0.1f, 0, 0}, (vec3){0, 0, 0.1f});
        }
        require(bvh_build(&scene, &bvh, &error), &error);
        camera camera = {.eye = {0, 2, 0}, .target = {0, 0, 0}, .up = {0, 0, -1}, .fov_y = 0.05f};
        rng rng = rng_stream(12, 0, 0);
        require(exposure_probe(&scene, &bvh, &camera, &rng, luminance, &noise, &error), &error);
        assert_true(noise >= 0 && noise < 0.05f);
        double mean = 0, expected = lamp ? 0.5 / 3.14159265 * 100 * 0.01 / 25 : 0.5 * 3;
        for (int i = 0; i < PIXELS; i++)
            mean += luminance[i] / PIXELS;
        if (!(fabs(mean - expected) < 0.02 * expected))
            fail_msg("luminance %g, expected %g", mean, expected);
        bvh_free(&bvh);
        scene_free(&scene);
    }
}

static void test_exposure(void **state)
{
    (void)state;
    enum { PIXELS = EXPOSURE_GRID * EXPOSURE_GRID };
    float luminance[PIXELS];
    for (int i = 0; i < PIXELS; i++)
        luminance[i] = i % 2 ? 0.1f : 0.3f;
    float scale = exposure_scale(luminance, 0.3f, 0.4f), tones = 0;
    for (int i = 0; i < PIXELS; i++)
        tones += scale * luminance[i] / (1 + scale * luminance[i]) / PIXELS;
    assert_true(fabsf(tones - 0.3f) < 1e-3f);

    for (int i = 0; i < PIXELS / 10; i++)
        luminance[i] = 10; /* a window: it is not to lie far above what a screen shows */
    assert_true(fabsf(10 * exposure_scale(luminance, 0.3f, 0.4f) - 4) < 0.01f);
    for (int i = 0; i < PIXELS; i++)
        luminance[i] = 1;
    assert_true(exposure_scale(luminance, 0.3f, 0.4f) == 0); /* nothing to see */
    for (int i = 0; i < PIXELS; i++)
        luminance[i] = i < PIXELS / 3 ? (float)(i % 7) : 0;
    assert_true(exposure_scale(luminance, 0.3f, 0.4f) == 0); /* mostly black */
    memset(luminance, 0, sizeof luminance);
    assert_true(exposure_scale(luminance, 0.3f, 0.4f) == 0);
}

/* In a box is enclosed, beside it and in a room is not. */
static void test_enclosed(void **state)
{
    (void)state;
    scene scene;
    mesh mesh;
    error error;
    bvh bvh;
    rng rng = rng_stream(13, 0, 0);
    require(mesh_begin(&mesh, &scene, &error), &error);
    scene.materials = calloc(1, sizeof *scene.materials);
    scene.material_count = 1;
    shape_add(&mesh, SHAPE_BOX, &rng);
    require(bvh_build(&scene, &bvh, &error), &error);
    assert_true(camera_is_enclosed(&scene, &bvh, (vec3){0, 0, 0}));
    assert_false(camera_is_enclosed(&scene, &bvh, (vec3){1, 0, 0}));
    bvh_free(&bvh);
    scene_free(&scene);
}

/* ---- Scenes ------------------------------------------------------------------------------------------------------ */

static bool in_unit(float x)
{
    return x >= 0 && x <= 1;
}

static bool is_material(const scene *scene, const material *m)
{
    const int textures[] = {m->base_color_texture, m->metallic_roughness_texture, m->normal_texture,
                            m->emission_texture};
    bool ok = in_unit(m->metallic) && in_unit(m->roughness) && in_unit(m->transmission) && m->ior >= 1 && m->ior < 3;
    for (int i = 0; i < 3; i++)
        ok = ok && in_unit(m->base_color[i]) && m->emission[i] >= 0 && isfinite(m->emission[i]);
    for (int i = 0; i < 4; i++)
        ok = ok && textures[i] >= -1 && textures[i] < (int)scene->texture_count;
    return ok;
}

static bool is_vertex(const vertex *v)
{
    float tangent = vec3_length(v->tangent);
    return vec3_is_finite(v->position) && fabsf(vec3_length(v->normal) - 1) < 1e-3f && isfinite(v->u) &&
           isfinite(v->v) &&
           (tangent == 0 || (fabsf(tangent - 1) < 1e-3f && fabsf(vec3_dot(v->tangent, v->normal)) < 1e-2f));
}

static const char *check_scene(const random_scene *random)
{
    const scene *scene = &random->scene;
    if (scene->triangle_count < 12 || scene->triangle_count > MESH_MAX_TRIANGLES)
        return "triangles";
    if (scene->material_count > RANDOM_MAX_MATERIALS || scene->texture_count > RANDOM_MAX_TEXTURES)
        return "materials";
    for (uint32_t i = 0; i < scene->vertex_count; i++)
        if (!is_vertex(&scene->vertices[i]))
            return "vertex";
    for (uint32_t i = 0; i < scene->triangle_count; i++)
        for (int k = 0; k < 3; k++)
            if (scene->triangles[i].vertices[k] >= scene->vertex_count ||
                scene->triangles[i].material >= scene->material_count)
                return "index";
    for (uint32_t i = 0; i < scene->material_count; i++)
        if (!is_material(scene, &scene->materials[i]))
            return "material";
    return NULL;
}

static const char *check_camera(const random_scene *random)
{
    const camera *camera = &random->scene.camera;
    vec3 forward = vec3_subtract(camera->target, camera->eye),
         before = vec3_subtract(random->previous.eye, camera->eye);
    if (!vec3_is_finite(forward) || !(vec3_length(vec3_cross(vec3_normalize(forward), camera->up)) > 0.02f))
        return "up along the view";
    if (!(camera->fov_y > 0.15f && camera->fov_y < 2 && camera->aperture >= 0 && camera->focus > 0))
        return "lens";
    if (!(vec3_length(before) < 0.1f * vec3_length(forward)))
        return "motion";
    if (camera_is_enclosed(&random->scene, &random->bvh, camera->eye))
        return "inside of something";
    int hits = 0;
    for (int i = 0; i < 400; i++) {
        ray_hit hit;
        vec3 direction = camera_direction(camera, (float)(i % 20) / 10 - 0.95f, (float)(i / 20) / 10 - 0.95f);
        hits += bvh_ray(&random->scene, &random->bvh, camera->eye, direction, FLT_MAX, &hit);
    }
    return hits < 120 ? "sees too little" : NULL;
}

/* With other random numbers than those the scene was exposed by. */
static const char *check_light(const random_scene *random)
{
    float luminance[EXPOSURE_GRID * EXPOSURE_GRID], noise;
    int pixels = EXPOSURE_GRID * EXPOSURE_GRID, dark = 0, burnt = 0;
    rng rng = {99};
    error error;
    require(exposure_probe(&random->scene, &random->bvh, &random->scene.camera, &rng, luminance, &noise, &error),
            &error);
    for (int i = 0; i < pixels; i++) {
        dark += luminance[i] < 0.005f;
        burnt += luminance[i] > 4;
    }
    if (noise > 0.65f)
        return "noisy";
    return dark > 0.6f * (float)pixels ? "black" : burnt > 0.15f * (float)pixels ? "burnt out" : NULL;
}

static void test_scenes(void **state)
{
    (void)state;
    int places[PLACE_COUNT] = {0}, glass = 0, lenses = 0, emitting = 0, suns = 0, textured = 0;
    const char *faults[COUNT] = {0};
#pragma omp parallel for schedule(dynamic) reduction(+ : glass, lenses, emitting, suns, textured)
    for (int i = 0; i < COUNT; i++) {
        random_scene random;
        error error;
        bvh_use_one_thread();
        if (!random_scene_create(21, (uint32_t)i, NULL, &random, &error)) {
            faults[i] = "nothing to see";
            continue;
        }
        const scene *scene = &random.scene;
        faults[i] = check_scene(&random);
        faults[i] = faults[i] ? faults[i] : check_camera(&random);
        faults[i] = faults[i] ? faults[i] : check_light(&random);
        bool has_glass = false, emits = false;
        for (uint32_t m = 0; m < scene->material_count; m++) {
            has_glass = has_glass || scene->materials[m].transmission > 0;
            emits = emits || scene->materials[m].emission[1] > 0;
        }
        glass += has_glass, emitting += emits, lenses += scene->camera.aperture > 0;
        suns += scene->environment.sun.radiance[0] > 0, textured += scene->texture_count > 0;
#pragma omp atomic
        places[random.place]++;
        random_scene_free(&random);
    }
    for (int i = 0; i < COUNT; i++)
        if (faults[i])
            fail_msg("scene %d of seed 21: %s", i, faults[i]);
    print_message("%d scenes: glass %d, lens %d, lamps %d, sun %d, textures %d; places", COUNT, glass, lenses, emitting,
                  suns, textured);
    for (int i = 0; i < PLACE_COUNT; i++)
        print_message(" %d", places[i]);
    print_message("\n");
    if (COUNT < 64)
        return;
    for (int i = 0; i < PLACE_COUNT; i++)
        assert_in_range(places[i], 1, COUNT / 2);
    assert_in_range(glass, COUNT / 8, COUNT);
    assert_in_range(lenses, COUNT / 20, COUNT / 2);
    assert_in_range(emitting, COUNT / 4, COUNT);
    assert_in_range(suns, COUNT / 20, COUNT / 2);
    assert_in_range(textured, COUNT / 2, COUNT);
}

/* All of a scene in one number. */
static uint64_t fingerprint(uint64_t seed, uint32_t index)
{
    random_scene random;
    error error;
    require(random_scene_create(seed, index, NULL, &random, &error), &error);
    const scene *scene = &random.scene;
    const struct {
        const void *data;
        size_t size;
    } parts[] = {{scene->vertices, scene->vertex_count * sizeof *scene->vertices},
                 {scene->triangles, scene->triangle_count * sizeof *scene->triangles},
                 {scene->materials, scene->material_count * sizeof *scene->materials},
                 {random.bvh.nodes, random.bvh.node_count * sizeof *random.bvh.nodes},
                 {&scene->camera, sizeof scene->camera},
                 {&random.previous, sizeof random.previous}};
    uint64_t hash = 1469598103934665603u;
    for (size_t i = 0; i < sizeof parts / sizeof *parts; i++)
        for (size_t k = 0; k < parts[i].size; k++)
            hash = (hash ^ ((const uint8_t *)parts[i].data)[k]) * 1099511628211u;
    for (uint32_t i = 0; i < scene->texture_count; i++)
        hash = (hash ^ scene->textures[i].rgba[scene->textures[i].width * 6 + 1]) * 1099511628211u;
    random_scene_free(&random);
    return hash;
}

static void test_repeatable(void **state)
{
    (void)state;
    uint64_t third = fingerprint(31, 3), first = fingerprint(31, 1);
    assert_true(first != third);
    assert_true(fingerprint(31, 1) == first);
    assert_true(fingerprint(32, 1) != first);
    assert_true(fingerprint(31, 3) == third);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_streams),  cmocka_unit_test(test_distributions), cmocka_unit_test(test_noise),
        cmocka_unit_test(test_shapes),   cmocka_unit_test(test_poses),         cmocka_unit_test(test_full_mesh),
        cmocka_unit_test(test_patterns), cmocka_unit_test(test_textures),      cmocka_unit_test(test_rays),
        cmocka_unit_test(test_probe),    cmocka_unit_test(test_exposure),      cmocka_unit_test(test_enclosed),
        cmocka_unit_test(test_scenes),   cmocka_unit_test(test_repeatable),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
