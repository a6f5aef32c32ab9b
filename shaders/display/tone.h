/* tone.h -- how radiance becomes display values, shared by C and GLSL: radiance times an exposure, plus an offset; of
 * that one channel or all; then a curve. app/view/tone.c has a row for each curve and each selection of channels. */
#ifndef WF_TONE_H
#define WF_TONE_H

#define TONE_SRGB  0 /* clamped to [0,1], sRGB's transfer curve (IEC 61966-2-1) */
#define TONE_GAMMA 1 /* clamped to [0,1], to the power of 1/gamma */
#define TONE_ACES                                                                                                      \
    2 /* ACES' filmic curve as Narkowicz 2015 fits it, "ACES Filmic Tone Mapping Curve"; then as TONE_SRGB */
#define TONE_FALSE 3 /* luminance, or the selected channel, from 0 to 1 on the ramp of errors */
#define TONE_COUNT 4

#define TONE_ALL       0
#define TONE_RED       1
#define TONE_GREEN     2
#define TONE_BLUE      3
#define TONE_LUMINANCE 4 /* of Rec. 709's primaries */
#define TONE_CHANNELS  5

/* x (a x + b) / (x (c x + d) + e) */
#define TONE_ACES_A 2.51
#define TONE_ACES_B 0.03
#define TONE_ACES_C 2.43
#define TONE_ACES_D 0.59
#define TONE_ACES_E 0.14

/* Display values of pixels that are no colors: a channel is NaN, or else infinite; or, where they are marked, above
 * what the curve can show, or else below 0. Commas between r, g, b. */
#define TONE_NAN      1.0, 0.0, 1.0
#define TONE_INFINITE 0.0, 1.0, 1.0
#define TONE_ABOVE    1.0, 0.0, 0.0
#define TONE_BELOW    0.0, 0.2, 1.0

struct tone_push {
    float exposure; /* factor */
    float offset;
    float gamma;
    int curve, channels; /* TONE_ */
    int marks;           /* 1: clipped pixels have colors of their own */
};

#ifndef VULKAN /* C */
typedef struct tone_push tone_push;
#endif

#endif
