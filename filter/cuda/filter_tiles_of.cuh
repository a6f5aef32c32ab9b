/* filter_tiles_of.cuh -- the kernels of filter_tiles.cuh, by mode, types and widths. Private; for instances. */
#ifndef WF_CUDA_FILTER_TILES_OF_CUH
#define WF_CUDA_FILTER_TILES_OF_CUH

#include "filter_tiles.cuh"

template <wf_operator OP, wf_mode MODE, int TYPES, int... WIDTHS>
static const void *kernel_of(const wf_filter_call *call)
{
    const auto kernel = [](auto channels, auto width) -> const void * {
        constexpr int CHANNELS = channels, KERNEL_WIDTH = width;
        if constexpr (wf_has_filter_tiles(MODE, CHANNELS) && ((WIDTHS == KERNEL_WIDTH) || ...))
            return (const void *)wf_filter_tiles<OP, MODE, wf_image_of<TYPES>, wf_weight_of<TYPES>, CHANNELS,
                                                 KERNEL_WIDTH, wf_tile_width(CHANNELS), WF_TILE_HEIGHT>;
        return nullptr;
    };
    return wf_switch_tiles<MODE, TYPES>(call->output.size[1], call->filter.kernel_width, kernel);
}

template <wf_mode MODE, int TYPES, int... WIDTHS> const void *wf_filter_tiles_of(const wf_filter_call *call)
{
    return call->op == WF_SPLAT ? kernel_of<WF_SPLAT, MODE, TYPES, WIDTHS...>(call)
                                : kernel_of<WF_GATHER, MODE, TYPES, WIDTHS...>(call);
}

#define WF_INSTANCE(...) template const void *wf_filter_tiles_of<__VA_ARGS__>(const wf_filter_call *call);

#endif
