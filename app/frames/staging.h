/* staging.h -- recorded frames on their way to the denoiser: from host memory, through a buffer a slot.
 *
 * A slot whose buffer holds the frame already copies from there again, as a renderer would draw again. */
#ifndef WFVIEW_STAGING_H
#define WFVIEW_STAGING_H

#include "app/denoise/denoiser.h"

typedef struct staging_slot {
    buffer buffer;
    int held; /* the index of the frame in the buffer, counted from 1; 0: none */
} staging_slot;

typedef struct staging {
    const device *device;
    staging_slot slots[DENOISER_SLOTS];
    const frame *frame; /* the one that is copied next */
    int index;
} staging;

/* Zeroed but for the device it is ready. Nothing in flight uses it; zeroed is fine. */
void staging_destroy(staging *staging);

/* The frame, which `index` tells from others, for denoiser_run; valid as long as it, and until the next call. */
denoiser_input staging_input(staging *staging, const frame *frame, int index);

/* The frame of that index is another one from now on. */
void staging_forget(staging *staging, int index);

#endif
