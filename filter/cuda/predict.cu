/* The analytic predictor: one kernel compresses the colour into scratch, a second one computes every pixel's weights. */
#include <float.h>

#include "common.cuh"
#include "taps.h"

#define BLOCK_WIDTH  64
#define BLOCK_HEIGHT 4
#define PAIR         2 /* pixels above each other that a thread computes the weights of: they share the features they read */
#define FEATURES     3
#define MAX_PLANES   (3 * FEATURES)

/* One channel of a feature. Squared differences are scaled by 1 / (2 sigma^2). */
struct plane {
    const float *data;
    int64_t image, row;
    float scale;
};

struct predict_args {
    wf_grid grid;
    wf_view color, scratch, weight;
    plane planes[MAX_PLANES], depth;
    float space_scale, firefly_ratio;
    int width, height, kernel_height, kernel_width;
};

/* The 3x3 mean of c / (1 + c), and after its three channels the confidence. */
static __global__ void __launch_bounds__(BLOCK_WIDTH *BLOCK_HEIGHT) compress_color(const predict_args args)
{
    const wf_block block = wf_this_block(args.grid, BLOCK_WIDTH, BLOCK_HEIGHT);
    const int x = block.x + threadIdx.x, y = block.y + threadIdx.y;
    if (x >= args.width || y >= args.height)
        return;
    const int left = max(x - 1, 0), right = min(x + 1, args.width - 1);
    const int top = max(y - 1, 0), bottom = min(y + 1, args.height - 1);
    float brightest = 0, surroundings = 0;
    for (int c = 0; c < 3; c++) {
        float sum = 0;
        for (int v = top; v <= bottom; v++) {
            const float *row = wf_at<const float>(args.color, block.n, c, v);
            for (int u = left; u <= right; u++) {
                float color = fmaxf(__ldg(row + u), 0.0f);
                sum += color / (1 + color);
            }
        }
        float mean = sum / ((right - left + 1) * (bottom - top + 1));
        wf_at<float>(args.scratch, block.n, c, y)[x] = mean;
        brightest = fmaxf(brightest, __ldg(wf_at<const float>(args.color, block.n, c, y) + x));
        surroundings = fmaxf(surroundings, mean / (1 - mean));
    }
    wf_at<float>(args.scratch, block.n, 3, y)[x] =
        fminf(1, (args.firefly_ratio * surroundings + 1e-3f) / (brightest + 1e-3f));
}

/* The rows of an image's features that hold a pixel, from that pixel on. */
template <int PLANES> struct guide_rows {
    const float *planes[PLANES];
    const float *depth;
};

/* What two pixels are compared by. */
template <int PLANES> struct guides {
    float planes[PLANES];
    float depth;
};

static __device__ __forceinline__ const float *row_of(const plane &plane, int64_t n, int64_t y, int x)
{
    return plane.data + n * plane.image + y * plane.row + x;
}

template <int PLANES>
static __device__ __forceinline__ guide_rows<PLANES> find_guides(const predict_args &args, int64_t n, int64_t y, int x)
{
    guide_rows<PLANES> rows;
#pragma unroll
    for (int i = 0; i < PLANES; i++)
        rows.planes[i] = row_of(args.planes[i], n, y, x);
    rows.depth = row_of(args.depth, n, y, x);
    return rows;
}

template <int PLANES, bool DEPTH>
static __device__ __forceinline__ guides<PLANES> load_guides(const guide_rows<PLANES> &rows, int dx)
{
    guides<PLANES> at;
#pragma unroll
    for (int i = 0; i < PLANES; i++)
        at.planes[i] = __ldg(rows.planes[i] + dx);
    at.depth = DEPTH ? __ldg(rows.depth + dx) : 0;
    return at;
}

template <int PLANES, bool DEPTH>
static __device__ __forceinline__ float compare(const predict_args &args, const guides<PLANES> &a,
                                                const guides<PLANES> &b)
{
    float distance = 0;
#pragma unroll
    for (int feature = 0; feature < PLANES / 3; feature++) {
        float squared = 0;
#pragma unroll
        for (int i = 3 * feature; i < 3 * feature + 3; i++)
            squared += (a.planes[i] - b.planes[i]) * (a.planes[i] - b.planes[i]);
        distance += squared * args.planes[3 * feature].scale;
    }
    if constexpr (DEPTH) {
        float difference = __fdividef(a.depth - b.depth, 1e-3f + fminf(fabsf(a.depth), fabsf(b.depth)));
        distance += difference * difference * args.depth.scale;
    }
    return distance;
}

template <typename Weight, int PLANES, bool DEPTH>
static __global__ void __launch_bounds__(BLOCK_WIDTH *BLOCK_HEIGHT) predict_weights(const predict_args args)
{
    const wf_block block = wf_this_block(args.grid, BLOCK_WIDTH, BLOCK_HEIGHT * PAIR);
    const int x = block.x + threadIdx.x, y = block.y + threadIdx.y * PAIR, n = block.n;
    if (x >= args.width || y >= args.height)
        return;
    guides<PLANES> here[PAIR];
    float confidence[PAIR];
    Weight *weight[PAIR];
#pragma unroll
    for (int p = 0; p < PAIR; p++) {
        const int pixel_y = min(y + p, args.height - 1);
        here[p] = load_guides<PLANES, DEPTH>(find_guides<PLANES>(args, n, pixel_y, x), 0);
        confidence[p] = wf_at<const float>(args.scratch, n, 3, pixel_y)[x];
        weight[p] = wf_at<Weight>(args.weight, n, 0, y + p) + x;
    }
    /* Row i of the first pixel's kernel and row i - p of the others' lie in the same row of the image. */
    for (int i = 0; i < args.kernel_height + PAIR - 1; i++) {
        const int v = y + wf_tap_offset(i, args.kernel_height, 1);
        const guide_rows<PLANES> rows = find_guides<PLANES>(args, n, v, x);
#pragma unroll 4
        for (int j = 0; j < args.kernel_width; j++) {
            const int dx = wf_tap_offset(j, args.kernel_width, 1), u = x + dx;
            const bool inside = v >= 0 && v < args.height && u >= 0 && u < args.width;
            guides<PLANES> there;
            if (inside)
                there = load_guides<PLANES, DEPTH>(rows, dx);
#pragma unroll
            for (int p = 0; p < PAIR; p++) {
                if (i < p || i - p >= args.kernel_height || y + p >= args.height)
                    continue;
                const int dy = v - y - p;
                float value = 0;
                if (inside)
                    value = confidence[p] * __expf(-(dx * dx + dy * dy) * args.space_scale -
                                                   compare<PLANES, DEPTH>(args, there, here[p]));
                wf_set(weight[p], value);
                weight[p] += args.weight.channel;
            }
        }
    }
}

/* Finite, so that a distance of 0 stays 0 for the smallest sigma. */
static float scale_of(float sigma)
{
    return (float)fmin(1 / (2.0 * sigma * sigma), FLT_MAX);
}

static plane make_plane(const wf_tensor *tensor, int channel, float sigma)
{
    return {(const float *)tensor->data + channel * tensor->stride[1], tensor->stride[0], tensor->stride[2],
            scale_of(sigma)};
}

/* Returns the number of planes of the features that are present. */
static int make_planes(const wf_bilateral_call *call, plane planes[MAX_PLANES])
{
    const wf_bilateral *p = &call->parameters;
    const wf_tensor *features[FEATURES] = {&call->scratch, &call->albedo, &call->normal};
    const float sigmas[FEATURES] = {p->sigma_color, p->sigma_albedo, p->sigma_normal};
    int count = 0;
    for (int f = 0; f < FEATURES; f++) {
        for (int c = 0; c < 3 && features[f]->data; c++)
            planes[count++] = make_plane(features[f], c, sigmas[f]);
    }
    return count;
}

template <typename Weight, int PLANES> static const void *weights_kernel(bool depth)
{
    return depth ? (const void *)predict_weights<Weight, PLANES, true>
                 : (const void *)predict_weights<Weight, PLANES, false>;
}

template <typename Weight> static const void *weights_kernel(int planes, bool depth)
{
    switch (planes) {
    case 3:
        return weights_kernel<Weight, 3>(depth);
    case 6:
        return weights_kernel<Weight, 6>(depth);
    default:
        return weights_kernel<Weight, 9>(depth);
    }
}

static wf_result launch(wf_cuda_device *device, cudaStream_t stream, const void *kernel, int pixels_high,
                        const int64_t size[4], predict_args *args)
{
    args->grid = {wf_divide_up(size[3], BLOCK_WIDTH), wf_divide_up(size[2], BLOCK_HEIGHT * pixels_high), 1};
    void *arguments[] = {args};
    return wf_launch(&device->base.log, stream, kernel, args->grid, size[0], dim3(BLOCK_WIDTH, BLOCK_HEIGHT), arguments,
                     0);
}

wf_result wf_cuda_predict_bilateral(wf_cuda_device *device, cudaStream_t stream, const wf_bilateral_call *call)
{
    const wf_bilateral *p = &call->parameters;
    const int64_t *size = call->color.size;
    predict_args args = {};
    args.color = wf_make_view(&call->color);
    args.scratch = wf_make_view(&call->scratch);
    args.weight = wf_make_view(&call->weight);
    const int planes = make_planes(call, args.planes);
    const bool depth = call->depth.data;
    if (depth)
        args.depth = make_plane(&call->depth, 0, p->sigma_depth);
    args.space_scale = scale_of(p->sigma_space);
    args.firefly_ratio = p->firefly_ratio;
    args.width = (int)size[3], args.height = (int)size[2];
    args.kernel_height = p->kernel_height, args.kernel_width = p->kernel_width;
    WF_TRY(launch(device, stream, (const void *)compress_color, 1, size, &args));
    return launch(device, stream,
                  call->weight.dtype == WF_FLOAT16 ? weights_kernel<__half>(planes, depth)
                                                   : weights_kernel<float>(planes, depth),
                  PAIR, size, &args);
}
