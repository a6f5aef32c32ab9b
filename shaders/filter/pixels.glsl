// pixels.glsl -- PIXELS neighboring elements at once: float32, float16 or bfloat16 in memory, float32 in arithmetic.
// Included after PIXELS, which is 1, 2, 4 or 8, is declared; their addresses are multiples of min(16, PIXELS elements).
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_control_flow_attributes : require
#extension GL_EXT_shader_16bit_storage : require

#include "shared.h"

layout(buffer_reference, scalar, buffer_reference_align = 2) buffer Bytes2 { uint16_t value; };
layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Bytes4 { uint value; };
layout(buffer_reference, scalar, buffer_reference_align = 8) buffer Bytes8 { uvec2 value; };
layout(buffer_reference, scalar, buffer_reference_align = 16) buffer Bytes16 { uvec4 value; };

int element_size(int type)
{
    return type == WF_SHARED_FLOAT32 ? 4 : 2;
}

// Of at most 16 bytes.
uvec4 load_words(uint64_t address, int bytes)
{
    if (bytes >= 16) {
        return Bytes16(address).value;
    }
    if (bytes == 8) {
        return uvec4(Bytes8(address).value, 0, 0);
    }
    return uvec4(bytes == 4 ? Bytes4(address).value : uint(Bytes2(address).value), 0, 0, 0);
}

void store_words(uint64_t address, int bytes, uvec4 words)
{
    if (bytes >= 16) {
        Bytes16(address).value = words;
    } else if (bytes == 8) {
        Bytes8(address).value = words.xy;
    } else if (bytes == 4) {
        Bytes4(address).value = words.x;
    } else {
        Bytes2(address).value = uint16_t(words.x);
    }
}

// The element that begins at that byte of a word.
float decode(uint word, int type, int byte)
{
    if (type == WF_SHARED_FLOAT32) {
        return uintBitsToFloat(word);
    }
    if (type == WF_SHARED_FLOAT16) {
        return byte == 0 ? unpackHalf2x16(word).x : unpackHalf2x16(word).y;
    }
    return uintBitsToFloat(byte == 0 ? word << 16 : word & 0xffff0000u);
}

// The upper half of a float, rounded to nearest, ties to even.
uint encode_bfloat(float value)
{
    uint bits = floatBitsToUint(value);
    return isnan(value) ? bits >> 16 | 0x40u : bits + 0x7fffu + (bits >> 16 & 1u) >> 16;
}

uint encode(float value, float next, int type)
{
    if (type == WF_SHARED_FLOAT32) {
        return floatBitsToUint(value);
    }
    if (type == WF_SHARED_FLOAT16) {
        return packHalf2x16(vec2(value, next));
    }
    return encode_bfloat(next) << 16 | encode_bfloat(value);
}

void load_pixels(uint64_t address, int type, out float values[PIXELS])
{
    const int size = element_size(type), most = 16 / size;
    [[unroll]] for (int first = 0; first < PIXELS; first += most) {
        uvec4 words = load_words(address + uint(first * size), PIXELS * size);
        [[unroll]] for (int k = 0; k < most && first + k < PIXELS; ++k) {
            values[first + k] = decode(words[k * size / 4], type, k * size % 4);
        }
    }
}

// The same of at most 4, without loops. Components beyond PIXELS mean nothing.
vec4 load_vector(uint64_t address, int type)
{
    uvec4 words = load_words(address, PIXELS * element_size(type));
    if (type == WF_SHARED_FLOAT32) {
        return uintBitsToFloat(words);
    }
    if (type == WF_SHARED_FLOAT16) {
        return vec4(unpackHalf2x16(words.x), unpackHalf2x16(words.y));
    }
    return uintBitsToFloat(uvec4(words.x << 16, words.x & 0xffff0000u, words.y << 16, words.y & 0xffff0000u));
}

void store_pixels(uint64_t address, int type, float values[PIXELS])
{
    const int size = element_size(type), most = 16 / size, step = 4 / size;
    [[unroll]] for (int first = 0; first < PIXELS; first += most) {
        uvec4 words = uvec4(0);
        [[unroll]] for (int k = 0; k < most && first + k < PIXELS; k += step) {
            words[k / step] = encode(values[first + k], values[min(first + k + 1, PIXELS - 1)], type);
        }
        store_words(address + uint(first * size), PIXELS * size, words);
    }
}

// The first PIXELS components.
void store_vector(uint64_t address, int type, vec4 vector)
{
    float values[PIXELS];
    [[unroll]] for (int x = 0; x < PIXELS; ++x) {
        values[x] = vector[x];
    }
    store_pixels(address, type, values);
}
