/* The user's own models and environments: what is read of them, and that random scenes have them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "app/dataset/scenes/random_scene.h"
#include "app/files/exr.h"
#include "temporary.h"

static void load(const char *models, const char *environments, assets *assets)
{
    error error;
    if (!assets_load(models, environments, assets, &error))
        fail_msg("%s", error.message);
}

static void assert_refused(const char *models, const char *environments, const char *sentence)
{
    assets assets;
    error error;
    assert_false(assets_load(models, environments, &assets, &error));
    assert_string_equal(error.message, sentence);
    assert_true(!assets.models && !assets.environments);
}

static char *format(const char *pattern, const char *path)
{
    static char text[1024];
    snprintf(text, sizeof text, pattern, path);
    return text;
}

/* A tetrahedron with edges of 2, 4 and 1, somewhere, of glowing red. */
static void write_model(const char *name)
{
    static const char text[] =
        "mtllib m.mtl\nv 5 5 5\nv 7 5 5\nv 5 9 5\nv 5 5 6\nusemtl red\nf 1 3 2\nf 1 2 4\nf 1 4 3\n"
        "f 2 3 4\n";
    temporary_write(name, text, sizeof text - 1);
}

/* Twice as large as what is kept: texels of 1 to 4 in blocks, brighter with every column of blocks; and one below 0. */
static void write_environment(const char *name, bool black)
{
    enum { W = 2 * ASSETS_MAX_ENVIRONMENT, H = W / 2 };
    frame frame = {.width = W, .height = H};
    frame.layers[FRAME_COLOR] = (image){W, H, 4, calloc((size_t)W * H * 4, sizeof(float))};
    float *pixels = frame.layers[FRAME_COLOR].pixels;
    for (int i = 0; i < W * H && !black; i++)
        for (int c = 0; c < 3; c++)
            pixels[4 * i + c] = (float)(1 + i % 2 + 2 * (i / W % 2) + 4 * (i % W / 2) + 1000 * c);
    pixels[0] = pixels[1] = -5;
    error error;
    if (!exr_write_frame(temporary_path(name), &frame, EXR_ZIP, &error))
        fail_msg("%s", error.message);
    frame_free(&frame);
}

static int make_folders(void **state)
{
    (void)state;
    static const char mtl[] = "newmtl red\nKd 1 0 0\nKe 9 9 9\n";
    mkdir(temporary_path("models"), 0777);
    mkdir(temporary_path("models/more"), 0777);
    mkdir(temporary_path("empty"), 0777);
    mkdir(temporary_path("skies"), 0777);
    write_model("models/a.obj");
    write_model("models/more/b.OBJ");
    temporary_write("models/m.mtl", mtl, sizeof mtl - 1);
    temporary_write("models/broken.glb", "glTF", 4);
    write_environment("skies/sky.exr", false);
    write_environment("skies/dark.exr", true);
    return 0;
}

static void test_read(void **state)
{
    (void)state;
    assets assets;
    load(temporary_path("models"), temporary_path("skies"), &assets); /* without the broken and the black one */
    assert_true(assets.model_count == 2 && assets.environment_count == 1);
    const scene *model = &assets.models[0];
    assert_int_equal(model->triangle_count, 4);
    vec3 low = model->vertices[0].position, high = low;
    for (uint32_t i = 1; i < model->vertex_count; i++) {
        low = vec3_minimum(low, model->vertices[i].position);
        high = vec3_maximum(high, model->vertices[i].position);
    }
    const float expected[3] = {0.25f, 0.5f, 0.125f}, lows[3] = {low.x, low.y, low.z},
                highs[3] = {high.x, high.y, high.z};
    for (int i = 0; i < 3; i++)
        assert_true(fabsf(highs[i] - expected[i]) < 1e-6f && fabsf(lows[i] + expected[i]) < 1e-6f);
    for (uint32_t i = 0; i < model->material_count; i++)
        assert_true(model->materials[i].emission[0] == 0);

    const image *sky = &assets.environments[0];
    assert_true(sky->width == ASSETS_MAX_ENVIRONMENT && sky->height == ASSETS_MAX_ENVIRONMENT / 2 &&
                sky->channels == 3);
    assert_true(fabsf(sky->pixels[0] - (2 + 3 + 4) / 4.0f) < 1e-4f); /* the other is below 0 */
    assert_true(fabsf(sky->pixels[1] - (1002 + 1003 + 1004) / 4.0f) < 1e-2f);
    for (int x = 1; x < sky->width; x++)
        assert_true(fabsf(sky->pixels[3 * x + 2] - (2002.5f + 4 * (float)x)) < 0.1f);
    assets_free(&assets);
}

static void test_refused(void **state)
{
    (void)state;
    const char *empty = temporary_path("empty"), *missing = temporary_path("missing");
    assert_refused(empty, NULL, format("%s: has no model (.gltf, .glb, .obj) that could be used", empty));
    assert_refused(NULL, empty, format("%s: has no environment (.exr, .hdr, .pfm) that could be used", empty));
    assert_refused(missing, NULL, format("%s: cannot read this folder: No such file or directory", missing));
}

/* No other picture has that size. */
static bool has_sky(const scene *scene, const image *sky)
{
    const image *image = &scene->environment.image;
    return scene->environment.kind == ENVIRONMENT_IMAGE && image->width == sky->width && image->height == sky->height;
}

static void test_in_scenes(void **state)
{
    (void)state;
    assets assets;
    load(temporary_path("models"), temporary_path("skies"), &assets);
    int skies = 0, changed = 0;
    for (uint32_t i = 0; i < 12; i++) {
        random_scene with, again, without;
        error error;
        assert_true(random_scene_create(5, i, &assets, &with, &error));
        assert_true(random_scene_create(5, i, &assets, &again, &error));
        assert_true(random_scene_create(5, i, NULL, &without, &error));
        assert_int_equal(with.scene.vertex_count, again.scene.vertex_count);
        assert_memory_equal(with.scene.vertices, again.scene.vertices, with.scene.vertex_count * sizeof(vertex));
        changed += with.scene.vertex_count != without.scene.vertex_count;
        skies += has_sky(&with.scene, &assets.environments[0]);
        random_scene_free(&with);
        random_scene_free(&again);
        random_scene_free(&without);
    }
    print_message("of 12 scenes %d have models, %d the sky\n", changed, skies);
    assert_true(changed >= 4 && skies >= 1);
    assets_free(&assets);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_read),
        cmocka_unit_test(test_refused),
        cmocka_unit_test(test_in_scenes),
    };
    return cmocka_run_group_tests(tests, make_folders, NULL);
}
