#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_buffer_reference : require

// trace_features.comp.glsl -- albedo, normal, depth and motion of what a pinhole camera sees through the pixel's centre.
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
    if (hit.triangle == NO_TRIANGLE) {
        vec3 seen = environment_radiance(ray.direction) + sun_radiance(ray.direction);
        imageStore(albedo, pixel, vec4(min(seen, 1), 1));
        imageStore(normal, pixel, vec4(0));
        imageStore(depth, pixel, vec4(0));
        imageStore(motion, pixel, vec4(previous_pixel(ray.direction) - center, 0, 0));
        return;
    }
    surface s = find_surface(hit, ray.direction);
    imageStore(albedo, pixel, vec4(min(max(s.base_color, s.emission), 1), 1));
    imageStore(normal, pixel, vec4(s.shading, 0));
    imageStore(depth, pixel, vec4(hit.distance));
    imageStore(motion, pixel, vec4(previous_pixel(s.position - params.at.previous.eye) - center, 0, 0));
}
