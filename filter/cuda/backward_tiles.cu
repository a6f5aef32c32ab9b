#include "backward_tiles.cuh"

/* Measured on an H200: larger kernels' two planes a tap, one read and one written, are better each streamed alone. */
#define LARGEST_SIDE_BY_SIDE 64 /* taps */

/* What is launched for images of up to four channels, in types that its kernels are made for. */
enum work { BOTH, INPUT, WEIGHT };

/* SPLATS: of the adjoint operator, and of less and level; of grad_weight alone false for WF_LINEAR. */
template <work WORK, bool SPLATS, wf_mode MODE, typename Image, typename Weight, int CHANNELS>
static wf_result launch(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                        const wf_scaled *scaled, bool *launched)
{
    constexpr wf_operator ADJOINT = SPLATS ? WF_GATHER : WF_SPLAT;
    if constexpr (WORK == BOTH)
        return wf_launch_backward<ADJOINT, Image, Weight, CHANNELS>(device, stream, call, scaled, launched);
    else if constexpr (WORK == INPUT)
        return wf_launch_softmax_adjoint<ADJOINT, Image, Weight, CHANNELS>(device, stream, call, scaled, launched);
    else
        return wf_launch_correlate<SPLATS, MODE, Image, Weight, CHANNELS>(device, stream, call, scaled, launched);
}

template <work WORK, bool SPLATS, wf_mode MODE, typename Image, typename Weight>
static wf_result launch(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                        const wf_scaled *scaled, bool *launched)
{
    switch (call->input.size[1]) {
    case 1:
        return launch<WORK, SPLATS, MODE, Image, Weight, 1>(device, stream, call, scaled, launched);
    case 2:
        return launch<WORK, SPLATS, MODE, Image, Weight, 2>(device, stream, call, scaled, launched);
    case 3:
        return launch<WORK, SPLATS, MODE, Image, Weight, 3>(device, stream, call, scaled, launched);
    case 4:
        return launch<WORK, SPLATS, MODE, Image, Weight, 4>(device, stream, call, scaled, launched);
    default:
        return WF_OK;
    }
}

/* Images of 16 bits have kernels of WF_LINEAR only. */
template <work WORK, bool SPLATS, wf_mode MODE>
static wf_result launch(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                        const wf_scaled *scaled, bool *launched)
{
    const wf_dtype image = call->input.dtype;
    const wf_dtype weight = WORK == INPUT ? call->weight.dtype : call->grad_weight.dtype;
    *launched = false;
    if constexpr (MODE == WF_LINEAR) {
        if (image == WF_FLOAT16)
            return launch<WORK, SPLATS, MODE, __half, __half>(device, stream, call, scaled, launched);
        if (image == WF_BFLOAT16)
            return launch<WORK, SPLATS, MODE, __nv_bfloat16, __nv_bfloat16>(device, stream, call, scaled, launched);
    }
    if (image != WF_FLOAT32)
        return WF_OK;
    return weight == WF_FLOAT16 ? launch<WORK, SPLATS, MODE, float, __half>(device, stream, call, scaled, launched)
           : weight == WF_BFLOAT16
               ? launch<WORK, SPLATS, MODE, float, __nv_bfloat16>(device, stream, call, scaled, launched)
               : launch<WORK, SPLATS, MODE, float, float>(device, stream, call, scaled, launched);
}

wf_result wf_gradients_on_tiles(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                                const wf_scaled *scaled, bool *launched)
{
    *launched = false;
    if (call->filter.mode != WF_LINEAR || call->filter.kernel_height * call->filter.kernel_width > LARGEST_SIDE_BY_SIDE)
        return WF_OK;
    return call->op == WF_SPLAT ? launch<BOTH, true, WF_LINEAR>(device, stream, call, scaled, launched)
                                : launch<BOTH, false, WF_LINEAR>(device, stream, call, scaled, launched);
}

wf_result wf_softmax_grad_input_on_tiles(const wf_cuda_device *device, cudaStream_t stream,
                                         const wf_backward_call *call, const wf_scaled *scaled, bool *launched)
{
    return call->op == WF_SPLAT ? launch<INPUT, true, WF_SOFTMAX>(device, stream, call, scaled, launched)
                                : launch<INPUT, false, WF_SOFTMAX>(device, stream, call, scaled, launched);
}

template <bool SPLATS>
static wf_result launch_grad_weight(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                                    const wf_scaled *scaled, bool *launched)
{
    switch (call->filter.mode) {
    case WF_NORMALIZED:
        return launch<WEIGHT, SPLATS, WF_NORMALIZED>(device, stream, call, scaled, launched);
    case WF_SOFTMAX:
        return launch<WEIGHT, SPLATS, WF_SOFTMAX>(device, stream, call, scaled, launched);
    default:
        return launch<WEIGHT, false, WF_LINEAR>(device, stream, call, scaled, launched);
    }
}

wf_result wf_grad_weight_on_tiles(const wf_cuda_device *device, cudaStream_t stream, const wf_backward_call *call,
                                  const wf_scaled *scaled, bool *launched)
{
    return call->op == WF_SPLAT ? launch_grad_weight<true>(device, stream, call, scaled, launched)
                                : launch_grad_weight<false>(device, stream, call, scaled, launched);
}
