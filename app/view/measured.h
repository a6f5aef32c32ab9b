/* measured.h -- figures of a picture in a region of the frame, and of what it differs from another one by, as the
 * shaders in shaders/metrics leave them in parts. */
#ifndef WFVIEW_MEASURED_H
#define WFVIEW_MEASURED_H

#include "metrics.h"
#include "shaders/metrics/measured.h"

typedef struct frame_region {
    int x, y, width, height; /* pixels of the frame */
} frame_region;

typedef struct measure_pair {
    int layer, against; /* -1: nothing */
} measure_pair;

#define MEASURE_MAPS 13 /* of each pane, and of the panel */

/* Figures that are wanted. */
typedef struct measure_request {
    int frame; /* of the sequence: kept with the figures */
    measure_pair pair;
    frame_region region; /* within the frame, at least one pixel */
} measure_request;

/* All that is wanted of a picture. */
typedef struct measure_work {
    bool figures;
    measure_request request;
    int map_count; /* of FLIP; the request's pair has the first one, where it compares */
    measure_pair maps[MEASURE_MAPS];
} measure_work;

static inline bool measure_same_pair(measure_pair a, measure_pair b)
{
    return a.layer == b.layer && a.against == b.against;
}

/* Of one channel. Of its finite values, but for nan and infinite; NaN where there are none. */
typedef struct measured_channel {
    uint64_t count, nan, infinite;
    double smallest, largest, mean;
    double deviation;                          /* of all of them, not of a sample */
    double quantiles[MEASURED_QUANTILE_COUNT]; /* the least value that so many thousandths are not above */
} measured_channel;

typedef struct measurement {
    measure_request request;
    metrics difference; /* NaN where there is nothing against; PSNR, FLIP also of what has not three channels */
    int channel_count;
    measured_channel channels[MEASURED_CHANNELS];
} measurement;

/* Counts of finite values. */
typedef struct measured_histograms {
    uint32_t counts[MEASURED_CHANNELS][MEASURED_BINS];
} measured_histograms;

extern const int measured_quantiles[MEASURED_QUANTILE_COUNT]; /* thousandths */

/* Where a bin of the histograms begins; `bin` may also be MEASURED_BINS. -infinity and
   infinity where no finite values are. */
double measured_bin_edge(int bin);

/* `results` of a request for a layer of so many channels, of which up to the first three count. */
void measured_read(const struct measured_results *results, const measure_request *request, int channels,
                   measurement *measured, measured_histograms *histograms);

/* The part of a region that is in a frame of that size. Width and height 0: none is; a region
   of no size is the whole frame. */
frame_region region_within(frame_region region, int width, int height);

#endif
