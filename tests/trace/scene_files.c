#include "scene_files.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "temporary.h"

int setup(void **state)
{
    (void)state;
    temporary_clear();
    return 0;
}

const square plain = {
    {{0, 0, 0}, {2, 0, 0}, {2, 1, 0}, {0, 1, 0}},
    {{0, 0, 1}, {0, 0, 1}, {0, 0, 1}, {0, 0, 1}},
    {{0, 1}, {1, 1}, {1, 0}, {0, 0}},
    {0, 1, 2, 0, 2, 3},
    {{0, 2, 0.5f, -1}, {0, 2, 0.5f, -1}, {0, 2, 0.5f, -1}, {0, 2, 0.5f, -1}},
};

void write_text(const char *name, const char *text)
{
    temporary_write(name, text, strlen(text));
}

void write_gltf(const square *square, const char *nodes, const char *material, const char *more)
{
    char *json;
    temporary_write("square.bin", square, sizeof *square);
    assert_true(
        asprintf(
            &json,
            "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],\"nodes\":[%s],%s"
            "\"materials\":[{\"name\":\"m\"%s%s}],\"meshes\":["
            "{\"primitives\":[{\"attributes\":{\"POSITION\":0,\"NORMAL\":1,\"TEXCOORD_0\":2},\"indices\":3,"
            "\"material\":0}]},"
            "{\"primitives\":[{\"attributes\":{\"POSITION\":0,\"TEXCOORD_0\":2},\"indices\":3,\"material\":0}]},"
            "{\"primitives\":[{\"attributes\":{\"POSITION\":0,\"NORMAL\":1,\"TEXCOORD_0\":2,\"TANGENT\":4},"
            "\"indices\":3,\"material\":0}]}],"
            "\"accessors\":[{\"bufferView\":0,\"count\":4,\"type\":\"VEC3\",\"componentType\":5126},"
            "{\"bufferView\":1,\"count\":4,\"type\":\"VEC3\",\"componentType\":5126},"
            "{\"bufferView\":2,\"count\":4,\"type\":\"VEC2\",\"componentType\":5126},"
            "{\"bufferView\":3,\"count\":6,\"type\":\"SCALAR\",\"componentType\":5125},"
            "{\"bufferView\":4,\"count\":4,\"type\":\"VEC4\",\"componentType\":5126}],"
            "\"bufferViews\":[{\"buffer\":0,\"byteOffset\":0,\"byteLength\":48},{\"buffer\":0,\"byteOffset\":48,"
            "\"byteLength\":48},{\"buffer\":0,\"byteOffset\":96,\"byteLength\":32},{\"buffer\":0,\"byteOffset\":128,"
            "\"byteLength\":24},{\"buffer\":0,\"byteOffset\":152,\"byteLength\":64}],"
            "\"buffers\":[{\"uri\":\"square.bin\",\"byteLength\":216}]}",
            nodes, more, *material ? "," : "", material) > 0);
    write_text("scene.gltf", json);
    free(json);
}

scene load(const char *name)
{
    scene scene;
    error error = {""};
    if (!scene_load(temporary_path(name), &scene, &error))
        fail_msg("%s", error.message);
    return scene;
}

scene load_gltf(const char *nodes, const char *material, const char *more)
{
    write_gltf(&plain, nodes, material, more);
    return load("scene.gltf");
}

void assert_refused(const char *name, const char *message)
{
    static const scene zero;
    scene scene;
    error error = {""};
    char expected[1200];
    assert_false(scene_load(temporary_path(name), &scene, &error));
    snprintf(expected, sizeof expected, "%s: %s", temporary_path(name), message);
    assert_string_equal(error.message, expected);
    assert_memory_equal(&scene, &zero, sizeof scene);
}

void assert_vec3(vec3 v, double x, double y, double z)
{
    assert_near(v.x, x);
    assert_near(v.y, y);
    assert_near(v.z, z);
}

const vertex *corner(const scene *scene, uint32_t triangle, int k)
{
    return &scene->vertices[scene->triangles[triangle].vertices[k]];
}
