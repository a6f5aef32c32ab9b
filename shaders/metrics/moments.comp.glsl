#version 460
#extension GL_GOOGLE_include_directive : require

// moments.comp.glsl -- count, mean, deviation and extremes of a channel's values in a region: a part a workgroup. The
// channel is the workgroup's y. Means and sums of squares are updated and joined as Chan, Golub and LeVeque do,
// "Updating Formulae and a Pairwise Algorithm for Computing Sample Variances", 1979: nothing is lost where the
// deviation is small beside the mean.
#include "measured.glsl"

shared measured_moments parts[MEASURED_THREADS];

void join(inout measured_moments a, measured_moments b)
{
    uint count = a.count + b.count;
    float share = count > 0 ? float(b.count) / float(count) : 0.0, between = b.mean - a.mean;
    a.mean += between * share;
    a.squares += b.squares + between * between * share * float(a.count);
    a.count = count;
    a.smallest = min(a.smallest, b.smallest);
    a.largest = max(a.largest, b.largest);
    a.nan += b.nan;
    a.infinite += b.infinite;
}

void main()
{
    uint thread = gl_LocalInvocationIndex, channel = gl_WorkGroupID.y;
    const float infinity = uintBitsToFloat(0x7f800000u);
    measured_moments own = measured_moments(0, 0, 0, infinity, -infinity, 0, 0);
    for (int i = first_pixel(); i < pixel_count(); i += pixel_stride()) {
        float value = texelFetch(picture, pixel_place(i), 0)[channel];
        if (is_finite(value)) {
            own.count++;
            float before = value - own.mean;
            own.mean += before / float(own.count);
            own.squares += before * (value - own.mean);
            own.smallest = min(own.smallest, value);
            own.largest = max(own.largest, value);
        } else if (isnan(value)) {
            own.nan++;
        } else {
            own.infinite++;
        }
    }
    parts[thread] = own;
    for (uint half_count = MEASURED_THREADS / 2; half_count > 0; half_count /= 2) {
        barrier();
        if (thread < half_count) {
            join(own, parts[thread + half_count]);
            parts[thread] = own;
        }
    }
    if (thread == 0) {
        work.results.moments[gl_WorkGroupID.x][channel] = own;
    }
}
