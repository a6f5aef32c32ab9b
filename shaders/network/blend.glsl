// blend.glsl -- a pixel's o of the finest level, times the filtered albedo and epsilon. Includers have
// in_image.glsl, and write it:
void write_blended(int op, ivec2 p, vec3 rgb);

#include "network/layers.glsl"

layout(push_constant, scalar) uniform Push { wf_blend_push push; };

wf_plane_push image_of(int op)
{
    return wf_plane_push(push.image_data[op], push.image[op][0], push.image[op][1], push.image[op][2]);
}

void blend(ivec2 p)
{
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    vec3 factor = vec3(1.0), o[2];
    [[unroll]] for (int op = 0; op < 2; ++op) {
        if ((push.operators >> op & 1) != 0) {
            wf_plane_push coarser = dense_planes(push.blend_data[op], (push.width + 1) / 2, (push.height + 1) / 2);
            o[op] = blended(image_of(op), coarser, push.alpha_data, op, p.y, p.x, push.width, push.height);
        }
    }
    if (push.albedo_data != 0) {
        factor = load_divisor(push.albedo_data, push.epsilon, int64_t(p.y) * push.width + p.x);
    }
    [[unroll]] for (int op = 0; op < 2; ++op) {
        if ((push.operators >> op & 1) != 0) {
            write_blended(op, p, o[op] * factor);
        }
    }
}
