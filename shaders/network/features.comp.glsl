#version 460
#extension GL_GOOGLE_include_directive : require

// features.comp.glsl -- the network's input, one thread a pixel.
#include "grid.glsl"
#include "network/layers.glsl"

layout(push_constant, scalar) uniform Push { wf_features_push push; };

layout(constant_id = WF_FEATURES_SCALE + WF_FEATURE_OF_COLOR) const float COLOR = 1.0;
layout(constant_id = WF_FEATURES_SCALE + WF_FEATURE_OF_DEMODULATED) const float DEMODULATED = 1.0;
layout(constant_id = WF_FEATURES_SCALE + WF_FEATURE_OF_ALBEDO) const float ALBEDO = 1.0;
layout(constant_id = WF_FEATURES_SCALE + WF_FEATURE_OF_NORMAL) const float NORMAL = 1.0;
layout(constant_id = WF_FEATURES_SCALE + WF_FEATURE_OF_DEPTH) const float DEPTH = 1.0;
layout(constant_id = WF_FEATURES_GAIN + WF_FEATURE_OF_COLOR) const float COLOR_GAIN = 1.0;
layout(constant_id = WF_FEATURES_GAIN + WF_FEATURE_OF_DEMODULATED) const float DEMODULATED_GAIN = 1.0;
layout(constant_id = WF_FEATURES_EPSILON) const float EPSILON = 1.0;

// ln(1 + x), also of an x so small that 1 + x loses it.
vec3 compress(vec3 x)
{
    return mix(log(1.0 + x), x * (1.0 - 0.5 * x), lessThan(x, vec3(1e-4)));
}

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    float exposure = Float(push.exposure_data).value, mean_log_depth = Float(push.exposure_data + 4).value;
    vec3 exposed = max(exposure * load_clean(push.color, p.y, p.x), 0.0);
    vec3 albedo = clamp(load_clean(push.albedo, p.y, p.x), 0.0, 1.0);
    vec3 normal = NORMAL * clamp(load_clean(push.normal, p.y, p.x), -1.0, 1.0);
    vec3 light = COLOR * compress(COLOR_GAIN * exposed);
    vec3 demodulated = DEMODULATED * compress(DEMODULATED_GAIN * (exposed / (albedo + EPSILON)));
    float depth = load_depth(push.depth, p.y, p.x);
    float relative = clamp(log(depth > 0.0 ? depth : 1.0) - mean_log_depth, -WF_DEPTH_LIMIT, WF_DEPTH_LIMIT);
    float far = DEPTH * (depth > 0.0 ? relative : WF_NO_DEPTH);
    albedo *= ALBEDO;
    uint64_t to = push.output_data + uint64_t((int64_t(p.y) * push.width + p.x) * 32);
    Half8(to).value = uvec4(packHalf2x16(light.xy), packHalf2x16(vec2(light.z, demodulated.x)),
                            packHalf2x16(demodulated.yz), packHalf2x16(albedo.xy));
    Half8(to + 16).value = uvec4(packHalf2x16(vec2(albedo.z, normal.x)), packHalf2x16(normal.yz),
                                 packHalf2x16(vec2(far, 0.0)), 0u);
}
