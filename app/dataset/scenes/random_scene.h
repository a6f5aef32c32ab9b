/* random_scene.h -- scenes for training: no two alike, each a function of a seed and its number alone. */
#ifndef WFVIEW_TRACE_RANDOM_SCENE_H
#define WFVIEW_TRACE_RANDOM_SCENE_H

#include "app/trace/bvh.h"
#include "places.h"

typedef struct random_scene {
    scene scene;
    bvh bvh;
    camera previous; /* where scene.camera was a frame earlier */
    place place;
} random_scene;

/* Scene number `index` of a seed, ready to trace: at most MESH_MAX_TRIANGLES triangles, RANDOM_MAX_MATERIALS
 * materials and RANDOM_MAX_TEXTURES textures of up to 256 * 256 texels; the camera stands free, sees something,
 * and its picture is neither black nor burnt out. Any thread, in any order. assets: the user's own, among what
 * scenes are made of; NULL: none. On failure *out is zeroed: no memory, or, which is not to be expected,
 * nothing worth a picture was found. */
bool random_scene_create(uint64_t seed, uint32_t index, const assets *assets, random_scene *out, error *error);
void random_scene_free(random_scene *scene); /* leaves it zeroed; zeroed is fine */

#endif
