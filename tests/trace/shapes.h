/* shapes.h -- small scenes made of quads and spheres, for tests. */
#ifndef TESTS_TRACE_SHAPES_H
#define TESTS_TRACE_SHAPES_H

#include "app/trace/scene/scene.h"

/* A scene with a black environment and room for a few ten thousand triangles; scene_free frees it. */
scene shapes_scene(void);

/* A white Lambert material: change what is returned before the next call. */
material *shapes_material(scene *scene);

/* A 4-channel texture; texels are copied. Its index. */
int shapes_texture(scene *scene, int width, int height, const uint8_t *rgba, bool srgb);

/* A parallelogram with the latest material, normal cross(u, v); the texture's bottom left at the corner, its
 * right along u and its top along v. */
void shapes_quad(scene *scene, vec3 corner, vec3 u, vec3 v);

/* A sphere of that many rings, with smooth normals, and twice as many segments. */
void shapes_sphere(scene *scene, vec3 center, float radius, int rings);

#endif
