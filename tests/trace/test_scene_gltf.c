/* What assimp leaves out of glTF or gets wrong: names as URIs escape them, attributes of integers, vertex colors, how
 * textures are placed; and what is not read is said or refused. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "app/files/png.h"
#include "app/trace/bvh_ray.h"
#include "scene_files.h"
#include "temporary.h"

/* ---- A triangle of any attributes -------------------------------------------------------------------------------- */

static const float corners[3][3] = {{0, 0, 0}, {1, 0, 0}, {0, 1, 0}};

/* An attribute beside POSITION: as its accessor has it (componentType, type and normalized), and
 * its bytes from one to the next. */
typedef struct attribute {
    const char *name, *accessor;
    const void *data;
    size_t size, stride; /* stride 0: none is given */
} attribute;

/* mesh.gltf: a triangle whose positions are corners[], unless the attribute is POSITION
   itself; in buffer.bin by that uri. */
static void write_triangle(const attribute *attribute, const char *uri, const char *file, const char *more)
{
    uint8_t bytes[512] = {0};
    char *json, stride[64] = "";
    bool own = strcmp(attribute->name, "POSITION") == 0;
    memcpy(bytes, corners, sizeof corners);
    memcpy(bytes + sizeof corners, attribute->data, attribute->size);
    temporary_write(file, bytes, sizeof corners + attribute->size);
    if (attribute->stride)
        snprintf(stride, sizeof stride, ",\"byteStride\":%zu", attribute->stride);
    assert_true(
        asprintf(&json,
                 "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],\"nodes\":[{\"mesh\":0}],%s"
                 "\"materials\":[{\"name\":\"m\"}],"
                 "\"meshes\":[{\"primitives\":[{\"attributes\":{%s\"%s\":1},\"material\":0}]}],\"accessors\":["
                 "{\"bufferView\":0,\"count\":3,\"type\":\"VEC3\",\"componentType\":5126},"
                 "{\"bufferView\":1,\"count\":3,%s}],\"bufferViews\":[{\"buffer\":0,\"byteLength\":36},"
                 "{\"buffer\":0,\"byteOffset\":36,\"byteLength\":%zu%s}],\"buffers\":[{\"uri\":\"%s\","
                 "\"byteLength\":%zu}]}",
                 more, own ? "" : "\"POSITION\":0,", attribute->name, attribute->accessor, attribute->size, stride, uri,
                 sizeof corners + attribute->size) > 0);
    write_text("mesh.gltf", json);
    free(json);
}

static scene load_attribute(const attribute *attribute)
{
    write_triangle(attribute, "mesh.bin", "mesh.bin", "");
    scene scene = load("mesh.gltf");
    assert_int_equal(scene.triangle_count, 1);
    assert_string_equal(scene.warnings, "");
    return scene;
}

/* ---- Names ------------------------------------------------------------------------------------------------------- */

static const attribute some_uvs = {"TEXCOORD_0", "\"type\":\"VEC2\",\"componentType\":5126",
                                   (const float[3][2]){{0, 0}, {0.25f, 0}, {0, 0.5f}}, 24, 0};

static void test_escaped_buffer(void **state)
{
    (void)state;
    write_triangle(&some_uvs, "my%20buf%20%C3%BC.bin", "my buf \xc3\xbc.bin", "");
    scene scene = load("mesh.gltf");
    assert_near(scene.vertices[1].u, 0.25);
    scene_free(&scene);
    static const int16_t positions[3][4] = {{0, 0, 0}, {7, 0, 0}, {0, 7, 0}};
    write_triangle(&(attribute){"POSITION", "\"type\":\"VEC3\",\"componentType\":5122", positions, sizeof positions, 8},
                   "my%20buf%20%C3%BC.bin", "my buf \xc3\xbc.bin", "");
    scene = load("mesh.gltf");
    assert_vec3(scene.maximum, 7, 7, 0);
    scene_free(&scene);
    write_triangle(&some_uvs, "50%25.bin", "50%25.bin", ""); /* a file by the name as it stands comes first */
    scene = load("mesh.gltf");
    assert_near(scene.vertices[2].v, 0.5);
    scene_free(&scene);
}

/* ---- Attributes -------------------------------------------------------------------------------------------------- */

/* Shorts in rows of 8 bytes, and normalized ones: c / 32767, and no less than -1. */
static void test_quantized_positions(void **state)
{
    (void)state;
    static const int16_t data[3][4] = {{-1000, -1000, 5}, {1000, -1000, 5}, {32767, -32768, -32767}};
    attribute position = {"POSITION", "\"type\":\"VEC3\",\"componentType\":5122", data, sizeof data, 8};
    scene scene = load_attribute(&position);
    for (int i = 0; i < 3; i++)
        assert_vec3(corner(&scene, 0, i)->position, data[i][0], data[i][1], data[i][2]);
    assert_vec3(scene.maximum, 32767, -1000, 5);
    scene_free(&scene);
    position.accessor = "\"type\":\"VEC3\",\"componentType\":5122,\"normalized\":true";
    scene = load_attribute(&position);
    assert_vec3(corner(&scene, 0, 0)->position, -1000 / 32767.0, -1000 / 32767.0, 5 / 32767.0);
    assert_vec3(corner(&scene, 0, 2)->position, 1, -1, -1);
    scene_free(&scene);
    static const uint8_t bytes[3][4] = {{0, 0, 255}, {200, 0, 0}, {0, 100, 0}};
    position = (attribute){"POSITION", "\"type\":\"VEC3\",\"componentType\":5121", bytes, sizeof bytes, 4};
    scene = load_attribute(&position);
    assert_vec3(corner(&scene, 0, 0)->position, 0, 0, 255);
    assert_vec3(corner(&scene, 0, 1)->position, 200, 0, 0);
    scene_free(&scene);
}

static void test_quantized_directions(void **state)
{
    (void)state;
    static const int8_t normals[3][4] = {{0, 0, 127}, {0, 90, 90}, {-128, 0, 0}};
    scene scene = load_attribute(&(attribute){"NORMAL", "\"type\":\"VEC3\",\"componentType\":5120,\"normalized\":true",
                                              normals, sizeof normals, 4});
    assert_vec3(corner(&scene, 0, 0)->normal, 0, 0, 1);
    assert_vec3(corner(&scene, 0, 1)->normal, 0, sqrt(0.5), sqrt(0.5));
    assert_vec3(corner(&scene, 0, 2)->normal, -1, 0, 0);
    scene_free(&scene);
}

static void test_quantized_coordinates(void **state)
{
    (void)state;
    static const uint16_t uvs[3][2] = {{0, 65535}, {16384, 300}, {40000, 65535}};
    attribute coordinates = {"TEXCOORD_0", "\"type\":\"VEC2\",\"componentType\":5123,\"normalized\":true", uvs,
                             sizeof uvs, 0};
    scene scene = load_attribute(&coordinates);
    for (int i = 0; i < 3; i++) {
        assert_near(corner(&scene, 0, i)->u, uvs[i][0] / 65535.0);
        assert_near(corner(&scene, 0, i)->v, uvs[i][1] / 65535.0);
    }
    scene_free(&scene);
    coordinates.accessor = "\"type\":\"VEC2\",\"componentType\":5123";
    scene = load_attribute(&coordinates);
    assert_near(corner(&scene, 0, 1)->u, 16384);
    assert_near(corner(&scene, 0, 1)->v, 300);
    scene_free(&scene);
    static const int8_t small[3][4] = {{-7, 3}, {100, -100}, {0, 0}}; /* signed bytes in rows of 4 */
    scene =
        load_attribute(&(attribute){"TEXCOORD_0", "\"type\":\"VEC2\",\"componentType\":5120", small, sizeof small, 4});
    assert_near(corner(&scene, 0, 1)->u, 100);
    assert_near(corner(&scene, 0, 1)->v, -100);
    scene_free(&scene);
}

static void assert_color(const scene *scene, int k, double r, double g, double b, double a)
{
    const vertex_color *color = &scene->colors[scene->triangles[0].vertices[k]];
    assert_near(color->r, r);
    assert_near(color->g, g);
    assert_near(color->b, b);
    assert_near(color->a, a);
}

/* Linear as they are, with and without alpha, as floats and normalized integers; within [0,1]. */
static void test_vertex_colors(void **state)
{
    (void)state;
    static const float floats[3][4] = {{1, 0.5f, 0.25f, 0.75f}, {-1, 2, NAN, 1}, {0.1f, 0.2f, 0.3f, 0.4f}};
    scene scene =
        load_attribute(&(attribute){"COLOR_0", "\"type\":\"VEC4\",\"componentType\":5126", floats, sizeof floats, 0});
    assert_color(&scene, 0, 1, 0.5, 0.25, 0.75);
    assert_color(&scene, 1, 0, 1, 0, 1);
    assert_color(&scene, 2, 0.1, 0.2, 0.3, 0.4);
    scene_free(&scene);
    scene =
        load_attribute(&(attribute){"COLOR_0", "\"type\":\"VEC3\",\"componentType\":5126", floats, sizeof floats, 16});
    assert_color(&scene, 0, 1, 0.5, 0.25, 1);
    scene_free(&scene);
    static const uint8_t bytes[3][4] = {{255, 51, 0, 102}, {1, 2, 3, 4}, {0, 0, 0, 0}};
    scene = load_attribute(&(attribute){"COLOR_0", "\"type\":\"VEC4\",\"componentType\":5121,\"normalized\":true",
                                        bytes, sizeof bytes, 0});
    assert_color(&scene, 0, 1, 0.2, 0, 0.4);
    assert_color(&scene, 1, 1 / 255.0, 2 / 255.0, 3 / 255.0, 4 / 255.0);
    scene_free(&scene);
    static const uint16_t shorts[3][4] = {{65535, 13107, 0}, {0, 0, 0}, {0, 0, 65535}};
    scene = load_attribute(&(attribute){"COLOR_0", "\"type\":\"VEC3\",\"componentType\":5123,\"normalized\":true",
                                        shorts, sizeof shorts, 8});
    assert_color(&scene, 0, 1, 0.2, 0, 1);
    assert_color(&scene, 2, 0, 0, 1, 1);
    scene_free(&scene);
    scene = load_gltf(SQUARE_NODE, "", "");
    assert_null(scene.colors);
    scene_free(&scene);
}

/* sRGB, as Blender and others write them. */
static void test_obj_colors(void **state)
{
    (void)state;
    write_text("c.obj", "v 0 0 0 1 0.5 0\nv 1 0 0 0 0 0\nv 0 1 0 0.03 0 1\nf 1 2 3\n");
    scene scene = load("c.obj");
    for (int k = 0; k < 3; k++) {
        vec3 p = corner(&scene, 0, k)->position;
        if (p.x == 1)
            assert_color(&scene, k, 0, 0, 0, 1);
        else if (p.y == 1)
            assert_color(&scene, k, 0.03 / 12.92, 0, 1, 1);
        else
            assert_color(&scene, k, 1, pow((0.5 + 0.055) / 1.055, 2.4), 0, 1);
    }
    scene_free(&scene);
}

/* In a .glb, too: its second chunk is the buffer. */
static void test_binary(void **state)
{
    (void)state;
    static const char text[] =
        "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],\"nodes\":[{\"mesh\":0}],"
        "\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0}}]}],\"accessors\":[{\"bufferView\":0,"
        "\"count\":3,\"type\":\"VEC3\",\"componentType\":5122}],\"bufferViews\":[{\"buffer\":0,\"byteLength\":24,"
        "\"byteStride\":8}],\"buffers\":[{\"byteLength\":24}]}  ";
    static const int16_t data[3][4] = {{1, 2, 3}, {10, 2, 3}, {1, 20, 3}};
    uint8_t file[1024];
    const uint32_t length = (uint32_t)(sizeof text - 1) / 4 * 4, size = 28 + length + (uint32_t)sizeof data;
    const uint32_t header[5] = {0x46546c67, 2, size, length, 0x4e4f534a}, chunk[2] = {sizeof data, 0x004e4942};
    memcpy(file, header, sizeof header);
    memcpy(file + 20, text, length);
    memcpy(file + 20 + length, chunk, sizeof chunk);
    memcpy(file + 28 + length, data, sizeof data);
    temporary_write("mesh.glb", file, size);
    scene scene = load("mesh.glb");
    assert_vec3(corner(&scene, 0, 1)->position, 10, 2, 3);
    assert_vec3(corner(&scene, 0, 2)->position, 1, 20, 3);
    scene_free(&scene);
}

/* A triangle that Draco's own encoder made. */
static void test_draco(void **state)
{
    (void)state;
    write_text("draco.gltf",
               "{\"asset\":{\"version\":\"2.0\"},\"scene\":0,\"scenes\":[{\"nodes\":[0]}],\"nodes\":[{\"mesh\":0}],"
               "\"extensionsUsed\":[\"KHR_draco_mesh_compression\"],\"extensionsRequired\":"
               "[\"KHR_draco_mesh_compression\"],\"meshes\":[{\"primitives\":[{\"attributes\":{\"POSITION\":0},"
               "\"indices\":1,\"extensions\":{\"KHR_draco_mesh_compression\":{\"bufferView\":0,\"attributes\":"
               "{\"POSITION\":0}}}}]}],\"accessors\":[{\"componentType\":5126,\"count\":3,\"type\":\"VEC3\"},"
               "{\"componentType\":5123,\"count\":3,\"type\":\"SCALAR\"}],\"bufferViews\":[{\"buffer\":0,"
               "\"byteLength\":61}],\"buffers\":[{\"byteLength\":61,\"uri\":\"data:application/octet-stream;base64,"
               "RFJBQ08CAgEAAAABAwEAAQIBAQAJAwAAAAAAAAAAAAAAAAAAAAAAgD8AAAAAAAAAAAAAAAAAAABAAAAAAA==\"}]}");
    scene scene = load("draco.gltf");
    assert_vec3(corner(&scene, 0, 0)->position, 0, 0, 0);
    assert_vec3(corner(&scene, 0, 1)->position, 1, 0, 0);
    assert_vec3(corner(&scene, 0, 2)->position, 0, 2, 0);
    scene_free(&scene);
}

static void test_bad_attributes(void **state)
{
    (void)state;
    static const int16_t data[3][4] = {{0}};
    attribute position = {"POSITION", "\"type\":\"VEC3\",\"componentType\":5122", data, sizeof data, 200};
    write_triangle(&position, "mesh.bin", "mesh.bin", "");
    assert_refused("mesh.gltf", "accessor 1 needs 406 bytes from 0 on, its buffer view has 24");
    position.stride = 0;
    position.accessor = "\"type\":\"VEC3\",\"componentType\":5122,\"byteOffset\":1000";
    write_triangle(&position, "mesh.bin", "mesh.bin", "");
    assert_refused("mesh.gltf", "accessor 1 needs 18 bytes from 1000 on, its buffer view has 24");
    position.accessor = "\"type\":\"SCALAR\",\"componentType\":5122";
    write_triangle(&position, "mesh.bin", "mesh.bin", "");
    assert_refused("mesh.gltf", "accessor 1 is corrupt");
    position.accessor = "\"type\":\"VEC3\",\"componentType\":5122,\"sparse\":{\"count\":1}";
    write_triangle(&position, "mesh.bin", "mesh.bin", "");
    assert_refused("mesh.gltf", "accessor 1 is sparse, which is read of floats with alpha alone");
    position.accessor = "\"type\":\"VEC3\",\"componentType\":5122";
    write_triangle(&position, "mesh.bin", "mesh.bin", "");
    temporary_write("mesh.bin", data, 20);
    assert_refused("mesh.gltf", "accessor 1 lies in bytes 36 to 60 of a buffer that has 20");
    write_triangle(&position, "gone.bin", "mesh.bin", "");
    assert_refused("mesh.gltf", "buffer 0 (gone.bin): cannot open: No such file or directory");
}

/* ---- How textures are placed ------------------------------------------------------------------------------------- */

static void write_texture(void)
{
    static const uint8_t texels[4][4] = {{255, 0, 0, 255}, {0, 255, 0, 255}, {0, 0, 255, 255}, {9, 9, 9, 255}};
    error error = {""};
    assert_true(png_write(temporary_path("a.png"), 2, 2, *texels, &error));
}

#define TEXTURE "\"images\":[{\"uri\":\"a.png\"}],\"textures\":[{\"source\":0}],"

static void assert_mapped(const texture_mapping *mapping, double u, double v, double x, double y)
{
    assert_near(mapping->u[0] * u + mapping->u[1] * v + mapping->u[2], x);
    assert_near(mapping->v[0] * u + mapping->v[1] * v + mapping->v[2], y);
}

/* The first example of KHR_texture_transform's specification: the lower left quadrant of the image, turned clockwise;
 * and a transform of everything, by hand. */
static void test_transforms(void **state)
{
    (void)state;
    write_texture();
    scene scene = load_gltf(
        SQUARE_NODE,
        "\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":0,\"extensions\":{\"KHR_texture_transform\":"
        "{\"offset\":[0,1],\"rotation\":1.57079632679,\"scale\":[0.5,0.5]}}},\"metallicRoughnessTexture\":{\"index\":0}"
        "},"
        "\"emissiveTexture\":{\"index\":0,\"extensions\":{\"KHR_texture_transform\":{\"offset\":[0.1,0.2],"
        "\"rotation\":0.3,\"scale\":[2,3]}}},\"normalTexture\":{\"index\":0,\"extensions\":{\"KHR_texture_transform\":"
        "{\"rotation\":1.57079632679}}}",
        TEXTURE "\"extensionsRequired\":[\"KHR_texture_transform\"],\"extensionsUsed\":[\"KHR_texture_transform\"],");
    const material *material = &scene.materials[scene.triangles[0].material];
    assert_string_equal(scene.warnings, "");
    assert_int_equal(scene.texture_count, 2); /* as color and as numbers, however it is placed */
    assert_mapped(&material->base_color_mapping, 0, 0, 0, 1);
    assert_mapped(&material->base_color_mapping, 1, 0, 0, 0.5); /* the picture's right is up in the texture */
    assert_mapped(&material->base_color_mapping, 0, 1, 0.5, 1);
    assert_mapped(&material->metallic_roughness_mapping, 0.3, 0.7, 0.3, 0.7);
    assert_mapped(&material->emission_mapping, 0.4, 0.6, 0.1 + 0.8 * cos(0.3) + 1.8 * sin(0.3),
                  0.2 - 0.8 * sin(0.3) + 1.8 * cos(0.3));
    for (int i = 0; i < 4; i++) { /* along the normal texture's own u, which goes down, in the picture's v */
        assert_vec3(scene.vertices[i].tangent, 0, -1, 0);
        assert_float_equal(scene.vertices[i].handedness, 1, 0);
    }
    scene_free(&scene);
}

static void test_wraps(void **state)
{
    (void)state;
    static const int modes[] = {TRACE_WRAP_REPEAT, TRACE_WRAP_CLAMP, TRACE_WRAP_MIRROR};
    write_texture();
    scene scene =
        load_gltf(SQUARE_NODE,
                  "\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":0}},\"emissiveTexture\":{\"index\":1},"
                  "\"normalTexture\":{\"index\":2}",
                  "\"images\":[{\"uri\":\"a.png\"}],\"samplers\":[{\"wrapS\":33071,\"wrapT\":33648},{\"wrapS\":33648}],"
                  "\"textures\":[{\"source\":0,\"sampler\":0},{\"source\":0,\"sampler\":1},{\"source\":0}],");
    const material *material = &scene.materials[scene.triangles[0].material];
    assert_int_equal(material->base_color_mapping.wrap_u, modes[1]);
    assert_int_equal(material->base_color_mapping.wrap_v, modes[2]);
    assert_int_equal(material->emission_mapping.wrap_u, modes[2]);
    assert_int_equal(material->emission_mapping.wrap_v, modes[0]);
    assert_int_equal(material->normal_mapping.wrap_u, modes[0]);
    assert_int_equal(material->normal_mapping.wrap_v, modes[0]);
    scene_free(&scene);
    write_text("w.mtl", "newmtl m\nmap_Kd -clamp on a.png\n");
    write_text("w.obj", "mtllib w.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nvt 0 0\nusemtl m\nf 1/1 2/1 3/1\n");
    scene = load("w.obj");
    assert_int_equal(scene.materials[scene.triangles[0].material].base_color_mapping.wrap_u, TRACE_WRAP_CLAMP);
    assert_int_equal(scene.materials[scene.triangles[0].material].base_color_mapping.wrap_v, TRACE_WRAP_CLAMP);
    scene_free(&scene);
}

/* As the CPU reads them: texels of a picture of two columns, one row. */
static void test_texels(void **state)
{
    (void)state;
    uint8_t rgba[8] = {1, 0, 0, 0, 2, 0, 0, 0};
    const texture texture = {2, 1, rgba, false};
    static const float places[] = {-1.3f, -0.9f, -0.2f, 0.2f, 0.7f, 1.1f, 1.6f, 2.2f};
    for (int mode = 0; mode < 3; mode++) {
        texture_mapping mapping = TEXTURE_MAPPING_PLAIN;
        mapping.wrap_u = mode;
        for (int i = 0; i < 8; i++) {
            double x = places[i], folded = mode == TRACE_WRAP_REPEAT  ? x - floor(x)
                                           : mode == TRACE_WRAP_CLAMP ? (x > 0) * (x < 1 ? x : 1)
                                                                      : fabs(x - 2 * round(x / 2));
            assert_int_equal(texture_texel(&texture, &mapping, places[i], 0.5f)[0], folded < 0.5 ? 1 : 2);
        }
    }
}

/* ---- What is left out -------------------------------------------------------------------------------------------- */

static void assert_warned(const char *material, const char *more, const char *warning)
{
    scene scene = load_gltf(SQUARE_NODE, material, more);
    assert_string_equal(scene.warnings, warning);
    scene_free(&scene);
}

static void test_extensions(void **state)
{
    (void)state;
    write_gltf(&plain, SQUARE_NODE, "",
               "\"extensionsUsed\":[\"KHR_gaussian_splatting\"],\"extensionsRequired\":[\"KHR_materials_ior\","
               "\"KHR_gaussian_splatting\"],");
    assert_refused("scene.gltf", "it requires the extension KHR_gaussian_splatting, which is not supported");
    write_gltf(&plain, SQUARE_NODE, "", "\"extensionsRequired\":[\"EXT_texture_webp\"],");
    assert_refused("scene.gltf", "it requires the extension EXT_texture_webp, which is not supported");
    assert_warned("", "\"extensionsUsed\":[\"KHR_materials_sheen\",\"KHR_materials_ior\"],",
                  "the extension KHR_materials_sheen is not supported: what it says is left out\n");
}

static void test_other_coordinates(void **state)
{
    (void)state;
    const char *warning =
        "2 textures are placed by other texture coordinates than the first set: their factors alone are used\n";
    write_texture();
    scene scene = load_gltf(SQUARE_NODE,
                            "\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":0,\"texCoord\":1},"
                            "\"metallicRoughnessTexture\":{\"index\":0}},\"emissiveTexture\":{\"index\":0,"
                            "\"extensions\":{\"KHR_texture_transform\":{\"texCoord\":2}}},\"normalTexture\":"
                            "{\"index\":0,\"texCoord\":1,\"extensions\":{\"KHR_texture_transform\":{\"texCoord\":0}}}",
                            TEXTURE);
    const material *material = &scene.materials[scene.triangles[0].material];
    assert_string_equal(scene.warnings, warning);
    assert_int_equal(material->base_color_texture, -1);
    assert_int_equal(material->emission_texture, -1);
    assert_true(material->metallic_roughness_texture >= 0 && material->normal_texture >= 0);
    scene_free(&scene);
}

static void test_webp(void **state)
{
    (void)state;
    const char *color = "\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":0}}";
    write_texture();
    assert_warned(color,
                  "\"extensionsUsed\":[\"EXT_texture_webp\"],\"images\":[{\"uri\":\"a.webp\"}],\"textures\":"
                  "[{\"extensions\":{\"EXT_texture_webp\":{\"source\":0}}}],",
                  "1 textures are in a format that is not read (EXT_texture_webp): their factors alone are used\n");
    assert_warned(color,
                  "\"extensionsUsed\":[\"EXT_texture_webp\"],\"images\":[{\"uri\":\"a.png\"},{\"uri\":\"a.webp\"}],"
                  "\"textures\":[{\"source\":0,\"extensions\":{\"EXT_texture_webp\":{\"source\":1}}}],",
                  ""); /* beside a picture that everyone reads */
}

static void test_other_warnings(void **state)
{
    (void)state;
    assert_warned("\"alphaMode\":\"BLEND\"", "",
                  "1 materials blend, which is not supported: they are cut where alpha is below 1/2\n");
    assert_warned("", "\"animations\":[{\"channels\":[],\"samplers\":[]}],", "1 animations are left out\n");
    write_text("l.obj", "v 0 0 0\nv 1 0 0\nv 0 1 0\nf 1 2 3\nl 1 2\nl 2 3\n");
    scene scene = load("l.obj");
    assert_int_equal(scene.triangle_count, 1);
    assert_non_null(strstr(scene.warnings, " points and lines are left out\n"));
    scene_free(&scene);
}

static void test_missing_mtl(void **state)
{
    (void)state;
    write_text("m.obj", "mtllib gone.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl a\nf 1 2 3\nusemtl b\nf 3 2 1\n");
    scene scene = load("m.obj");
    assert_string_equal(scene.warnings,
                        "material file gone.mtl: cannot open: No such file or directory; its materials are replaced\n");
    scene_free(&scene);
}

static void test_mtl_textures(void **state)
{
    (void)state;
    write_texture();
    write_text(
        "o.mtl",
        "newmtl a\nmap_Kd -s 2 2 2 a.png\nmap_d a.png\nmap_Ks a.png\nnewmtl b\nmap_Kd -o 0.5 0 a.png\nmap_d a.png\n"
        "newmtl c\nmap_Kd a.png\n");
    write_text("o.obj", "mtllib o.mtl\nv 0 0 0\nv 1 0 0\nv 0 1 0\nusemtl a\nf 1 2 3\nusemtl b\nf 3 2 1\n");
    scene scene = load("o.obj");
    assert_string_equal(scene.warnings,
                        "material file o.mtl: the scale (-s) and offset (-o) of 2 textures are left out\n"
                        "2 textures of opacity are left out\n"
                        "1 textures of specular color are left out\n");
    scene_free(&scene);
}

/* Pipes and devices are no buffers: nothing waits for them. */
static void test_pipe(void **state)
{
    (void)state;
    write_gltf(&plain, SQUARE_NODE, "", "");
    assert_int_equal(unlink(temporary_path("square.bin")), 0);
    assert_int_equal(symlink("/dev/zero", temporary_path("square.bin")), 0);
    assert_refused("scene.gltf", "cannot read: GLTF: could not open referenced file \"square.bin\"");
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_escaped_buffer),
        TEST(test_quantized_positions),
        TEST(test_quantized_directions),
        TEST(test_quantized_coordinates),
        TEST(test_vertex_colors),
        TEST(test_obj_colors),
        TEST(test_binary),
        TEST(test_draco),
        TEST(test_bad_attributes),
        TEST(test_transforms),
        TEST(test_wraps),
        TEST(test_texels),
        TEST(test_extensions),
        TEST(test_other_coordinates),
        TEST(test_webp),
        TEST(test_other_warnings),
        TEST(test_missing_mtl),
        TEST(test_pipe),
        TEST(test_mtl_textures),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
