/* traverse.h -- what the shader does with a BVH, on the CPU and in float64: the tests' reference. */
#ifndef TESTS_TRAVERSE_H
#define TESTS_TRAVERSE_H

#include "app/trace/bvh.h"

typedef struct ray {
    double origin[3], direction[3];
} ray;

typedef struct hit {
    double distance;   /* in lengths of the ray's direction; INFINITY: none */
    uint32_t triangle; /* the first in scene->triangles of those at that distance */
    double b1, b2;     /* barycentric weights of its second and third vertex */
} hit;

/* Through the tree; counts the triangles it tests in *tests where that is not NULL. */
hit traverse(const scene *scene, const bvh *bvh, const ray *ray, uint64_t *tests);

/* Against every triangle. */
hit traverse_all(const scene *scene, const ray *ray);

#endif
