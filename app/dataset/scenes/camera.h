/* camera.h -- a camera that sees something. */
#ifndef WFVIEW_TRACE_RANDOM_CAMERA_H
#define WFVIEW_TRACE_RANDOM_CAMERA_H

#include "app/trace/bvh_ray.h"
#include "objects.h"

/* The direction of length 1 through a point of the picture, x and y from -1 to 1, y up; the picture is square. */
vec3 camera_direction(const camera *camera, float x, float y);

/* Whether a point is inside of a solid: most surfaces around it turn their backs to it. */
bool camera_is_enclosed(const scene *scene, const bvh *bvh, vec3 point);

/* The one of several cameras drawn at random whose picture is richest in surfaces and depths. False: none of
 * them stands free and sees enough. */
bool camera_random(world *world, const bvh *bvh, camera *camera);

/* Where that camera was a frame earlier: a little aside, and turned; at times it rested. */
camera camera_before(const camera *camera, rng *rng);

#endif
