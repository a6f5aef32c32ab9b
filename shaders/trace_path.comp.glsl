#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require

// trace_path.comp.glsl -- noisy radiance: a path from the camera in every pixel.
#include "trace_scene.glsl"
#include "trace_sampler.glsl"
#include "trace_camera.glsl"
#include "trace_hit.glsl"
#include "trace_surface.glsl"
#include "trace_bsdf.glsl"
#include "trace_frame.glsl"
#include "trace_light.glsl"

layout(local_size_x = TRACE_GROUP_WIDTH, local_size_y = TRACE_GROUP_HEIGHT) in;
layout(binding = TRACE_COLOR) writeonly uniform image2D color;

// Light that is scattered once on its way to the camera.
vec3 direct_light(surface s, bsdf b, mat3 frame, vec3 outgoing, inout sampler_state state)
{
    light_sample light = sample_light(s.position, state);
    if (light.density == 0 || light.radiance == vec3(0)) {
        return vec3(0);
    }
    vec3 direction = normalize(light.direction);
    vec3 incoming = direction * frame;
    if (incoming.z * dot(direction, s.normal) <= 0) {
        return vec3(0);
    }
    scattering scattered_light = evaluate(b, outgoing, incoming);
    if (scattered_light.value == vec3(0)) {
        return vec3(0);
    }
    vec3 start = leave(s.position, s.normal, s.offset, direction);
    vec3 path = light.limit == 1 ? s.position + light.direction - start : direction;
    if (is_occluded(trace_ray(start, path), light.limit)) {
        return vec3(0);
    }
    return scattered_light.value * light.radiance * weigh_sampled(light.density, scattered_light.density) / light.density;
}

vec3 path_radiance(trace_ray ray, inout sampler_state state)
{
    vec3 radiance = vec3(0), throughput = vec3(1);
    float density = 0;    // per solid angle, of the ray's direction; 0: it had no choice
    float refraction = 1; // what crossings have scaled radiance by, which is none of the path's importance
    for (int bounce = 0;; ++bounce) {
        trace_hit hit = closest_hit(ray);
        if (hit.triangle == NO_TRIANGLE) {
            return radiance + throughput * surroundings(ray.direction, density);
        }
        surface s = find_surface(hit, ray.direction);
        if (s.emission != vec3(0)) {
            vec3 span = s.position - ray.origin;
            float sampled = triangle_density(s.light_density, s.normal, ray.direction, dot(span, span));
            radiance += throughput * s.emission * weigh_found(density, sampled);
        }
        if (bounce >= params.at.max_bounces) {
            return radiance;
        }

        mat3 frame = make_frame(s.shading);
        vec3 outgoing = -ray.direction * frame;
        bsdf b = make_bsdf(s, outgoing.z);
        if (b.probabilities == vec3(0)) {
            return radiance;
        }
        if (params.at.strategy != TRACE_BSDF_SAMPLING) {
            radiance += throughput * direct_light(s, b, frame, outgoing, state);
        }

        vec2 side_and_end = next_pair(state);
        scattered next = scatter(b, outgoing, side_and_end.x, next_pair(state));
        vec3 direction = frame * next.incoming;
        throughput *= next.weight;
        if (throughput == vec3(0) || next.incoming.z * dot(direction, s.normal) <= 0) {
            return radiance;
        }
        refraction *= next.incoming.z < 0 ? square(b.eta) : 1;
        density = next.density;
        ray.origin = leave(s.position, s.normal, s.offset, direction);
        ray.direction = direction;

        if (bounce >= params.at.russian_roulette) {
            float survival = min(refraction * max(max(throughput.r, throughput.g), throughput.b), 0.95);
            if (side_and_end.y >= survival) {
                return radiance;
            }
            throughput /= survival;
        }
    }
}

// A path that met numbers out of range is black: one would spoil its pixel for ever.
vec3 finite(vec3 radiance)
{
    return any(isnan(radiance)) || any(isinf(radiance)) ? vec3(0) : radiance;
}

void main()
{
    uvec2 pixel = gl_GlobalInvocationID.xy;
    if (pixel.x >= uint(params.at.width) || pixel.y >= uint(params.at.height)) {
        return;
    }
    sampler_state state = make_sampler(pixel, params.at.seed, params.at.first_sample + pass);
    vec2 position = vec2(pixel) + next_pair(state);
    vec3 sum = finite(path_radiance(camera_ray(position, sample_disk(next_pair(state))), state));
    uint index = pixel.y * uint(params.at.width) + pixel.x;
    uint before = params.at.accumulated + pass;
    Sums sums = Sums(params.at.sums);
    if (before > 0) {
        sum += sums.at[index];
    }
    sums.at[index] = sum;
    imageStore(color, ivec2(pixel), vec4(sum / float(before + 1), 1));
}
