#version 460
#extension GL_GOOGLE_include_directive : require

// join.comp.glsl -- D of a level's image becomes o of the coarser level less that: what will be
// added. One thread a coarse pixel.
#include "grid.glsl"
#include "network/layers.glsl"

layout(push_constant, scalar) uniform Push { wf_join_push push; };

void main()
{
    ivec2 p = thread_pixel(push.first_group_x, push.first_group_y);
    if (!in_image(p, push.width, push.height)) {
        return;
    }
    vec3 o = blended(push.coarser_image, push.coarser_blend, push.coarser_alpha_data, push.splat, p.y, p.x, push.width,
                     push.height);
    store_rgb(push.blend, p.y, p.x, o - load_rgb(push.blend, p.y, p.x));
}
