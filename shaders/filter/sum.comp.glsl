#version 460
#extension GL_GOOGLE_include_directive : require

// sum.comp.glsl -- sums of channels, one workgroup for every channel and share of the rows: a float32 and, in the
// second one behind it, what it lacks. Such pairs are summed by the same shader; it stores single numbers then.
#include "shared.h"

layout(local_size_x = WF_SUM_THREADS) in;
layout(constant_id = WF_SUM_TYPE) const int TYPE = 0;
layout(constant_id = WF_SUM_STEP) const int STEP = 1;
layout(constant_id = WF_SUM_LAST) const bool LAST = false;
const int PIXELS = 1;

#include "pixels.glsl"

layout(push_constant, scalar) uniform Push { wf_sum_push push; };

shared vec2 sums[WF_SUM_THREADS];

// The two numbers whose sum is that of a's and b's, and more exact than one float32 (Knuth's TwoSum).
vec2 add(vec2 a, vec2 b)
{
    precise float sum = a.x + b.x;
    precise float part = sum - a.x;
    precise float rest = (a.x - (sum - part)) + (b.x - part);
    return vec2(sum, rest + (a.y + b.y));
}

void store(uint64_t address, float value)
{
    float values[PIXELS];
    values[0] = value;
    store_pixels(address, WF_SHARED_FLOAT32, values);
}

void main()
{
    int channel = int(gl_WorkGroupID.y) + push.first_group_y, share = int(gl_WorkGroupID.x) + push.first_group_x;
    int thread = int(gl_LocalInvocationID.x), size = element_size(TYPE);
    vec2 sum = vec2(0.0);
    for (int y = share; y < push.height; y += push.shares) {
        uint64_t row = push.data + uint64_t((channel * push.channel + int64_t(y) * push.row) * size);
        for (int x = thread; x < push.width; x += WF_SUM_THREADS) {
            float values[PIXELS];
            load_pixels(row + uint64_t(int64_t(x) * STEP * size), TYPE, values);
            sum = add(sum, vec2(values[0], 0.0));
        }
    }
    sums[thread] = sum;
    barrier();
    for (int count = WF_SUM_THREADS / 2; count > 0; count /= 2) {
        if (thread < count) {
            sums[thread] = add(sums[thread], sums[thread + count]);
        }
        barrier();
    }
    if (thread == 0) {
        sum = sums[0];
        uint64_t to = push.sums_data + uint64_t((channel * push.sums_channel + share * (LAST ? 1 : 2)) * 4);
        store(to, LAST ? sum.x + sum.y : sum.x);
        if (!LAST) {
            store(to + 4, sum.y);
        }
    }
}
