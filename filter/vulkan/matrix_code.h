/* matrix_code.h -- SPIR-V with the matrices of SPV_NV_cooperative_matrix, translated to SPV_KHR_cooperative_matrix.
 * Private to filter/vulkan. */
#ifndef WF_VULKAN_MATRIX_CODE_H
#define WF_VULKAN_MATRIX_CODE_H

#include <stddef.h>
#include <stdint.h>

/* How many words a module of so many has at most when it is translated. */
size_t wf_vulkan_most_words(size_t words);

/* Of a valid module. KHR's types of matrices have a use: left where one is multiplied from the left, likewise right, so
 * these must not share a type, and a sum else. All have 16 rows and columns: NV's may name them by specialization
 * constants, by which types are told apart. A module without such matrices stays as it is. to has room for
 * wf_vulkan_most_words. Returns how many it took; 0: no host memory. */
size_t wf_vulkan_translate_matrices(const uint32_t *from, size_t words, uint32_t *to);

#endif
