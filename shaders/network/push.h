/* Push constants of the networks' shaders. Included by C and GLSL, see shared.h. Activations are float16, the channels
 * of a pixel after each other; *_data are device addresses, 0 for what is absent. */
#ifndef WF_NETWORK_PUSH_H
#define WF_NETWORK_PUSH_H

#include "network/frame.h"
#include "shared.h"

/* Pixels and outputs that one thread of convolve.comp.glsl computes; threads beside each other. */
#define WF_CONVOLVE_WIDTH          2
#define WF_CONVOLVE_HEIGHT         4
#define WF_CONVOLVE_OUTPUTS        8
#define WF_CONVOLVE_ACROSS_THREADS 8

/* Specialization constants of convolve_matrix.glsl, named there. */
#define WF_CONVOLVE_THREADS 0
#define WF_CONVOLVE_ROWS    1
#define WF_CONVOLVE_PAIRS   2
#define WF_CONVOLVE_DOWN    3
#define WF_CONVOLVE_ACROSS  4
#define WF_CONVOLVE_DEEP    5
#define WF_CONVOLVE_MEMORY  6
#define WF_CONVOLVE_AHEAD   7
#define WF_CONVOLVE_UP      8
#define WF_CONVOLVE_PAIR    9
#define WF_CONVOLVE_OFFSET  10
#define WF_CONVOLVE_COARSE  11
#define WF_CONVOLVE_TILES   12
#define WF_CONVOLVE_FEATURE 13 /* the first one of features.glsl */

/* Specialization constants of level.glsl and of what includes it: named there, but these. */
#define WF_LEVEL_THREADS 0
#define WF_LEVEL_KERNEL  1
#define WF_LEVEL_KIND    2
#define WF_LEVEL_INPUTS  3
#define WF_LEVEL_ALPHAS  4 /* 2: written, too */
#define WF_LEVEL_CLEAN   5
#define WF_LEVEL_EPSILON 6
#define WF_LEVEL_DIVIDE  7
#define WF_LEVEL_LIGHT   8
#define WF_LEVEL_PLANES  9

/* Rows of a part of a head in its parameters. */
#define WF_LEVEL_ROWS 32

/* Of logits in memory: halves before the first plane and behind the last one; threads of a
   workgroup, 32 a row of pixels. */
#define WF_LEVEL_GUARD          16
#define WF_LEVEL_LOGITS_THREADS 128

/* Kinds of level_matrix.glsl, the first three of which are parts of a head, too. */
#define WF_LEVEL_GATHER 0
#define WF_LEVEL_SPLAT  1
#define WF_LEVEL_ALBEDO 2
#define WF_LEVEL_BOTH   3

/* Columns and pixels that one thread of logits.comp.glsl computes, and threads of a workgroup. */
#define WF_LOGITS_COLUMNS 8
#define WF_LOGITS_PIXELS  8
#define WF_LOGITS_THREADS 64

/* Threads of a workgroup of log_sums.comp.glsl, one a column of pixels. */
#define WF_EXPOSURE_THREADS 128

/* What light.comp.glsl makes. */
#define WF_LIGHT_PLANES 0 /* of light */
#define WF_LIGHT_CLEAN  1 /* of a clean, clamped albedo */
#define WF_LIGHT_HALVES 2 /* an activation, of planes */

/* Three planes, or one, of float32. Strides in elements. */
struct wf_plane_push {
    uint64_t data;
    int channel, row, column;
};
#ifndef VULKAN
typedef struct wf_plane_push wf_plane_push;
#endif

/* Of log_sums.comp.glsl and exposure.comp.glsl: sums are vec4 for each workgroup. */
struct wf_exposure_push {
    int first_group_x, first_group_y;
    int width, height;
    uint64_t sums_data, exposure_data;
    wf_plane_push color, depth;
};

/* Specialization constants of features.glsl, behind its first one: scales, and these. */
#define WF_FEATURES_COLOR_GAIN       5
#define WF_FEATURES_DEMODULATED_GAIN 6
#define WF_FEATURES_EPSILON          7

/* Of features.comp.glsl. */
struct wf_features_push {
    int first_group_x, first_group_y;
    int width, height;
    uint64_t exposure_data, output_data;
    wf_plane_push color, albedo, normal, depth;
};

/* Of convolve.comp.glsl, convolve_matrix.glsl. Parameters: biases (float32), then weights (8 outputs, tap, input, 8);
 * or those that filter/vulkan/convolve_matrix.c tells of. */
struct wf_convolve_push {
    int first_group_x, first_group_y;
    int width, height, outputs;
    int coarse_channels, input_channels;
    uint64_t coarse_data, input_data, output_data, parameters_data;
    uint64_t pooled_data; /* absent in convolve.comp.glsl, and so is: */
    int second;           /* where the parameters of a second convolution begin, in bytes from the first one's */
};

/* Of convolve_features.comp.glsl: two convolutions of 16 outputs. */
struct wf_convolve_features_push {
    int first_group_x, first_group_y;
    int width, height;
    uint64_t output_data, parameters_data, pooled_data, exposure_data;
    uint64_t color_data, albedo_data, normal_data, depth_data;
    int color[3], albedo[3], normal[3], depth[2]; /* strides of channels, but depth's, of rows and columns */
    int second;                                   /* as above */
};

/* Of pool.comp.glsl. width, height: of the input. */
struct wf_pool_push {
    int first_group_x, first_group_y;
    int width, height, channels;
    uint64_t input_data, output_data;
};

/* Of logits.comp.glsl: columns first ... last - 1, of parameters as above but (8 columns, input, 8), of pixels
 * first_pixel ... last_pixel - 1 of all. */
struct wf_logits_push {
    int first_group_x, first_group_y;
    int pixels, first_pixel, last_pixel, inputs, columns, first, last;
    uint64_t decoded_data, parameters_data, output_data;
};

/* Of light.comp.glsl. */
struct wf_light_push {
    int first_group_x, first_group_y;
    int width, height; /* of the input */
    int clean;
    float epsilon;
    uint64_t albedo_data; /* filtered: 0 where light is not divided by it */
    wf_plane_push from, to;
};

/* Blocks of a workgroup of halve.comp.glsl, and levels of a dispatch, the last of which has a row of them. */
#define WF_HALVE_WIDTH  32
#define WF_HALVE_HEIGHT 8
#define WF_HALVE_LEVELS 4

/* Of halve.comp.glsl: as above, to dense planes. */
struct wf_halve_push {
    int first_group_x, first_group_y;
    int width, height; /* of the input */
    int clean, levels;
    float epsilon;
    uint64_t albedo_data;
    wf_plane_push from;
    uint64_t to_data[WF_HALVE_LEVELS];
};

/* Of level_logits.glsl, with the parameters of level_matrix.glsl. */
struct wf_level_logits_push {
    int first_group_x, first_group_y;
    int width, height;
    uint64_t decoded_data, parameters_data, logits_data;
};

/* Of level_copy.comp.glsl: count planes from the first one on, times the factor. Rows first_row ... last_row - 1. */
struct wf_level_copy_push {
    int first_group_x, first_group_y;
    int width, height, first_row, last_row;
    int first, count;
    float factor;
    uint64_t logits_data, output_data;
};

/* Of level_matrix.glsl. Parameters: biases (float32) and weights (row, input) of the parts of the head, gather's and
 * then splat's, or the albedo's; rows are the logits of the taps, times log2(e), and of the alphas. Of
 * level_filter.comp.glsl, with the logits in place of what is decoded and without parameters. Gather's and splat's
 * images, and means of their 2x2 blocks, in dense planes. */
struct wf_level_push {
    int first_group_x, first_group_y;
    int width, height;
    uint64_t decoded_data, parameters_data;
    uint64_t albedo_data; /* as in wf_light_push */
    uint64_t light_data, image_data[2], alpha_data, mean_data[2];
    int light[3], image[2][3]; /* strides of channels, rows and columns */
    int tiles;                 /* of a workgroup, below each other: 1 but of 16 inputs */
};

/* Of join.comp.glsl: width, height of the coarser level. */
struct wf_join_push {
    int first_group_x, first_group_y;
    int width, height;
    int splat; /* which of the two alphas */
    uint64_t coarser_alpha_data;
    wf_plane_push blend, coarser_image, coarser_blend;
};

/* Of blend.glsl: gather's and splat's. Planes of blend are dense. */
struct wf_blend_push {
    int first_group_x, first_group_y;
    int width, height;
    int operators; /* 1: gather's image, 2: splat's */
    uint64_t alpha_data, albedo_data;
    uint64_t image_data[2], blend_data[2];
    int image[2][3]; /* strides of channels, rows and columns */
    float epsilon;
};

#endif
