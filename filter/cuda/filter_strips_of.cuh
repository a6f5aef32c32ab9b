/* filter_strips_of.cuh -- the kernels of filter_strips.cuh, by mode and types. Private; for instances. */
#ifndef WF_CUDA_FILTER_STRIPS_OF_CUH
#define WF_CUDA_FILTER_STRIPS_OF_CUH

#include "filter_strips.cuh"

template <wf_operator OP, wf_mode MODE, int TYPES, int CHANNELS> static const void *kernel_of(int kernel_width)
{
    const auto kernel = [](auto width) -> const void * {
        constexpr int KERNEL_WIDTH = wf_strip_unrolls(MODE, TYPES, width) ? (int)width : 0;
        if constexpr ((MODE != WF_LINEAR || wf_strip_has_linear(TYPES)) &&
                      (CHANNELS < WF_STRIP_MOST_CHANNELS || KERNEL_WIDTH > 0))
            return (const void *)
                wf_filter_strips<OP, MODE, wf_image_of<TYPES>, wf_weight_of<TYPES>, KERNEL_WIDTH, CHANNELS>;
        return nullptr;
    };
    return wf_switch<WF_OWN_WIDTHS, 0>(kernel_width, kernel);
}

template <wf_mode MODE, int TYPES> const void *wf_filter_strips_of(const wf_filter_call *call, int team_channels)
{
    const auto kernel = [=](auto channels) {
        constexpr int CHANNELS = channels;
        return call->op == WF_SPLAT ? kernel_of<WF_SPLAT, MODE, TYPES, CHANNELS>(call->filter.kernel_width)
                                    : kernel_of<WF_GATHER, MODE, TYPES, CHANNELS>(call->filter.kernel_width);
    };
    return wf_switch<WF_STRIP_FEW_CHANNELS, WF_STRIP_MORE_CHANNELS, WF_STRIP_MOST_CHANNELS>(team_channels, kernel);
}

#define WF_INSTANCE(...)                                                                                               \
    template const void *wf_filter_strips_of<__VA_ARGS__>(const wf_filter_call *call, int team_channels);

#endif
