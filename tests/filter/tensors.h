/* tensors.h -- random tensors for tests and benchmarks, in host memory, in every layout that wf.h allows. */
#ifndef WF_TESTS_TENSORS_H
#define WF_TESTS_TENSORS_H

#include "wf.h"

/* ---- Random numbers ---------------------------------------------------------------------------------------------- */

typedef struct random_state {
    uint64_t state;
} random_state;

/* Seeded from the environment's WF_SEED, else from the clock, so that every run draws
   fresh tensors. Prints the seed. */
random_state random_start(void);

/* Uniform in low <= value < high. */
double random_uniform(random_state *random, double low, double high);

/* ---- 16-bit numbers ---------------------------------------------------------------------------------------------- */

double half_to_double(uint16_t half);

/* Rounds to nearest, ties to even. */
uint16_t half_from_double(double value);

double bfloat_to_double(uint16_t bfloat);

/* Rounds to float32 and then to nearest, ties to even. */
uint16_t bfloat_from_double(double value);

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

typedef enum tensor_layout {
    LAYOUT_DENSE = 0,
    LAYOUT_PADDED_ROWS,    /* three unused elements after every row */
    LAYOUT_CHANNEL_SLICE,  /* some channels of a tensor that has more, from its second one on */
    LAYOUT_BATCH_SLICE,    /* every second image of a batch, from the second one on */
    LAYOUT_CHANNELS_FIRST, /* C,N,H,W in memory */
    LAYOUT_FLIPPED,        /* rows stored bottom-up: a negative stride */
    LAYOUT_CHANNELS_LAST,  /* N,H,W,C in memory */
    LAYOUT_EVERY_OTHER,    /* every other pixel of rows stored right to left: stride -2 in W */
    LAYOUT_EXPANDED,       /* one image for the whole batch: stride 0, for inputs only */
    LAYOUT_COUNT
} tensor_layout;

/* A tensor and all the memory it is cut from. Elements before, between and after those of the view are padding. */
typedef struct host_tensor {
    wf_tensor view; /* view.data points into storage */
    void *storage;
    size_t size; /* bytes of storage */
} host_tensor;

/* Allocates the tensor and sets all of its storage, padding included, to NaN. Aborts where memory runs out. */
host_tensor host_tensor_make(wf_dtype dtype, int64_t n, int64_t c, int64_t h, int64_t w, tensor_layout layout);
void host_tensor_free(host_tensor *tensor);

double host_tensor_get(const host_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t x);

/* Rounds value to the tensor's dtype. */
void host_tensor_set(host_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t x, double value);

void host_tensor_fill(host_tensor *tensor, double value);
void host_tensor_randomize(host_tensor *tensor, random_state *random, double low, double high);

/* Number of elements of the view. */
int64_t host_tensor_count(const host_tensor *tensor);

/* The values as stored, as a dense N,C,H,W array that the caller frees. */
double *host_tensor_values(const host_tensor *tensor);

/* 1 where every byte of padding still is what host_tensor_make wrote. */
int host_tensor_padding_intact(const host_tensor *tensor);

/* |a - b| / |b| in the Euclidean norm; |a - b| where b is zero. NaN where any element of a or b is. */
double relative_error(const double *a, const double *b, int64_t count);

/* ---- Copies on a device ------------------------------------------------------------------------------------------ */

/* A host tensor's twin in memory from wf_alloc. */
typedef struct device_tensor {
    wf_tensor view;
    void *memory;
} device_tensor;

/* Copies the whole storage, padding included. On failure nothing stays allocated. */
wf_result device_tensor_upload(wf_device *device, const host_tensor *from, device_tensor *to);
wf_result device_tensor_download(wf_device *device, const device_tensor *from, host_tensor *to);
void device_tensor_free(wf_device *device, device_tensor *tensor);

#endif
