/* bvh.h -- the bounding volume hierarchy as the tracer traverses it, shared by C (app/trace/bvh.h) and GLSL.
 *
 * Nodes are 32 bytes in both: GLSL's std430 and scalar layouts put a vec3 and a uint where C has them. The root is node
 * 0; node 1 is unused, so that the two children of a node, which are neighbors, share 64 aligned bytes:
 *
 *     count == 0: an inner node, its children are nodes first and first + 1
 *     count >= 1: a leaf, its triangles are first ... first + count - 1
 *
 * A traversal that walks on into one child and keeps the other needs a stack of BVH_MAX_DEPTH entries. */
#ifndef WF_BVH_H
#define WF_BVH_H

#define BVH_MAX_DEPTH 48 /* inner nodes on any way from the root to a leaf, at most */
#define BVH_MAX_LEAF  4  /* triangles in a leaf, at most */

struct bvh_node {
    vec3 minimum; /* of all triangles below */
    uint first;
    vec3 maximum;
    uint count;
};

#endif
