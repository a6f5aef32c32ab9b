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

struct conversion_args {
    int width, height;
    wf_cuda_conversion conversions[WF_CUDA_CONVERSIONS];
};

/* One thread a pixel of each image. */
static __device__ bool this_pixel(const conversion_args &args, int *x, int *y)
{
    *x = blockIdx.x * BLOCK_WIDTH + threadIdx.x;
    *y = blockIdx.y * BLOCK_HEIGHT + threadIdx.y;
    return *x < args.width && *y < args.height;
}

static __global__ void unpack(const __grid_constant__ conversion_args args)
{
    int x, y;
    if (!this_pixel(args, &x, &y))
        return;
    const wf_cuda_conversion &conversion = args.conversions[blockIdx.z];
    const size_t plane = (size_t)args.width * args.height, pixel = (size_t)y * args.width + x;
    const float4 texel = read_texel(conversion.image, x, y);
    float *planes = conversion.planes;
    planes[pixel] = texel.x;
    if (conversion.channels >= 3) {
        planes[pixel + plane] = texel.y;
        planes[pixel + 2 * plane] = texel.z;
    }
    if (conversion.channels == 4)
        planes[pixel + 3 * plane] = texel.w;
}

static __global__ void pack(const __grid_constant__ conversion_args args)
{
    int x, y;
    if (!this_pixel(args, &x, &y))
        return;
    const wf_cuda_conversion &conversion = args.conversions[blockIdx.z];
    const size_t plane = (size_t)args.width * args.height, pixel = (size_t)y * args.width + x;
    const float *planes = conversion.planes;
    float4 texel = make_float4(planes[pixel], 1, 1, 1);
    if (conversion.channels >= 3) {
        texel.y = planes[pixel + plane];
        texel.z = planes[pixel + 2 * plane];
    }
    if (conversion.channels == 4)
        texel.w = planes[pixel + 3 * plane];
    write_texel(conversion.image, x, y, texel);
}

static wf_result launch(const wf_cuda_device *device, cudaStream_t stream, const void *kernel, int width, int height,
                        const wf_cuda_conversion *conversions, int count)
{
    conversion_args args = {width, height, {}};
    void *arguments[] = {&args};
    for (int first = 0; first < count; first += WF_CUDA_CONVERSIONS) {
        const int left = count - first, images = left < WF_CUDA_CONVERSIONS ? left : WF_CUDA_CONVERSIONS;
        for (int i = 0; i < images; i++)
            args.conversions[i] = conversions[first + i];
        const dim3 blocks(wf_divide_up(width, BLOCK_WIDTH), wf_divide_up(height, BLOCK_HEIGHT), (unsigned)images);
        WF_TRY(wf_launch(device, stream, kernel, blocks, dim3(BLOCK_WIDTH, BLOCK_HEIGHT), arguments, 0));
    }
    return WF_OK;
}

wf_result wf_cuda_unpack(const wf_cuda_device *device, cudaStream_t stream, int width, int height,
                         const wf_cuda_conversion *conversions, int count)
{
    return launch(device, stream, (const void *)unpack, width, height, conversions, count);
}

wf_result wf_cuda_pack(const wf_cuda_device *device, cudaStream_t stream, int width, int height,
                       const wf_cuda_conversion *conversions, int count)
{
    return launch(device, stream, (const void *)pack, width, height, conversions, count);
}
