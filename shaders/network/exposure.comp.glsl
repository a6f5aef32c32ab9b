#version 460
#extension GL_GOOGLE_include_directive : require

// exposure.comp.glsl -- one workgroup: of log_sums.comp.glsl's sums, width times height of them, the
// exposure and the mean of ln of depth.
#include "network/layers.glsl"
#include "network/thread_sum.glsl"

layout(local_size_x = WF_EXPOSURE_THREADS) in;
layout(push_constant, scalar) uniform Push { wf_exposure_push push; };

const int AT_ONCE = 8; // sums that are read before they are used

void main()
{
    int thread = int(gl_LocalInvocationID.x);
    vec4 sum = vec4(0.0);
    const int count = push.width * push.height;
    for (int first = thread; first < count; first += AT_ONCE * WF_EXPOSURE_THREADS) {
        vec4 read[AT_ONCE];
        [[unroll]] for (int i = 0; i < AT_ONCE; ++i) {
            int place = min(first + i * WF_EXPOSURE_THREADS, count - 1);
            read[i] = Float4(push.sums_data + uint64_t(int64_t(place) * 16)).value;
        }
        [[unroll]] for (int i = 0; i < AT_ONCE; ++i) {
            sum += first + i * WF_EXPOSURE_THREADS < count ? read[i] : vec4(0.0);
        }
    }
    sum = thread_sum(thread, sum);
    if (thread == 0) {
        Float(push.exposure_data).value = sum.y > 0.0 ? WF_KEY * exp2(-sum.x / sum.y) : 1.0;
        Float(push.exposure_data + 4).value = sum.w > 0.0 ? sum.z / sum.w : 0.0;
    }
}
