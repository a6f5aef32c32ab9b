/* store.h -- where training pairs go: one file that numpy maps, or a folder of EXR files. Both can be continued.
 *
 * OUT.npy is an array in numpy's own format with a record for each pair. np.load(OUT, mmap_mode="r") maps it without a copy:
 *
 *     seed            u8             of the data set
 *     index           u4             of the pair, from 0: its place in the array too
 *     spp             u4             samples a pixel of color
 *     reference_spp   u4             ... and of reference
 *     color           f4 (3,H,W)     noisy radiance, linear r,g,b
 *     reference       f4 (3,H,W)     the same scene, of other random numbers
 *     depth           f4 (H,W)       distance from the eye, 0: nothing was hit
 *     motion          f4 (2,H,W)     x,y in pixels, y down: previous - current
 *     albedo          f2 (3,H,W)
 *     normal          f2 (3,H,W)     world space; 0: nothing was hit
 *
 * Numbers are little-endian. Features are described in trace/tracer.h. While it grows the file is OUT.npy.part; whole records
 * at its start are kept when it is continued, and it is renamed when it has all of them.
 *
 * Any other OUT is a folder: 0000.exr ... as wfview --save writes frames, reference/0000.exr, and dataset.json with the
 * settings. wfview opens it as a sequence with references. */
#ifndef WFVIEW_DATASET_STORE_H
#define WFVIEW_DATASET_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "app/error.h"
#include "app/frames/frame.h"

typedef struct dataset_settings {
    uint64_t seed;
    int count, width, height, spp, reference_spp;
} dataset_settings;

/* "seed 1, 2000 pairs of 256x256 pixels, 2 and 1024 samples": of settings that two data sets are compared by. */
void dataset_describe(const dataset_settings *settings, char *text, size_t size);

typedef struct dataset_store {
    const char *path; /* the caller's */
    char *part;       /* OUT.npy.part; NULL: a folder */
    int file;         /* of that; -1: none */
    dataset_settings settings;
    uint8_t *record; /* room for one */
    size_t header_size, record_size;
    int done; /* pairs that are there, from the first on */
} dataset_store;

/* Opens or takes up a data set; where all pairs are there, done is count and there is nothing to write. Refused, with the
 * numbers: another data set in that place, also one that is not finished; a file of another kind, a folder that has
 * something else in it; a place that cannot be written; a file that another process is writing. */
bool dataset_store_open(const char *path, const dataset_settings *settings, dataset_store *store, error *error);

/* Appends pair number store->done: a frame with all layers, the reference included. */
bool dataset_store_write(dataset_store *store, const frame *pair, error *error);

/* Ends a data set that has all its pairs: only now does OUT.npy exist. */
bool dataset_store_finish(dataset_store *store, error *error);

void dataset_store_close(dataset_store *store); /* leaves it zeroed but for file, which is -1 */

#endif
