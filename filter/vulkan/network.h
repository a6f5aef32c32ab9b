/* network.h -- what Vulkan computes of a network, activations in float16. Private to filter/vulkan. */
#ifndef WF_VULKAN_NETWORK_H
#define WF_VULKAN_NETWORK_H

#include "device.h"
#include "network/push.h"

size_t wf_vulkan_convolution_bytes(const wf_device *device, const wf_convolution *shape);
void wf_vulkan_arrange_convolution(const wf_device *device, const wf_convolution *shape, const float *weight,
                                   const float *bias, void *parameters);
/* The same where matrices are multiplied, and of a head the part for that, which follows the plain one. */
size_t wf_vulkan_matrix_convolution_bytes(const wf_convolution *shape);
void wf_vulkan_arrange_matrix_convolution(const wf_convolution *shape, const float *weight, const float *bias,
                                          void *parameters);
/* Without what only matrices take: pooled_data, second. */
struct wf_convolve_push wf_vulkan_convolve_push(const wf_convolve_call *call);
wf_result wf_vulkan_convolve_matrix(vulkan_device *device, wf_stream stream, const wf_convolve_call *call);
/* How long the device is busy with so many workgroups at a time, each with `tiles` below each other of those across and
 * rows, those with fewer last: twice in times of a tile. A workgroup needs half as long to start. */
int64_t wf_vulkan_time_of_tiles(int64_t workgroups, int64_t across, int64_t rows, int tiles);
size_t wf_vulkan_matrix_head_bytes(const wf_head *head);
void wf_vulkan_arrange_matrix_head(const wf_head *head, const float *weight, const float *bias, void *parameters);
int wf_vulkan_has_level_matrix(const vulkan_device *device, int kernel);
wf_result wf_vulkan_filter_albedo_matrix(vulkan_device *device, wf_stream stream, const wf_albedo_call *call);
wf_result wf_vulkan_filter_level_matrix(vulkan_device *device, wf_stream stream, const wf_level_call *call);
wf_result wf_vulkan_copy_logits(vulkan_device *device, wf_stream stream, const wf_logits_call *call);

size_t wf_vulkan_plain_head_bytes(const wf_head *head);
size_t wf_vulkan_head_bytes(const wf_head *head);
void wf_vulkan_arrange_head(const wf_head *head, const float *weight, const float *bias, void *parameters);

wf_result wf_vulkan_expose(wf_device *device, wf_stream stream, const wf_expose_call *call);
wf_result wf_vulkan_features(wf_device *device, wf_stream stream, const wf_features_call *call);
int wf_vulkan_fuses(const wf_device *device, const wf_convolution *first, const wf_convolution *second, int width,
                    int height);
wf_result wf_vulkan_convolve(wf_device *device, wf_stream stream, const wf_convolve_call *call);
wf_result wf_vulkan_filter_albedo(wf_device *device, wf_stream stream, const wf_albedo_call *call);
wf_result wf_vulkan_down_levels(wf_device *device, wf_stream stream, const wf_downs *downs);
size_t wf_vulkan_level_logits_bytes(const wf_device *device, const wf_level_call *call);
wf_result wf_vulkan_level_logits(wf_device *device, wf_stream stream, const wf_level_call *call);
wf_result wf_vulkan_filter_level(wf_device *device, wf_stream stream, const wf_level_call *call);
wf_result wf_vulkan_join(wf_device *device, wf_stream stream, const wf_level_call *call);
wf_result wf_vulkan_blend(wf_device *device, wf_stream stream, const wf_blend_call *call);

wf_result wf_vulkan_logits(wf_device *device, wf_stream stream, const wf_logits_call *call);

size_t wf_vulkan_expose_workspace(const wf_device *device, int width, int height);
size_t wf_vulkan_albedo_workspace(const wf_device *device, const wf_albedo_call *call);
size_t wf_vulkan_level_workspace(const wf_device *device, const wf_level_call *call);

/* Compile what these need. */
wf_result wf_vulkan_prepare_features(vulkan_device *device, const wf_features_call *call);
wf_result wf_vulkan_prepare_logits(vulkan_device *device);
wf_result wf_vulkan_prepare_convolution(vulkan_device *device, const wf_convolve_call *call);
wf_result wf_vulkan_prepare_levels(vulkan_device *device, const wf_head *head, float epsilon);
wf_result wf_vulkan_prepare_convolution_matrix(vulkan_device *device, const wf_convolve_call *call);
wf_result wf_vulkan_prepare_level_matrix(vulkan_device *device, const wf_head *head, float epsilon);

/* The specialization constants of features.glsl, from its first one on. */
void wf_vulkan_set_features(int32_t *constants, const wf_features_call *call);

/* Columns first ... last - 1 of a head, of some rows: dense planes of float16, or alphas as an activation. */
wf_result wf_vulkan_record_logits(vulkan_device *device, wf_stream stream, const wf_head *head,
                                  const wf_activation *decoded, int first, int last, int first_row, int rows,
                                  void *output, int alphas);

/* Three planes, or one; without an address where they are absent. Strides are 31 bits:
   wf_vulkan_check_planes says so. */
wf_plane_push wf_vulkan_planes(const wf_tensor *tensor);
/* Their address; strides of channels, rows and columns. */
VkDeviceAddress wf_vulkan_set_strides(int strides[3], const wf_tensor *tensor);
wf_result wf_vulkan_check_planes(const wf_log *log, const char *name, const wf_tensor *tensor);

static inline VkDeviceAddress wf_vulkan_address(const void *data)
{
    return (uintptr_t)data;
}

#endif
