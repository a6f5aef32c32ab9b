/* predictor.h -- how a frame's weights are made: predictor.c has a row for each way. */
#ifndef WFVIEW_PREDICTOR_H
#define WFVIEW_PREDICTOR_H

#include <stdbool.h>
#include <stddef.h>

#include "wf.h"

typedef struct wf_node wf_node;
typedef struct weights weights;
typedef struct wf_network wf_network;

typedef struct predictor_options {
    int row;                /* of predictor_rows */
    wf_mode mode;           /* for files; other predictors have their row's */
    wf_bilateral bilateral; /* its kernel size too */
    int network_kernel;     /* taps a side, at full resolution */
    bool together;          /* gather and splat in one stage, where they have the same weights */
} predictor_options;

/* What predictors take that does not change while the program runs. */
typedef struct predictor_inputs {
    const weights *gather, *splat; /* of files; splat may be NULL for the gather's */
    const wf_network *network;
} predictor_inputs;

/* A number that the user may change, with a logarithmic slider. */
typedef struct predictor_parameter {
    const char *label, *format; /* format: of the number, with its unit */
    size_t place;               /* offset of a float in predictor_options */
    float least, most;
} predictor_parameter;

typedef struct predictor_row {
    const char *name;  /* that --predictor takes; NULL: --weights asks for it */
    const char *label; /* in the view and in reports */
    wf_mode mode;      /* of its weights; of files the options' counts */
    bool runs_network; /* the network's name and size stand beside the label */
    const predictor_parameter *parameters;
    int parameter_count;

    /* The kernel's size, and parameters that go well with that size. NULL: the files' own. */
    void (*get_kernel)(const predictor_options *options, int *height, int *width);
    void (*set_kernel)(predictor_options *options, int height, int width);

    /* For the node's frames from here on. */
    wf_result (*apply)(wf_node *node, const predictor_options *options, const predictor_inputs *inputs);
} predictor_row;

enum { PREDICTOR_FILES, PREDICTOR_NETWORK, PREDICTOR_BILATERAL }; /* rows */

extern const predictor_row predictor_rows[];
extern const int predictor_count;

/* Whether both ask the same of a node. */
bool predictor_same(const predictor_options *a, const predictor_options *b);

#endif
