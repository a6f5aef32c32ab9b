/* tone.h -- how panes show radiance: exposure, offset, curve, which channels. shaders/display/tone.h says what each
 * does, tone.c has their names. */
#ifndef WFVIEW_TONE_H
#define WFVIEW_TONE_H

#include <stdbool.h>

#include "shaders/display/tone.h"

#define TONE_MOST_EV 16.0f

typedef struct tone_settings {
    float exposure; /* EV */
    float offset;   /* added to exposed radiance */
    float gamma;    /* of TONE_GAMMA */
    int curve, channels;
    bool mark_clipped;
} tone_settings;

/* Exposure 0 EV, sRGB, all channels. */
tone_settings tone_default(void);

/* What the shader is told. */
tone_push tone_for_shader(const tone_settings *tone);

/* Names on the command line; NULL after the last. */
const char *tone_curve_name(int curve);
const char *tone_channels_name(int channels);

/* What is otherwise than by default beside the exposure: "aces, +0.10, luminance, clipped"; empty: nothing. */
#define TONE_WORDS 96
void tone_describe(const tone_settings *tone, char words[TONE_WORDS]);

#endif
