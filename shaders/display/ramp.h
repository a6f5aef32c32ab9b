/* ramp.h -- the colors of errors and of signed values, shared by C and GLSL. */
#ifndef WF_RAMP_H
#define WF_RAMP_H

/* Stops at equal distances from 0 to 1, as COLOR(r, g, b) of display values with commas between them. */
#define RAMP(COLOR)                                                                                                    \
    COLOR(0.00, 0.00, 0.02), COLOR(0.12, 0.05, 0.28), COLOR(0.33, 0.06, 0.43), COLOR(0.53, 0.13, 0.42),                \
        COLOR(0.73, 0.21, 0.33), COLOR(0.89, 0.35, 0.20), COLOR(0.98, 0.56, 0.04), COLOR(0.98, 0.80, 0.21),            \
        COLOR(0.99, 1.00, 0.64)

/* From -1 over 0, which is black, to 1. */
#define SIGNED_RAMP(COLOR)                                                                                             \
    COLOR(0.62, 0.93, 1.00), COLOR(0.22, 0.66, 0.97), COLOR(0.10, 0.36, 0.78), COLOR(0.04, 0.13, 0.36),                \
        COLOR(0.00, 0.00, 0.00), COLOR(0.38, 0.09, 0.02), COLOR(0.80, 0.26, 0.06), COLOR(0.98, 0.56, 0.16),            \
        COLOR(1.00, 0.91, 0.60)

#endif
