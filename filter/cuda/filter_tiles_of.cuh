/* filter_tiles_of.cuh -- the kernels of filter_tiles.cuh of one mode. Private; for filter_tiles_<mode>.cu. */
#ifndef WF_CUDA_FILTER_TILES_OF_CUH
#define WF_CUDA_FILTER_TILES_OF_CUH

#include "filter_tiles.cuh"

template <wf_operator OP, wf_mode MODE> static const void *wf_filter_tiles_of(const wf_filter_call *call)
{
    return wf_switch<WF_TILE_TYPES>(WF_TYPES(call->input.dtype, call->weight.dtype), [=](auto types) {
        constexpr int TYPES = types;
        const auto kernel = [](auto channels, auto width) -> const void * {
            constexpr int CHANNELS = channels, KERNEL_WIDTH = width;
            if constexpr (wf_has_filter_tiles(MODE, CHANNELS))
                return (const void *)wf_filter_tiles<OP, MODE, wf_image_of<TYPES>, wf_weight_of<TYPES>, CHANNELS,
                                                     KERNEL_WIDTH, wf_tile_width(CHANNELS), WF_TILE_HEIGHT>;
            return nullptr;
        };
        return wf_switch_tiles<MODE, TYPES>(call->output.size[1], call->filter.kernel_width, kernel);
    });
}

template <wf_mode MODE> const void *wf_filter_tiles_of(const wf_filter_call *call)
{
    return call->op == WF_SPLAT ? wf_filter_tiles_of<WF_SPLAT, MODE>(call) : wf_filter_tiles_of<WF_GATHER, MODE>(call);
}

#endif
