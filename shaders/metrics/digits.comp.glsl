#version 460
#extension GL_GOOGLE_include_directive : require

// digits.comp.glsl -- counts the finite values of a channel, the workgroup's y, by one digit of their keys: of the
// first digit all of them, of the next ones those that begin with what was found for each quantile.
#include "measured.glsl"

const uint next_counts = MEASURED_QUANTILE_COUNT * MEASURED_NEXT_BINS;
shared uint counts[max(uint(MEASURED_BINS), next_counts)];

void count(uint key, uint prefixes[MEASURED_QUANTILE_COUNT])
{
    if (push.digit == 0) {
        atomicAdd(counts[key >> (32 - MEASURED_FIRST_BITS)], 1);
        return;
    }
    int shift = 32 - MEASURED_FIRST_BITS - push.digit * MEASURED_NEXT_BITS;
    uint prefix = key >> (shift + MEASURED_NEXT_BITS), digit = (key >> shift) & (MEASURED_NEXT_BINS - 1);
    for (int q = 0; q < MEASURED_QUANTILE_COUNT; q++) {
        if (prefix == prefixes[q]) {
            atomicAdd(counts[q * MEASURED_NEXT_BINS + digit], 1);
        }
    }
}

void main()
{
    uint thread = gl_LocalInvocationIndex, channel = gl_WorkGroupID.y;
    uint length = push.digit == 0 ? uint(MEASURED_BINS) : next_counts;
    uint prefixes[MEASURED_QUANTILE_COUNT];
    for (int q = 0; q < MEASURED_QUANTILE_COUNT; q++) {
        prefixes[q] = push.digit == 0 ? 0 : work.results.ranks[channel][q].key;
    }
    for (uint i = thread; i < length; i += MEASURED_THREADS) {
        counts[i] = 0;
    }
    barrier();
    for (int i = first_pixel(); i < pixel_count(); i += pixel_stride()) {
        float value = texelFetch(picture, pixel_place(i), 0)[channel];
        if (is_finite(value)) {
            count(key_of(value), prefixes);
        }
    }
    barrier();
    for (uint i = thread; i < length; i += MEASURED_THREADS) {
        if (counts[i] == 0) {
            continue;
        }
        if (push.digit == 0) {
            atomicAdd(work.results.histogram[channel][i], counts[i]);
        } else {
            atomicAdd(work.counts[push.digit - 1][channel][i / MEASURED_NEXT_BINS][i % MEASURED_NEXT_BINS], counts[i]);
        }
    }
}
