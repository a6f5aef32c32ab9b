/* mesh.h -- triangles under construction: surfaces are put where a pose says, into a scene of limited size. */
#ifndef WFVIEW_TRACE_RANDOM_MESH_H
#define WFVIEW_TRACE_RANDOM_MESH_H

#include "app/trace/scene/scene.h"
#include "random.h"

#define MESH_MAX_VERTICES  160000
#define MESH_MAX_TRIANGLES 120000

/* point -> origin + x * scale.x * point.x + y * ... ; x, y, z are orthonormal and right-handed, scales above 0. */
typedef struct pose {
    vec3 x, y, z, scale, origin;
} pose;

typedef struct mesh {
    scene *scene;
    pose pose;
    uint32_t material; /* of what is added next */
    float density;     /* how often a texture repeats in a unit of length; closed surfaces round to whole repeats */
    float detail;      /* curved surfaces get this part of the triangles along each side: 1, or less for small things */
} mesh;

/* Makes room in an empty scene for as much as a mesh may have. */
bool mesh_begin(mesh *mesh, scene *scene, error *error);

pose pose_at(vec3 origin, float scale);
pose pose_turned(vec3 origin, float scale, float angle); /* about y, in radians */
pose pose_random(rng *rng, vec3 origin, float scale);    /* turned any way */
pose pose_along(vec3 origin, vec3 up, float scale);      /* y along up, of length 1 */
pose pose_join(pose outer, pose inner);                  /* inner first; outer's scale is the same along all axes */
vec3 pose_point(const pose *pose, vec3 point);

/* A point of a surface from u (to the right, seen from the front) and v (down), both in [0,1]. Functions are asked
 * slightly outside of that too. */
typedef vec3 (*surface_point)(const void *shape, float u, float v);

/* A smooth surface of columns * rows quads; triangles without area are left out. width and height: about how long it
 * is, in the pose's own units, for textures. It is left out as a whole where the mesh has no room. */
void mesh_surface(mesh *mesh, surface_point point, const void *shape, int columns, int rows, float width, float height);

/* Flat: a parallelogram seen from where its edges turn counter-clockwise (cross(right, up) is its normal). */
void mesh_quad(mesh *mesh, vec3 corner, vec3 right, vec3 up);

/* Flat: the polygon's triangles with its first point; normal as counter-clockwise points have it. */
void mesh_fan(mesh *mesh, const vec3 *points, int count);

/* Axis-parallel in the pose; low and high are corners. */
void mesh_box(mesh *mesh, vec3 low, vec3 high);

/* Whether so many fit; and another scene's, put where the pose says, with materials[i] in place of its i-th. Its
 * vertices' colors are left out. */
bool mesh_has_room(const mesh *mesh, uint32_t vertices, uint32_t triangles);
void mesh_copy(mesh *mesh, const scene *from, const uint32_t *materials);

/* The bounds of the vertices from `first` on, of which there is at least one, and these vertices moved. */
void mesh_bounds(const mesh *mesh, uint32_t first, vec3 *low, vec3 *high);
void mesh_move(mesh *mesh, uint32_t first, vec3 by);

#endif
