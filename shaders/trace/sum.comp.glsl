#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require

// sum.comp.glsl -- adds a round's slices to the pixel's sums, and shows the means.
#include "scene.glsl"

layout(local_size_x = TRACE_GROUP_WIDTH, local_size_y = TRACE_GROUP_HEIGHT) in;
layout(binding = TRACE_COLOR) writeonly uniform image2D color;
layout(binding = TRACE_ALBEDO) writeonly uniform image2D albedo;
layout(binding = TRACE_NORMAL) writeonly uniform image2D normal;
layout(binding = TRACE_DEPTH) writeonly uniform image2D depth;

trace_features add(trace_features a, trace_features b)
{
    return trace_features(a.albedo + b.albedo, a.normal + b.normal, a.depth + b.depth);
}

// first: of the slices, the pixel's value in the first that is added.
void sum_features(ivec2 pixel, uint index, uint first, uint step, bool goes_on, float samples)
{
    FeatureSums sums = FeatureSums(params.at.feature_sums);
    FeatureSums slices = FeatureSums(params.at.feature_slices);
    trace_features sum = trace_features(vec3(0), vec3(0), 0);
    if (goes_on) {
        sum = sums.at[index];
    }
    for (uint i = 0; i < slice_count; ++i) {
        sum = add(sum, slices.at[first + i * step]);
    }
    sums.at[index] = sum;
    imageStore(albedo, pixel, vec4(sum.albedo / samples, 1));
    imageStore(normal, pixel, vec4(sum.normal / max(samples, length(sum.normal)), 0)); // survivors stand for others
    imageStore(depth, pixel, vec4(sum.depth / samples));
}

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
    uint step = size.x * size.y;
    uint first = is_pictures == 0 ? index : first_slice * step + index;
    bool goes_on = is_pictures == 0 && (params.at.accumulated > 0 || first_slice > 0);
    float samples = float(params.at.accumulated + params.at.samples);
    vec3 sum = goes_on ? sums.at[index] : vec3(0);
    for (uint i = 0; i < slice_count; ++i) {
        sum += slices.at[first + i * step];
    }
    sums.at[index] = sum;
    imageStore(color, ivec2(pixel), vec4(sum / samples, 1));
    if (SAMPLED_FEATURES) {
        sum_features(ivec2(pixel), index, first, step, goes_on, samples);
    }
}
