// storage.glsl -- elements at device addresses: float32 or float16 in memory, float32 in arithmetic.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_shader_16bit_storage : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

layout(buffer_reference, scalar, buffer_reference_align = 4) buffer Float { float value; };
layout(buffer_reference, scalar, buffer_reference_align = 2) buffer Half { float16_t value; };

float load(uint64_t data, int64_t index, bool is_half)
{
    if (is_half) {
        return float(Half(data + uint64_t(index * 2)).value);
    }
    return Float(data + uint64_t(index * 4)).value;
}

void store(uint64_t data, int64_t index, bool is_half, float value)
{
    if (is_half) {
        Half(data + uint64_t(index * 2)).value = float16_t(value);
    } else {
        Float(data + uint64_t(index * 4)).value = value;
    }
}
