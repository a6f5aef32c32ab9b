/* upload.h -- buffers in the device's own memory that shaders reach by their addresses. */
#ifndef WFVIEW_TRACE_UPLOAD_H
#define WFVIEW_TRACE_UPLOAD_H

#include "app/gpu/device.h"

typedef struct device_buffer {
    VkBuffer handle;
    VkDeviceMemory memory;
    VkDeviceAddress address;
    VkDeviceSize size;
} device_buffer;

/* Not initialized. A size of 0 makes a few bytes, so that there is an address. */
bool device_buffer_create(const device *device, VkDeviceSize size, device_buffer *buffer, error *error);

/* Makes sure that a buffer, zeroed where there is none yet, has room for so much. Where it has not, another takes its
 * place, with room to spare, and what it had is lost. On failure it is zeroed. */
bool device_buffer_reserve(const device *device, VkDeviceSize size, device_buffer *buffer, error *error);

/* Host memory on its way to the device, kept for the next time. Zeroed: none yet. */
typedef struct device_staging {
    buffer buffer;
    VkCommandBuffer commands;
    VkDeviceSize used;
} device_staging;

void device_staging_destroy(const device *device, device_staging *staging); /* leaves it zeroed; zeroed is fine */

typedef struct device_write {
    const device_buffer *buffer;
    VkDeviceSize offset; /* in the buffer */
    const void *data;    /* anything where size is 0 */
    VkDeviceSize size;
} device_write;

/* Copies from host memory through a staging buffer of at most 64 MiB, and waits: once,
   unless it takes several of these. */
bool device_buffers_write(const device *device, device_staging *staging, const device_write *writes, uint32_t count,
                          error *error);

void device_buffer_destroy(const device *device, device_buffer *buffer); /* leaves it zeroed; zeroed is fine */

#endif
