/* options.h -- wfview's command line. The usage text in options.c is the manual. */
#ifndef WFVIEW_OPTIONS_H
#define WFVIEW_OPTIONS_H

#include <stdbool.h>

#include "error.h"
#include "wf.h"

typedef struct options {
    const char *const *paths; /* frames; at least one */
    int path_count;
    const char *const *channels; /* --channel layer=name, repeated */
    int channel_count;
    const char *weights;             /* NULL: predict */
    const char *splat_weights;       /* NULL: weights */
    wf_mode mode;                    /* for files */
    int kernel_height, kernel_width; /* 0: the file's own or the predictor's default */
    const char *reference;
    bool automatic; /* --backend auto */
    wf_backend backend;
    bool headless;
    int width, height; /* of the window or screenshot, default 1280x720 */
    int frames;        /* 0: until the window is closed; headless: each frame of the sequence once */
    int warmup;
    bool placeholders; /* --timing-placeholders: dashes for times and device names, for golden pictures */
    const char *screenshot, *save, *report, *trace;
    bool help, version; /* print the manual or WF_VERSION and end; nothing else is checked then */
} options;

typedef enum options_result {
    OPTIONS_OK,
    OPTIONS_USAGE,    /* wrong usage: exit 2 */
    OPTIONS_NOT_BUILT /* a valid request for something this program was not built with: exit 1 */
} options_result;

/* Pointers in *options point into argv or into memory that lives until the program ends. */
options_result options_parse(int argc, char **argv, options *options, error *error);

/* The manual that --help prints. */
extern const char options_manual[];

#endif
