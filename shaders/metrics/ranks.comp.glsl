#version 460
#extension GL_GOOGLE_include_directive : require

// ranks.comp.glsl -- finds the digit of a quantile's key from the counts of digits. A workgroup for
// each channel, x, and quantile, y.
#include "measured.glsl"

const uint quantiles[] = uint[](MEASURED_QUANTILES);
shared uint parts[MEASURED_THREADS + 1]; /* sums of neighboring counts, then of all before */

uint count_of(uint channel, uint quantile, uint bin)
{
    return push.digit == 0 ? work.results.histogram[channel][bin]
                           : work.counts[push.digit - 1][channel][quantile][bin];
}

/* The least one that so many thousandths of all are not above: from 1. */
uint rank_of(uint quantile, uint total)
{
    uint thousands = total / 1000, rest = total % 1000;
    return max(thousands * quantile + (rest * quantile + 999) / 1000, 1);
}

void main()
{
    uint thread = gl_LocalInvocationIndex, channel = gl_WorkGroupID.x, quantile = gl_WorkGroupID.y;
    uint each = (push.digit == 0 ? MEASURED_BINS : MEASURED_NEXT_BINS) / MEASURED_THREADS, sum = 0;
    for (uint i = 0; i < each; i++) {
        sum += count_of(channel, quantile, thread * each + i);
    }
    parts[thread] = sum;
    barrier();
    if (thread == 0) {
        uint before = 0;
        for (uint i = 0; i <= MEASURED_THREADS; i++) {
            uint own = i < MEASURED_THREADS ? parts[i] : 0;
            parts[i] = before;
            before += own;
        }
    }
    barrier();
    uint key = 0, rank = rank_of(quantiles[quantile], parts[MEASURED_THREADS]);
    if (push.digit > 0) {
        key = work.results.ranks[channel][quantile].key;
        rank = work.results.ranks[channel][quantile].rank;
    }
    barrier();
    if (parts[thread] >= rank || parts[thread + 1] < rank) {
        return;
    }
    uint before = parts[thread], bin = thread * each;
    while (before + count_of(channel, quantile, bin) < rank) {
        before += count_of(channel, quantile, bin++);
    }
    int bits = push.digit == 0 ? MEASURED_FIRST_BITS : MEASURED_NEXT_BITS;
    work.results.ranks[channel][quantile].key = key << bits | bin;
    work.results.ranks[channel][quantile].rank = rank - before;
}
