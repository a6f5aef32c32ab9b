#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require

// trace_sum.comp.glsl -- adds a round's slices to the pixel's sum, and shows the mean.
#include "scene.glsl"

layout(local_size_x = TRACE_GROUP_WIDTH, local_size_y = TRACE_GROUP_HEIGHT) in;
layout(binding = TRACE_COLOR) writeonly uniform image2D color;

void main()
{
    uvec2 pixel = gl_GlobalInvocationID.xy;
    uvec2 size = uvec2(params.at.width, params.at.height);
    if (pixel.x >= size.x || pixel.y >= size.y) {
        return;
    }
    Sums sums = Sums(params.at.sums);
    Sums slices = Sums(params.at.slices);
    uint index = pixel.y * size.x + pixel.x;
    vec3 sum = params.at.accumulated > 0 || first_slice > 0 ? sums.at[index] : vec3(0);
    for (uint i = 0; i < slice_count; ++i) {
        sum += slices.at[i * size.x * size.y + index];
    }
    sums.at[index] = sum;
    imageStore(color, ivec2(pixel), vec4(sum / float(params.at.accumulated + params.at.samples), 1));
}
