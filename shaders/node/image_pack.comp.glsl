#version 460
#extension GL_GOOGLE_include_directive : require

// image_pack.comp.glsl -- planes to images' first channels, and 1 to the others.
#include "image_row.glsl"

layout(set = 0, binding = 0) uniform writeonly image2D image_0;
layout(set = 1, binding = 0) uniform writeonly image2D image_1;
layout(set = 2, binding = 0) uniform writeonly image2D image_2;
layout(set = 3, binding = 0) uniform writeonly image2D image_3;

#define WRITE(image)                                                                                                   \
    [[unroll]] for (int k = 0; k < WF_CONVERTED_TEXELS; ++k) {                                                         \
        if (k < count) {                                                                                               \
            imageStore(image, ivec2(p.x + k, p.y), vec4(rows[0][k], rows[1][k], rows[2][k], rows[3][k]));              \
        }                                                                                                              \
    }

void write(int image, ivec2 p, int count, vec4 rows[4])
{
    switch (image) {
    case 0:
        WRITE(image_0)
        break;
    case 1:
        WRITE(image_1)
        break;
    case 2:
        WRITE(image_2)
        break;
    default:
        WRITE(image_3)
    }
}

vec4 load_row(uint64_t planes, int64_t place, int count)
{
    if (has_vectors()) {
        return Row(planes + uint64_t(place * 4)).values;
    }
    vec4 row;
    [[unroll]] for (int k = 0; k < WF_CONVERTED_TEXELS; ++k) {
        row[k] = load(planes, place + min(k, count - 1), false);
    }
    return row;
}

void main()
{
    const int image = int(gl_WorkGroupID.z);
    const ivec2 p = first_texel();
    const int count = count_texels(p);
    if (count == 0) {
        return;
    }
    vec4 rows[4];
    [[unroll]] for (int c = 0; c < 4; ++c) {
        rows[c] = vec4(1.0);
        if (c < push.channels[image]) {
            rows[c] = load_row(push.planes_data[image], place_of(c, p), count);
        }
    }
    write(image, p, count, rows);
}
