/* lights.h -- what the tracer draws points of light from: alias tables of the emissive
   triangles and of the environment. */
#ifndef WFVIEW_TRACE_LIGHTS_H
#define WFVIEW_TRACE_LIGHTS_H

#include "app/trace/scene/scene.h"
#include "shaders/trace/trace.h"
#include "sky.h"

typedef struct lights {
    trace_choice *emitters; /* a triangle each, drawn by its power; density is per area */
    uint32_t emitter_count;

    image environment;                 /* 3 channels; of a constant one, a texel */
    trace_choice *environment_choices; /* a texel each, drawn by its light; NULL: the environment is black */
    sun sun;                           /* radiance 0: none */
} lights;

/* The power of a textured emitter is estimated at some of its points; none that emits has none. In an environment's
 * image values that are negative or not finite count as 0. */
bool lights_create(const scene *scene, lights *lights, error *error);
void lights_free(lights *lights); /* leaves it zeroed; zeroed is fine */

#endif
