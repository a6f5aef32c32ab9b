#version 460
#extension GL_GOOGLE_include_directive : require

// exposure.comp.glsl -- one workgroup: of log_sums.comp.glsl's sums, width times height of them, the
// exposure and the mean of ln of depth.
#include "network/layers.glsl"

layout(local_size_x = WF_EXPOSURE_THREADS) in;
layout(push_constant, scalar) uniform Push { wf_exposure_push push; };

shared vec4 sums[WF_EXPOSURE_THREADS];

void main()
{
    int thread = int(gl_LocalInvocationID.x);
    vec4 sum = vec4(0.0);
    for (int i = thread; i < push.width * push.height; i += WF_EXPOSURE_THREADS) {
        sum += Float4(push.sums_data + uint64_t(int64_t(i) * 16)).value;
    }
    sums[thread] = sum;
    barrier();
    for (int count = WF_EXPOSURE_THREADS / 2; count > 0; count /= 2) {
        if (thread < count) {
            sums[thread] += sums[thread + count];
        }
        barrier();
    }
    if (thread == 0) {
        sum = sums[0];
        Float(push.exposure_data).value = sum.y > 0.0 ? WF_KEY * exp2(-sum.x / sum.y) : 1.0;
        Float(push.exposure_data + 4).value = sum.w > 0.0 ? sum.z / sum.w : 0.0;
    }
}
