#version 460
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

// own_weights.comp.glsl -- stands for a predictor: every weight of every pixel at random, one thread a pixel.
layout(local_size_x = 64) in;

layout(buffer_reference, scalar) writeonly buffer Weights { float w[]; };
layout(push_constant, scalar) uniform Push { uint64_t weights; uint frame, pixels, taps; } push;

// The twin of own_weights.c's: a PCG hash (Jarzynski and Olano 2020) to 0 ... 1.
float random_weight(uint i, uint frame)
{
    uint state = (i ^ frame * 0x9e3779b9u) * 747796405u + 2891336453u;
    uint word = ((state >> ((state >> 28) + 4u)) ^ state) * 277803737u;
    return float(((word >> 22) ^ word) >> 8) / 16777216.0;
}

void main()
{
    uint p = gl_GlobalInvocationID.x;
    for (uint t = 0; t < push.taps && p < push.pixels; ++t) {
        Weights(push.weights).w[t * push.pixels + p] = random_weight(t * push.pixels + p, push.frame);
    }
}
