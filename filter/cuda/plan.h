/* plan.h -- what a kernel is launched with: its code, its blocks, its share of memory and its arguments. Private.
 *
 * There is one wf_plan_<name> for each of WF_KERNELS. It returns false where the kernel cannot do the work, or not
 * better than those that follow: these conditions are written nowhere else. */
#ifndef WF_CUDA_PLAN_H
#define WF_CUDA_PLAN_H

#include "common.cuh"
#include "kernels.h"

#define WF_PLAN_MAPS      4
#define WF_PLAN_ARGUMENTS 5
#define WF_PLAN_BYTES     512 /* of a kernel's own arguments */

struct wf_plan {
    const void *kernel;
    wf_grid grid;   /* of blocks */
    int64_t images; /* that the grid is repeated for */
    dim3 threads;
    size_t shared_bytes;                /* of a block, on top of what the kernel declares */
    CUtensorMap maps[WF_PLAN_MAPS];     /* of what TMA copies */
    void *arguments[WF_PLAN_ARGUMENTS]; /* addresses, in this struct: it must stay where it is */
    alignas(16) unsigned char args[2][WF_PLAN_BYTES];
    bool caches = false;  /* what blocks leave of a multiprocessor's memory is to be a cache */
    bool spatial = false; /* blockIdx is a tile's column, its row and its image, which need not be computed */
};

/* Room for a kernel's arguments in the plan, set to zero. */
template <typename Args> static inline Args *wf_plan_args(wf_plan *plan, int index = 0)
{
    static_assert(sizeof(Args) <= WF_PLAN_BYTES, "the plan has no room for these arguments");
    Args *args = (Args *)plan->args[index];
    *args = {};
    return args;
}

/* ---- The table's plans ------------------------------------------------------------------------------------------- */

typedef bool wf_plan_function(const wf_cuda_device *device, const wf_work *work, wf_plan *plan);

#define WF_DECLARE_PLAN(name, work, since) wf_plan_function wf_plan_##name;
WF_KERNELS(WF_DECLARE_PLAN)
#undef WF_DECLARE_PLAN

/* ---- What they share --------------------------------------------------------------------------------------------- */

/* TMA's map of a tensor in boxes of one image. False where TMA cannot read the tensor so. */
bool wf_plan_map(const wf_cuda_device *device, const wf_tensor *tensor, unsigned width, unsigned height,
                 unsigned channels, CUtensorMap *map);

/* What a gradient to the weights correlates: each pixel, the center, with each of its
   neighbors (grad_weight_tiles.cuh). */
static inline const wf_tensor *wf_center_of(const wf_work *work)
{
    return work->backward->op == WF_SPLAT ? &work->backward->input : &work->scaled->grad;
}

static inline const wf_tensor *wf_neighbor_of(const wf_work *work)
{
    return work->backward->op == WF_SPLAT ? &work->scaled->grad : &work->backward->input;
}

/* Makes the plan spatial, with tiles of so many columns and rows. False where CUDA's grids have not that many. */
static inline bool wf_plan_tiles(wf_plan *plan, const int64_t size[4], int columns, int rows)
{
    plan->grid = {wf_divide_up(size[3], columns), wf_divide_up(size[2], rows), 1}, plan->images = size[0];
    plan->spatial = plan->grid.rows <= UINT16_MAX && plan->images <= UINT16_MAX;
    return plan->spatial;
}

wf_result wf_plan_launch(const wf_cuda_device *device, cudaStream_t stream, wf_plan *plan);

#endif
