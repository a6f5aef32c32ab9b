/* The analytic predictor: one kernel compresses the colour into scratch, a second one
   computes every pixel's weights. */
#include <float.h>

#include "filter/bilateral.h"
#include "launch.cuh"
#include "predict.cuh"

/* The 3x3 mean of c / (1 + c), and after its three channels the confidence. */
static __global__ void __launch_bounds__(WF_BILATERAL_WIDTH *WF_BILATERAL_HEIGHT)
    compress_color(const wf_predict_args args)
{
    const wf_block block = wf_this_block(args.grid, WF_BILATERAL_WIDTH, WF_BILATERAL_HEIGHT);
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
    const float least = (float)WF_LEAST_LIGHT;
    wf_at<float>(args.scratch, block.n, 3, y)[x] =
        fminf(1, (args.firefly_ratio * surroundings + least) / (brightest + least));
}

/* Finite, so that a distance of 0 stays 0 for the smallest sigma. */
static float scale_of(float sigma)
{
    return (float)fmin(1 / (2.0 * sigma * sigma), FLT_MAX);
}

static wf_guide_plane make_plane(const wf_tensor *tensor, int channel, float sigma)
{
    return {(const float *)tensor->data + channel * tensor->stride[1], tensor->stride[0], tensor->stride[2],
            scale_of(sigma)};
}

/* Returns the number of planes of the features that are present. */
static int make_planes(const wf_bilateral_call *call, wf_guide_plane planes[WF_GUIDE_PLANES_MAX])
{
    const wf_bilateral *p = &call->parameters;
    const wf_tensor *features[WF_GUIDE_FEATURES] = {&call->scratch, &call->albedo, &call->normal};
    const float sigmas[WF_GUIDE_FEATURES] = {p->sigma_color, p->sigma_albedo, p->sigma_normal};
    int count = 0;
    for (int f = 0; f < WF_GUIDE_FEATURES; f++) {
        for (int c = 0; c < 3 && features[f]->data; c++)
            planes[count++] = make_plane(features[f], c, sigmas[f]);
    }
    return count;
}

template <typename Weight> static const void *weights_kernel(int planes, bool depth)
{
    switch (planes) {
    case 3:
        return wf_predict_weights_of<Weight, 3>(depth);
    case 6:
        return wf_predict_weights_of<Weight, 6>(depth);
    default:
        return wf_predict_weights_of<Weight, 9>(depth);
    }
}

static wf_result launch(wf_cuda_device *device, cudaStream_t stream, const void *kernel, int pixels_high,
                        const int64_t size[4], wf_predict_args *args)
{
    args->grid = {wf_divide_up(size[3], WF_BILATERAL_WIDTH), wf_divide_up(size[2], WF_BILATERAL_HEIGHT * pixels_high),
                  1};
    void *arguments[] = {args};
    return wf_launch(device, stream, kernel, args->grid, size[0], dim3(WF_BILATERAL_WIDTH, WF_BILATERAL_HEIGHT),
                     arguments, 0);
}

wf_result wf_cuda_predict_bilateral(wf_cuda_device *device, cudaStream_t stream, const wf_bilateral_call *call)
{
    const wf_bilateral *p = &call->parameters;
    const int64_t *size = call->color.size;
    wf_predict_args args = {};
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
                  WF_BILATERAL_PAIR, size, &args);
}
