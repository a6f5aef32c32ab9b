/* wf_figures.h -- what is told of every pixel's kernel: the maps of wf_node_inspect.h. */
#ifndef WF_FIGURES_H
#define WF_FIGURES_H

typedef enum wf_figure {
    WF_FIGURE_SUM = 0,     /* of factors */
    WF_FIGURE_ENTROPY = 1, /* of |factors| / sum of |factors|, in bits */
    WF_FIGURE_RADIUS = 2,  /* the root of the mean squared distance by these, in pixels of the level */
    WF_FIGURE_OWN = 3,     /* the factor of the pixel's own sample */
    WF_FIGURE_BLEND = 4,   /* alpha, how much comes from the coarser levels; 0 at the coarsest one */
    WF_FIGURE_COUNT
} wf_figure;

#endif
