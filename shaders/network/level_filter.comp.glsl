#version 460
#extension GL_GOOGLE_include_directive : require

// level_filter.comp.glsl -- level.glsl with logits in memory.
#define CORNER(p, own)     (p)
#define MARGIN(lands)      0
#define MARGIN_ROWS(lands) BORDER
#define ROW(lands)         PLANE_ROW
#define PLANE(lands)       PLANE_PAIRS
#define ALPHAS_LAND        false
#include "network/level_planes.glsl"
#include "network/level.glsl"

uint pair_at(const bool lands, int at)
{
    return Half2s(push.decoded_data).values[GUARD + (lands ? (GATHER_PLANES) * PLANE_PAIRS : 0) + at];
}

void sync_warp()
{
    barrier();
}

void main()
{
    ivec2 group = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    ivec2 tile = group * ivec2(WIDTH, HEIGHT);
    ivec2 own = ivec2(gl_LocalInvocationIndex % 16u * 2u, gl_LocalInvocationIndex / 16u);
    load_light(tile);
    stage_light(tile);
    barrier();
    filter_tile(!HAS_GATHER, tile, own);
    if (HAS_GATHER && HAS_SPLAT) {
        barrier();
        filter_tile(true, tile, own);
    }
}
