/* Tensors as TMA sees them, and the launch of a plan. */
#include "plan.h"

#include "launch.cuh"
#include "tma.cuh"

/* A tensor's strides in bytes, which TMA needs to be multiples of 16. An axis of size 1 is as good as dense. */
static bool byte_strides(const wf_tensor *tensor, cuuint64_t strides[3])
{
    const int64_t element = wf_dtype_size(tensor->dtype);
    int64_t dense = (tensor->size[3] * element + 15) / 16 * 16;
    for (int axis = 2; axis >= 0; axis--) {
        const int64_t stride = tensor->size[axis] == 1 ? dense : tensor->stride[axis] * element;
        if (stride <= 0 || stride % 16 || stride >> 40)
            return false;
        strides[2 - axis] = (cuuint64_t)stride;
        dense = stride * tensor->size[axis];
    }
    return (uintptr_t)tensor->data % 16 == 0;
}

bool wf_plan_map(const wf_cuda_device *device, const wf_tensor *tensor, unsigned width, unsigned height,
                 unsigned channels, CUtensorMap *map)
{
    const cuuint64_t sizes[] = {(cuuint64_t)tensor->size[3], (cuuint64_t)tensor->size[2], (cuuint64_t)tensor->size[1],
                                (cuuint64_t)tensor->size[0]};
    const cuuint32_t box[] = {width, height, channels, 1}, steps[] = {1, 1, 1, 1};
    cuuint64_t strides[3];
    if (width > 256 || height > 256 || !wf_unit_columns(tensor) || !byte_strides(tensor, strides))
        return false;
    const CUtensorMapDataType type = tensor->dtype == WF_FLOAT16    ? CU_TENSOR_MAP_DATA_TYPE_FLOAT16
                                     : tensor->dtype == WF_BFLOAT16 ? CU_TENSOR_MAP_DATA_TYPE_BFLOAT16
                                                                    : CU_TENSOR_MAP_DATA_TYPE_FLOAT32;
    return device->encode_tensor_map(map, type, 4, tensor->data, sizes, strides, box, steps,
                                     CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE,
                                     CU_TENSOR_MAP_L2_PROMOTION_L2_128B,
                                     CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE) == CUDA_SUCCESS;
}

/* Lets a kernel have all of a multiprocessor's shared memory, or as little as its blocks need if it
 * `caches`: always all, as several devices may launch it at the same time, and once, which is cheaper than
 * to ask for it at every launch. */
static wf_result allow_shared_memory(const wf_cuda_device *device, const void *kernel, bool caches)
{
    const void **prepared = &device->prepared_kernels[(uintptr_t)kernel / 16 % WF_PREPARED_KERNELS];
    if (*prepared == kernel)
        return WF_OK;
    cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize,
                                             device->shared_memory - WF_TMA_RESERVED);
    if (error == cudaSuccess && !caches)
        error = cudaFuncSetAttribute(kernel, cudaFuncAttributePreferredSharedMemoryCarveout, 100);
    if (error == cudaSuccess)
        *prepared = kernel;
    return wf_cuda_check(&device->base.log, error, "setting a kernel's shared memory");
}

wf_result wf_plan_launch(const wf_cuda_device *device, cudaStream_t stream, wf_plan *plan)
{
    if (wf_cuda_rehearses(device, plan->kernel))
        return WF_OK;
    if (plan->shared_bytes > 0)
        WF_TRY(allow_shared_memory(device, plan->kernel, plan->caches));
    if (plan->spatial)
        return wf_launch(device, stream, plan->kernel,
                         dim3(plan->grid.columns, plan->grid.rows, (unsigned)plan->images), plan->threads,
                         plan->arguments, plan->shared_bytes);
    return wf_launch(device, stream, plan->kernel, plan->grid, plan->images, plan->threads, plan->arguments,
                     plan->shared_bytes);
}
