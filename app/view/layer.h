/* layer.h -- everything a pane can show: the frame's layers, then what the node makes of them. */
#ifndef WFVIEW_LAYER_H
#define WFVIEW_LAYER_H

#include "app/frames/frame.h"

/* Where a layer is an int, it is a frame_layer or one of these. */
enum { LAYER_GATHER = FRAME_LAYER_COUNT, LAYER_SPLAT, LAYER_COUNT };

#endif
