/* element.h -- one element of a tensor as a float. */
#ifndef WF_CPU_ELEMENT_H
#define WF_CPU_ELEMENT_H

#include <string.h>

#include "wf.h"

static inline float half_to_float(uint16_t half)
{
    uint32_t exponent = half >> 10 & 31, mantissa = half & 1023;
    float value = exponent == 31 ? (mantissa ? __builtin_nanf("") : __builtin_inff())
                                 : __builtin_ldexpf((float)(exponent ? mantissa + 1024 : mantissa),
                                                    (int)(exponent ? exponent : 1) - 25);
    return half >> 15 ? -value : value;
}

static inline uint16_t float_to_half(float value)
{
    uint32_t bits;
    memcpy(&bits, &value, sizeof bits);
    uint16_t sign = (uint16_t)(bits >> 16 & 0x8000);
    bits &= 0x7fffffff;
    if (bits > 0x7f800000)
        return sign | 0x7e00;
    float magnitude;
    memcpy(&magnitude, &bits, sizeof magnitude);
    if (magnitude >= 65520.0f)
        return sign | 0x7c00;
    if (magnitude < 6.103515625e-5f)
        return sign | (uint16_t)__builtin_rintf(magnitude * 16777216.0f);
    bits += 0xfff + (bits >> 13 & 1);
    return sign | (uint16_t)((bits >> 13) - (112 << 10));
}

static inline float load(const wf_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t x)
{
    int64_t at = n * tensor->stride[0] + c * tensor->stride[1] + y * tensor->stride[2] + x;
    return tensor->dtype == WF_FLOAT16 ? half_to_float(((const uint16_t *)tensor->data)[at])
                                       : ((const float *)tensor->data)[at];
}

static inline void store(const wf_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t x, float value)
{
    int64_t at = n * tensor->stride[0] + c * tensor->stride[1] + y * tensor->stride[2] + x;
    if (tensor->dtype == WF_FLOAT16)
        ((uint16_t *)tensor->data)[at] = float_to_half(value);
    else
        ((float *)tensor->data)[at] = value;
}

#endif
