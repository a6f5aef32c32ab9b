#version 460
#extension GL_GOOGLE_include_directive : require

// light.comp.glsl -- what a level filters in planes; or the albedo before and after it is filtered. One thread a pixel.
#include "grid.glsl"
#include "network/layers.glsl"

layout(constant_id = 0) const int MAKES = WF_LIGHT_PLANES;
layout(push_constant, scalar) uniform Push { wf_light_push push; };

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    if (MAKES == WF_LIGHT_PLANES) {
        vec3 light = load_light(push.from, push.albedo_data, push.clean, push.epsilon, push.width, p.y, p.x);
        store_rgb(push.to, p.y, p.x, light);
    } else if (MAKES == WF_LIGHT_CLEAN) {
        store_rgb(push.to, p.y, p.x, clamp(load_clean(push.from, p.y, p.x), 0.0, 1.0));
    } else {
        vec3 rgb = load_rgb(push.from, p.y, p.x);
        uint64_t to = push.to.data + uint64_t((int64_t(p.y) * push.width + p.x) * 8);
        Half4(to).value = uvec2(packHalf2x16(rgb.xy), packHalf2x16(vec2(rgb.z, 0.0)));
    }
}
