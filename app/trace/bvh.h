/* bvh.h -- a bounding volume hierarchy over a scene's triangles, built on the CPU.
 *
 * Binned surface area heuristic, in OpenMP tasks. The result does not depend on the number of threads. */
#ifndef WFVIEW_TRACE_BVH_H
#define WFVIEW_TRACE_BVH_H

#include <stdint.h>
#include <sys/types.h> /* uint */

#include "app/error.h"
#include "app/trace/scene/scene.h"
#include "shaders/trace/bvh.h"

typedef struct bvh_node bvh_node;

_Static_assert(sizeof(bvh_node) == 32, "a node is 32 bytes on both sides");

typedef struct bvh {
    bvh_node *nodes; /* parents ahead of their children, subtrees together; laid out as shaders/trace/bvh.h says */
    uint32_t node_count;
} bvh;

/* Builds it over the scene's triangles, of which there is at least one and whose positions are finite, and reorders
 * scene->triangles so that a leaf's are neighbors. Takes up to 180 bytes a triangle while it works, and keeps up to 64.
 * False where there is not enough memory: *bvh is zeroed then and the scene as it was. */
bool bvh_build(scene *scene, bvh *bvh, error *error);

/* Hierarchies that the calling thread builds from now on are built by it alone. */
void bvh_use_one_thread(void);

void bvh_free(bvh *bvh); /* leaves *bvh zeroed; zeroed is fine */

#endif
