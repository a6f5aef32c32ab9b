/* predict_of.cuh -- the kernels that compute the analytic predictor's weights, by their type and the number of
 * planes. Private; for instances. */
#ifndef WF_CUDA_PREDICT_OF_CUH
#define WF_CUDA_PREDICT_OF_CUH

#include "filter/bilateral.h"
#include "predict.cuh"
#include "taps.h"

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

static __device__ __forceinline__ const float *row_of(const wf_guide_plane &plane, int64_t n, int64_t y, int x)
{
    return plane.data + n * plane.image + y * plane.row + x;
}

template <int PLANES>
static __device__ __forceinline__ guide_rows<PLANES> find_guides(const wf_predict_args &args, int64_t n, int64_t y,
                                                                 int x)
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
static __device__ __forceinline__ float compare(const wf_predict_args &args, const guides<PLANES> &a,
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
        float difference = __fdividef(a.depth - b.depth, (float)WF_LEAST_DEPTH + fminf(fabsf(a.depth), fabsf(b.depth)));
        distance += difference * difference * args.depth.scale;
    }
    return distance;
}

template <typename Weight, int PLANES, bool DEPTH>
static __global__ void __launch_bounds__(WF_BILATERAL_WIDTH *WF_BILATERAL_HEIGHT)
    predict_weights(const wf_predict_args args)
{
    const wf_block block = wf_this_block(args.grid, WF_BILATERAL_WIDTH, WF_BILATERAL_HEIGHT * WF_BILATERAL_PAIR);
    const int x = block.x + threadIdx.x, y = block.y + threadIdx.y * WF_BILATERAL_PAIR, n = block.n;
    if (x >= args.width || y >= args.height)
        return;
    guides<PLANES> here[WF_BILATERAL_PAIR];
    float confidence[WF_BILATERAL_PAIR];
    Weight *weight[WF_BILATERAL_PAIR];
#pragma unroll
    for (int p = 0; p < WF_BILATERAL_PAIR; p++) {
        const int pixel_y = min(y + p, args.height - 1);
        here[p] = load_guides<PLANES, DEPTH>(find_guides<PLANES>(args, n, pixel_y, x), 0);
        confidence[p] = wf_at<const float>(args.scratch, n, 3, pixel_y)[x];
        weight[p] = wf_at<Weight>(args.weight, n, 0, y + p) + x;
    }
    /* Row i of the first pixel's kernel and row i - p of the others' lie in the same row of the image. */
    for (int i = 0; i < args.kernel_height + WF_BILATERAL_PAIR - 1; i++) {
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
            for (int p = 0; p < WF_BILATERAL_PAIR; p++) {
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

template <typename Weight, int PLANES> const void *wf_predict_weights_of(bool depth)
{
    return depth ? (const void *)predict_weights<Weight, PLANES, true>
                 : (const void *)predict_weights<Weight, PLANES, false>;
}

#define WF_INSTANCE(...) template const void *wf_predict_weights_of<__VA_ARGS__>(bool depth);

#endif
