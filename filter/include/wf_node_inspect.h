/* wf_node_inspect.h -- the weights of a pixel, as the node's filters used them, beside the frames.
 *
 *     wf_node_pixel pixel = {x, y};
 *     wf_node_inspect(node, 1, &pixel);                 from the next wf_node_begin on
 *     ...                                               frames, as in wf_node.h
 *     wf_node_inspection told;
 *     wf_node_inspected(node, slot, &told);             of the slot's last frame that is done; never waits
 *     wf_node_inspect(node, 0, NULL);                   closed: later frames do no work and keep no memory for it
 *
 * While it is open a frame has one more stage, WF_NODE_INSPECT: a few threads copy a few kernels into memory that
 * the host can read. Frames wait for nothing. A network's kernels, which otherwise never reach memory, are computed
 * again for that, a level at a time.
 *
 *
 * WHAT IS TOLD
 *
 *     Of each operator with an output, and of each level of its pyramid (wf_pyramid.h; a plain filter has one),
 *     the kernels of a window of pixels. Where there is one level that is the inspected pixel alone. In a
 *     pyramid, whose levels are interpolated and averaged, it takes in every kernel that has a part in the
 *     inspected pixel: at most 6x6 pixels a level.
 *
 *     gather   tap t of a pixel's kernel: the weight with which the pixel reads the one at +o(t)
 *     splat    tap t of a pixel's kernel: the weight with which the pixel at -o(t) lands on
 *              it, out of that pixel's own kernel
 *
 *     weights are as they were predicted; factors are what the operator multiplies pictures with: after the filter's
 *     mode, which is normalized over just these taps, and 0 for what lies outside of the image. So of every level
 *
 *         y[pixel] = sum over t of factor[t] * x[pixel + o(t)]        (gather; of splat - o(t))
 *
 *     Of splat also the other way round, the footprint: with which factors the inspected pixel itself lands on its
 *     neighbors. Each of these normalizes what lands on it, so that all of that is read; where that is more than
 *     WF_NODE_FOOTPRINT_WEIGHTS, of kernels of more than 32x32 taps or spread by a dilation, there is none.
 */
#ifndef WF_NODE_INSPECT_H
#define WF_NODE_INSPECT_H

#include "wf_node.h"

#ifdef __cplusplus
extern "C" {
#endif

#define WF_NODE_MAX_PIXELS 2
#define WF_NODE_FOOTPRINT_WEIGHTS                                                                                      \
    (1 << 20) /* of a level, at most: groups*Kh*Kw times the pixels from its kernel's first to its last tap */

typedef struct wf_node_pixel {
    uint32_t x, y; /* column and row, from 0, at the top left */
} wf_node_pixel;

/* The pixels to inspect, 0 ... WF_NODE_MAX_PIXELS of them, of frames that begin later. With pixels wf_node_begin takes
 * memory that the host can read, once, and again where there are more weights than before; it can fail for want of it.
 * Compiles what the stage needs. WF_ERROR_INVALID_ARGUMENT, WF_ERROR_DEVICE, WF_ERROR_OUT_OF_MEMORY. */
WF_API wf_result wf_node_inspect(wf_node *node, uint32_t count, const wf_node_pixel *pixels);

/* Pixels of an image or a level. */
typedef struct wf_node_area {
    int x, y, width, height;
} wf_node_area;

/* A window of a level's kernels. Pointers stay valid until the second wf_node_begin of the slot after the
 * frame, and until wf_node_destroy. */
typedef struct wf_node_kernels {
    wf_filter filter;
    int width, height; /* of the level */
    int x, y;          /* the inspected pixel's place in the level: halved, rounded down, once a level */
    int first_x, first_y, columns, rows;
    const float *weights; /* [rows][columns][groups*Kh*Kw] */
    const float *factors; /* likewise */
    const float *alpha;   /* [rows][columns]; NULL at the coarsest level */

    /* Of splat, NULL where there is none: tap t is the factor with which the level's pixel x, y lands on the one at
     * +o(t), 0 for what lies outside of the image. */
    const float *footprint; /* [groups*Kh*Kw] */
    wf_node_area
        written; /* the pixels of the level that have a part of the inspected pixel, from this level and coarser ones */
    const float *written_alpha; /* theirs; NULL at the coarsest level */
} wf_node_kernels;

typedef struct wf_node_inspected_pixel {
    uint32_t x, y;
    int levels[WF_OPERATOR_COUNT]; /* 0: the slot has no output of the operator */
    wf_node_kernels kernels[WF_OPERATOR_COUNT][WF_PYRAMID_MAX_LEVELS];
} wf_node_inspected_pixel;

typedef struct wf_node_inspection {
    uint64_t frame; /* as wf_node_timing's; 0: none has completed with the inspector open */
    int count;      /* of pixels */
    wf_node_inspected_pixel pixels[WF_NODE_MAX_PIXELS];
} wf_node_inspection;

/* Of the slot's most recent frame whose work is done on the device, whether it has been acquired or not. Never waits.
 * WF_ERROR_INVALID_ARGUMENT. */
WF_API wf_result wf_node_inspected(wf_node *node, uint32_t slot, wf_node_inspection *inspection);

/* ---- Maps -------------------------------------------------------------------------------------------------------- */

/* Figures of every pixel's kernel are images like the node's other outputs: bound to this role, they are written with
 * every frame, in the stage WF_NODE_INSPECT, for operators that have an output. Each pixel has the figure of its place
 * in that level of the pyramid, 0 ... WF_PYRAMID_MAX_LEVELS - 1, where 0 is full resolution: (y >> level, x >> level),
 * of factors as above. A level that a filter does not have stands for its coarsest one. Only what is bound is computed,
 * each level's kernels once for all of its figures; while nothing is, frames do no work for it. */
static inline wf_node_role wf_node_map_role(wf_operator op, int level, wf_figure figure)
{
    return (wf_node_role)(WF_NODE_MAP + ((int)op * WF_PYRAMID_MAX_LEVELS + level) * WF_FIGURE_COUNT + (int)figure);
}

/* ---- The effective kernel ---------------------------------------------------------------------------------------- */

/* Where an inspected pixel's kernels, of all levels together, reach: within the image. Of size 0 x 0
 * where the operator has no levels. */
WF_API wf_node_area wf_node_effective_area(const wf_node_inspected_pixel *pixel, wf_operator op);

/* What all levels make together, at full resolution, of one group of the filters (0, but of filters with groups):
 *
 *     output[pixel] = sum over the area of factors[y][x] * input[area.y + y][area.x + x]
 *
 * factors has area.height x area.width. input is what is filtered: of a network that divides by the albedo the color so
 * divided, and output is multiplied by it afterwards. Needs no node. WF_ERROR_INVALID_ARGUMENT (a NULL, or no such
 * operator, levels or group), WF_ERROR_OUT_OF_MEMORY. */
WF_API wf_result wf_node_effective_kernel(const wf_node_inspected_pixel *pixel, wf_operator op, int group,
                                          float *factors);

/* ---- The footprint ----------------------------------------------------------------------------------------------- */

/* Where splat writes an inspected pixel, by all levels together. Of size 0 x 0 where there is no footprint. */
WF_API wf_node_area wf_node_footprint_area(const wf_node_inspected_pixel *pixel);

/* The same as the effective kernel, from the side of what is written:
 *
 *     output[area.y + y][area.x + x] has in it factors[y][x] * input[pixel]
 *
 * Needs no node. WF_ERROR_INVALID_ARGUMENT (a NULL, no footprint, or no such group), WF_ERROR_OUT_OF_MEMORY. */
WF_API wf_result wf_node_footprint(const wf_node_inspected_pixel *pixel, int group, float *factors);

#ifdef __cplusplus
}
#endif

#endif
