/* Convolutions with wgmma: which tile a shape gets. */
#include "convolve_groups.cuh"
#include "convolve_up.cuh"

#include <stdlib.h>
#include <string.h>

#include "convolve.h"
#include "network.h"

#define UPSAMPLE_THREADS 128

typedef wf_group_tile<4, 32, true> any_tile;

int wf_cuda_find_groups(void)
{
    cudaFuncAttributes attributes;
    const char *asked = getenv("WF_CUDA_TENSOR_CORES");
    const cudaError_t error = cudaFuncGetAttributes(&attributes, (const void *)convolve_groups<any_tile>);
    cudaGetLastError();
    return error == cudaSuccess && !(asked && !strcmp(asked, "warps"));
}

template <typename Tile> static int count_up_stages(const wf_cuda_device *device, int chunks, int coarse_chunks)
{
    const int weights = Tile::STAYS ? Tile::weights_of(chunks, coarse_chunks) : 0;
    const int left = device->block_memory - WF_GROUP_HEADER - weights;
    const int stages = left / (Tile::RINGS * Tile::STAGE_BYTES);
    if (left < 0 || stages < 2 || (Tile::STAYS && chunks > WF_GROUP_MAX_CHUNKS))
        return 0;
    return stages < WF_GROUP_MAX_STAGES ? stages : WF_GROUP_MAX_STAGES;
}

/* The widest that divide the outputs. */
int wf_cuda_group_columns(const wf_cuda_device *device, const wf_convolution *shape)
{
    if (!device->groups || !device->encode_tensor_map)
        return 0;
    return shape->outputs % 64 == 0 ? 64 : shape->outputs % 48 == 0 ? 48 : shape->outputs % 32 == 0 ? 32 : 0;
}

/* ---- Coarse sources ---------------------------------------------------------------------------------------------- */

static bool keeps_up_weights(const wf_cuda_device *device, const wf_convolution *shape)
{
    const int columns = wf_cuda_group_columns(device, shape);
    const int coarse_chunks = shape->coarse / WF_CHUNK, chunks = coarse_chunks + shape->inputs / WF_CHUNK;
    return columns == 64   ? count_up_stages<wf_up_tile<64, true>>(device, chunks, coarse_chunks)
           : columns == 48 ? count_up_stages<wf_up_tile<48, true>>(device, chunks, coarse_chunks)
                           : count_up_stages<wf_up_tile<32, true>>(device, chunks, coarse_chunks);
}

/* Whether it is read in place. Where a coarse pixel of the last column is cut off, sums of its weights would be wrong;
 * of the last row there are others. */
static bool reads_coarse(const wf_cuda_device *device, const wf_convolve_call *call)
{
    return call->output.width % 2 == 0 && (call->output.height % 2 == 0 || !keeps_up_weights(device, &call->shape));
}

size_t wf_cuda_convolve_workspace(const wf_device *base, const wf_convolve_call *call)
{
    const wf_cuda_device *device = (const wf_cuda_device *)base;
    if (!call->shape.coarse || call->second || !wf_cuda_group_columns(device, &call->shape) ||
        reads_coarse(device, call))
        return 0;
    return (size_t)call->output.width * call->output.height * call->shape.coarse * sizeof(__half);
}

struct upsample_args {
    const uint4 *coarse;
    uint4 *fine;
    int width, height; /* of the fine image */
};

/* Every pixel for the 2x2 that it covers. */
static __global__ void __launch_bounds__(UPSAMPLE_THREADS) upsample(const upsample_args args)
{
    const int x = blockIdx.x * UPSAMPLE_THREADS + threadIdx.x, y = blockIdx.y, plane = blockIdx.z;
    const int coarse_width = (args.width + 1) / 2, coarse_height = (args.height + 1) / 2;
    wf_follow();
    if (x < args.width)
        args.fine[((size_t)plane * args.height + y) * args.width + x] =
            __ldg(args.coarse + ((size_t)plane * coarse_height + y / 2) * coarse_width + x / 2);
}

static wf_result launch_upsample(wf_cuda_device *device, cudaStream_t stream, const wf_source &coarse, void *fine,
                                 int width, int height)
{
    upsample_args args = {(const uint4 *)coarse.data, (uint4 *)fine, width, height};
    const dim3 blocks((width + UPSAMPLE_THREADS - 1) / UPSAMPLE_THREADS, height, coarse.channels / WF_LAYER);
    return wf_launch_follower(device, stream, (const void *)upsample, blocks, UPSAMPLE_THREADS, 0, &args);
}

/* ---- Tiles ------------------------------------------------------------------------------------------------------- */

static wf_result encode(const wf_cuda_device *device, const wf_source &source, const cuuint64_t sizes[4],
                        const cuuint64_t strides[3], const cuuint32_t box[4], const cuuint32_t steps[4],
                        CUtensorMap *map)
{
    const CUresult result =
        device->encode_tensor_map(map, CU_TENSOR_MAP_DATA_TYPE_INT64, 4, (void *)source.data, sizes, strides, box,
                                  steps, CU_TENSOR_MAP_INTERLEAVE_NONE, CU_TENSOR_MAP_SWIZZLE_NONE,
                                  CU_TENSOR_MAP_L2_PROMOTION_L2_256B, CU_TENSOR_MAP_FLOAT_OOB_FILL_NONE);
    if (result != CUDA_SUCCESS)
        return wf_fail(&device->base.log, WF_ERROR_DEVICE, "CUDA has no map of %dx%d pixels of %d channels (error %d)",
                       source.width, source.height, source.channels, (int)result);
    return WF_OK;
}

/* An activation in boxes of 16 channels of so many pixels: 8 bytes, rows, planes. */
static wf_result make_map(const wf_cuda_device *device, const wf_source &source, int width, int height,
                          CUtensorMap *map)
{
    const cuuint64_t sizes[] = {2 * (cuuint64_t)source.width, (cuuint64_t)source.height,
                                (cuuint64_t)source.channels / WF_LAYER, 1};
    const cuuint64_t row = 16 * (cuuint64_t)source.width, plane = row * source.height;
    const cuuint64_t strides[] = {row, plane, plane * sizes[2]};
    const cuuint32_t box[] = {2 * (cuuint32_t)width, (cuuint32_t)height, 2, 1}, steps[] = {1, 1, 1, 1};
    return encode(device, source, sizes, strides, box, steps, map);
}

/* Stages that fit; 0 where weights that stay leave too little. */
template <typename Tile> static int count_stages(const wf_cuda_device *device, int chunks)
{
    const int left = device->block_memory - WF_GROUP_HEADER - (Tile::STAYS ? chunks * Tile::WEIGHT_BYTES : 0);
    const int stage = Tile::RINGS * Tile::REGION_BYTES + (Tile::STAYS ? 0 : Tile::WEIGHT_BYTES);
    const int stages = left / stage;
    if (left < 0 || stages < 2 || chunks > WF_GROUP_MAX_CHUNKS)
        return 0;
    return stages < WF_GROUP_MAX_STAGES ? stages : WF_GROUP_MAX_STAGES;
}

template <typename Tile> static int tiles_of(const wf_convolve_args &args)
{
    return (args.width + Tile::WIDTH - 1) / Tile::WIDTH * ((args.height + Tile::HEIGHT - 1) / Tile::HEIGHT);
}

/* One for each multiprocessor, if there is work for it. */
static int count_blocks(const wf_cuda_device *device, const wf_group_args &args, int rings)
{
    const int most = device->multiprocessors / args.slices, busy = (args.tiles + rings - 1) / rings;
    return args.slices * (most < 1 ? 1 : most < busy ? most : busy);
}

template <typename Tile>
static wf_result launch_tile(const wf_cuda_device *device, cudaStream_t stream, const wf_convolve_args &convolve)
{
    wf_group_args args = {};
    args.convolve = convolve;
    args.coarse_chunks = convolve.coarse.channels / WF_CHUNK;
    args.chunks = args.coarse_chunks + convolve.input.channels / WF_CHUNK;
    args.stages = count_stages<Tile>(device, args.chunks);
    args.across = (convolve.width + Tile::WIDTH - 1) / Tile::WIDTH;
    args.tiles = tiles_of<Tile>(convolve);
    args.slices = convolve.outputs / Tile::COLUMNS;
    if (args.coarse_chunks)
        WF_TRY(make_map(device, convolve.coarse, Tile::PITCH, Tile::HEIGHT + 2, &args.coarse));
    WF_TRY(make_map(device, convolve.input, Tile::PITCH, Tile::HEIGHT + 2, &args.input));
    const int weights = (Tile::STAYS ? args.chunks : args.stages) * Tile::WEIGHT_BYTES;
    return wf_launch_follower(device, stream, (const void *)convolve_groups<Tile>,
                              dim3(count_blocks(device, args, Tile::RINGS)), Tile::THREADS,
                              WF_GROUP_HEADER + weights + Tile::RINGS * args.stages * Tile::REGION_BYTES, &args);
}

/* Rows of products of the multiprocessor that has most, with what a tile costs beside them. */
template <typename Tile> static int64_t cost_of(const wf_cuda_device *device, const wf_convolve_args &args)
{
    const int tiles = tiles_of<Tile>(args) * (args.outputs / Tile::COLUMNS),
              groups = device->multiprocessors * Tile::RINGS;
    return (int64_t)((tiles + groups - 1) / groups) * Tile::RINGS * (4 * Tile::ROWS + (Tile::RINGS > 2 ? 0 : 1));
}

/* Whether each group has several tiles: one's outputs hide behind the others' products then. */
template <typename Tile> static bool is_steady(const wf_cuda_device *device, const wf_convolve_args &args)
{
    return tiles_of<Tile>(args) * (args.outputs / Tile::COLUMNS) >= 4 * device->multiprocessors * Tile::RINGS;
}

/* The tile that costs least so far. */
struct choice {
    int64_t cost;
    wf_result (*launch)(const wf_cuda_device *device, cudaStream_t stream, const wf_convolve_args &args);
};

template <typename Tile>
static void consider(const wf_cuda_device *device, const wf_convolve_args &args, int chunks, choice &best)
{
    const int64_t cost = cost_of<Tile>(device, args);
    if (count_stages<Tile>(device, chunks) && cost < best.cost)
        best = {cost, launch_tile<Tile>};
}

template <int COLUMNS>
static wf_result launch_columns(wf_cuda_device *device, cudaStream_t stream, const wf_convolve_args &args)
{
    typedef wf_group_tile<4, COLUMNS, true> high;
    typedef wf_group_tile<2, COLUMNS, true, 4> four;
    const int chunks = (args.coarse.channels + args.input.channels) / WF_CHUNK;
    if (!count_stages<high>(device, chunks))
        return launch_tile<wf_group_tile<2, COLUMNS, false>>(device, stream, args);
    choice best = {INT64_MAX, NULL};
    if (count_stages<four>(device, chunks) >= 3 && is_steady<four>(device, args))
        consider<four>(device, args, chunks, best);
    consider<high>(device, args, chunks, best);
    consider<wf_group_tile<2, COLUMNS, true>>(device, args, chunks, best);
    if (!args.pooled)
        consider<wf_group_tile<3, COLUMNS, true>>(device, args, chunks, best);
    return best.launch(device, stream, args);
}

/* ---- Tiles of coarse pixels -------------------------------------------------------------------------------------- */

/* As make_map; of the pixels in every second row and column, one dimension each. */
static wf_result make_split_map(const wf_cuda_device *device, const wf_source &source, int width, int height,
                                CUtensorMap *map)
{
    const cuuint64_t sizes[] = {2, (cuuint64_t)source.width, (cuuint64_t)source.height,
                                (cuuint64_t)source.channels / WF_LAYER};
    const cuuint64_t strides[] = {16, 16 * sizes[1], 16 * sizes[1] * sizes[2]};
    const cuuint32_t box[] = {2, 2 * (cuuint32_t)width, 2 * (cuuint32_t)height, 2}, steps[] = {1, 2, 2, 1};
    return encode(device, source, sizes, strides, box, steps, map);
}

template <typename Tile>
static wf_result launch_up_tile(const wf_cuda_device *device, cudaStream_t stream, const wf_convolve_args &convolve)
{
    wf_group_args args = {};
    args.convolve = convolve;
    args.coarse_chunks = convolve.coarse.channels / WF_CHUNK;
    args.chunks = args.coarse_chunks + convolve.input.channels / WF_CHUNK;
    args.stages = count_up_stages<Tile>(device, args.chunks, args.coarse_chunks);
    args.across = (convolve.width + Tile::WIDTH - 1) / Tile::WIDTH;
    args.rows = (convolve.height / 2 * 2 + Tile::HEIGHT - 1) / Tile::HEIGHT;
    args.tiles = args.across * (args.rows + convolve.height % 2);
    args.slices = convolve.outputs / Tile::COLUMNS;
    WF_TRY(make_map(device, convolve.coarse, Tile::SIZE, Tile::ROWS, &args.coarse));
    WF_TRY(make_split_map(device, convolve.input, Tile::PART_SIZE, Tile::PART_ROWS, &args.input));
    const int weights = Tile::STAYS ? Tile::weights_of(args.chunks, args.coarse_chunks) : 0;
    return wf_launch_follower(device, stream, (const void *)convolve_up<Tile>,
                              dim3(count_blocks(device, args, Tile::RINGS)), Tile::THREADS,
                              WF_GROUP_HEADER + weights + Tile::RINGS * args.stages * Tile::STAGE_BYTES, &args);
}

template <int COLUMNS>
static wf_result launch_up(const wf_cuda_device *device, cudaStream_t stream, const wf_convolve_args &args)
{
    const int coarse_chunks = args.coarse.channels / WF_CHUNK, chunks = coarse_chunks + args.input.channels / WF_CHUNK;
    if (count_up_stages<wf_up_tile<COLUMNS, true>>(device, chunks, coarse_chunks))
        return launch_up_tile<wf_up_tile<COLUMNS, true>>(device, stream, args);
    return launch_up_tile<wf_up_tile<COLUMNS, false>>(device, stream, args);
}

wf_result wf_cuda_convolve_groups(wf_cuda_device *device, cudaStream_t stream, const wf_convolve_call *call,
                                  const wf_convolve_args *plain)
{
    wf_convolve_args args = *plain;
    const int columns = wf_cuda_group_columns(device, &call->shape);
    if (args.coarse.data && reads_coarse(device, call))
        return columns == 64   ? launch_up<64>(device, stream, args)
               : columns == 48 ? launch_up<48>(device, stream, args)
                               : launch_up<32>(device, stream, args);
    if (args.coarse.data) {
        WF_TRY(launch_upsample(device, stream, args.coarse, call->workspace, args.width, args.height));
        args.coarse = {(const __half *)call->workspace, args.coarse.channels, args.width, args.height};
    }
    return columns == 64   ? launch_columns<64>(device, stream, args)
           : columns == 48 ? launch_columns<48>(device, stream, args)
                           : launch_columns<32>(device, stream, args);
}
