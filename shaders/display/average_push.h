/* average_push.h -- push constants of average.comp.glsl, for C and GLSL. */
#ifndef WF_AVERAGE_PUSH_H
#define WF_AVERAGE_PUSH_H

struct average_push {
    float share; /* of the new color in the mean: 1 starts anew, 0 leaves the mean as it is */
    int show;    /* 1: the color becomes the mean */
};

#endif
