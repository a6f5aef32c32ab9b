#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require

// features.comp.glsl -- albedo, normal, depth and motion of what a pinhole camera sees through the pixel's center; of
// sampled features motion alone.
#include "scene.glsl"
#include "sampler.glsl"
#include "camera.glsl"
#include "hit.glsl"
#include "surface.glsl"
#include "frame.glsl"
#include "light.glsl"

layout(local_size_x = TRACE_GROUP_WIDTH, local_size_y = TRACE_GROUP_HEIGHT) in;
layout(binding = TRACE_ALBEDO) writeonly uniform image2D albedo;
layout(binding = TRACE_NORMAL) writeonly uniform image2D normal;
layout(binding = TRACE_DEPTH) writeonly uniform image2D depth;
layout(binding = TRACE_MOTION) writeonly uniform image2D motion;

void main()
{
    ivec2 pixel = ivec2(gl_GlobalInvocationID.xy);
    if (pixel.x >= params.at.width || pixel.y >= params.at.height) {
        return;
    }
    vec2 center = vec2(pixel) + 0.5;
    trace_ray ray = camera_ray(center, vec2(0));
    trace_hit hit = closest_hit(ray);
    trace_features seen;
    vec3 before; // towards the point, from the previous camera
    if (hit.triangle == NO_TRIANGLE) {
        seen = trace_features(albedo_of_sky(ray.direction), vec3(0), 0);
        before = ray.direction;
    } else {
        surface s = find_surface(hit, ray.direction);
        seen = trace_features(albedo_of(s), s.shading, hit.distance);
        before = s.position - params.at.previous.eye;
    }
    imageStore(motion, pixel, vec4(previous_pixel(before) - center, 0, 0));
    if (!SAMPLED_FEATURES) {
        imageStore(albedo, pixel, vec4(min(seen.albedo, 1), 1));
        imageStore(normal, pixel, vec4(seen.normal, 0));
        imageStore(depth, pixel, vec4(seen.depth));
    }
}
