#version 460
#extension GL_GOOGLE_include_directive : require

// differences.comp.glsl -- sums of what a picture differs from a reference by, over a
// region: a part of them a workgroup.
#include "measured.glsl"
#include "../display/tone.glsl"

shared float parts[MEASURED_SUMS][MEASURED_THREADS];

/* Clamping would make a number of NaN. */
vec3 displayed(vec3 linear)
{
    return mix(srgb(linear), linear, isnan(linear));
}

float sum_of(vec3 terms)
{
    return terms.r + terms.g + terms.b;
}

void main()
{
    uint thread = gl_LocalInvocationIndex;
    float sums[MEASURED_SUMS];
    for (int i = 0; i < MEASURED_SUMS; i++) {
        sums[i] = 0;
    }
    for (int i = first_pixel(); i < pixel_count(); i += pixel_stride()) {
        ivec2 p = pixel_place(i);
        vec3 d = texelFetch(picture, p, 0).rgb, r = texelFetch(reference, p, 0).rgb;
        vec3 shown = displayed(d) - displayed(r);
        sums[MEASURE_SIGNED] += sum_of(d - r);
        sums[MEASURE_ABSOLUTE] += sum_of(abs(d - r));
        sums[MEASURE_RELATIVE] += sum_of(MEASURE_RELATIVE_TERM(d, r));
        sums[MEASURE_SMAPE] += sum_of(MEASURE_SMAPE_TERM(d, r));
        sums[MEASURE_REL_MSE] += sum_of(MEASURE_REL_MSE_TERM(d, r));
        sums[MEASURED_DISPLAY] += sum_of(shown * shown);
        sums[MEASURE_FLIP] += imageLoad(flip_map, p).r;
    }
    for (int i = 0; i < MEASURED_SUMS; i++) {
        parts[i][thread] = sums[i];
    }
    for (uint half_count = MEASURED_THREADS / 2; half_count > 0; half_count /= 2) {
        barrier();
        if (thread < half_count) {
            for (int i = 0; i < MEASURED_SUMS; i++) {
                parts[i][thread] += parts[i][thread + half_count];
            }
        }
    }
    barrier();
    if (thread < MEASURED_SUMS) {
        work.results.sums[gl_WorkGroupID.x][thread] = parts[thread][0];
    }
}
