/* filter_strips_of.cuh -- the kernels of filter_strips.cuh, by mode, types and shapes. Private; for instances. */
#ifndef WF_CUDA_FILTER_STRIPS_OF_CUH
#define WF_CUDA_FILTER_STRIPS_OF_CUH

#include "filter_strips.cuh"

template <wf_operator OP, wf_mode MODE, int TYPES, int... SHAPES>
static const void *kernel_of(int team_channels, int kernel_width)
{
    const auto kernel = [](auto channels, auto width) -> const void * {
        constexpr int CHANNELS = channels, WIDTH = width;
        if constexpr (wf_has_filter_strips(MODE, TYPES, CHANNELS, WIDTH) &&
                      (sizeof...(SHAPES) == 0 || ((SHAPES == WF_STRIP_SHAPE(CHANNELS, WIDTH)) || ...)))
            return (const void *)wf_filter_strips<OP, MODE, wf_image_of<TYPES>, wf_weight_of<TYPES>, WIDTH, CHANNELS>;
        return nullptr;
    };
    return wf_switch_strips<MODE, TYPES>(team_channels, kernel_width, kernel);
}

template <wf_mode MODE, int TYPES, int... SHAPES>
const void *wf_filter_strips_of(const wf_filter_call *call, int team_channels)
{
    const int kernel_width = call->filter.kernel_width;
    return call->op == WF_SPLAT ? kernel_of<WF_SPLAT, MODE, TYPES, SHAPES...>(team_channels, kernel_width)
                                : kernel_of<WF_GATHER, MODE, TYPES, SHAPES...>(team_channels, kernel_width);
}

#define WF_INSTANCE(...)                                                                                               \
    template const void *wf_filter_strips_of<__VA_ARGS__>(const wf_filter_call *call, int team_channels);

#endif
