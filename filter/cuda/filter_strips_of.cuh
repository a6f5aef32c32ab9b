/* filter_strips_of.cuh -- the kernels of filter_strips.cuh of one mode. Private; for filter_strips_<mode>.cu. */
#ifndef WF_CUDA_FILTER_STRIPS_OF_CUH
#define WF_CUDA_FILTER_STRIPS_OF_CUH

#include "filter_strips.cuh"

template <wf_operator OP, wf_mode MODE, int CHANNELS> static const void *wf_filter_strips_of(const wf_filter_call *call)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(call->input.dtype, call->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        using Image = wf_image_of<TYPES>;
        using Weight = wf_weight_of<TYPES>;
        const auto kernel = [](auto width) -> const void * {
            constexpr int KERNEL_WIDTH = wf_strip_unrolls(MODE, TYPES, width) ? (int)width : 0;
            if constexpr ((MODE != WF_LINEAR || wf_strip_has_linear(TYPES)) &&
                          (CHANNELS < WF_STRIP_MOST_CHANNELS || KERNEL_WIDTH > 0))
                return (const void *)wf_filter_strips<OP, MODE, Image, Weight, KERNEL_WIDTH, CHANNELS>;
            return nullptr;
        };
        return wf_switch<WF_OWN_WIDTHS, 0>(call->filter.kernel_width, kernel);
    });
}

template <wf_mode MODE, int CHANNELS> static const void *wf_filter_strips_of(const wf_filter_call *call)
{
    return call->op == WF_SPLAT ? wf_filter_strips_of<WF_SPLAT, MODE, CHANNELS>(call)
                                : wf_filter_strips_of<WF_GATHER, MODE, CHANNELS>(call);
}

template <wf_mode MODE> const void *wf_filter_strips_of(const wf_filter_call *call, int team_channels)
{
    return wf_switch<WF_STRIP_FEW_CHANNELS, WF_STRIP_MORE_CHANNELS, WF_STRIP_MOST_CHANNELS>(
        team_channels, [=](auto channels) {
            constexpr int CHANNELS = channels;
            return wf_filter_strips_of<MODE, CHANNELS>(call);
        });
}

#endif
