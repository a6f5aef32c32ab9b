/* network.h -- a network in host memory: its architecture, its parameters, its author's
 * answer. Private to filter/network.
 *
 * architecture.c  the file's description of it, and the convolutions that follow from that
 * file.c          safetensors to this
 * json.c          the text in it
 * plan.c          a device's memory and calls for frames of one size
 * denoise.c       a frame through the plan
 * check.c         the reference */
#ifndef WF_NETWORK_NETWORK_H
#define WF_NETWORK_NETWORK_H

#include "backend.h"
#include "wf_network.h"

enum {
    NETWORK_MAX_CHANNELS = 512,
    NETWORK_MAX_CONVOLUTIONS = 8, /* of one level, in the encoder or the decoder */
    NETWORK_MAX_POINTS = 64,
    NETWORK_NAME = 24 /* of a step or a tensor, with its 0 */
};

typedef struct network_architecture {
    int levels, channels[WF_NETWORK_MAX_LEVELS];
    int encoder[WF_NETWORK_MAX_LEVELS],
        decoder[WF_NETWORK_MAX_LEVELS]; /* convolutions; no decoder at the coarsest level */
    int kernel_levels, kernels[WF_NETWORK_MAX_LEVELS];
    int albedo_kernel;
    float epsilon;
    float scale[WF_FEATURE_COUNT], gain[WF_FEATURE_COUNT]; /* scale is 0 of features that it has not */
    wf_feature features[WF_FEATURE_COUNT];                 /* in the file's order */
    int feature_count;
} network_architecture;

typedef enum network_part { PART_ENCODER, PART_DECODER, PART_HEAD } network_part;

/* One convolution and where its numbers begin in network.parameters: (outputs, coarse +
   inputs, size, size), then (outputs). */
typedef struct network_layer {
    network_part part;
    int level, place;
    int coarse, inputs, outputs, size; /* channels as the file has them, and 3 or 1 */
    size_t weight, bias;
    char name[NETWORK_NAME]; /* "encoder.0.1", "head.2" */
} network_layer;

/* What the file's author's network makes of the synthetic frame. */
typedef struct network_reference {
    int width, height, points; /* points: 0 where the file has none */
    int point[NETWORK_MAX_POINTS][2];
    double value[WF_OPERATOR_COUNT][NETWORK_MAX_POINTS][3];
} network_reference;

struct wf_network {
    network_architecture architecture;
    network_reference reference;
    char *name, *origin, *licence;
    int layer_count;
    network_layer *layers; /* in the order in which they run */
    size_t parameter_count;
    float *parameters;
};

/* The place of the file's input plane i among those of all features. */
int wf_network_plane(const network_architecture *architecture, int i);

/* The head of a level of kernels; without parameters. */
wf_head wf_network_head(const network_architecture *architecture, int level);

/* As backends have it: the features in their places. */
static inline wf_convolution network_shape(const network_layer *layer)
{
    const int is_first = layer->part == PART_ENCODER && layer->level == 0 && layer->place == 0;
    return (wf_convolution){layer->coarse, is_first ? WF_INPUT_CHANNELS : layer->inputs, layer->outputs};
}

/* Reads JSON. Returns NULL, or what is wrong with it, as a sentence about "the
   architecture" in a buffer of the caller's. */
const char *wf_network_read_architecture(const char *text, size_t length, network_architecture *architecture,
                                         char *message, size_t size);

/* Fills layers, which the caller frees, layer_count and parameter_count. 0 where memory runs out. */
int wf_network_list_layers(wf_network *network);

/* As above, about "the reference". */
const char *wf_network_read_reference(const char *text, size_t length, network_reference *reference, char *message,
                                      size_t size);

#endif
