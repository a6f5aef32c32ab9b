#include "shapes.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_VERTICES  65536
#define MAX_TRIANGLES 65536
#define MAX_OTHERS    16

static void *allocate(size_t count, size_t size)
{
    void *memory = calloc(count, size);
    if (!memory)
        abort();
    return memory;
}

scene shapes_scene(void)
{
    return (scene){
        .vertices = allocate(MAX_VERTICES, sizeof(vertex)),
        .triangles = allocate(MAX_TRIANGLES, sizeof(triangle)),
        .materials = allocate(MAX_OTHERS, sizeof(material)),
        .textures = allocate(MAX_OTHERS, sizeof(texture)),
        .warnings = allocate(1, 1),
        .minimum = {-10, -10, -10},
        .maximum = {10, 10, 10},
    };
}

material *shapes_material(scene *scene)
{
    material *added = &scene->materials[scene->material_count++];
    *added = material_white;
    return added;
}

int shapes_texture(scene *scene, int width, int height, const uint8_t *rgba, bool srgb)
{
    size_t size = 4 * (size_t)width * (size_t)height;
    scene->textures[scene->texture_count] = (texture){width, height, allocate(size, 1), srgb};
    memcpy(scene->textures[scene->texture_count].rgba, rgba, size);
    return (int)scene->texture_count++;
}

static void add_triangle(scene *scene, uint32_t a, uint32_t b, uint32_t c)
{
    scene->triangles[scene->triangle_count++] = (triangle){{a, b, c}, scene->material_count - 1};
}

void shapes_quad(scene *scene, vec3 corner, vec3 u, vec3 v)
{
    uint32_t first = scene->vertex_count;
    vec3 normal = vec3_normalize(vec3_cross(u, v)), tangent = vec3_normalize(u);
    for (int i = 0; i < 4; i++) {
        float s = (float)(i & 1), t = (float)(i >> 1);
        vec3 position = vec3_add(corner, vec3_add(vec3_scale(u, s), vec3_scale(v, t)));
        scene->vertices[scene->vertex_count++] = (vertex){position, normal, tangent, 1, s, 1 - t};
    }
    add_triangle(scene, first, first + 1, first + 3);
    add_triangle(scene, first, first + 3, first + 2);
}

void shapes_sphere(scene *scene, vec3 center, float radius, int rings)
{
    uint32_t first = scene->vertex_count, columns = 2 * (uint32_t)rings + 1;
    const float pi = 3.14159265f;
    for (int i = 0; i <= rings; i++) {
        for (int j = 0; j <= 2 * rings; j++) {
            float theta = pi * (float)i / (float)rings, phi = pi * (float)j / (float)rings;
            vec3 normal = {sinf(theta) * sinf(phi), cosf(theta), sinf(theta) * cosf(phi)};
            scene->vertices[scene->vertex_count++] =
                (vertex){.position = vec3_add(center, vec3_scale(normal, radius)), .normal = normal};
        }
    }
    for (uint32_t i = 0; i < (uint32_t)rings; i++) {
        for (uint32_t j = 0; j + 1 < columns; j++) {
            uint32_t a = first + i * columns + j, b = a + columns;
            if (i > 0)
                add_triangle(scene, a, b, a + 1);
            if (i + 1 < (uint32_t)rings)
                add_triangle(scene, a + 1, b, b + 1);
        }
    }
}
