/* measured.glsl -- what the shaders that measure pictures have in common. */
#ifndef WF_MEASURED_GLSL
#define WF_MEASURED_GLSL

#include "measured.h"

layout(local_size_x = MEASURED_THREADS) in;
layout(push_constant) uniform Push { measured_push push; };
layout(binding = 0) uniform sampler2D picture;
layout(binding = 1) uniform sampler2D reference;
layout(binding = 2, std430) buffer Work { measured_work work; };
layout(binding = 3, r32f) uniform readonly image2D flip_map;

/* The pixels that a thread looks at are first_pixel(), that plus pixel_stride(), ... below pixel_count(). */
int pixel_stride()
{
    return int(gl_NumWorkGroups.x) * MEASURED_THREADS;
}

int first_pixel()
{
    return int(gl_WorkGroupID.x * MEASURED_THREADS + gl_LocalInvocationIndex);
}

int pixel_count()
{
    return push.width * push.height;
}

ivec2 pixel_place(int index)
{
    return ivec2(push.x + index % push.width, push.y + index / push.width);
}

bool is_finite(float value)
{
    return !isnan(value) && !isinf(value);
}

uint key_of(float value)
{
    uint bits = floatBitsToUint(value);
    return bits ^ ((bits & MEASURED_SIGN) != 0 ? 0xffffffffu : MEASURED_SIGN);
}

#endif
