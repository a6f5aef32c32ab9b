/* weights.h -- predicted weights from .npy, .npz and .safetensors files. */
#ifndef WFVIEW_WEIGHTS_H
#define WFVIEW_WEIGHTS_H

#include "app/error.h"

typedef struct weights {
    int kernel_height, kernel_width;
    int height, width;
    bool half;  /* elements are float16 (uint16_t bit patterns), else float32 */
    void *data; /* (Kh*Kw, height, width), dense, little endian; owned */
} weights;

/* Reads an array of shape (K*K,H,W) or (1,K*K,H,W); (H,W,K*K) where the frame's size tells that it is one. float16
 * stays what it is, bfloat16, float32 and float64 become float32; either byte order, C or Fortran order. FILE:NAME
 * is the array of that name in an .npz or .safetensors file. Without a name, of several arrays the one named
 * "weight" or "weights" is taken, else the only one that fits, as it is before those that need converting.
 * kernel_height and kernel_width are 0 for a square kernel from the tap count, else what the file must have. The
 * file must fit a width x height frame. Fails, with the numbers, for missing, truncated and corrupt files, other
 * types, a tap count that is no square or not the kernel's, another size, NaN or infinity (count, and first tap and
 * pixel), float64 beyond float32 among them. */
bool weights_read(const char *path, int kernel_height, int kernel_width, int width, int height, weights *weights,
                  error *error);
void weights_free(weights *weights);

/* There is such a file, whatever is in it; of FILE:NAME, too. */
bool weights_exist(const char *path);

#endif
