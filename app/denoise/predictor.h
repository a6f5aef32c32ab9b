/* predictor.h -- how a frame's weights are made. */
#ifndef WFVIEW_PREDICTOR_H
#define WFVIEW_PREDICTOR_H

#include <stdbool.h>

#include "wf.h"

typedef struct predictor_options {
    bool from_files;        /* else bilateral */
    wf_mode mode;           /* for files; the bilateral predictor's weights are always normalized */
    wf_bilateral bilateral; /* its kernel size too */
} predictor_options;

#endif
