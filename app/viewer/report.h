/* report.h -- the --report file: JSON with stable keys. */
#ifndef WFVIEW_REPORT_H
#define WFVIEW_REPORT_H

#include "app/error.h"
#include "app/frames/frame.h"
#include "app/view/inspected.h"
#include "app/view/measured.h"
#include "app/view/metrics.h"
#include "profiler.h"
#include "wf.h"
#include "wf_network.h"

typedef struct report_metrics {
    const char *frame; /* path */
    metrics compared[COMPARED_COUNT];
    unsigned has; /* bit of each place (layer_compared) that there is */
} report_metrics;

/* Of live frames. */
typedef struct report_live {
    const char *scene; /* path */
    int spp;           /* samples a pixel and frame */
    int samples;       /* a pixel in the color of the frame that was shown last */
    int triangles;
} report_live;

/* A frame that was mended, or skipped, since it could not be read. */
typedef struct report_problem {
    const char *frame;     /* path */
    const char *sentences; /* what was wrong, each with a newline */
    bool skipped;
} report_problem;

typedef struct report_measured {
    const char *frame; /* path */
    const measurement *measured;
} report_measured;

typedef struct report {
    const report_live *live;                   /* NULL: recorded frames */
    const char *vulkan_device, *vulkan_driver; /* NULL: there is none */
    wf_device_info node;                       /* backend, device and driver that filtered */
    const char *requested_backend;
    const char *predictor;          /* "file", "bilateral (analytic)" or "kpn (network)" */
    const wf_network_info *network; /* NULL: none runs */
    const char *mode;
    char *const *layers; /* of the frame shown last, FRAME_LAYER_COUNT: see frame.h; NULL: of no file */
    int kernel_height, kernel_width;
    int width, height;
    int frames, warmup;      /* measured, and before */
    int slots;               /* frames in flight */
    double first_picture_ms; /* from main to the first finished picture, or frame where nothing is drawn */
    int64_t uncertainty_ns;
    const profiler *profiler;
    const report_metrics *metrics;
    int metrics_count;
    const inspected_pixel *inspected; /* in the frame shown last */
    int inspected_count;
    const report_measured *measured;
    int measured_count;
    const measured_histograms *histograms; /* of the layer measured last; NULL: none was */
    int histogram_count;                   /* its channels */
    const char *notes; /* what was done otherwise than usual: sentences, each with a newline; NULL: none */
    const report_problem *problems;
    int problem_count;
} report;

/* The report as JSON, to be deleted. */
struct cJSON *report_build(const report *report);

/* Writes the whole file or none. Keys are listed in report.c's table. */
bool report_write(const char *path, const report *report, error *error);

#endif
