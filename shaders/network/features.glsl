// features.glsl -- the network's input at a pixel. Included behind layers.glsl, with WF_FIRST_FEATURE defined: which
// specialization constant is the first of these.
layout(constant_id = WF_FIRST_FEATURE + WF_FEATURE_OF_COLOR) const float COLOR = 1.0;
layout(constant_id = WF_FIRST_FEATURE + WF_FEATURE_OF_DEMODULATED) const float DEMODULATED = 1.0;
layout(constant_id = WF_FIRST_FEATURE + WF_FEATURE_OF_ALBEDO) const float ALBEDO = 1.0;
layout(constant_id = WF_FIRST_FEATURE + WF_FEATURE_OF_NORMAL) const float NORMAL = 1.0;
layout(constant_id = WF_FIRST_FEATURE + WF_FEATURE_OF_DEPTH) const float DEPTH = 1.0;
layout(constant_id = WF_FIRST_FEATURE + WF_FEATURES_COLOR_GAIN) const float COLOR_GAIN = 1.0;
layout(constant_id = WF_FIRST_FEATURE + WF_FEATURES_DEMODULATED_GAIN) const float DEMODULATED_GAIN = 1.0;
layout(constant_id = WF_FIRST_FEATURE + WF_FEATURES_EPSILON) const float EPSILON = 1.0;

// A pixel's layers as they come; 0 of those that are absent.
struct wf_guides {
    vec3 color, albedo, normal;
    float depth;
};

// Loads something where the planes are absent, so that loads need not wait for a branch: find_features is told.
wf_guides load_guides(wf_plane_push color, wf_plane_push albedo, wf_plane_push normal, wf_plane_push depth, int y,
                      int x)
{
    wf_guides guides;
    guides.color = load_rgb(color, y, x);
    guides.albedo = load_rgb(albedo.data != 0 ? albedo : color, y, x);
    guides.normal = load_rgb(normal.data != 0 ? normal : color, y, x);
    guides.depth = load_plane(depth.data != 0 ? depth : color, 0, y, x);
    return guides;
}

// ln(1 + x), also of an x so small that 1 + x loses it.
vec3 compress(vec3 x)
{
    return mix(log(1.0 + x), x * (1.0 - 0.5 * x), lessThan(x, vec3(1e-4)));
}

// The input's 16 halves. present: which of albedo, normal and depth are. exposure: that and the mean of ln of depth.
void find_features(wf_guides guides, bvec3 present, vec2 exposure, out uvec4 halves[2])
{
    guides.albedo = present.x ? guides.albedo : vec3(0.0);
    guides.normal = present.y ? guides.normal : vec3(0.0);
    guides.depth = present.z ? guides.depth : 0.0;
    vec3 exposed = max(exposure.x * clean(guides.color), 0.0);
    vec3 albedo = clamp(clean(guides.albedo), 0.0, 1.0);
    vec3 normal = NORMAL * clamp(clean(guides.normal), -1.0, 1.0);
    vec3 light = COLOR * compress(COLOR_GAIN * exposed);
    vec3 demodulated = DEMODULATED * compress(DEMODULATED_GAIN * (exposed / (albedo + EPSILON)));
    float depth = clean_depth(guides.depth);
    float relative = clamp(log(depth > 0.0 ? depth : 1.0) - exposure.y, -WF_DEPTH_LIMIT, WF_DEPTH_LIMIT);
    float far = DEPTH * (depth > 0.0 ? relative : WF_NO_DEPTH);
    albedo *= ALBEDO;
    halves[0] = uvec4(packHalf2x16(light.xy), packHalf2x16(vec2(light.z, demodulated.x)), packHalf2x16(demodulated.yz),
                      packHalf2x16(albedo.xy));
    halves[1] = uvec4(packHalf2x16(vec2(albedo.z, normal.x)), packHalf2x16(normal.yz), packHalf2x16(vec2(far, 0.0)),
                      0u);
}
