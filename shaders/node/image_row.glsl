// image_row.glsl -- of one of a dispatch's images a row of texels that a thread converts, and its planes.
#extension GL_EXT_control_flow_attributes : require

#include "image_push.h"
#include "storage.glsl"

layout(local_size_x = WF_CONVERTED_WIDTH, local_size_y = WF_CONVERTED_HEIGHT) in;
layout(push_constant, scalar) uniform Push { wf_image_push push; };
layout(buffer_reference, scalar, buffer_reference_align = 16) buffer Row { vec4 values; };

ivec2 first_texel()
{
    return ivec2(gl_GlobalInvocationID) * ivec2(WF_CONVERTED_TEXELS, 1);
}

// How many of them are in the image; none below it.
int count_texels(ivec2 p)
{
    return p.y < push.height ? clamp(push.width - p.x, 0, WF_CONVERTED_TEXELS) : 0;
}

// Rows of the planes begin at multiples of a vector's size.
bool has_vectors()
{
    return push.width % WF_CONVERTED_TEXELS == 0;
}

int64_t place_of(int channel, ivec2 p)
{
    return (int64_t(channel) * push.height + p.y) * push.width + p.x;
}
