/* shapes.h -- solids and sheets with random proportions. */
#ifndef WFVIEW_TRACE_RANDOM_SHAPES_H
#define WFVIEW_TRACE_RANDOM_SHAPES_H

#include "mesh.h"

typedef enum shape_kind {
    SHAPE_BOX,
    SHAPE_SPHERE,                    /* or an ellipsoid */
    SHAPE_CUSHION,                   /* a superellipsoid: between ellipsoid and box, or pinched */
    SHAPE_BLOB,                      /* a sphere displaced by noise */
    SHAPE_CYLINDER,                  /* or a truncated cone, or a disk */
    SHAPE_VASE,                      /* a smooth profile turned about y */
    SHAPE_SPINDLE,                   /* an angular one */
    SHAPE_TORUS,                     /* round or flattened */
    SHAPE_KNOT,                      /* a torus knot */
    SHAPE_SPRING,                    /* a tube along a helix, with ends */
    SHAPE_PRISM,                     /* an n-gon, a star or a gear, extruded */
    SHAPE_TWIST,                     /* a bar that is turned on its way */
    SHAPE_SOLID_COUNT,               /* the ones before are closed and have an inside */
    SHAPE_CLOTH = SHAPE_SOLID_COUNT, /* a wavy sheet */
    SHAPE_BOWL,                      /* half an ellipsoid, open */
    SHAPE_COUNT
} shape_kind;

/* Adds one, about 1 large and centered in the mesh's pose, in its material. */
void shape_add(mesh *mesh, shape_kind kind, rng *rng);

/* A tube of a changing radius along a polyline of at least 2 points, closed at its ends; sides: 3 and more. */
void shape_tube(mesh *mesh, const vec3 *points, const float *radii, int count, int sides);

/* From -half to half in x and z; heights: noise of that amplitude, `bumps` of its largest features along a side. */
void shape_terrain(mesh *mesh, uint32_t seed, float half, float amplitude, float bumps, int cells);
float shape_terrain_height(uint32_t seed, float half, float amplitude, float bumps, float x, float z);

/* A ball of that radius around a point. */
void shape_ball(mesh *mesh, vec3 center, float radius);

#endif
