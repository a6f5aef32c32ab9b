/* Scenes that cannot be read are refused with a sentence, and those that can are sound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <fcntl.h>
#include <math.h>
#include <pthread.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "scene_files.h"
#include "temporary.h"

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

static void test_refusals(void **state)
{
    (void)state;
    assert_refused("scene.fbx", "scenes are .gltf, .glb or .obj");
    assert_refused("scene", "scenes are .gltf, .glb or .obj");
    assert_refused("missing.glb", "cannot open: No such file or directory");
    write_text("empty.glb", "");
    assert_refused("empty.glb", "the file is empty");
    write_text("text.gltf", "no JSON");
    assert_refused("text.gltf", "cannot read: it is damaged, or not what its name says");
    write_text("points.obj", "v 0 0 0\nv 1 1 1\np 1 2\n");
    assert_refused("points.obj", "there are no triangles in it");
    write_gltf(&plain, "{\"mesh\":7}", "", "");
    assert_refused("scene.gltf", "cannot read: GLTF: Array index 7 is out of bounds (3) for \"meshes\"");
    write_gltf(&plain, "{\"children\":[1,1]},{\"mesh\":0}", "", "");
    assert_refused("scene.gltf", "node 1 is a child more than once");
}

/* Rings the importer's clock, which a test does not wait for, as soon as there is an importer. */
static void *ring(void *unused)
{
    (void)unused;
    char path[64];
    int importer = 0;
    snprintf(path, sizeof path, "/proc/self/task/%d/children", getpid());
    for (int tries = 0; tries < 1000000 && importer == 0; tries++) {
        FILE *children = fopen(path, "r");
        if (children && fscanf(children, "%d", &importer) == 1)
            kill(importer, SIGALRM);
        if (children)
            fclose(children);
    }
    return NULL;
}

/* Four million points take longer than to find the importer. */
static void test_slow_import(void **state)
{
    (void)state;
    pthread_t thread;
    const size_t lines = 1 << 22;
    char *text = malloc(8 * lines);
    for (size_t i = 0; i < lines; i++)
        memcpy(text + 8 * i, "v 1 2 3\n", 8);
    temporary_write("slow.obj", text, 8 * lines);
    free(text);
    assert_int_equal(pthread_create(&thread, NULL, ring, NULL), 0);
    assert_refused("slow.obj", "reading it takes more than 600 seconds");
    pthread_join(thread, NULL);
}

static void test_all_broken(void **state)
{
    (void)state;
    square bad = plain;
    for (int i = 0; i < 4; i++)
        bad.positions[i][0] = NAN;
    write_gltf(&bad, SQUARE_NODE, "", "");
    assert_refused("scene.gltf",
                   "all of its 2 triangles are broken: indices out of range, positions not finite or beyond 1e+09, "
                   "or no area");
}

/* A few kilobytes that stand for more triangles than there can be: 4,200 nodes with the same 16,384 triangles. */
static void test_too_many(void **state)
{
    (void)state;
    char *text = malloc(1 << 18), *end = text;
    uint32_t *indices = calloc(3 * 16384, sizeof *indices);
    temporary_write("zero.bin", indices, 3 * 16384 * sizeof *indices);
    end += sprintf(end, "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0");
    for (int i = 1; i < 4200; i++)
        end += sprintf(end, ",%d", i);
    end += sprintf(end, "]}],\"nodes\":[{\"mesh\":0}");
    for (int i = 1; i < 4200; i++)
        end += sprintf(end, ",{\"mesh\":0}");
    sprintf(end, "],\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0},\"indices\":1}]}],"
                 "\"accessors\":[{\"bufferView\":0,\"count\":1,\"type\":\"VEC3\",\"componentType\":5126},"
                 "{\"bufferView\":0,\"count\":49152,\"type\":\"SCALAR\",\"componentType\":5125}],"
                 "\"bufferViews\":[{\"buffer\":0,\"byteLength\":196608}],\"buffers\":[{\"uri\":\"zero.bin\","
                 "\"byteLength\":196608}]}");
    write_text("many.gltf", text);
    free(text);
    free(indices);
    assert_refused("many.gltf",
                   "it has 68812800 triangles and 206438400 vertices, 67108864 and 201326592 are the limits");
}

/* Brackets so deep that the importer's stack overflows: its process ends, this one goes on. */
static void test_crash(void **state)
{
    (void)state;
    size_t size = 4 << 20;
    char *brackets = malloc(size);
    scene scene;
    error error = {""};
    memset(brackets, '[', size);
    temporary_write("deep.gltf", brackets, size);
    free(brackets);
    assert_false(scene_load(temporary_path("deep.gltf"), &scene, &error));
    assert_non_null(strstr(error.message, "deep.gltf: the file is corrupt: it "));
    assert_non_null(strstr(error.message, "ed the importer ("));
}

/* Damage of any kind is read or refused with a sentence; what is read is sound. */
static void check_sound(const scene *scene)
{
    assert_true(scene->triangle_count > 0 && scene->material_count > 0);
    for (uint32_t i = 0; i < scene->triangle_count; i++) {
        assert_true(scene->triangles[i].material < scene->material_count);
        for (int k = 0; k < 3; k++) {
            assert_true(scene->triangles[i].vertices[k] < scene->vertex_count);
            const vertex *vertex = corner(scene, i, k);
            assert_true(vec3_is_finite(vertex->position) && isfinite(vertex->u) && isfinite(vertex->v));
            assert_float_equal(vec3_length(vertex->normal), 1, 1e-4);
            assert_float_equal(vec3_dot(vertex->normal, vertex->tangent), 0, 1e-4);
            assert_float_equal(fabsf(vertex->handedness), 1, 0);
        }
    }
    for (uint32_t i = 0; i < scene->material_count; i++)
        assert_true(scene->materials[i].base_color_texture < (int)scene->texture_count &&
                    scene->materials[i].normal_texture < (int)scene->texture_count);
    vec3 view = vec3_subtract(scene->camera.target, scene->camera.eye);
    assert_true(vec3_length(vec3_cross(view, scene->camera.up)) > 0 && scene->camera.fov_y > 0 &&
                scene->camera.fov_y < 3.15f);
}

static char *read_bundled(const char *name, size_t *size)
{
    char path[4096];
    snprintf(path, sizeof path, SCENES "%s", name);
    FILE *file = fopen(path, "rb");
    assert_non_null(file);
    char *bytes = malloc(1 << 20);
    *size = fread(bytes, 1, 1 << 20, file);
    fclose(file);
    return bytes;
}

static void damage(const char *name, const char *bytes, size_t size, int rounds)
{
    uint32_t random = 1;
    int read = 0;
    char *copy = malloc(size);
    for (int round = 0; round < rounds; round++) {
        scene scene;
        error error = {""};
        memcpy(copy, bytes, size);
        for (int i = 0; i <= round % 3; i++) {
            random = random * 1664525 + 1013904223;
            copy[(random >> 8) % size] =
                round % 2 ? (char)(random >> 24) : "0123456789-,\"e"[random >> 28 < 14 ? random >> 28 : 0];
        }
        random = random * 1664525 + 1013904223;
        temporary_write(name, copy, round % 4 == 3 ? (random >> 8) % size : size);
        if (scene_load(temporary_path(name), &scene, &error)) {
            check_sound(&scene);
            scene_free(&scene);
            read++;
        } else {
            assert_ptr_equal(strstr(error.message, temporary_path(name)), error.message);
        }
    }
    assert_in_range(read, 1, rounds - 1);
    free(copy);
}

static void test_damaged(void **state)
{
    (void)state;
    size_t size;
    char *glb = read_bundled("cornell.glb", &size);
    damage("damaged.glb", glb, size, 150);
    free(glb);
    static const char obj[] =
        "v 0 0 0\nv 2 0 0\nv 2 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvn 0 0 1\nf 1/1/1 2/2/1 3/3/1 4/3/1\nf 1 3 4\n";
    damage("damaged.obj", obj, sizeof obj - 1, 150);
}

/* ---- The bundled scenes ------------------------------------------------------------------------------------------ */

static void check_bundled(const char *name, uint32_t triangles, uint32_t textures, bool lights)
{
    char path[4096];
    scene scene;
    error error = {""};
    snprintf(path, sizeof path, SCENES "%s.glb", name);
    if (!scene_load(path, &scene, &error))
        fail_msg("%s", error.message);
    check_sound(&scene);
    assert_string_equal(scene.warnings, "");
    assert_int_equal(scene.triangle_count, triangles);
    assert_int_equal(scene.texture_count, textures);
    assert_true(scene.has_camera);
    assert_int_equal(scene.has_lights, lights);
    for (uint32_t i = 0; i < triangles; i++) { /* front is where the normals point */
        vec3 a = corner(&scene, i, 0)->position, normals = {0, 0, 0};
        for (int k = 0; k < 3; k++)
            normals = vec3_add(normals, corner(&scene, i, k)->normal);
        vec3 area = vec3_cross(vec3_subtract(corner(&scene, i, 1)->position, a),
                               vec3_subtract(corner(&scene, i, 2)->position, a));
        assert_true(vec3_dot(area, normals) > 0);
    }
    scene_free(&scene);
}

static void test_bundled(void **state)
{
    (void)state;
    check_bundled("room", 9388, 5, true);
    check_bundled("court", 30994, 5, false);
    check_bundled("glass", 29238, 4, true);
    check_bundled("cornell", 38, 0, true);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_refusals), TEST(test_slow_import), TEST(test_all_broken), TEST(test_too_many),
        TEST(test_crash),    TEST(test_damaged),     TEST(test_bundled),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
