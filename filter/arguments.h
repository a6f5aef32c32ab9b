/* arguments.h -- the rules of wf.h that several calls share: each check returns WF_OK, or tells the log in one sentence
 * which rule an argument breaks. Private to wf.c, operations.c and the node. */
#ifndef WF_ARGUMENTS_H
#define WF_ARGUMENTS_H

#include "backend.h"

enum { AXIS_N, AXIS_C, AXIS_H, AXIS_W, AXES };

/* An argument with the name that messages call it by; tensor is NULL where it is absent. */
typedef struct wf_named_tensor {
    const char *name;
    const wf_tensor *tensor;
} wf_named_tensor;

static inline wf_tensor wf_tensor_or_none(const wf_tensor *tensor)
{
    return tensor ? *tensor : (wf_tensor){0};
}

wf_result wf_check_pointer(const wf_log *log, const char *name, const void *pointer);
wf_result wf_check_enum(const wf_log *log, const char *name, int value, int count);
wf_result wf_check_kernel_size(const wf_log *log, int height, int width);

/* Only Vulkan's streams cannot be NULL; the CPU has none. */
wf_result wf_check_stream(const wf_device *device, wf_stream stream);

/* What is true of every tensor by itself, wherever its data lies. */
wf_result wf_check_tensor(const wf_log *log, const char *name, const wf_tensor *tensor);

/* Where its data lies. */
wf_result wf_check_data(const wf_log *log, const char *name, const wf_tensor *tensor);

wf_result wf_check_dtype(const wf_log *log, const char *name, wf_dtype dtype, wf_dtype needed);

/* N, H and W as the tensor called like_name has them, and this many channels. */
wf_result wf_check_sizes(const wf_log *log, const char *name, const wf_tensor *tensor, int64_t channels,
                         const char *like_name, const wf_tensor *like);

wf_result wf_check_taps(const wf_log *log, const char *name, const wf_tensor *weight, int kernel_height,
                        int kernel_width, int groups);

/* The elements of an output are distinct, and none is an element of the others. */
wf_result wf_check_output(const wf_log *log, const char *name, const wf_tensor *output, const wf_named_tensor *others,
                          int other_count);

enum { WF_WORKSPACE_ALIGNMENT = 256 };

/* Memory of `size` bytes that a call works in: aligned, and none of it is an element of the others. 0 bytes: none. */
wf_result wf_check_workspace(const wf_log *log, const void *workspace, size_t size, const wf_named_tensor *others,
                             int other_count);

#endif
