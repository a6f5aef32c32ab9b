/* What C, CUDA and GLSL share of a frame's features; the formulas are in filter/include/wf_network.h. */
#ifndef WF_NETWORK_FRAME_H
#define WF_NETWORK_FRAME_H

#define WF_KEY         0.18 /* what the mean logarithm is exposed to */
#define WF_BLOCK       16   /* rows and columns of the blocks whose means' logarithms are averaged */
#define WF_DARKEST     1e-8
#define WF_LARGEST     1e30 /* numbers beyond are none, as those that are not finite */
#define WF_FARTHEST    1e9  /* depths of this and more hit nothing */
#define WF_DEPTH_LIMIT 4.0
#define WF_NO_DEPTH    5.0

/* The values of wf_feature, checked by static assertions in filter/vulkan/features.c. */
#define WF_FEATURE_OF_COLOR       0
#define WF_FEATURE_OF_DEMODULATED 1
#define WF_FEATURE_OF_ALBEDO      2
#define WF_FEATURE_OF_NORMAL      3
#define WF_FEATURE_OF_DEPTH       4
#define WF_FEATURES               5

#endif
