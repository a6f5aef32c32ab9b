/* upload.h -- buffers in the device's own memory that shaders reach by their addresses. */
#ifndef WFVIEW_TRACE_UPLOAD_H
#define WFVIEW_TRACE_UPLOAD_H

#include "app/device.h"

typedef struct device_buffer {
    VkBuffer handle;
    VkDeviceMemory memory;
    VkDeviceAddress address;
} device_buffer;

/* Not initialized; commands may copy to it and from it. */
bool device_buffer_create(const device *device, VkDeviceSize size, device_buffer *buffer, error *error);

/* Holds a copy of `size` bytes; waits for the copy. No bytes make a buffer of a few that are not read. */
bool device_buffer_upload(const device *device, const void *data, VkDeviceSize size, device_buffer *buffer,
                          error *error);

void device_buffer_destroy(const device *device, device_buffer *buffer); /* leaves it zeroed; zeroed is fine */

#endif
