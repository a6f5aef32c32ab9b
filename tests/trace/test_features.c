/* The path tracer's sampled features on the machine's Vulkan device: against first hits of a larger picture, against
 * what mirrors and panes pass on, and their samples against each other. Exits with 77 (skipped) without a device. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>

#include "pictures.h"

static frame shoot_sampled(scene *scene, int width, int height, const tracer_frame *wanted)
{
    render render;
    open_featured(scene, TRACER_SAMPLED, width, height, &render);
    frame frame = shoot(&render, wanted);
    render_destroy(&render);
    scene_free(scene);
    return frame;
}

/* Lights of at most 1, which is where first hits limit their albedo. */
static void build_dim(scene *scene)
{
    build_mixed(scene);
    for (uint32_t i = 0; i < scene->material_count; i++)
        for (int c = 0; c < 3; c++)
            scene->materials[i].emission[c] /= 8;
    for (int i = 0; i < 24; i++)
        scene->environment.image.pixels[i] /= 2;
}

/* Without looking through anything: their mean over a pixel is that of first hits at many points in it. */
static void test_samples_average(void **state)
{
    (void)state;
    enum { W = 12, H = 8, FINE = 32 };
    static const frame_layer layers[] = {FRAME_ALBEDO, FRAME_NORMAL, FRAME_DEPTH};
    scene scene;
    build_dim(&scene);
    tracer_frame wanted = mixed_frame(1);
    frame fine = shoot_once(&scene, W * FINE, H * FINE, &wanted);
    build_dim(&scene);
    wanted.samples = 1024;
    wanted.look_through = -1;
    frame frame = shoot_sampled(&scene, W, H, &wanted);
    for (int i = 0; i < 3; i++) {
        for (int p = 0; p < W * H; p++) {
            for (int c = 0; c < (layers[i] == FRAME_DEPTH ? 1 : 3); c++) {
                double sum = 0;
                for (int k = 0; k < FINE * FINE; k++)
                    sum += at(&fine, layers[i], p % W * FINE + k % FINE, p / W * FINE + k / FINE)[c];
                double tolerance = layers[i] == FRAME_DEPTH ? 0.02 : 0.01; /* of two sets of 1024 points at edges */
                assert_near(at(&frame, layers[i], p % W, p / W)[c], sum / FINE / FINE, tolerance,
                            frame_layer_name(layers[i]), p % W, p / W);
            }
        }
    }
    frame_free(&fine);
    frame_free(&frame);
}

/* A floor with edges, a mirror of gold beside it that shows it: what is seen in the mirror is the floor's own feature,
 * where a ray of the mirrored camera meets it, times Schlick's Fresnel term. */
static void build_mirror(scene *scene, float roughness)
{
    *scene = shapes_scene();
    material *wall = shapes_material(scene);
    wall->base_color[0] = 0.8f, wall->base_color[1] = 0.4f, wall->base_color[2] = 0.2f;
    shapes_quad(scene, (vec3){-50, -50, 4}, (vec3){0, 100, 0}, (vec3){100, 0, 0});
    material *mirror = shapes_material(scene);
    mirror->metallic = 1, mirror->roughness = roughness;
    mirror->base_color[0] = 1, mirror->base_color[1] = 0.7f, mirror->base_color[2] = 0.3f;
    shapes_quad(scene, (vec3){-9, -9, 0}, (vec3){18, 0, 0}, (vec3){0, 18, 0});
}

static void test_mirror(void **state)
{
    (void)state;
    enum { SIZE = 8 };
    const double gold[3] = {1, 0.7, 0.3}, wall[3] = {0.8, 0.4, 0.2};
    scene scene;
    build_mirror(&scene, 0);
    tracer_frame wanted = plain_frame(look((vec3){0, 0, 2}, (vec3){0.5f, 0, 0}, 10), 64);
    frame frame = shoot_sampled(&scene, SIZE, SIZE, &wanted);
    view view = view_of(&wanted.camera, SIZE, SIZE);
    for (int y = 0; y < SIZE; y++) {
        for (int x = 0; x < SIZE; x++) {
            double d[3], weights[3], mean = 0;
            direction_at(&view, x, y, SIZE, SIZE, d);
            normalize(d);
            for (int i = 0; i < 3; i++) {
                weights[i] = gold[i] + (1 - gold[i]) * pow(1 + d[2], 5);
                mean += weights[i] / 3;
                assert_near(at(&frame, FRAME_ALBEDO, x, y)[i], weights[i] * wall[i], 2e-3, "albedo", x, y);
            }
            for (int i = 0; i < 3; i++)
                assert_near(at(&frame, FRAME_NORMAL, x, y)[i], i == 2 ? -1 : 0, 2e-3, "normal", x, y);
            assert_near(at(&frame, FRAME_DEPTH, x, y)[0], (2 + mean * 4) / -d[2], 2e-2, "depth", x, y);
        }
    }
    frame_free(&frame);
}

/* Gold whose features are its own: rougher than what is looked through, or the last of the path, or shining. */
static void test_not_looked_through(void **state)
{
    (void)state;
    for (int i = 0; i < 4; i++) {
        scene scene;
        build_mirror(&scene, i == 0 ? 0.3f : i == 1 ? 0.28f : 0);
        tracer_frame wanted = plain_frame(look((vec3){0, 0, 2}, (vec3){0, 0, 0}, 10), 16);
        wanted.look_through = i == 0 ? TRACER_LOOK_THROUGH : i == 1 ? 0.29f : 0;
        wanted.max_bounces = i == 2 ? 0 : 8;
        if (i == 3)
            scene.materials[1].emission[0] = 0.01f;
        frame frame = shoot_sampled(&scene, 4, 4, &wanted);
        const float *albedo = at(&frame, FRAME_ALBEDO, 1, 2), *normal = at(&frame, FRAME_NORMAL, 1, 2);
        assert_near(albedo[1], i == 1 ? 0.28 : 0.7, 0.02, "albedo", i, 0);
        assert_near(normal[2], i == 1 ? -1 : 1, 0.02, "normal", i, 0);
        frame_free(&frame);
    }
}

/* Polish over black is a mirror, over anything brighter a surface of its own: straight on the coat scatters 0.04, the
 * paint 0.96 of its color, and a quarter of both is the limit. */
static void test_polish(void **state)
{
    (void)state;
    static const float colors[] = {0.01f, 0.02f};
    for (int i = 0; i < 2; i++) {
        scene scene;
        build_mirror(&scene, 0);
        material *polish = &scene.materials[1];
        polish->metallic = 0, polish->ior = 1.5f;
        polish->base_color[0] = polish->base_color[1] = polish->base_color[2] = colors[i];
        tracer_frame wanted = plain_frame(look((vec3){0, 0, 2}, (vec3){0, 0, 0}, 10), 16);
        frame frame = shoot_sampled(&scene, 4, 4, &wanted);
        assert_near(at(&frame, FRAME_NORMAL, 1, 2)[2], i == 0 ? -1 : 1, 0.02, "normal", i, 0);
        frame_free(&frame);
    }
}

/* A pane between two walls: the Fresnel blend of both, of as many reflections as there are between the
 * pane's faces; the light that passes is tinted at each crossing. And a coated wall: its coat reflects
 * too little to be looked through. */
static void test_pane(void **state)
{
    (void)state;
    enum { SIZE = 4, SAMPLES = 4096 };
    const double colors[2] = {0.9, 0.1}, tint = 0.6;
    scene scene = shapes_scene();
    material *ahead = shapes_material(&scene);
    ahead->base_color[0] = ahead->base_color[1] = ahead->base_color[2] = (float)colors[0];
    ahead->roughness = 0, ahead->ior = 1.5f;
    shapes_quad(&scene, (vec3){-50, -50, -4}, (vec3){100, 0, 0}, (vec3){0, 100, 0});
    material *behind = shapes_material(&scene);
    behind->base_color[0] = behind->base_color[1] = behind->base_color[2] = (float)colors[1];
    shapes_quad(&scene, (vec3){-50, -50, 4}, (vec3){0, 100, 0}, (vec3){100, 0, 0});
    material *glass = shapes_material(&scene);
    glass->transmission = 1, glass->ior = 1.8f, glass->roughness = 0;
    glass->base_color[0] = glass->base_color[1] = glass->base_color[2] = (float)tint;
    shapes_quad(&scene, (vec3){-9, -9, 0}, (vec3){18, 0, 0}, (vec3){0, 18, 0});
    shapes_quad(&scene, (vec3){-9, -9, -0.1f}, (vec3){0, 18, 0}, (vec3){18, 0, 0});
    tracer_frame wanted = plain_frame(look((vec3){0, 0, 2}, (vec3){0, 0, 0}, 1), SAMPLES);
    frame frame = shoot_sampled(&scene, SIZE, SIZE, &wanted);
    double f = pow(0.8 / 2.8, 2), inside = tint * (1 - f) * (1 - f) / (1 - f * f);
    double seen = (1 - f) * (1 - f) / (1 - f * f), through = inside,
           back = f + tint * (1 - f) * (1 - f) * f / (1 - f * f), mean = 0, depth = 0, normal = 0;
    for (int i = 0; i < SIZE * SIZE; i++) {
        mean += at(&frame, FRAME_ALBEDO, i % SIZE, i / SIZE)[1] / SIZE / SIZE;
        normal += at(&frame, FRAME_NORMAL, i % SIZE, i / SIZE)[2] / SIZE / SIZE;
        depth += at(&frame, FRAME_DEPTH, i % SIZE, i / SIZE)[0] / SIZE / SIZE;
    }
    assert_near(mean, through * colors[0] + back * colors[1], 0.004, "albedo", 0, 0);
    assert_near(normal, seen - (1 - seen), 0.02, "normal", 0, 0);
    assert_true(depth > 2 + 3.9 * through + 4 * back - 0.05 && depth < 2 + 3.9 * through + 4 * back + 0.2);
    frame_free(&frame);
}

/* An edge in and out of focus: the albedo spreads as the color of what shines does, and is as bright. */
static void test_lens_blurs(void **state)
{
    (void)state;
    enum { W = 32, H = 4 };
    scene scene = shapes_scene();
    shapes_material(&scene)->emission[0] = 3;
    shapes_quad(&scene, (vec3){0, -50, 0}, (vec3){50, 0, 0}, (vec3){0, 100, 0});
    tracer_frame wanted = plain_frame(look((vec3){0, 0, 4}, (vec3){0, 0, 0}, 1), 64);
    wanted.max_bounces = 0;
    wanted.camera.aperture = 0.2f;
    wanted.camera.focus = 8;
    frame frame = shoot_sampled(&scene, W, H, &wanted);
    int between = 0;
    for (int i = 0; i < W * H; i++) {
        double albedo = frame.layers[FRAME_ALBEDO].pixels[4 * i];
        assert_near(albedo, frame.layers[FRAME_COLOR].pixels[4 * i], 1e-5, "albedo", i % W, i / W);
        assert_near(frame.layers[FRAME_NORMAL].pixels[4 * i + 2], albedo / 3, 1e-5, "normal", i % W, i / W);
        between += albedo > 0.6 && albedo < 2.4;
    }
    assert_true(between > W * H / 8);
    frame_free(&frame);
}

/* The picture is the one without them; they do not depend on threads or on parts; and
   accumulated, they are the mean. */
static void test_samples_add_up(void **state)
{
    (void)state;
    enum { W = 20, H = 12 };
    static const frame_layer layers[] = {FRAME_COLOR, FRAME_ALBEDO, FRAME_NORMAL, FRAME_DEPTH};
    scene scene;
    build_mixed(&scene);
    render render;
    tracer_frame wanted = mixed_frame(21);
    wanted.look_through = TRACER_LOOK_THROUGH;
    open_featured(&scene, TRACER_FIRST_HIT, W, H, &render);
    frame plain = shoot(&render, &wanted);
    render_destroy(&render);
    scene_free(&scene);
    build_mixed(&scene); /* its triangles in their first order again */
    open_featured(&scene, TRACER_SAMPLED, W, H, &render);
    frame whole = shoot(&render, &wanted);
    for (int i = 0; i < 4 * W * H; i++)
        assert_near(whole.layers[FRAME_COLOR].pixels[i], plain.layers[FRAME_COLOR].pixels[i], 1e-5, "color", i, 0);
    assert_memory_equal(whole.layers[FRAME_MOTION].pixels, plain.layers[FRAME_MOTION].pixels, W * H * 8);
    assert_memory_not_equal(whole.layers[FRAME_NORMAL].pixels, plain.layers[FRAME_NORMAL].pixels, W * H * 16);
    render.tracer.paths_per_thread = 3;
    frame again = shoot(&render, &wanted);
    wanted.samples = 8;
    frame first = shoot(&render, &wanted);
    wanted.first_sample = 8;
    wanted.samples = 13;
    wanted.accumulate = true;
    frame both = shoot(&render, &wanted);
    for (int l = 0; l < 4; l++) {
        const int values = W * H * frame_layer_channels(layers[l]);
        assert_memory_equal(again.layers[layers[l]].pixels, whole.layers[layers[l]].pixels,
                            (size_t)values * sizeof(float));
        assert_memory_not_equal(first.layers[layers[l]].pixels, whole.layers[layers[l]].pixels,
                                (size_t)values * sizeof(float));
        for (int i = 0; i < values; i++)
            assert_near(both.layers[layers[l]].pixels[i], whole.layers[layers[l]].pixels[i], 1e-5,
                        frame_layer_name(layers[l]), i, 0);
    }
    frame_free(&plain);
    frame_free(&whole);
    frame_free(&again);
    frame_free(&first);
    frame_free(&both);
    render_destroy(&render);
    scene_free(&scene);
}

/* Several pictures traced at once are those that are traced one by one, also where not all fit into a round. */
static void test_pictures(void **state)
{
    (void)state;
    enum { W = 20, H = 12, PICTURES = 5 };
    scene scene;
    build_mixed(&scene);
    render render;
    open_featured(&scene, TRACER_SAMPLED, W, H, &render);
    tracer_frame wanted = mixed_frame(3);
    wanted.look_through = TRACER_LOOK_THROUGH;
    frame single[PICTURES], several[PICTURES];
    for (uint32_t i = 0; i < PICTURES; i++) {
        wanted.seed = 7 + i;
        single[i] = shoot(&render, &wanted);
    }
    assert_memory_not_equal(single[0].layers[FRAME_COLOR].pixels, single[1].layers[FRAME_COLOR].pixels, W * H * 16);
    wanted.seed = 7;
    for (int round = 0; round < 3; round++) {
        error error;
        render.tracer.round = round == 0 ? PICTURES : 2;
        wanted.samples = round == 2 ? TRACE_SLICE + 1 : 3; /* too many for one slice */
        wanted.pictures = PICTURES;
        require(render_pictures(&render, &wanted, several, &error), &error);
        for (uint32_t i = 0; i < PICTURES; i++) {
            if (round == 2) {
                tracer_frame one = wanted;
                frame_free(&single[i]);
                one.pictures = 0, one.seed = 7 + i;
                single[i] = shoot(&render, &one);
            }
            for (int layer = 0; layer < FRAME_REFERENCE; layer++)
                assert_memory_equal(several[i].layers[layer].pixels, single[i].layers[layer].pixels,
                                    W * H * (size_t)single[i].layers[layer].channels * sizeof(float));
            frame_free(&several[i]);
        }
    }
    for (int i = 0; i < PICTURES; i++)
        frame_free(&single[i]);
    render_destroy(&render);
    scene_free(&scene);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_samples_average),
        cmocka_unit_test(test_mirror),
        cmocka_unit_test(test_not_looked_through),
        cmocka_unit_test(test_polish),
        cmocka_unit_test(test_pane),
        cmocka_unit_test(test_lens_blurs),
        cmocka_unit_test(test_samples_add_up),
        cmocka_unit_test(test_pictures),
    };
    int skipped = pictures_open();
    return skipped ? skipped : pictures_close(cmocka_run_group_tests(tests, NULL, NULL));
}
