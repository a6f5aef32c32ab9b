/* matrix.h -- products of 16x16 matrices of float16, summed in float32, by one of two extensions (matrix_product.c),
 * whose structures of features are alike. Private to filter/vulkan. */
#ifndef WF_VULKAN_MATRIX_H
#define WF_VULKAN_MATRIX_H

#include "device.h"

enum { SIDE = 16, MOST_PROPERTIES = 64 };

extern const char *const wf_vulkan_matrix_extension;
extern const VkStructureType wf_vulkan_matrix_features;

/* Whether a physical device with the extension has that product. */
int wf_vulkan_has_product(const wf_vulkan_options *options);

#endif
