/* bvh_ray.h -- rays through a hierarchy on the CPU: to look around in scenes, not to render them. */
#ifndef WFVIEW_TRACE_BVH_RAY_H
#define WFVIEW_TRACE_BVH_RAY_H

#include "bvh.h"

typedef struct ray_hit {
    float distance; /* in lengths of the ray's direction */
    uint32_t triangle;
    float b1, b2; /* barycentric weights of its second and third vertex */
} ray_hit;

/* The nearest hit closer than limit, if there is any. Holes in materials let rays through. */
bool bvh_ray(const scene *scene, const bvh *bvh, vec3 origin, vec3 direction, float limit, ray_hit *hit);

/* Of a hit: where textures are read, and the normal of length 1 (interpolated; geometric), on
   the side that normals point to. */
void ray_hit_uv(const scene *scene, const ray_hit *hit, float *u, float *v);
vec3 ray_hit_normal(const scene *scene, const ray_hit *hit);
vec3 ray_hit_geometric_normal(const scene *scene, const ray_hit *hit);

/* The texel that a surface has at its u, v: 4 bytes. */
const uint8_t *texture_texel(const texture *texture, const texture_mapping *mapping, float u, float v);

#endif
