/* random.h -- random numbers that follow from where they are used: a stream of them has
   a name made of three numbers. */
#ifndef WFVIEW_TRACE_RANDOM_H
#define WFVIEW_TRACE_RANDOM_H

#include <stdbool.h>
#include <stdint.h>

#include "app/trace/vec3.h"

/* A copy repeats what the original goes on to give. */
typedef struct rng {
    uint64_t state;
} rng;

/* The streams of different names are independent of each other. SplitMix64 (Steele, Lea, Flood 2014). */
rng rng_stream(uint64_t seed, uint64_t index, uint64_t stream);

uint64_t rng_bits(rng *rng);
float rng_uniform(rng *rng, float low, float high);     /* low ... high */
float rng_log_uniform(rng *rng, float low, float high); /* as many within each factor of 2; low above 0 */
int rng_integer(rng *rng, int low, int high);           /* low ... high, both included */
bool rng_chance(rng *rng, float probability);

/* An index below count, drawn by weights that are at least 0 and not all 0. */
int rng_pick(rng *rng, const float *weights, int count);

/* Of length 1, uniform on the sphere. */
vec3 rng_direction(rng *rng);

/* A hash of three numbers, uniform in [0,1). */
float hash_unit(uint32_t seed, int x, int y);

/* Smooth noise in [0,1] of the plane and of space: octaves of cubically interpolated lattice values, each of twice the
 * frequency and half the weight. In the plane it repeats after `period` units, in both directions. */
float noise_plane(uint32_t seed, float x, float y, int period, int octaves);
float noise_space(uint32_t seed, vec3 position, int octaves);

#endif
