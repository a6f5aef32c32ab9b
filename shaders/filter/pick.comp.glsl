#version 460
#extension GL_GOOGLE_include_directive : require

// pick.comp.glsl -- a few pixels' weights, out of all. One thread a weight: taps in x, pixels in y.
#include "grid.glsl"

layout(constant_id = WF_PICK_TYPE) const int TYPE = 0;
const int PIXELS = 1;

#include "filter/pixels.glsl"

layout(push_constant, scalar) uniform Push { wf_pick_push push; };

void main()
{
    ivec2 at = thread_pixel(push.first_group_x, push.first_group_y);
    int tap = at.x, pixel = at.y, in_group = tap % (push.kernel_height * push.kernel_width);
    if (tap >= push.taps || pixel >= push.rows * push.columns) {
        return;
    }
    ivec2 p = ivec2(push.x + pixel % push.columns, push.y + pixel / push.columns);
    if (push.landing != 0) {
        p.x -= push.dilation * (in_group % push.kernel_width - push.kernel_width / 2);
        p.y -= push.dilation * (in_group / push.kernel_width - push.kernel_height / 2);
    }
    float values[PIXELS];
    values[0] = 0.0;
    if (in_image(p, push.width, push.height)) {
        int64_t index = tap * push.weight_tap + int64_t(p.y) * push.weight_row + int64_t(p.x) * push.weight_step;
        load_pixels(push.weight_data + uint64_t(index * element_size(TYPE)), TYPE, values);
    }
    store_pixels(push.output_data + uint64_t((int64_t(pixel) * push.taps + tap) * 4), WF_SHARED_FLOAT32, values);
}
