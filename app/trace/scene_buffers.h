/* scene_buffers.h -- a scene as the path tracer's shaders read it: in the device's memory, with what they
   find it by. Private to trace/. */
#ifndef WFVIEW_SCENE_BUFFERS_H
#define WFVIEW_SCENE_BUFFERS_H

#include "tracer.h"

/* In the place of the scene that the buffers had; nothing may read them. Sets what of tracer->fixed is the scene's, and
 * forgets the samples that were accumulated. */
bool scene_buffers_fill(tracer *tracer, const scene *scene, const bvh *bvh, error *error);

/* Vertices have colors, or textures are placed: shaders are compiled with or without that. */
bool scene_is_painted(const scene *scene);

#endif
