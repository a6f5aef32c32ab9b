/* What C, CUDA and GLSL share of a frame's features; the formulas are in filter/include/wf_network.h. */
#ifndef WF_NETWORK_FRAME_H
#define WF_NETWORK_FRAME_H

#define WF_KEY         0.18 /* what the mean logarithm is exposed to */
#define WF_BLOCK       16   /* rows and columns of the blocks whose means' logarithms are averaged */
#define WF_DARKEST     1e-8
#define WF_BRIGHTEST   1e30
#define WF_FARTHEST    1e9 /* depths of this and more hit nothing */
#define WF_DEPTH_LIMIT 4.0
#define WF_NO_DEPTH    5.0

#endif
