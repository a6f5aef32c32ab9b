/* Compiled once for each instruction set; WF_CONVOLVE_ROW, given by the build, is the function's name. */
#include "convolve.h"

#define ALWAYS_INLINE inline __attribute__((always_inline))

#if defined(__AVX512F__)
enum { LANES = 16, PIXELS = 12 };
#elif defined(__AVX2__)
enum { LANES = 8, PIXELS = 6 };
#else
enum { LANES = 4, PIXELS = 3 };
#endif
enum { VECTORS = WF_CONVOLVE_GROUP / LANES };

_Static_assert(WF_CONVOLVE_PIXELS % PIXELS == 0, "rows are whole numbers of steps");

typedef float vector __attribute__((vector_size(LANES * sizeof(float)), aligned(sizeof(float)), may_alias));

wf_convolve_row_function WF_CONVOLVE_ROW;

typedef struct sums {
    vector of[PIXELS][VECTORS];
} sums;

/* Adds `count` neighboring inputs of each pixel: with a 3x3 convolution, those of three pixels. */
static ALWAYS_INLINE void add(sums *s, const float *input, int64_t pixel, const float *weight, int64_t count)
{
    for (int64_t k = 0; k < count; k++, input++, weight += WF_CONVOLVE_GROUP) {
        vector w[VECTORS];
#pragma GCC unroll 16
        for (int v = 0; v < VECTORS; v++)
            w[v] = *(const vector *)(weight + v * LANES);
#pragma GCC unroll 16
        for (int p = 0; p < PIXELS; p++) {
            const float x = input[p * pixel];
#pragma GCC unroll 16
            for (int v = 0; v < VECTORS; v++)
                s->of[p][v] += x * w[v];
        }
    }
}

static ALWAYS_INLINE void finish(const sums *s, int relu, float *output, int64_t pixel)
{
    const vector zero = {0};
#pragma GCC unroll 16
    for (int p = 0; p < PIXELS; p++) {
#pragma GCC unroll 16
        for (int v = 0; v < VECTORS; v++) {
            vector value = s->of[p][v];
            if (relu)
                value = (vector)((__typeof__(value > zero))value & (value > zero));
            *(vector *)(output + p * pixel + v * LANES) = value;
        }
    }
}

static void convolve_group(const wf_convolve_row *row, int group)
{
    const int64_t inputs = row->inputs, run = inputs * row->size, rows = row->size;
    const float *bias = row->parameters + group * WF_CONVOLVE_GROUP;
    const float *weight = row->parameters + row->groups * WF_CONVOLVE_GROUP + group * rows * run * WF_CONVOLVE_GROUP;
    const int64_t pixel = (int64_t)(row->last - row->first) * WF_CONVOLVE_GROUP;
    float *output = row->output + (group - row->first) * WF_CONVOLVE_GROUP;
    for (int64_t x = 0; x < WF_CONVOLVE_PIXELS; x += PIXELS) {
        sums s;
#pragma GCC unroll 16
        for (int p = 0; p < PIXELS; p++) {
#pragma GCC unroll 16
            for (int v = 0; v < VECTORS; v++)
                s.of[p][v] = *(const vector *)(bias + v * LANES);
        }
        for (int64_t i = 0; i < rows; i++)
            add(&s, row->input + i * row->input_row + x * inputs, inputs, weight + i * run * WF_CONVOLVE_GROUP, run);
        finish(&s, row->relu, output + x * pixel, pixel);
    }
}

void WF_CONVOLVE_ROW(const wf_convolve_row *row)
{
    for (int group = row->first; group < row->last; group++)
        convolve_group(row, group);
}
