#include "random.h"

#include <math.h>

static uint64_t mix(uint64_t x)
{
    x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9u;
    x = (x ^ (x >> 27)) * 0x94d049bb133111ebu;
    return x ^ (x >> 31);
}

rng rng_stream(uint64_t seed, uint64_t index, uint64_t stream)
{
    const uint64_t odd = 0x9e3779b97f4a7c15u;
    return (rng){mix(mix(mix(seed + odd) + index + odd) + stream + odd)};
}

uint64_t rng_bits(rng *rng)
{
    rng->state += 0x9e3779b97f4a7c15u;
    return mix(rng->state);
}

static float unit(uint64_t bits)
{
    return (float)(bits >> 40) / 16777216;
}

float rng_uniform(rng *rng, float low, float high)
{
    return low + (high - low) * unit(rng_bits(rng));
}

float rng_log_uniform(rng *rng, float low, float high)
{
    return low * powf(high / low, unit(rng_bits(rng)));
}

int rng_integer(rng *rng, int low, int high)
{
    return low + (int)((rng_bits(rng) >> 32) * (uint64_t)(high - low + 1) >> 32);
}

bool rng_chance(rng *rng, float probability)
{
    return unit(rng_bits(rng)) < probability;
}

int rng_pick(rng *rng, const float *weights, int count)
{
    float sum = 0;
    for (int i = 0; i < count; i++)
        sum += weights[i];
    float rest = rng_uniform(rng, 0, sum);
    int last = 0;
    for (int i = 0; i < count; i++) {
        if (weights[i] <= 0)
            continue;
        last = i;
        if (rest < weights[i])
            break;
        rest -= weights[i];
    }
    return last;
}

vec3 rng_direction(rng *rng)
{
    float y = rng_uniform(rng, -1, 1), angle = rng_uniform(rng, 0, TAU);
    float radius = sqrtf(fmaxf(1 - y * y, 0));
    return (vec3){radius * cosf(angle), y, radius * sinf(angle)};
}

/* ---- Noise ------------------------------------------------------------------------------------------------------- */

static uint32_t mix_32(uint32_t x)
{
    x = (x ^ (x >> 16)) * 0x7feb352du;
    x = (x ^ (x >> 15)) * 0x846ca68bu;
    return x ^ (x >> 16);
}

/* Of a row of the lattice; a point in it is one more step. */
static uint32_t hash_row(int y, int z)
{
    return mix_32((uint32_t)y + mix_32((uint32_t)z + 0x9e3779b9u));
}

static float lattice(uint32_t seed, int x, uint32_t row)
{
    return (float)(mix_32(seed + mix_32((uint32_t)x + row)) >> 8) / 16777216;
}

float hash_unit(uint32_t seed, int x, int y)
{
    return lattice(seed, x, hash_row(y, 0));
}

static float smooth(float t)
{
    return t * t * (3 - 2 * t);
}

static float blend(float a, float b, float t)
{
    return a + (b - a) * t;
}

static int wrap(int x, int period)
{
    return x >= 0 && x < period ? x : ((x % period) + period) % period;
}

/* Between four values of the lattice. */
static float cell(uint32_t seed, int left, int right, uint32_t top, uint32_t bottom, float s, float t)
{
    return blend(blend(lattice(seed, left, top), lattice(seed, right, top), s),
                 blend(lattice(seed, left, bottom), lattice(seed, right, bottom), s), t);
}

float noise_plane(uint32_t seed, float x, float y, int period, int octaves)
{
    float sum = 0, weight = 1, total = 0;
    for (int octave = 0; octave < octaves; octave++) {
        int i = (int)floorf(x), j = (int)floorf(y);
        uint32_t top = hash_row(wrap(j, period), octave), bottom = hash_row(wrap(j + 1, period), octave);
        sum += weight * cell(seed, wrap(i, period), wrap(i + 1, period), top, bottom, smooth(x - (float)i),
                             smooth(y - (float)j));
        total += weight;
        weight /= 2, x *= 2, y *= 2, period *= 2;
    }
    return sum / total;
}

float noise_space(uint32_t seed, vec3 p, int octaves)
{
    float sum = 0, weight = 1, total = 0;
    for (int octave = 0; octave < octaves; octave++, seed++) {
        int x = (int)floorf(p.x), y = (int)floorf(p.y), z = (int)floorf(p.z);
        float s = smooth(p.x - (float)x), t = smooth(p.y - (float)y), planes[2];
        for (int k = 0; k < 2; k++)
            planes[k] = cell(seed, x, x + 1, hash_row(y, z + k), hash_row(y + 1, z + k), s, t);
        sum += weight * blend(planes[0], planes[1], smooth(p.z - (float)z));
        total += weight;
        weight /= 2, p = vec3_scale(p, 2);
    }
    return sum / total;
}
