#version 460
#extension GL_GOOGLE_include_directive : require

// features.comp.glsl -- the network's input, one thread a pixel.
#include "grid.glsl"
#include "network/layers.glsl"

#define WF_FIRST_FEATURE 0
#include "network/features.glsl"

layout(push_constant, scalar) uniform Push { wf_features_push push; };

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    uvec4 halves[2];
    bvec3 present = bvec3(push.albedo.data != 0, push.normal.data != 0, push.depth.data != 0);
    find_features(load_guides(push.color, push.albedo, push.normal, push.depth, p.y, p.x), present,
                  Float2(push.exposure_data).value, halves);
    uint64_t to = push.output_data + uint64_t((int64_t(p.y) * push.width + p.x) * 32);
    Half8(to).value = halves[0];
    Half8(to + 16).value = halves[1];
}
