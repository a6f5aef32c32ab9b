/* Twins: shaders/node/image_unpack.comp.glsl and shaders/node/image_pack.comp.glsl.
   Surfaces are addressed by bytes in x. */
#include "interop.h"

#include "launch.cuh"

#define BLOCK_WIDTH  32
#define BLOCK_HEIGHT 8

static __device__ float from_half(unsigned short bits)
{
    return __half2float(__ushort_as_half(bits));
}

static __device__ unsigned short to_half(float value)
{
    return __half_as_ushort(__float2half_rn(value));
}

static __device__ float4 read_texel(const wf_cuda_image &image, int x, int y)
{
    if (image.channels == 4 && image.is_half) {
        ushort4 texel = surf2Dread<ushort4>(image.surface, x * (int)sizeof texel, y);
        return make_float4(from_half(texel.x), from_half(texel.y), from_half(texel.z), from_half(texel.w));
    }
    if (image.channels == 4)
        return surf2Dread<float4>(image.surface, x * (int)sizeof(float4), y);
    float value = image.is_half ? from_half(surf2Dread<unsigned short>(image.surface, x * 2, y))
                                : surf2Dread<float>(image.surface, x * 4, y);
    return make_float4(value, 0, 0, 0);
}

static __device__ void write_texel(const wf_cuda_image &image, int x, int y, float4 texel)
{
    if (image.channels == 1 && image.is_half)
        surf2Dwrite(to_half(texel.x), image.surface, x * 2, y);
    else if (image.channels == 1)
        surf2Dwrite(texel.x, image.surface, x * 4, y);
    else if (image.is_half)
        surf2Dwrite(make_ushort4(to_half(texel.x), to_half(texel.y), to_half(texel.z), to_half(texel.w)), image.surface,
                    x * (int)sizeof(ushort4), y);
    else
        surf2Dwrite(texel, image.surface, x * (int)sizeof texel, y);
}

/* One thread a pixel. */
static __device__ bool this_pixel(const wf_cuda_image &image, int *x, int *y)
{
    *x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    *y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    return *x < image.width && *y < image.height;
}

static __global__ void unpack(wf_cuda_image image, float *planes, int channels)
{
    int x, y;
    if (!this_pixel(image, &x, &y))
        return;
    float4 texel = read_texel(image, x, y);
    size_t plane = (size_t)image.width * image.height, pixel = (size_t)y * image.width + x;
    planes[pixel] = texel.x;
    if (channels >= 3) {
        planes[pixel + plane] = texel.y;
        planes[pixel + 2 * plane] = texel.z;
    }
    if (channels == 4)
        planes[pixel + 3 * plane] = texel.w;
}

static __global__ void pack(wf_cuda_image image, const float *planes, int channels)
{
    int x, y;
    if (!this_pixel(image, &x, &y))
        return;
    size_t plane = (size_t)image.width * image.height, pixel = (size_t)y * image.width + x;
    float4 texel = make_float4(planes[pixel], 1, 1, 1);
    if (channels >= 3) {
        texel.y = planes[pixel + plane];
        texel.z = planes[pixel + 2 * plane];
    }
    if (channels == 4)
        texel.w = planes[pixel + 3 * plane];
    write_texel(image, x, y, texel);
}

static wf_result launch(const wf_cuda_device *device, cudaStream_t stream, const void *kernel, wf_cuda_image image,
                        const float *planes, int channels)
{
    void *arguments[] = {&image, &planes, &channels};
    const dim3 blocks(wf_divide_up(image.width, BLOCK_WIDTH), wf_divide_up(image.height, BLOCK_HEIGHT));
    return wf_launch(device, stream, kernel, blocks, dim3(BLOCK_WIDTH, BLOCK_HEIGHT), arguments, 0);
}

wf_result wf_cuda_unpack(const wf_cuda_device *device, cudaStream_t stream, const wf_cuda_image *image, float *planes,
                         int channels)
{
    return launch(device, stream, (const void *)unpack, *image, planes, channels);
}

wf_result wf_cuda_pack(const wf_cuda_device *device, cudaStream_t stream, const wf_cuda_image *image,
                       const float *planes, int channels)
{
    return launch(device, stream, (const void *)pack, *image, planes, channels);
}
