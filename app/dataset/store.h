/* store.h -- where training pairs go: one file that numpy maps, or a folder of EXR files. Both can be continued.
 *
 * OUT.npy is an array in numpy's own format with a record for each pair. np.load(OUT, mmap_mode="r") maps it without a
 * copy. B is the number of noisy buffers, also where there is one:
 *
 *     seed              u8             of the data set
 *     index             u4             of the pair: its place in this file, from the slice's first on
 *     spp               u4             samples a pixel of each buffer
 *     reference_spp     u4             ... and of the reference
 *     color             f2 (B,3,H,W)   noisy radiance, linear r,g,b: each buffer of random numbers of its own
 *     albedo            f2 (B,3,H,W)   sampled features of its buffer; above 1 at lamps and sky: limit means
 *     normal            f2 (B,3,H,W)   world space
 *     depth             f2 (B,H,W)
 *     reference         f2 (3,H,W)     the same scene's radiance, of other random numbers
 *     reference_albedo  f2 (3,H,W)     sampled features of the reference's samples
 *     reference_normal  f2 (3,H,W)
 *     motion            f2 (2,H,W)     x,y in pixels, y down: previous - current
 *
 * The mean of k buffers is a picture of k * spp samples with its features. Numbers are little-endian; what float16
 * does not reach is its largest number, 65504. Features are described in trace/tracer.h. A record of 256x256 pixels
 * has 1.44 MB and 1.31 MB a buffer.
 *
 * While it grows the file is OUT.npy.part; whole records at its start are kept when it is continued, and it is renamed
 * when it has all of them. The folder that it is to lie in is made. Files of other slices of the same seed lie beside
 * each other; ordered by index they are one data set.
 *
 * Any other OUT is a folder, of pairs with one buffer: 0000.exr ... as wfview --save writes frames, named by their
 * index, reference/0000.exr, and dataset.json with the settings; a slice that starts at pair F has dataset.F.json, and
 * slices may share a folder. wfview opens it as a sequence with references. */
#ifndef WFVIEW_DATASET_STORE_H
#define WFVIEW_DATASET_STORE_H

#include <stddef.h>
#include <stdint.h>

#include "app/error.h"
#include "app/frames/frame.h"

#define DATASET_MAX_BUFFERS 16

typedef struct dataset_settings {
    uint64_t seed;
    int first, count; /* pairs first ... first + count - 1 */
    int buffers, width, height, spp, reference_spp;
} dataset_settings;

/* Frames with all layers but the reference. */
typedef struct dataset_pair {
    frame buffers[DATASET_MAX_BUFFERS]; /* as many as the settings say, others zeroed */
    frame clean;                        /* the reference: many samples */
} dataset_pair;

void dataset_pair_free(dataset_pair *pair); /* leaves it zeroed; zeroed is fine */

typedef struct dataset_store {
    const char *path; /* the caller's */
    char *target;     /* what symbolic links lead to from there */
    char *part;       /* that and .part; NULL: a folder */
    int file;         /* of that; -1: none */
    dataset_settings settings;
    uint8_t *record; /* room for one */
    size_t header_size, record_size;
    int done; /* pairs that are there, from the first on */
} dataset_store;

/* Opens or takes up a data set; where all pairs are there, done is count and there is nothing to write.
 * Refused, with the numbers: another data set in that place, also one that is not finished; a file of another
 * kind, a folder that has something else in it; several buffers in a folder; a place that cannot be written; a
 * file that another process is writing. */
bool dataset_store_open(const char *path, const dataset_settings *settings, dataset_store *store, error *error);

/* Appends pair number first + done. */
bool dataset_store_write(dataset_store *store, const dataset_pair *pair, error *error);

/* The same of a pair as dataset_pack made a record of it, in OUT.npy. */
bool dataset_store_append(dataset_store *store, const uint8_t *record, error *error);

/* Ends a data set that has all its pairs: only now does OUT.npy exist. */
bool dataset_store_finish(dataset_store *store, error *error);

void dataset_store_close(dataset_store *store); /* leaves it zeroed but for file, which is -1 */

#endif
