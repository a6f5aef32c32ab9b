#version 460
#extension GL_GOOGLE_include_directive : require

// pool.comp.glsl -- the maximum over each 2x2 block's in-image pixels, one thread for 8 channels of a block;
// workgroups count these fastest in y.
#include "grid.glsl"
#include "network/layers.glsl"

layout(push_constant, scalar) uniform Push { wf_pool_push push; };

uvec4 larger(uvec4 a, uvec4 b)
{
    uvec4 most;
    [[unroll]] for (int i = 0; i < 4; ++i) {
        most[i] = packHalf2x16(max(unpackHalf2x16(a[i]), unpackHalf2x16(b[i])));
    }
    return most;
}

uvec4 load_pixel(int y, int x, int channel)
{
    return Half8(push.input_data + uint64_t(((int64_t(y) * push.width + x) * push.channels + channel) * 2)).value;
}

void main()
{
    int parts = push.channels / 8, width = (push.width + 1) / 2, height = (push.height + 1) / 2;
    int row = int(gl_WorkGroupID.y) + push.first_group_y, part = row % parts;
    ivec2 p = ivec2(int(gl_GlobalInvocationID.x) + push.first_group_x * WF_GROUP_WIDTH,
                    row / parts * WF_GROUP_HEIGHT + int(gl_LocalInvocationID.y));
    if (!in_image(p, width, height)) {
        return;
    }
    ivec2 first = 2 * p, last = min(first + 1, ivec2(push.width, push.height) - 1);
    uvec4 above = larger(load_pixel(first.y, first.x, 8 * part), load_pixel(first.y, last.x, 8 * part));
    uvec4 below = larger(load_pixel(last.y, first.x, 8 * part), load_pixel(last.y, last.x, 8 * part));
    int64_t at = (int64_t(p.y) * width + p.x) * push.channels + 8 * part;
    Half8(push.output_data + uint64_t(at * 2)).value = larger(above, below);
}
