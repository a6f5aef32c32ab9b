// scene.glsl -- the scene in device memory, and its textures.
#include "../srgb.h"
#include "trace.h"
#include "bvh.h"

const float PI = 3.14159265358979;
const float FAR = 3e38; // farther than anything

// Structs of whole 16-byte rows are read in rows.
layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer Rows { uvec4 at[]; }; // nodes and corners
layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer Triangles { trace_triangle at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer Vertices { trace_vertex at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer VertexColors { vec4 at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer Materials { trace_material at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer Textures { trace_texture at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Texels { uint at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer Choices { trace_choice at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer Colors { vec3 at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 16) readonly buffer AlbedoTable { vec4 at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) readonly buffer GlassTable { float at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Sums { vec3 at[]; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer FeatureSums { trace_features at[]; };

layout(constant_id = TRACE_SAMPLED_FEATURES) const bool SAMPLED_FEATURES = false;
layout(constant_id = TRACE_PAINTED) const bool PAINTED = true;

layout(binding = TRACE_PARAMS, scalar) uniform Params { trace_params at; } params;

// trace_push
layout(push_constant, scalar) uniform Push { uint first_slice, begin, end, slice_count, is_pictures; };

float luminance(vec3 color)
{
    return dot(color, vec3(SRGB_LUMINANCE));
}

float square(float x)
{
    return x * x;
}

// ---- Textures: bilinear ----

vec4 texel(trace_texture image, int x, int y)
{
    uint packed = Texels(params.at.texels).at[image.first + uint(y) * uint(image.width) + uint(x)];
    vec4 color = unpackUnorm4x8(packed);
    if (image.srgb != 0) {
        vec3 curve = pow((color.rgb + SRGB_OFFSET) / SRGB_SCALE, vec3(SRGB_EXPONENT));
        color.rgb = mix(color.rgb / SRGB_SLOPE, curve, greaterThan(color.rgb, vec3(SRGB_ENCODED_END)));
    }
    return color;
}

vec4 sample_texture(int index, trace_mapping mapping, vec2 uv)
{
    trace_texture image = Textures(params.at.textures).at[index];
    ivec2 size = ivec2(image.width, image.height);
    bvec2 repeats = bvec2(true), mirrors = bvec2(false);
    vec2 place = uv;
    if (PAINTED) {
        ivec2 modes = ivec2(mapping.wrap_u, mapping.wrap_v);
        repeats = equal(modes, ivec2(TRACE_WRAP_REPEAT));
        mirrors = equal(modes, ivec2(TRACE_WRAP_MIRROR));
        place = vec2(dot(mapping.u, vec3(uv, 1)), dot(mapping.v, vec3(uv, 1)));
    }
    vec2 inside = mix(clamp(place, 0, 1), 1 - abs(1 - 2 * fract(place / 2)), mirrors);
    vec2 position = mix(inside, fract(place), repeats) * vec2(size) - 0.5;
    vec2 part = fract(position);
    ivec2 low = ivec2(floor(position));
    ivec2 high = low + 1;
    low = mix(max(low, ivec2(0)), low + size * ivec2(lessThan(low, ivec2(0))), repeats);
    high = mix(min(high, size - 1), high - size * ivec2(greaterThanEqual(high, size)), repeats);
    return mix(mix(texel(image, low.x, low.y), texel(image, high.x, low.y), part.x),
               mix(texel(image, low.x, high.y), texel(image, high.x, high.y), part.x), part.y);
}

// ---- Triangles ----

float largest(vec3 v)
{
    return max(max(abs(v.x), abs(v.y)), abs(v.z));
}

// Of length 1, however small the triangle is.
vec3 face_normal(vec3 a, vec3 b, vec3 c)
{
    vec3 ab = b - a, ac = c - a;
    return normalize(cross(ab / max(largest(ab), 1e-30), ac / max(largest(ac), 1e-30)));
}

vec2 corner_uv(trace_vertex vertex)
{
    return vec2(vertex.u, vertex.v);
}

vec2 interpolate_uv(trace_triangle triangle, vec2 barycentric)
{
    Vertices vertices = Vertices(params.at.vertices);
    return (1 - barycentric.x - barycentric.y) * corner_uv(vertices.at[triangle.vertices[0]]) +
           barycentric.x * corner_uv(vertices.at[triangle.vertices[1]]) +
           barycentric.y * corner_uv(vertices.at[triangle.vertices[2]]);
}

vec4 interpolate_color(trace_triangle triangle, vec2 barycentric)
{
    if (!PAINTED || params.at.colors == 0) {
        return vec4(1);
    }
    VertexColors colors = VertexColors(params.at.colors);
    return (1 - barycentric.x - barycentric.y) * colors.at[triangle.vertices[0]] +
           barycentric.x * colors.at[triangle.vertices[1]] + barycentric.y * colors.at[triangle.vertices[2]];
}

bool is_hole(trace_triangle triangle, vec2 barycentric, vec2 uv)
{
    Materials materials = Materials(params.at.materials);
    float cutoff = materials.at[triangle.material].alpha_cutoff;
    if (cutoff <= 0) {
        return false;
    }
    float alpha = interpolate_color(triangle, barycentric).a;
    int index = materials.at[triangle.material].base_color_texture;
    if (index >= 0) {
        alpha *= sample_texture(index, materials.at[triangle.material].base_color_mapping, uv).a;
    }
    return alpha < cutoff;
}

vec3 emitted(uint material, vec2 uv)
{
    Materials materials = Materials(params.at.materials);
    vec3 radiance = materials.at[material].emission;
    int index = materials.at[material].emission_texture;
    if (index >= 0 && radiance != vec3(0)) {
        radiance *= sample_texture(index, materials.at[material].emission_mapping, uv).rgb;
    }
    return radiance;
}
