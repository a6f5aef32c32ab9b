/* exr_rules.h -- how renderers name the channels of a frame's layers. Private to exr*.c. */
#ifndef WFVIEW_EXR_RULES_H
#define WFVIEW_EXR_RULES_H

#include "app/frames/frame.h"

typedef struct exr_rule {
    frame_layer layer;

    /* A name of channels before their last dot, where * stands for a view layer or an integrator; ""
     * is the picture itself. Letters' case does not matter. With components NULL: whole names of
     * channels, with commas between them. */
    const char *group;

    /* The letters after the dot, one channel each; | between alternatives. R, G, B may be red, green, blue as well. */
    const char *components;

    const char *writer; /* who names them so */
} exr_rule;

/* A layer is where the first rule that fits says. */
extern const exr_rule exr_rules[];
extern const int exr_rule_count;

/* The noisy color where a renderer denoised its picture, which is what compositors take: a
   filtered color belongs there. */
#define EXR_NOISY    "*.Noisy Image"
#define EXR_DENOISED "*.Combined"

/* Of the rules for luminance with chroma and without; the last one is Blender's. */
#define EXR_CHROMA "RY,Y,BY"
#define EXR_GRAY   "Y"
#define EXR_VALUE  "V"

/* Words by which people recognize channels of a layer that no rule knows, separated by |; NULL: there are none. */
const char *exr_rule_words(frame_layer layer);

#endif
