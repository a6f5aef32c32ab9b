/* shown_images.h -- where the images of layers that can be shown are, of sequences beside each other. */
#ifndef WFVIEW_SHOWN_IMAGES_H
#define WFVIEW_SHOWN_IMAGES_H

#include "app/view/layers.h"
#include "wf_node.h"

/* Of each sequence LAYER_COUNT; NULL: it has no frame. */
typedef struct shown_images {
    const wf_node_image *of[SEQUENCES];
} shown_images;

/* Zeroed where there is none. */
static inline const wf_node_image *shown_image(const shown_images *images, int layer)
{
    static const wf_node_image none;
    const wf_node_image *own = images->of[layer_sequence(layer)];
    return own ? &own[layer_own(layer)] : &none;
}

#endif
