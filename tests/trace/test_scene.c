/* Scenes: what a file says is what comes out, and what cannot be used of it is left out with a sentence. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/png.h"
#include "scene_files.h"
#include "temporary.h"

/* ---- Triangles --------------------------------------------------------------------------------------------------- */

static void test_square(void **state)
{
    (void)state;
    scene scene = load_gltf(SQUARE_NODE, "", "");
    assert_int_equal(scene.triangle_count, 2);
    assert_int_equal(scene.vertex_count, 4);
    assert_int_equal(scene.left_out, 0);
    assert_string_equal(scene.warnings, "");
    for (uint32_t i = 0; i < 2; i++)
        for (int k = 0; k < 3; k++) {
            uint32_t index = plain.indices[3 * i + (uint32_t)k];
            const vertex *vertex = corner(&scene, i, k);
            assert_memory_equal(&vertex->position, plain.positions[index], sizeof vertex->position);
            assert_vec3(vertex->normal, 0, 0, 1);
            assert_vec3(vertex->tangent, 1, 0, 0);
            assert_float_equal(vertex->handedness, 1, 0); /* cross(normal, tangent) is +y, up in the texture */
            assert_near(vertex->u, plain.uvs[index][0]);
            assert_near(vertex->v, plain.uvs[index][1]);
        }
    assert_vec3(scene.minimum, 0, 0, 0);
    assert_vec3(scene.maximum, 2, 1, 0);
    assert_false(scene.has_camera || scene.has_lights);
    scene_free(&scene);
    assert_null(scene.vertices);
    scene_free(&scene);
}

/* Nested: turned by 90 degrees about y, moved, then scaled by (1, 2, 3). */
static void test_transforms(void **state)
{
    (void)state;
    scene scene = load_gltf("{\"children\":[1],\"scale\":[1,2,3]},{\"mesh\":0,\"rotation\":[0,0.70710678,0,0.70710678],"
                            "\"translation\":[10,20,30]}",
                            "", "");
    assert_vec3(scene.vertices[0].position, 10, 40, 90);
    assert_vec3(scene.vertices[1].position, 10, 40, 84);
    assert_vec3(scene.vertices[2].position, 10, 42, 84);
    assert_vec3(scene.vertices[0].normal, 1, 0, 0);
    assert_vec3(scene.vertices[0].tangent, 0, 0, -1);
    scene_free(&scene);
}

/* A sheared normal stays square to its surface: scale (1,1,4) over a turn by 45 degrees. */
static void test_normal_transform(void **state)
{
    (void)state;
    scene scene =
        load_gltf("{\"children\":[1],\"scale\":[1,1,4]},{\"mesh\":0,\"rotation\":[0,0.38268343,0,0.92387953]}", "", "");
    vec3 edge = vec3_subtract(scene.vertices[1].position, scene.vertices[0].position);
    assert_near(vec3_dot(edge, scene.vertices[0].normal), 0);
    assert_near(vec3_length(scene.vertices[0].normal), 1);
    assert_near(scene.vertices[0].normal.x / scene.vertices[0].normal.z, 4);
    scene_free(&scene);
}

/* Mirrored: still counter-clockwise seen from where the normal points; the picture on it is the other way round. */
static void test_mirror(void **state)
{
    (void)state;
    for (int mesh = 0; mesh < 2; mesh++) {
        char node[64];
        snprintf(node, sizeof node, "{\"mesh\":%d,\"scale\":[-1,1,1]}", mesh);
        scene scene = load_gltf(node, "", "");
        for (uint32_t i = 0; i < 2; i++) {
            vec3 a = corner(&scene, i, 0)->position, b = corner(&scene, i, 1)->position,
                 c = corner(&scene, i, 2)->position;
            vec3 area = vec3_cross(vec3_subtract(b, a), vec3_subtract(c, a));
            assert_vec3(area, 0, 0, 2);
            assert_vec3(corner(&scene, i, 0)->normal, 0, 0, 1);
            assert_vec3(corner(&scene, i, 0)->tangent, -1, 0, 0);
            assert_float_equal(corner(&scene, i, 0)->handedness, -1, 0);
        }
        scene_free(&scene);
    }
}

/* The file's own tangents count: made square to the normal, and mirrored with the surface. */
static void test_own_tangents(void **state)
{
    (void)state;
    for (int mirrored = 0; mirrored < 2; mirrored++) {
        scene scene = load_gltf(mirrored ? "{\"mesh\":2,\"scale\":[1,-1,1]}" : "{\"mesh\":2}", "", "");
        for (int i = 0; i < 4; i++) {
            assert_vec3(scene.vertices[i].tangent, 0, mirrored ? -1 : 1, 0);
            assert_float_equal(scene.vertices[i].handedness, mirrored ? 1 : -1, 0);
        }
        scene_free(&scene);
    }
}

/* Without normals: flat, each triangle with vertices of its own. */
static void test_flat(void **state)
{
    (void)state;
    square bent = plain;
    bent.positions[3][2] = 1;
    write_gltf(&bent, "{\"mesh\":1}", "", "");
    scene scene = load("scene.gltf");
    assert_int_equal(scene.vertex_count, 6);
    for (int k = 0; k < 3; k++) {
        assert_vec3(corner(&scene, 0, k)->normal, 0, 0, 1);
        assert_vec3(corner(&scene, 1, k)->normal, 1.0 / 3, -2.0 / 3, 2.0 / 3);
    }
    scene_free(&scene);
}

/* A normal that is none is made from the triangles around it; texture coordinates that are
   none, or out of reach, are 0. */
static void test_bad_attributes(void **state)
{
    (void)state;
    square bad = plain;
    memset(bad.normals[1], 0, sizeof bad.normals[1]);
    bad.normals[2][0] = NAN;
    bad.uvs[0][0] = INFINITY;
    bad.uvs[2][0] = 3e38f;
    write_gltf(&bad, SQUARE_NODE, "", "");
    scene scene = load("scene.gltf");
    for (int i = 0; i < 4; i++) {
        assert_vec3(scene.vertices[i].normal, 0, 0, 1);
        assert_near(scene.vertices[i].u, i == 1);
        assert_true(vec3_is_finite(scene.vertices[i].tangent));
    }
    scene_free(&scene);
}

static void test_broken_triangles(void **state)
{
    (void)state;
    const char *warning =
        "1 of 2 triangles are left out: indices out of range, positions not finite or beyond 1e+09, or no area\n";
    for (int kind = 0; kind < 4; kind++) {
        square bad = plain;
        if (kind == 0)
            bad.positions[3][1] = NAN;
        else if (kind == 1)
            bad.positions[3][0] = 1e30f;
        else if (kind == 2)
            bad.indices[5] = 2;
        else
            bad.indices[5] = 1000000;
        write_gltf(&bad, SQUARE_NODE, "", "");
        scene scene = load("scene.gltf");
        assert_int_equal(scene.triangle_count, 1);
        assert_int_equal(scene.left_out, kind < 3); /* assimp drops what has wrong indices by itself */
        assert_string_equal(scene.warnings, kind < 3 ? warning : "");
        assert_vec3(scene.maximum, 2, 1, 0);
        scene_free(&scene);
    }
}

/* ---- Materials --------------------------------------------------------------------------------------------------- */

static void test_factors(void **state)
{
    (void)state;
    scene scene =
        load_gltf(SQUARE_NODE,
                  "\"pbrMetallicRoughness\":{\"baseColorFactor\":[0.1,0.2,0.3,0.8],\"metallicFactor\":0.4,"
                  "\"roughnessFactor\":0.6},\"emissiveFactor\":[0.5,0.25,1],\"alphaMode\":\"MASK\",\"alphaCutoff\":0.4,"
                  "\"extensions\":{\"KHR_materials_emissive_strength\":{\"emissiveStrength\":30},"
                  "\"KHR_materials_transmission\":{\"transmissionFactor\":0.7},\"KHR_materials_ior\":{\"ior\":1.33}}",
                  "\"extensionsUsed\":[\"KHR_materials_emissive_strength\",\"KHR_materials_transmission\","
                  "\"KHR_materials_ior\"],");
    const material *material = &scene.materials[scene.triangles[0].material];
    assert_near(material->base_color[0], 0.1);
    assert_near(material->base_color[2], 0.3);
    assert_near(material->metallic, 0.4);
    assert_near(material->roughness, 0.6);
    assert_near(material->emission[0], 15);
    assert_near(material->emission[1], 7.5);
    assert_near(material->emission[2], 30);
    assert_near(material->transmission, 0.7);
    assert_near(material->ior, 1.33);
    assert_near(material->alpha_cutoff, 0.5); /* 0.4 over the factor's alpha */
    assert_int_equal(material->base_color_texture, -1);
    assert_int_equal(material->normal_texture, -1);
    assert_true(scene.has_lights);
    scene_free(&scene);
}

static void test_default_factors(void **state)
{
    (void)state;
    scene scene = load_gltf(SQUARE_NODE, "", "");
    const material *material = &scene.materials[scene.triangles[0].material];
    assert_near(material->base_color[1], 1);
    assert_near(material->metallic, 1);
    assert_near(material->roughness, 1);
    assert_near(material->transmission, 0);
    assert_near(material->ior, 1.5);
    assert_near(material->alpha_cutoff, 0);
    assert_near(material->normal_scale, 1);
    scene_free(&scene);
}

/* Values outside of the model are clamped into it. */
static void test_wild_factors(void **state)
{
    (void)state;
    scene scene = load_gltf(
        SQUARE_NODE,
        "\"pbrMetallicRoughness\":{\"baseColorFactor\":[-1,7,0.5,1],\"metallicFactor\":9,"
        "\"roughnessFactor\":-3},\"emissiveFactor\":[-5,0,0],\"extensions\":{\"KHR_materials_ior\":{\"ior\":0.1}}",
        "\"extensionsUsed\":[\"KHR_materials_ior\"],");
    const material *material = &scene.materials[scene.triangles[0].material];
    assert_near(material->base_color[0], 0);
    assert_near(material->base_color[1], 1);
    assert_near(material->metallic, 1);
    assert_near(material->roughness, 0);
    assert_near(material->emission[0], 0);
    assert_near(material->ior, 1);
    assert_false(scene.has_lights);
    scene_free(&scene);
}

/* Materials need no names, and may share one. */
static void test_nameless_emission(void **state)
{
    (void)state;
    scene scene = load_gltf(SQUARE_NODE,
                            "\"emissiveFactor\":[1,1,1],\"extensions\":{\"KHR_materials_emissive_strength\":"
                            "{\"emissiveStrength\":30}}},{\"name\":\"m\",\"emissiveFactor\":[1,1,1]",
                            "");
    assert_near(scene.materials[scene.triangles[0].material].emission[0], 30);
    assert_string_equal(scene.warnings, "");
    scene_free(&scene);
}

static void test_lights_without_surface(void **state)
{
    (void)state;
    scene scene = load_gltf(
        "{\"mesh\":0,\"children\":[1]},{\"name\":\"l\",\"extensions\":{\"KHR_lights_punctual\":{\"light\":0}}}", "",
        "\"extensionsUsed\":[\"KHR_lights_punctual\"],\"extensions\":{\"KHR_lights_punctual\":{\"lights\":"
        "[{\"type\":\"point\"}]}},");
    assert_string_equal(scene.warnings, "1 lights without a surface are left out\n");
    assert_false(scene.has_lights);
    scene_free(&scene);
}

/* ---- Textures ---------------------------------------------------------------------------------------------------- */

static const uint8_t texels[] = {10,  20,  30,  255, 40, 50, 60, 255, 70, 80, 90, 255,
                                 100, 110, 120, 255, 1,  2,  3,  255, 4,  5,  6,  255};

static void write_texture(const char *name)
{
    error error = {""};
    assert_true(png_write(temporary_path(name), 3, 2, texels, &error));
}

#define TEXTURES(uri) "\"images\":[{\"uri\":\"" uri "\"}],\"textures\":[{\"source\":0}],"
#define COLOR_TEXTURE "\"pbrMetallicRoughness\":{\"baseColorTexture\":{\"index\":0}"

static void assert_texture(const scene *scene, int index, bool srgb)
{
    assert_in_range(index, 0, scene->texture_count - 1);
    const texture *texture = &scene->textures[index];
    assert_int_equal(texture->width, 3);
    assert_int_equal(texture->height, 2);
    assert_int_equal(texture->srgb, srgb);
    assert_memory_equal(texture->rgba, texels, sizeof texels);
}

/* One file as color and as numbers: two textures, however many materials name it. */
static void test_textures(void **state)
{
    (void)state;
    write_texture("a.png");
    scene scene =
        load_gltf(SQUARE_NODE,
                  COLOR_TEXTURE ",\"metallicRoughnessTexture\":{\"index\":0}},"
                                "\"normalTexture\":{\"index\":0,\"scale\":0.5},\"emissiveTexture\":{\"index\":0}",
                  TEXTURES("a.png"));
    const material *material = &scene.materials[scene.triangles[0].material];
    assert_int_equal(scene.texture_count, 2);
    assert_texture(&scene, material->base_color_texture, true);
    assert_texture(&scene, material->metallic_roughness_texture, false);
    assert_int_equal(material->normal_texture, material->metallic_roughness_texture);
    assert_int_equal(material->emission_texture, material->base_color_texture);
    assert_near(material->normal_scale, 0.5);
    assert_string_equal(scene.warnings, "");
    scene_free(&scene);
}

static void test_escaped_name(void **state)
{
    (void)state;
    write_texture("a b.png");
    scene scene = load_gltf(SQUARE_NODE, COLOR_TEXTURE "}", TEXTURES("a%20b.png"));
    assert_texture(&scene, scene.materials[scene.triangles[0].material].base_color_texture, true);
    scene_free(&scene);
}

static void test_embedded_texture(void **state)
{
    (void)state;
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    char more[2048] = "\"textures\":[{\"source\":0}],\"images\":[{\"uri\":\"data:image/png;base64,";
    size_t size, end = strlen(more);
    write_texture("a.png");
    uint8_t *png = (uint8_t *)temporary_read("a.png", &size);
    for (size_t i = 0; i < size; i += 3) { /* the 0 behind it pads */
        uint32_t bits =
            (uint32_t)png[i] << 16 | (i + 1 < size ? (uint32_t)png[i + 1] << 8 : 0) | (i + 2 < size ? png[i + 2] : 0);
        for (int k = 0; k < 4; k++)
            more[end++] = i + (size_t)k > size ? '=' : digits[bits >> (18 - 6 * k) & 63];
    }
    strcpy(more + end, "\"}],");
    free(png);
    scene scene = load_gltf(SQUARE_NODE, COLOR_TEXTURE "}", more);
    assert_texture(&scene, scene.materials[scene.triangles[0].material].base_color_texture, true);
    scene_free(&scene);
}

static void assert_texture_warning(const char *uri, const char *reason)
{
    char more[256], expected[512];
    snprintf(more, sizeof more, "\"images\":[{\"uri\":\"%s\"}],\"textures\":[{\"source\":0}],", uri);
    scene scene = load_gltf(SQUARE_NODE, COLOR_TEXTURE ",\"baseColorFactor\":[0.5,0.5,0.5,1]}", more);
    const material *material = &scene.materials[scene.triangles[0].material];
    snprintf(expected, sizeof expected, "texture %s: %s; its factor alone is used\n", uri, reason);
    assert_string_equal(scene.warnings, expected);
    assert_int_equal(material->base_color_texture, -1);
    assert_near(material->base_color[0], 0.5);
    assert_int_equal(scene.texture_count, 0);
    scene_free(&scene);
}

static void test_bad_textures(void **state)
{
    (void)state;
    assert_texture_warning("missing.png", "cannot open: No such file or directory");
    write_text("text.png", "no picture");
    assert_texture_warning("text.png", "unknown image type");
    write_text("empty.png", "");
    assert_texture_warning("empty.png", "unknown image type");
    write_text("runs.hdr", "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 8\n\2\2");
    assert_texture_warning("runs.hdr", "Radiance HDR is not read as a texture");
    write_texture("cut.png");
    size_t size;
    char *png = temporary_read("cut.png", &size);
    temporary_write("cut.png", png, size / 2);
    assert_true(size > 24);
    memcpy(png + 16, "\0\0\x40\x01\0\0\0\1", 8); /* 16385x1 */
    temporary_write("wide.png", png, size);
    free(png);
    assert_texture_warning("wide.png", "it is 16385x1, 16384x16384 is the limit");
    scene scene = load_gltf(SQUARE_NODE, COLOR_TEXTURE "}", TEXTURES("cut.png"));
    assert_non_null(strstr(scene.warnings, "texture cut.png: "));
    assert_int_equal(scene.texture_count, 0);
    scene_free(&scene);
}

/* ---- Cameras ----------------------------------------------------------------------------------------------------- */

static void test_camera(void **state)
{
    (void)state;
    scene scene = load_gltf(
        "{\"mesh\":0,\"children\":[1]},{\"name\":\"c\",\"camera\":0,\"translation\":[1,0.5,5],"
        "\"rotation\":[0,0,0.70710678,0.70710678]}",
        "",
        "\"cameras\":[{\"type\":\"perspective\",\"perspective\":{\"yfov\":0.8,\"aspectRatio\":1.5,\"znear\":0.1}}],");
    assert_true(scene.has_camera);
    assert_vec3(scene.camera.eye, 1, 0.5, 5);
    assert_vec3(scene.camera.target, 1, 0.5, 0);
    assert_vec3(scene.camera.up, -1, 0, 0);
    assert_near(scene.camera.fov_y, 0.8);
    assert_near(scene.camera.focus, 5);
    assert_near(scene.camera.aperture, 0);
    scene_free(&scene);
}

static void test_broken_camera(void **state)
{
    (void)state;
    scene scene = load_gltf("{\"mesh\":0,\"children\":[1]},{\"name\":\"c\",\"camera\":0}", "",
                            "\"cameras\":[{\"type\":\"perspective\",\"perspective\":{\"yfov\":-3,\"znear\":0.1}}],");
    assert_false(scene.has_camera);
    assert_string_equal(scene.warnings, "its first camera is broken or not perspective; another frames the scene\n");
    scene_free(&scene);
}

/* Every corner of the bounds is in a square picture, and they fill a good part of it. */
static void assert_framed(const camera *camera, vec3 low, vec3 high)
{
    vec3 forward = vec3_normalize(vec3_subtract(camera->target, camera->eye));
    vec3 right = vec3_normalize(vec3_cross(forward, camera->up)), up = vec3_cross(right, forward);
    double largest = 0, reach = tan(camera->fov_y / 2.0);
    for (int i = 0; i < 8; i++) {
        vec3 p = {i & 1 ? high.x : low.x, i & 2 ? high.y : low.y, i & 4 ? high.z : low.z};
        vec3 to = vec3_subtract(p, camera->eye);
        double depth = vec3_dot(to, forward);
        assert_true(depth > 0);
        largest = fmax(largest, fmax(fabs(vec3_dot(to, right)), fabs(vec3_dot(to, up))) / depth / reach);
    }
    assert_true(largest <= 1.0001 && largest > 0.4);
}

static void test_framing(void **state)
{
    (void)state;
    scene scene = load_gltf(SQUARE_NODE, "", "");
    assert_framed(&scene.camera, scene.minimum, scene.maximum);
    scene_free(&scene);
    static const vec3 sizes[] = {{1, 1, 1}, {1e6f, 1, 1}, {1e-6f, 1e-6f, 1e-6f}, {1, 9, 3}};
    for (int i = 0; i < 4; i++) {
        vec3 low = {-5e-7f, 3e-7f, 0}, high = vec3_add(low, sizes[i]);
        camera camera = camera_framing(low, high);
        assert_framed(&camera, low, high);
    }
}

/* ---- .obj -------------------------------------------------------------------------------------------------------- */

static void test_obj(void **state)
{
    (void)state;
    write_texture("a.png");
    write_text("a.mtl", "newmtl red\nKd 0.6 0.1 0.05\nKe 3 2 1\nPr 0.3\nPm 0.9\nmap_Kd .\\a.png\n"
                        "newmtl glass\nKd 1 1 1\nd 0.1\nillum 4\nNi 1.4\nKs 1 1 1\nNs 200\n");
    write_text("a.obj", "mtllib a.mtl\nv 0 0 0\nv 2 0 0\nv 2 1 0\nv 0 1 0\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\nvn 0 0 1\n"
                        "usemtl red\nf 1/1/1 2/2/1 3/3/1 4/4/1\nusemtl glass\nf 1/1/1 3/3/1 4/4/1\n");
    scene scene = load("a.obj");
    assert_int_equal(scene.triangle_count, 3);
    const material *red = &scene.materials[scene.triangles[0].material],
                   *glass = &scene.materials[scene.triangles[2].material];
    assert_near(red->base_color[0], 0.6);
    assert_near(red->base_color[2], 0.05);
    assert_near(red->emission[1], 2);
    assert_near(red->roughness, 0.3);
    assert_near(red->metallic, 0.9);
    assert_texture(&scene, red->base_color_texture, true);
    assert_near(glass->transmission, 0.9);
    assert_near(glass->ior, 1.4);
    assert_near(glass->roughness, pow(2.0 / 202, 0.25));
    for (uint32_t i = 0; i < scene.vertex_count; i++) { /* v is downwards */
        assert_near(scene.vertices[i].u, scene.vertices[i].position.x / 2);
        assert_near(scene.vertices[i].v, 1 - scene.vertices[i].position.y);
        assert_float_equal(scene.vertices[i].handedness, 1, 0);
    }
    assert_true(scene.has_lights);
    scene_free(&scene);
}

static void test_obj_alone(void **state)
{
    (void)state;
    write_text("b.OBJ", "mtllib missing.mtl\nv 0 0 0\nv 1 0 0\nv 1 1 0\nv 0.5 1.5 0\nv 0 1 0\nf 1 2 3 4 5\n");
    scene scene = load("b.OBJ");
    assert_int_equal(scene.triangle_count, 3);
    for (uint32_t i = 0; i < scene.vertex_count; i++) {
        assert_vec3(scene.vertices[i].normal, 0, 0, 1);
        assert_vec3(scene.vertices[i].tangent, 0, 0, 0);
    }
    assert_int_equal(scene.materials[scene.triangles[0].material].base_color_texture, -1);
    assert_string_equal(
        scene.warnings,
        "material file missing.mtl: cannot open: No such file or directory; its materials are replaced\n");
    scene_free(&scene);
}

#define TEST(name) cmocka_unit_test_setup(name, setup)

int main(void)
{
    const struct CMUnitTest tests[] = {
        TEST(test_square),
        TEST(test_transforms),
        TEST(test_normal_transform),
        TEST(test_mirror),
        TEST(test_own_tangents),
        TEST(test_flat),
        TEST(test_bad_attributes),
        TEST(test_broken_triangles),
        TEST(test_factors),
        TEST(test_default_factors),
        TEST(test_wild_factors),
        TEST(test_nameless_emission),
        TEST(test_lights_without_surface),
        TEST(test_textures),
        TEST(test_escaped_name),
        TEST(test_embedded_texture),
        TEST(test_bad_textures),
        TEST(test_camera),
        TEST(test_broken_camera),
        TEST(test_framing),
        TEST(test_obj),
        TEST(test_obj_alone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
