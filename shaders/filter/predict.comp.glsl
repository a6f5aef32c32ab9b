#version 460
#extension GL_GOOGLE_include_directive : require

// predict.comp.glsl -- joint bilateral weights. A thread computes ROWS pixels of one column: they share the pixels they
// are compared with. The formula is at wf_bilateral in wf.h.
#extension GL_EXT_control_flow_attributes : require

#include "bilateral.h"
#include "grid.glsl"
#include "storage.glsl"
#include "taps.glsl"

layout(constant_id = WF_PREDICT_KERNEL_HEIGHT) const int KERNEL_HEIGHT = 1;
layout(constant_id = WF_PREDICT_KERNEL_WIDTH) const int KERNEL_WIDTH = 1;
layout(constant_id = WF_PREDICT_WEIGHT_HALF) const bool WEIGHT_HALF = false;

layout(push_constant, scalar) uniform Push { wf_predict_push push; };

const int ROWS = WF_THREAD_ROWS;

wf_predict_push args; // a copy: some compilers read push constants anew at each use

struct Features {
    vec3 color, albedo, normal;
    float depth;
};

vec3 load_vector(uint64_t data, int64_t channel, int64_t row, ivec2 p)
{
    if (data == 0) {
        return vec3(0.0);
    }
    int64_t pixel = p.y * row + p.x;
    return vec3(load(data, pixel, false), load(data, pixel + channel, false), load(data, pixel + 2 * channel, false));
}

Features load_features(ivec2 p)
{
    int64_t pixels = int64_t(args.height) * args.width;
    Features features;
    features.color = load_vector(args.scratch_data, pixels, args.width, p);
    features.albedo = args.albedo_scale * load_vector(args.albedo_data, args.albedo_channel, args.albedo_row, p);
    features.normal = args.normal_scale * load_vector(args.normal_data, args.normal_channel, args.normal_row, p);
    features.depth = args.depth_data == 0 ? 0.0 : load(args.depth_data, p.y * args.depth_row + p.x, false);
    return features;
}

float squared(vec3 v)
{
    return dot(v, v);
}

float bilateral_weight(Features here, Features there, vec2 offset)
{
    float nearer = min(abs(here.depth), abs(there.depth));
    float depth = args.depth_scale * (there.depth - here.depth) / (WF_LEAST_DEPTH + nearer);
    return exp(-squared(vec3(args.space_scale * offset, depth)) - squared(there.color - here.color) -
               squared(there.albedo - here.albedo) - squared(there.normal - here.normal));
}

void main()
{
    args = push;
    ivec2 p = thread_pixel(args.first_group_x, args.first_group_y) * ivec2(1, ROWS);
    if (!in_image(p, args.width, args.height)) {
        return;
    }
    ivec2 last = ivec2(args.width, args.height) - 1;
    Features here[ROWS];
    float confidence[ROWS];
    [[unroll]] for (int row = 0; row < ROWS; ++row) {
        int64_t y = min(p.y + row, last.y);
        here[row] = load_features(ivec2(p.x, y));
        confidence[row] = load(args.scratch_data, (int64_t(3) * args.height + y) * args.width + p.x, false);
    }
    // The thread's pixel `row` has its kernel row 0 at s = row.
    for (int s = 0; s < KERNEL_HEIGHT + ROWS - 1; ++s) {
        for (int j = 0; j < KERNEL_WIDTH; ++j) {
            ivec2 offset = ivec2(tap_offset(j, KERNEL_WIDTH, 1), tap_offset(s, KERNEL_HEIGHT, 1));
            ivec2 q = p + offset;
            bool inside = in_image(q, args.width, args.height);
            Features there = load_features(clamp(q, ivec2(0), last));
            [[unroll]] for (int row = 0; row < ROWS; ++row) {
                int i = s - row;
                if (i >= 0 && i < KERNEL_HEIGHT && p.y + row <= last.y) {
                    float weight = 0.0;
                    if (inside) {
                        weight = confidence[row] * bilateral_weight(here[row], there, offset - ivec2(0, row));
                    }
                    int64_t tap = i * KERNEL_WIDTH + j;
                    int64_t index = tap * args.weight_tap + (p.y + row) * args.weight_row + p.x;
                    store(args.weight_data, index, WEIGHT_HALF, weight);
                }
            }
        }
    }
}
