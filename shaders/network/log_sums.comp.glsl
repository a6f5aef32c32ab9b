#version 460
#extension GL_GOOGLE_include_directive : require

// log_sums.comp.glsl -- of WF_EXPOSURE_THREADS columns and WF_BLOCK rows: the sums of log2 of the blocks' mean light,
// of such blocks, of ln of depth, and of hits.
#include "network/layers.glsl"
#include "network/thread_sum.glsl"

layout(local_size_x = WF_EXPOSURE_THREADS) in;
layout(push_constant, scalar) uniform Push { wf_exposure_push push; };

const int AT_ONCE = 8; // rows that are read before they are used

shared float columns[WF_EXPOSURE_THREADS];

void main()
{
    ivec2 group = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    int thread = int(gl_LocalInvocationID.x), x = group.x * WF_EXPOSURE_THREADS + thread, y0 = group.y * WF_BLOCK;
    int rows = min(WF_BLOCK, push.height - y0);
    float light = 0.0;
    vec4 sum = vec4(0.0);
    for (int first = 0; first < rows && x < push.width; first += AT_ONCE) {
        vec3 color[AT_ONCE];
        float depth[AT_ONCE];
        [[unroll]] for (int i = 0; i < AT_ONCE; ++i) {
            int y = min(y0 + first + i, push.height - 1);
            color[i] = load_clean(push.color, y, x);
            depth[i] = load_depth(push.depth, y, x);
        }
        [[unroll]] for (int i = 0; i < AT_ONCE; ++i) {
            bool present = first + i < rows;
            light += present ? dot(max(color[i], 0.0), vec3(1.0 / 3.0)) : 0.0;
            sum.zw += present && depth[i] > 0.0 ? vec2(log(depth[i]), 1.0) : vec2(0.0);
        }
    }
    columns[thread] = light;
    barrier();
    if (thread % WF_BLOCK == 0 && x < push.width) {
        int count = min(WF_BLOCK, push.width - x);
        float mean = 0.0;
        for (int i = 0; i < count; ++i) {
            mean += columns[thread + i];
        }
        mean /= float(rows * count);
        if (mean > WF_DARKEST) {
            sum.xy = vec2(log2(mean), 1.0);
        }
    }
    sum = thread_sum(thread, sum);
    if (thread == 0) {
        int across = (push.width + WF_EXPOSURE_THREADS - 1) / WF_EXPOSURE_THREADS;
        Float4(push.sums_data + uint64_t((int64_t(group.y) * across + group.x) * 16)).value = sum;
    }
}
