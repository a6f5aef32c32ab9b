/* capture.h -- pictures back to the host and into files. Each call waits for the device. */
#ifndef WFVIEW_CAPTURE_H
#define WFVIEW_CAPTURE_H

#include "device.h"
#include "frame.h"
#include "target.h"

typedef struct capture {
    const device *device;
    VkCommandBuffer commands;
    buffer buffer; /* grows as needed */
} capture;

bool capture_create(const device *device, capture *capture, error *error);
void capture_destroy(capture *capture); /* zeroed is fine */

/* The target, in the layout its render pass leaves, as an 8-bit PNG. */
bool capture_target(capture *capture, const target *target, const char *path, error *error);

/* Copies RGBA32F images in layout GENERAL. The pictures' pixels lie in the capture's buffer, valid until its next use. */
bool capture_images(capture *capture, const wf_node_image *const *images, int count, int width, int height,
                    image *pictures, error *error);

/* Writes a picture's first three channels as R, G, B float32. */
bool capture_write(const image *picture, const char *path, error *error);

#endif
