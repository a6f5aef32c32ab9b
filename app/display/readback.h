/* readback.h -- a part of some layers, copied to the host beside a picture. */
#ifndef WFVIEW_READBACK_H
#define WFVIEW_READBACK_H

#include "app/gpu/device.h"
#include "app/gpu/shown_images.h"
#include "app/view/values.h"

typedef struct readback {
    buffer buffer;
    values values; /* there once the commands have completed; points into the buffer */
} readback;

/* Records copies of the area of these layers which are in GENERAL, written for transfers; those without an image are
 * left out. Nothing in flight uses the readback. */
bool readback_record(const device *device, VkCommandBuffer commands, const shown_images *images,
                     const layer_set *layers, texel_area area, readback *readback, error *error);
void readback_destroy(const device *device, readback *readback); /* zeroed is fine */

#endif
