/* Which of the architectures that the library is built for a device runs. */
#include "cuda_device.h"

/* In a module of its own, so that drivers which compile for their device compile nothing else for the answer. */
static __global__ void ask()
{
}

cudaError_t wf_cuda_architecture(int *architecture)
{
    cudaFuncAttributes attributes;
    cudaError_t error = cudaFuncGetAttributes(&attributes, (const void *)ask);
    *architecture = error == cudaSuccess ? attributes.ptxVersion : 0;
    return error;
}
