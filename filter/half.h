/* half.h -- float16 and float32, for host code. Private. */
#ifndef WF_HALF_H
#define WF_HALF_H

#include <stdint.h>
#include <string.h>

static inline uint32_t wf_float_bits(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    return bits;
}

static inline float wf_float_of(uint32_t bits)
{
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

static inline float wf_half_to_float(uint16_t half)
{
    uint32_t magnitude = (uint32_t)(half & 0x7fff) << 13;
    float normal = wf_float_of(magnitude + (112u << 23));
    float subnormal = wf_float_of(magnitude + (113u << 23)) - 0x1p-14f;
    float special = wf_float_of(magnitude + (224u << 23)); /* infinity and NaN */
    float value = magnitude < 1u << 23 ? subnormal : magnitude < 31u << 23 ? normal : special;
    return wf_float_of(wf_float_bits(value) | (uint32_t)(half & 0x8000) << 16);
}

/* Rounds to nearest, ties to even; beyond the largest finite value, to infinity. */
static inline uint16_t wf_float_to_half(float value)
{
    uint32_t magnitude = wf_float_bits(value) & 0x7fffffff;
    uint32_t normal = (magnitude + 0xfff + (magnitude >> 13 & 1) - (112u << 23)) >> 13;
    uint32_t subnormal = wf_float_bits(wf_float_of(magnitude) + 0.5f) - wf_float_bits(0.5f); /* the addition rounds */
    uint32_t half = magnitude < 113u << 23 ? subnormal : normal;
    half = magnitude >= wf_float_bits(65520.0f) ? 0x7c00 : half;
    half = magnitude > 0x7f800000 ? 0x7e00 : half;
    return (uint16_t)(half | (wf_float_bits(value) >> 16 & 0x8000));
}

#endif
