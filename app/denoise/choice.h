/* choice.h -- the backend that `--backend auto` takes where both CUDA and Vulkan work: the one that was faster when
 * both were timed at the same work.
 *
 * That is done once. Times are remembered in wfview/backends.txt in the user's cache folder ($XDG_CACHE_HOME, else
 * ~/.cache), a line for each work: milliseconds of a frame on CUDA, on Vulkan, and the work in words. The last
 * line about a work counts, lines that are none are skipped. Where nothing can be read or written there, nothing
 * is remembered, and that is all. */
#ifndef WFVIEW_CHOICE_H
#define WFVIEW_CHOICE_H

#include <stdbool.h>
#include <stddef.h>

#include "wf.h"

#define CHOICE_WORK_SIZE 1024

/* CUDA is taken where it needs at most this part of Vulkan's time: where both are equal Vulkan needs no hand-over. */
#define CHOICE_MARGIN 0.97

typedef struct choice {
    wf_backend backend;
    double cuda_ms, vulkan_ms; /* a frame */
    bool remembered;           /* timed before */
} choice;

/* Milliseconds of a frame, above 0; 0: the backend does not work. */
typedef double (*choice_timer)(void *user, wf_backend backend);

/* work: everything that times depend on (device, driver, size of the frames, predictor ...), without
 * newlines. False: it was never timed. */
bool choice_recall(const char *work, choice *choice);

/* Times both, and remembers. False: one of the two does not work, and there is no choice. */
bool choice_time(const char *work, choice_timer timer, void *user, choice *choice);

/* "auto takes vulkan: 0.312 ms a frame, 0.310 on cuda", with a newline at its end; how it is
   known where it is remembered. */
void choice_describe(const choice *choice, char *text, size_t size);

#endif
