#version 460
#extension GL_GOOGLE_include_directive : require

// average.comp.glsl -- the mean of a resting camera's frames, one thread a pixel.
#include "average_push.h"

layout(local_size_x = 8, local_size_y = 8) in;
layout(binding = 0, rgba32f) uniform image2D color;
layout(binding = 1, rgba32f) uniform image2D mean;
layout(push_constant) uniform Push { average_push push; };

void main()
{
    ivec2 p = ivec2(gl_GlobalInvocationID.xy);
    if (any(greaterThanEqual(p, imageSize(mean)))) {
        return;
    }
    vec4 m = push.share < 1 ? imageLoad(mean, p) : vec4(0);
    if (push.share > 0) {
        m += (imageLoad(color, p) - m) * push.share;
        imageStore(mean, p, m);
    }
    if (push.show != 0) {
        imageStore(color, p, m);
    }
}
