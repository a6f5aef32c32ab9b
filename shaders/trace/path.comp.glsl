#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_control_flow_attributes : require

// path.comp.glsl -- noisy radiance, and features: sums over slices of a pixel's samples. Threads start the next path as
// soon as one has ended, so that those beside them need not wait.
#include "scene.glsl"
#include "sampler.glsl"
#include "camera.glsl"
#include "hit.glsl"
#include "surface.glsl"
#include "bsdf.glsl"
#include "frame.glsl"
#include "light.glsl"

layout(local_size_x = TRACE_GROUP_WIDTH, local_size_y = TRACE_GROUP_HEIGHT) in;

struct path_state {
    trace_ray ray;
    vec3 radiance; // found so far
    vec3 throughput;
    float density;    // per solid angle, of the ray's direction; 0: it had no choice
    float refraction; // what crossings have scaled radiance by, which is none of the path's importance
    int bounce;
    bool ended;
    trace_ray to_light;
    float light_limit; // in lengths of to_light's direction
    vec3 light;        // radiance that is found where nothing lies on that way; 0: there is no such way
    float survivors;   // that it stands for: of paths that chance has ended
    bool featureless;  // no surface was met yet whose features are the path's
    trace_features features; // summed up, of the paths before too
    sampler_state random;
};

// Chooses light that may be scattered once on its way to the camera.
void choose_light(surface s, bsdf b, mat3 frame, vec3 outgoing, inout path_state path)
{
    light_sample light = sample_light(s.position, path.random);
    if (light.density == 0 || light.radiance == vec3(0)) {
        return;
    }
    vec3 direction = normalize(light.direction);
    vec3 incoming = direction * frame;
    if (incoming.z * dot(direction, s.normal) <= 0) {
        return;
    }
    scattering scattered_light = evaluate(b, outgoing, incoming);
    vec3 start = leave(s.position, s.normal, s.offset, direction);
    path.to_light = trace_ray(start, light.limit == 1 ? s.position + light.direction - start : direction);
    path.light_limit = light.limit;
    path.light = path.throughput * (scattered_light.value * light.radiance *
                                    weigh_sampled(light.density, scattered_light.density) / light.density);
}

// A path that met numbers out of range is black, and of no weight: one would spoil its pixel for ever.
vec3 finite(vec3 value)
{
    return any(isnan(value)) || any(isinf(value)) ? vec3(0) : value;
}

// ---- Features: of the first surface that is neither a mirror nor glass, albedo and depth weighted by
// what those on the way to it pass on ----

vec3 importance(path_state path)
{
    return path.refraction * path.throughput;
}

void find_features_of_sky(inout path_state path)
{
    path.features.albedo += finite(importance(path)) * albedo_of_sky(path.ray.direction);
    path.featureless = false;
}

// Whether the path's features are those of what it finds next: most of what the surface
// scatters goes the way of a mirror.
bool looks_through(surface s, bsdf b)
{
    bool specular = s.roughness <= params.at.look_through || (b.is_smooth && params.at.look_through >= 0);
    return specular && b.probabilities.y <= TRACE_MIRRORS_DIFFUSE && b.probabilities != vec3(0) &&
           s.emission == vec3(0);
}

void find_features(surface s, bsdf b, bool last, inout path_state path)
{
    vec3 weight = finite(importance(path));
    float mean = (weight.r + weight.g + weight.b) / 3;
    path.features.depth += mean * distance(s.position, path.ray.origin);
    if (!last && looks_through(s, b)) {
        return;
    }
    path.features.albedo += weight * albedo_of(s);
    path.features.normal += path.survivors * s.shading;
    path.featureless = false;
}

// What the path's ray has found, and the path's next ray.
void extend(trace_hit hit, inout path_state path)
{
    path.ended = true;
    if (hit.triangle == NO_TRIANGLE) {
        path.radiance += path.throughput * surroundings(path.ray.direction, path.density);
        if (SAMPLED_FEATURES && path.featureless) {
            find_features_of_sky(path);
        }
        return;
    }
    surface s = find_surface(hit, path.ray.direction);
    if (s.emission != vec3(0)) {
        vec3 span = s.position - path.ray.origin;
        float sampled = triangle_density(s.light_density, s.normal, path.ray.direction, dot(span, span));
        path.radiance += path.throughput * s.emission * weigh_found(path.density, sampled);
    }
    bool last = path.bounce >= params.at.max_bounces;
    if (last && !(SAMPLED_FEATURES && path.featureless)) {
        return;
    }

    mat3 frame = make_frame(s.shading);
    vec3 outgoing = -path.ray.direction * frame;
    bsdf b = make_bsdf(s, outgoing.z);
    if (SAMPLED_FEATURES && path.featureless) {
        find_features(s, b, last, path);
    }
    if (last || b.probabilities == vec3(0)) {
        return;
    }
    if (params.at.strategy != TRACE_BSDF_SAMPLING) {
        choose_light(s, b, frame, outgoing, path);
    }

    vec2 side_and_end = next_pair(path.random);
    scattered next = scatter(b, outgoing, side_and_end.x, next_pair(path.random));
    vec3 direction = frame * next.incoming;
    path.throughput *= next.weight;
    if (path.throughput == vec3(0) || next.incoming.z * dot(direction, s.normal) <= 0) {
        return;
    }
    path.refraction *= next.incoming.z < 0 ? square(b.eta) : 1;
    path.density = next.density;
    path.ray = trace_ray(leave(s.position, s.normal, s.offset, direction), direction);
    path.ended = false;

    if (path.bounce++ >= params.at.russian_roulette) {
        vec3 weight = importance(path);
        float survival = min(max(max(weight.r, weight.g), weight.b), 0.95);
        path.throughput /= survival;
        path.survivors /= survival;
        path.ended = side_and_end.y >= survival;
    }
}

path_state start_path(uvec2 pixel, uint seed, uint index, trace_features features)
{
    sampler_state random = make_sampler(pixel, seed, params.at.first_sample + index);
    vec2 position = vec2(pixel) + next_pair(random);
    trace_ray ray = camera_ray(position, sample_disk(next_pair(random)));
    return path_state(ray, vec3(0), vec3(1), 0, 1, 0, false, ray, 0, vec3(0), 1, true, features, random);
}

trace_features take_up_features(uint at)
{
    trace_features features = trace_features(vec3(0), vec3(0), 0);
    if (SAMPLED_FEATURES && begin > 0) {
        features = FeatureSums(params.at.feature_slices).at[at];
    }
    return features;
}

void main()
{
    uvec2 size = uvec2(params.at.width, params.at.height);
    uint step = gl_NumWorkGroups.y * gl_WorkGroupSize.y;
    uvec3 item = gl_GlobalInvocationID; // pixel, slice of the round
    uint slice = is_pictures == 0 ? TRACE_SLICE * (first_slice + item.z) : 0;
    uint seed = is_pictures == 0 ? params.at.seed : params.at.seed + item.z;
    uint first = slice + begin, last = min(slice + end, params.at.samples);
    if (item.x >= size.x || item.y >= size.y || first >= last) {
        return;
    }
    Sums sums = Sums(params.at.slices);
    uint at = (item.z * size.y + item.y) * size.x + item.x;
    vec3 sum = begin > 0 ? sums.at[at] : vec3(0);
    uint index = first;
    path_state path = start_path(item.xy, seed, index, take_up_features(at));
    for (;;) {
        trace_hit hit;
        // First towards the light, then on. A loop, so that there is one copy of the traversal, which is long.
        [[dont_unroll]] for (int leg = 0; leg < 2; ++leg) {
            bool to_light = leg == 0;
            if (to_light && path.light == vec3(0)) {
                continue;
            }
            if (!to_light && path.ended) {
                sum += finite(path.radiance);
                if (++index == last) {
                    sums.at[at] = sum;
                    if (SAMPLED_FEATURES) {
                        FeatureSums(params.at.feature_slices).at[at] = path.features;
                    }
                    item.y += step;
                    if (item.y >= size.y) {
                        return;
                    }
                    at += step * size.x;
                    sum = begin > 0 ? sums.at[at] : vec3(0);
                    index = first;
                    path.features = take_up_features(at);
                }
                path = start_path(item.xy, seed, index, path.features);
            }
            hit = trace_hit(to_light ? path.light_limit : FAR, vec2(0), NO_TRIANGLE);
            traverse(trace_ray(to_light ? path.to_light.origin : path.ray.origin,
                               to_light ? path.to_light.direction : path.ray.direction), to_light, hit);
            if (to_light) {
                path.radiance += hit.triangle == NO_TRIANGLE ? path.light : vec3(0);
                path.light = vec3(0);
            }
        }
        extend(hit, path);
    }
}
