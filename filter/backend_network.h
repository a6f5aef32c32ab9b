/* backend_network.h -- what a backend computes of a network, a call for each launch, and the table of
 * these. Private; a part of backend.h. filter/network/plan.c makes the calls once, for a frame's size;
 * sizes agree and addresses are the device's.
 *
 * The formulas are in wf_network.h. */
#ifndef WF_BACKEND_NETWORK_H
#define WF_BACKEND_NETWORK_H

#include "wf_network.h"

enum {
    WF_CHANNEL_MULTIPLE = 16, /* of every activation that a 3x3 convolution reads or writes */
    WF_ALBEDO_CHANNELS = 4,   /* r, g, b and an unused one */
    WF_ALPHA_CHANNELS = 2     /* gather's and splat's, logits */
};

/* (height, width, channels), dense, of the table's dtype. data is NULL where it is absent. */
typedef struct wf_activation {
    void *data;
    int width, height, channels;
} wf_activation;

/* 3x3, with zeros around the image and a bias. Its input are the channels of the coarser level, each pixel for the 2x2
 * that it covers, and then those of its own level. */
typedef struct wf_convolution {
    int coarse, inputs; /* channels; coarse is 0 where there is no coarser source */
    int outputs;
} wf_convolution;

/* The network's input has places for the planes of every feature, whether its file has it or not. */
typedef enum wf_feature {
    WF_FEATURE_COLOR,       /* planes 0 ... 2 */
    WF_FEATURE_DEMODULATED, /* 3 ... 5 */
    WF_FEATURE_ALBEDO,      /* 6 ... 8 */
    WF_FEATURE_NORMAL,      /* 9 ... 11 */
    WF_FEATURE_DEPTH,       /* 12 */
    WF_FEATURE_COUNT
} wf_feature;

enum { WF_INPUT_CHANNELS = 16 }; /* 13 planes, and others that are 0 */

/* Layers of a frame as they come: float32, any strides. Guides' data is NULL where they are absent. */
typedef struct wf_layers {
    wf_tensor color, albedo, normal, depth;
} wf_layers;

/* What is told of a whole frame. */
typedef struct wf_exposure {
    float exposure, mean_log_depth;
} wf_exposure;

typedef struct wf_expose_call {
    wf_layers layers;
    void *workspace;       /* what expose_workspace asks for */
    wf_exposure *exposure; /* written */
} wf_expose_call;

typedef struct wf_features_call {
    wf_layers layers;
    const wf_exposure *exposure;
    float scale[WF_FEATURE_COUNT], gain[WF_FEATURE_COUNT]; /* scale is 0 of features that the network does not have */
    float epsilon;
    wf_activation output; /* WF_INPUT_CHANNELS */
} wf_features_call;

/* ReLU follows. */
typedef struct wf_convolve_call {
    wf_convolution shape;
    const void *parameters; /* as arranged */
    /* Those of a convolution that follows, with its ReLU; NULL where none does. The backend fuses the two. */
    const void *second;
    wf_activation coarse, input, output;
    wf_activation pooled; /* written too, where present: the maximum over each 2x2 block's in-image pixels of output */
    wf_features_call
        features; /* of the network's first two convolutions where they are fused: in place of input, which is absent */
    void *workspace;
} wf_convolve_call;

/* What a level of the pyramid filters. At level 0 that is the frame's color, cleaned and, where there is a filtered
 * albedo, divided by it and epsilon; then planes. */
typedef struct wf_light {
    wf_tensor planes;     /* (1,3,h,w) float32 */
    wf_activation albedo; /* filtered; WF_ALBEDO_CHANNELS */
    float epsilon;
    int clean; /* pixels that are not finite count as 0 */
} wf_light;

/* The head's channels that a level of kernels has: gather and splat (K*K logits each), those of
 * the albedo's kernel, and alphas. */
typedef struct wf_head {
    const void *parameters; /* of a 1x1 convolution, as arranged */
    int inputs, outputs;
    int kernel;        /* K of gather and splat */
    int albedo_kernel; /* 0: none */
    int alphas;        /* 2 or 0 */
    int is_finest;     /* of level 0, whose light is cleaned */
} wf_head;

/* Where its channels of gather, splat and alphas begin, in this order, and how many they are. */
static inline int wf_head_first(const wf_head *head, int part)
{
    return part < WF_OPERATOR_COUNT ? part * head->kernel * head->kernel : head->outputs - head->alphas;
}

static inline int wf_head_count(const wf_head *head, int part)
{
    return part < WF_OPERATOR_COUNT ? head->kernel * head->kernel : head->alphas;
}

/* The mean of each 2x2 block's in-image pixels. */
typedef struct wf_down_call {
    wf_light input;
    wf_tensor output; /* (1,3,h,w) float32, dense */
} wf_down_call;

/* Several, each one's input the output of the one before. */
typedef struct wf_downs {
    wf_down_call calls[WF_NETWORK_MAX_LEVELS];
    int count;
} wf_downs;

typedef struct wf_albedo_call {
    wf_head head;
    wf_activation decoded;
    wf_tensor albedo;     /* the frame's; cleaned and clamped to 0 ... 1 */
    wf_activation output; /* the filtered one */
    wf_downs downs;       /* of light that it divides, where the backend does them with it */
    void *workspace;
} wf_albedo_call;

/* Of a level, for each operator. */
typedef struct wf_filtered {
    wf_tensor image[WF_OPERATOR_COUNT]; /* (1,3,h,w) float32: y */
    wf_tensor
        blend[WF_OPERATOR_COUNT]; /* (1,3,ceil(h/2),ceil(w/2)) float32: o[l+1] - D(y); absent at the coarsest level */
    wf_activation alpha;          /* WF_ALPHA_CHANNELS logits; absent at the coarsest level */
} wf_filtered;

/* The call directly before a level's, on the same stream. */
typedef enum wf_level_before {
    WF_BEFORE_OTHER,
    WF_BEFORE_LIGHT,  /* the albedo's or the downs, which this level's light comes from */
    WF_BEFORE_COARSER /* the coarser level's */
} wf_level_before;

/* y, alpha and blend of a level; o[l+1] = y + alpha * U(blend) of the coarser one, or its
   y where that is the coarsest. */
typedef struct wf_level_call {
    wf_head head;
    wf_activation decoded;
    wf_light light;
    unsigned operators; /* 1 << wf_operator of those that are wanted */
    wf_filtered output;
    wf_filtered coarser; /* images are absent where there is none */
    wf_level_before before;
    void *logits;         /* what level_logits writes; NULL where the filter makes them */
    void *blend_counters; /* where the level is blended, too, as wf_blend_call has it; 0 before the first frame */
    void *workspace;
} wf_level_call;

/* o[0], times the filtered albedo and epsilon where there is one, in place of filtered's images. */
typedef struct wf_blend_call {
    unsigned operators;
    wf_filtered filtered;
    wf_activation albedo;
    float epsilon;
} wf_blend_call;

typedef enum wf_logits_part { WF_LOGITS_GATHER, WF_LOGITS_SPLAT, WF_LOGITS_ALPHAS } wf_logits_part;

/* A part of a head in memory: of both operators' alphas, gather's first. Of rows of the
   level; others may come with them. */
typedef struct wf_logits_call {
    wf_head head;
    wf_activation decoded;
    wf_logits_part part;
    int first_row, rows;
    const void *logits; /* what level_logits wrote, and decoded may be gone; NULL: they are made of decoded */
    void *planes;       /* dense, of all rows and the table's dtype */
} wf_logits_call;

typedef struct wf_network_table {
    wf_dtype dtype; /* of activations */

    /* From (outputs, inputs, size, size) and (outputs) to what the calls take; in host
       memory, which is zeros before. */
    size_t (*convolution_bytes)(const wf_device *device, const wf_convolution *shape);
    void (*arrange_convolution)(const wf_device *device, const wf_convolution *shape, const float *weight,
                                const float *bias, void *parameters);
    size_t (*head_bytes)(const wf_head *head);
    void (*arrange_head)(const wf_head *head, const float *weight, const float *bias, void *parameters);

    /* What a network with these features and such a level needs, ahead of its first frame. NULL: nothing. */
    wf_result (*prepare)(wf_device *device, const wf_features_call *features, const wf_head *head);

    /* The same for one of its convolutions, whose call is complete. NULL: nothing. */
    wf_result (*prepare_convolution)(wf_device *device, const wf_convolve_call *call);

    /* After these: what they noted is there. NULL: they have done it all. */
    wf_result (*finish_preparation)(wf_device *device);

    /* Whether it computes the second convolution with the first one, and their features with the
       network's first two. NULL: never. */
    int (*fuses)(const wf_device *device, const wf_convolution *first, const wf_convolution *second, int width,
                 int height);

    /* Whether it halves the light so many times with the albedo's filter. NULL: never. */
    int (*halves)(const wf_device *device, const wf_head *head, int count);

    wf_result (*expose)(wf_device *device, wf_stream stream, const wf_expose_call *call);
    wf_result (*features)(wf_device *device, wf_stream stream, const wf_features_call *call);
    wf_result (*convolve)(wf_device *device, wf_stream stream, const wf_convolve_call *call);
    wf_result (*filter_albedo)(wf_device *device, wf_stream stream, const wf_albedo_call *call);
    wf_result (*down)(wf_device *device, wf_stream stream, const wf_down_call *call);
    wf_result (*down_levels)(wf_device *device, wf_stream stream,
                             const wf_downs *downs); /* or NULL, then `down` is not */
    /* A level's logits of both operators, which its filter reads, when all levels are decoded, beside the call that
     * follows. NULL: filters make them. */
    wf_result (*level_logits)(wf_device *device, wf_stream stream, const wf_level_call *call);
    wf_result (*filter_level)(wf_device *device, wf_stream stream, const wf_level_call *call);
    /* Where levels do not wait for each other: filter_level leaves D(y) in blend, which this makes o[l+1] - D(y),
     * coarse levels first, after all of them. NULL: filter_level does it. */
    wf_result (*join)(wf_device *device, wf_stream stream, const wf_level_call *call);
    wf_result (*blend)(wf_device *device, wf_stream stream, const wf_blend_call *call);
    wf_result (*logits)(wf_device *device, wf_stream stream, const wf_logits_call *call);

    /* Bytes; addresses in the calls are not set. convolve_workspace NULL: none. */
    size_t (*convolve_workspace)(const wf_device *device, const wf_convolve_call *call);
    size_t (*expose_workspace)(const wf_device *device, int width, int height);
    size_t (*albedo_workspace)(const wf_device *device, const wf_albedo_call *call);
    size_t (*level_workspace)(const wf_device *device, const wf_level_call *call);
    /* What level_logits writes of this level; 0: nothing, it is not called. NULL: always. */
    size_t (*level_logits_bytes)(const wf_device *device, const wf_level_call *call);
    /* Of the finest level's blend_counters; 0 where it is blended by a call of its own. NULL: always. */
    size_t (*blend_counters)(const wf_device *device, const wf_level_call *call);
} wf_network_table;

#endif
