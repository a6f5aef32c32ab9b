/* lights.h -- lamps, and what surrounds a scene. Only ratios of their strengths matter: a
   scene's exposure is set later. */
#ifndef WFVIEW_TRACE_RANDOM_LIGHTS_H
#define WFVIEW_TRACE_RANDOM_LIGHTS_H

#include "objects.h"

typedef enum surroundings {
    SURROUNDINGS_DARK,     /* a faint constant light, or none */
    SURROUNDINGS_SKY,      /* a clear or clouded sky with its sun */
    SURROUNDINGS_OVERCAST, /* no sun, brighter above */
    SURROUNDINGS_SUNSET,   /* colors from the horizon up, and a wide glow */
    SURROUNDINGS_STUDIO,   /* soft boxes in the dark */
    SURROUNDINGS_COUNT
} surroundings;

/* Sets the scene's environment: one of the user's at times, where there are some and it is not to be dark. Where the
 * scene allows glass, suns are wide. False: no memory. */
bool lights_surround(world *world, surroundings kind, error *error);

/* Adds lamps under a ceiling of that height, within the half extents; where the scene allows glass they are large. */
void lights_hang(world *world, vec3 half, float height);

/* Adds a panel that shines upwards and downwards, flat under a ceiling. */
void lights_panel(world *world, vec3 center, float width, float depth, float power);

/* At times, where caustics need not converge: many tiny lamps along strings between points of these bounds. Whether. */
bool lights_strings(world *world, vec3 low, vec3 high);

/* Adds one lamp: a ball, tube, panel or lantern, about that large. */
void lights_lamp(world *world, vec3 center, float size, float power);

#endif
