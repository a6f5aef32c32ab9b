/* live.h -- live frames: a scene, path-traced into the denoiser's own images. The other source of frames is recorded files
 * (source.h).
 *
 *     live_open(options, &live)          reads scene, surroundings, camera path; no device yet
 *     live_start(&live, device)
 *     each frame: live_play or live_steer, then denoiser_run with live_input(&live)
 *
 * Noise continues one low-discrepancy sequence from frame to frame. While the camera rests the mean of its frames is kept: as
 * the reference, or in the color's place. The reference then shares its samples with the frame it is compared to: of n samples
 * a pixel, the frame's own are the part that the frame cannot be blamed for. */
#ifndef WFVIEW_LIVE_H
#define WFVIEW_LIVE_H

#include "app/options.h"
#include "app/trace/bvh.h"
#include "app/trace/camera_path.h"
#include "app/trace/tracer.h"
#include "average.h"

#define LIVE_MOST_SAMPLES 4096 /* a resting camera accumulates so many a pixel, unless --accumulate says otherwise */

/* What the mean is for. */
typedef enum live_mean { LIVE_MEAN_UNUSED, LIVE_MEAN_IS_REFERENCE, LIVE_MEAN_IS_COLOR } live_mean;

typedef struct live {
    const options *options;
    uint32_t width, height;
    uint32_t triangle_count;
    camera start;     /* the scene's, or the path's first */
    float reach;      /* the length of the scene's diagonal */
    camera_path path; /* count 0: none */
    live_mean mean;   /* may change at any time; between frames */
    bool lit_by_sky;  /* since nothing else gives light */

    scene scene; /* until live_start */
    bvh bvh;
    tracer tracer;
    average average;
    image reference_pixels; /* of --reference */
    wf_node_image reference;

    tracer_frame frame;       /* the next, or the one rendered last */
    uint32_t most;            /* samples a pixel that a resting camera accumulates */
    uint32_t averaged, added; /* samples a pixel in the mean, and those that the next frame adds */
} live;

/* Reads what the options name. Warnings (scene.h) stay in scene.warnings until live_start. On failure *live is zeroed and the
 * message names the file. */
bool live_open(const options *options, live *live, error *error);

/* Copies the scene to the device; the host's copy is freed. After a failure live_close is all that is left to do. */
bool live_start(live *live, const device *device, error *error);

void live_close(live *live); /* nothing in flight uses it. Leaves it zeroed; zeroed is fine */

/* Frames of the camera path; 1 without one. The camera of a frame, which may be any from 0 on. */
int live_count(const live *live);
camera live_camera(const live *live, int index);

/* The next frame is number `index` of the path, 0 or more: the same picture whenever that is rendered. */
void live_play(live *live, int index);

/* The next frame is seen by this camera: with new noise and, where the camera has not moved since, averaged with those before;
 * the frame before again, for another filter, if !go_on or most samples are there. */
void live_steer(live *live, const camera *camera, bool go_on);

/* Forgets the frames before: noise begins with the first sample. */
void live_restart(live *live);

/* The mean has all the samples it may have. */
bool live_is_done(const live *live);

/* For denoiser_run, which traces `frame`. */
denoiser_input live_input(live *live);

#endif
