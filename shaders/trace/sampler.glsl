// sampler.glsl -- a low-discrepancy sequence: pairs of Sobol's first two dimensions, each pair with its samples
// shuffled and Owen-scrambled anew for every pixel and pair, by hashing (Burley, "Practical
// Hash-based Owen Scrambling", JCGT 2020).

struct sampler_state {
    uint seed; // of the pixel and the next pair
    uint index;
};

uint hash(uint x)
{
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

uint hash_pair(uint x, uint y)
{
    return hash(x ^ (hash(y) + 0x9e3779b9u));
}

sampler_state make_sampler(uvec2 pixel, uint seed, uint index)
{
    return sampler_state(hash_pair(pixel.x, hash_pair(pixel.y, seed)), index);
}

// Owen's scrambling of the number whose bits are reversed: each bit depends on the seed and on those below it.
uint scramble_reversed(uint x, uint seed)
{
    x += seed;
    x ^= x * 0x6c50b47cu;
    x ^= x * 0xb82f1e52u;
    x ^= x * 0xc7afe638u;
    x ^= x * 0x8d22f6e6u;
    return x;
}

// Sobol's second dimension, bits reversed: bit j is the sum mod 2 of the index's bits k with binomial(k, j) odd.
uint sobol_reversed(uint x)
{
    x ^= (x >> 1) & 0x55555555u;
    x ^= (x >> 2) & 0x33333333u;
    x ^= (x >> 4) & 0x0f0f0f0fu;
    x ^= (x >> 8) & 0x00ff00ffu;
    return x ^ (x >> 16);
}

uvec2 next_bits(inout sampler_state state)
{
    state.seed = hash(state.seed + 0x9e3779b9u);
    uint index = bitfieldReverse(scramble_reversed(bitfieldReverse(state.index), state.seed));
    return uvec2(bitfieldReverse(scramble_reversed(index, hash_pair(state.seed, 1))),
                 bitfieldReverse(scramble_reversed(sobol_reversed(index), hash_pair(state.seed, 2))));
}

const float BELOW_ONE = 0.99999994; // the number before 1

// From 0 to below 1.
vec2 to_unit(uvec2 bits)
{
    return vec2(bits >> 8) / 16777216.0;
}

vec2 next_pair(inout sampler_state state)
{
    return to_unit(next_bits(state));
}

// On the unit disk, area-preserving and with little distortion (Shirley and Chiu 1997).
vec2 sample_disk(vec2 u)
{
    vec2 square = 2 * u - 1;
    if (square == vec2(0)) {
        return vec2(0);
    }
    bool wide = abs(square.x) > abs(square.y);
    float radius = wide ? square.x : square.y;
    float angle = wide ? PI / 4 * (square.y / square.x) : PI / 2 - PI / 4 * (square.x / square.y);
    return radius * vec2(cos(angle), sin(angle));
}
