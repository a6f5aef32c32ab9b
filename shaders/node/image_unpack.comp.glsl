#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_samplerless_texture_functions : require

// image_unpack.comp.glsl -- images' first channels to planes.
#include "image_row.glsl"

layout(set = 0, binding = 0) uniform texture2D image_0;
layout(set = 1, binding = 0) uniform texture2D image_1;
layout(set = 2, binding = 0) uniform texture2D image_2;
layout(set = 3, binding = 0) uniform texture2D image_3;

// Texels beyond the image are its last one again.
#define FETCH(image)                                                                                                   \
    [[unroll]] for (int k = 0; k < WF_CONVERTED_TEXELS; ++k) {                                                         \
        texels[k] = texelFetch(image, ivec2(min(p.x + k, push.width - 1), p.y), 0);                                    \
    }

void fetch(int image, ivec2 p, out vec4 texels[WF_CONVERTED_TEXELS])
{
    switch (image) {
    case 0:
        FETCH(image_0)
        break;
    case 1:
        FETCH(image_1)
        break;
    case 2:
        FETCH(image_2)
        break;
    default:
        FETCH(image_3)
    }
}

void store_row(uint64_t planes, int64_t place, int count, vec4 row)
{
    if (has_vectors()) {
        Row(planes + uint64_t(place * 4)).values = row;
        return;
    }
    for (int k = 0; k < count; ++k) {
        store(planes, place + k, false, row[k]);
    }
}

void main()
{
    const int image = int(gl_WorkGroupID.z);
    const ivec2 p = first_texel();
    const int count = count_texels(p);
    if (count == 0) {
        return;
    }
    vec4 texels[WF_CONVERTED_TEXELS];
    fetch(image, p, texels);
    [[unroll]] for (int c = 0; c < 4; ++c) {
        if (c < push.channels[image]) {
            vec4 row = vec4(texels[0][c], texels[1][c], texels[2][c], texels[3][c]);
            store_row(push.planes_data[image], place_of(c, p), count, row);
        }
    }
}
