/* siblings.h -- OIDN's files of one frame: NAME.hdr.EXT is the picture, NAME.alb.EXT and NAME.nrm.EXT beside it
 * are its albedo and its normal. */
#ifndef WFVIEW_SIBLINGS_H
#define WFVIEW_SIBLINGS_H

#include "app/frames/frame.h"

/* The file beside path, for FRAME_ALBEDO and FRAME_NORMAL; to be freed. NULL: there is
   none, or path is no NAME.hdr.EXT. */
char *sibling_path(const char *path, frame_layer layer);

/* Reads a file's picture as a layer, into *frame, which the caller frees in any case. */
typedef bool sibling_reader(const char *path, frame_layer layer, frame *frame, error *error);

/* Adds what lies beside frame->path as the layers that the frame does not have. False and *error, which names the file:
 * it cannot be read, or has another size. */
bool siblings_add(frame *frame, sibling_reader *read, error *error);

#endif
