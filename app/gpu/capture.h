/* capture.h -- pictures back to the host and into files. Each call waits for the device. */
#ifndef WFVIEW_CAPTURE_H
#define WFVIEW_CAPTURE_H

#include "app/frames/frame.h"
#include "device.h"
#include "shown_images.h"
#include "target.h"

typedef struct capture {
    const device *device; /* NULL: pictures lie in host memory already */
    VkCommandBuffer commands;
    buffer buffer; /* grows as needed */
} capture;

/* Of a device zeroed, too. */
bool capture_create(const device *device, capture *capture, error *error);
void capture_destroy(capture *capture); /* zeroed is fine */

/* The target, in the layout its render pass leaves, as an 8-bit PNG. */
bool capture_target(capture *capture, const target *target, const char *path, error *error);

/* Copies images by layer, in layout GENERAL: those of a set of bits 1 << layer, where they exist. The
 * pictures' pixels lie in the capture's buffer, valid until its next use, or are the images' own in host
 * memory; the others' are NULL. */
bool capture_layers(capture *capture, const shown_images *images, const layer_set *layers, int width, int height,
                    image pictures[SHOWN_LAYERS], error *error);

#endif
