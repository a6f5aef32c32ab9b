/* record.h -- the .npy file's header and records, in memory. */
#ifndef WFVIEW_DATASET_RECORD_H
#define WFVIEW_DATASET_RECORD_H

#include <stddef.h>

#include "store.h"

#define DATASET_HEADER_MAX    1024
#define DATASET_IDENTITY_SIZE (8 + 3 * 4) /* seed, index, spp, reference_spp: how a record starts */

/* Writes the header of format 1.0 and returns its size, a multiple of 64. */
size_t dataset_header(const dataset_settings *settings, char header[DATASET_HEADER_MAX]);

/* Reads count, buffers, width and height back from such a header of `size` bytes; false: it is none. */
bool dataset_read_header(const char *header, size_t size, dataset_settings *settings);

size_t dataset_record_size(const dataset_settings *settings);

/* A pair as a record; and what such a record says of itself: its index, and of the
   settings seed, spp, reference_spp. */
void dataset_pack(const dataset_settings *settings, uint32_t index, const dataset_pair *pair, uint8_t *record);
void dataset_identify(const uint8_t *record, dataset_settings *settings, uint32_t *index);

#endif
