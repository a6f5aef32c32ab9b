/* objects.h -- things to put into a scene: single ones, groups of them, furniture, plants. Lengths are in meters. */
#ifndef WFVIEW_TRACE_RANDOM_OBJECTS_H
#define WFVIEW_TRACE_RANDOM_OBJECTS_H

#include "assets.h"
#include "mesh.h"
#include "paint.h"

#define WORLD_MAX_INTERESTS 64

/* Something to look at: a sphere around it. */
typedef struct interest {
    vec3 center;
    float radius;
} interest;

/* A scene while it is put together. */
typedef struct world {
    rng rng;
    const assets *assets; /* NULL: none */
    mesh mesh;
    paint paint;
    interest interests[WORLD_MAX_INTERESTS];
    int interest_count;
    vec3 low, high; /* where a camera may stand */
} world;

void world_look_at(world *world, vec3 center, float radius); /* notes a point of interest */

/* Each puts something onto the ground, or a table, at a point; size: about its largest extent. What has a front
 * is turned by an angle about y. */
void object_thing(world *world, vec3 ground, float size);               /* a shape, upright or turned any way */
void object_shining(world *world, vec3 ground, float size);             /* the same of gold, glass, or coated */
void object_floating(world *world, vec3 center, float size);            /* the same in the air */
void object_group(world *world, vec3 ground, float radius, float size); /* a heap, rows, a ring, a tower, a scatter */
void object_table(world *world, vec3 ground, float angle);              /* with things on it */
void object_chair(world *world, vec3 ground, float angle);
void object_shelf(world *world, vec3 ground, float angle); /* with books and things */
void object_plant(world *world, vec3 ground, float size);  /* leaves on stalks */
void object_tree(world *world, vec3 ground, float height);
void object_grass(world *world, vec3 ground, float radius, float height, int blades);
void object_fur(world *world, vec3 ground, float size);            /* a ball with hair */
void object_fence(world *world, vec3 from, vec3 to, float height); /* bars, rails, or a net */
void object_letters(world *world, vec3 ground, float angle, float size);
void object_lattice(world *world, vec3 ground, float size); /* bars along the edges of a grid of cubes */
void object_stairs(world *world, vec3 ground, float angle, int steps);
void object_column(world *world, vec3 ground, float height, float radius, uint32_t material);
void object_house(world *world, vec3 ground, vec3 size); /* with rows of windows */

#endif
