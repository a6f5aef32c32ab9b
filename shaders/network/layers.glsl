// layers.glsl -- planes of float32 and activations of float16 at device addresses; pixels as a network sees them.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_control_flow_attributes : require

#include "network/push.h"
#include "upsample.glsl"

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Float { float value; };
layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Float2 { vec2 value; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Half2 { uint value; };
layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Half4 { uvec2 value; };
layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Long { uint64_t value; };
layout(buffer_reference, scalar, buffer_reference_align = 16) buffer Half8 { uvec4 value; };
layout(buffer_reference, scalar, buffer_reference_align = 16) buffer Float4 { vec4 value; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Half2s { uint values[]; };
layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Half4s { uvec2 values[]; };
layout(buffer_reference, scalar, buffer_reference_align = 16) buffer Half8s { uvec4 values[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Floats { float values[]; };

// Four halves, aligned to 8 bytes.
vec4 load_four(uint64_t from)
{
    uvec2 halves = unpackUint2x32(Long(from).value);
    return vec4(unpackHalf2x16(halves.x), unpackHalf2x16(halves.y));
}

wf_plane_push dense_planes(uint64_t data, int width, int height)
{
    return wf_plane_push(data, width * height, width, 1);
}

uint64_t plane_address(wf_plane_push planes, int c, int y, int x)
{
    int at = y * planes.row + x * planes.column; // as wf_vulkan_check_planes allows
    return planes.data + uint64_t(int64_t(c) * planes.channel * 4) + uint64_t(int64_t(at) * 4);
}

float load_plane(wf_plane_push planes, int c, int y, int x)
{
    return Float(plane_address(planes, c, y, x)).value;
}

vec3 load_rgb(wf_plane_push planes, int y, int x)
{
    return vec3(load_plane(planes, 0, y, x), load_plane(planes, 1, y, x), load_plane(planes, 2, y, x));
}

void store_rgb(wf_plane_push planes, int y, int x, vec3 rgb)
{
    [[unroll]] for (int c = 0; c < 3; ++c) {
        Float(plane_address(planes, c, y, x)).value = rgb[c];
    }
}

// By the bits: comparisons may be computed as if all numbers were finite.
bool is_number(float value)
{
    return (floatBitsToUint(value) & 0x7fffffffu) <= floatBitsToUint(WF_LARGEST);
}

vec3 clean(vec3 rgb)
{
    return is_number(rgb.r) && is_number(rgb.g) && is_number(rgb.b) ? rgb : vec3(0.0);
}

vec3 load_clean(wf_plane_push planes, int y, int x)
{
    return planes.data == 0 ? vec3(0.0) : clean(load_rgb(planes, y, x));
}

// 0 where nothing was hit.
float clean_depth(float depth)
{
    return is_number(depth) && depth > 0.0 && depth < WF_FARTHEST ? depth : 0.0;
}

float load_depth(wf_plane_push planes, int y, int x)
{
    return planes.data == 0 ? 0.0 : clean_depth(load_plane(planes, 0, y, x));
}

// The filtered albedo, halves of r,g,b and 0, and epsilon.
vec3 divisor_of(uvec2 albedo, float epsilon)
{
    return vec3(unpackHalf2x16(albedo.x), unpackHalf2x16(albedo.y).x) + epsilon;
}

vec3 load_divisor(uint64_t albedo, float epsilon, int64_t pixel)
{
    return divisor_of(Half4(albedo + uint64_t(pixel * 8)).value, epsilon);
}

vec3 load_light(wf_plane_push planes, uint64_t albedo, int cleaned, float epsilon, int width, int y, int x)
{
    vec3 rgb = load_rgb(planes, y, x);
    if (cleaned != 0) {
        rgb = clean(rgb);
    }
    return albedo == 0 ? rgb : rgb / load_divisor(albedo, epsilon, int64_t(y) * width + x);
}

// U at a fine pixel.
vec3 upsample(wf_plane_push coarse, int y, int x, int width, int height)
{
    ivec2 p = ivec2(x, y), a = p / 2, b = coarse_neighbor(p, (ivec2(width, height) + 1) / 2);
    return UPSAMPLED(load_rgb(coarse, a.y, a.x), load_rgb(coarse, a.y, b.x), load_rgb(coarse, b.y, a.x),
                     load_rgb(coarse, b.y, b.x));
}

// o of a level: y, and what the coarser ones add.
vec3 blended(wf_plane_push image, wf_plane_push blend, uint64_t alphas, int splat, int y, int x, int width, int height)
{
    vec3 rgb = load_rgb(image, y, x);
    if (alphas == 0) {
        return rgb;
    }
    vec2 logits = unpackHalf2x16(Half2(alphas + uint64_t((int64_t(y) * width + x) * 4)).value);
    float alpha = 1.0 / (1.0 + exp(-(splat != 0 ? logits.y : logits.x)));
    return rgb + alpha * upsample(blend, y, x, width, height);
}
