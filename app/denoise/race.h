/* race.h -- the backends that work on a device, timed at the same frames. */
#ifndef WFVIEW_RACE_H
#define WFVIEW_RACE_H

#include "choice.h"
#include "denoiser.h"

typedef struct race {
    const device *device;
    const denoiser_options *options; /* automatic and backend are ignored */
    const predictor_options *predictor;
    const predictor_inputs *inputs;
    const denoiser_input *input; /* which layers frames have; nothing is recorded */
    int validation_messages;     /* added up */
} race;

/* What times depend on, in words. */
void race_describe(const race *race, char work[CHOICE_WORK_SIZE]);

/* A choice_timer, of a race: milliseconds of a frame whose layers are gray, the hand-overs included, with as
 * many frames in flight as the viewer has; the shortest of a few runs. Takes up to about a second, and the
 * memory of a denoiser meanwhile. */
double race_time(void *race, wf_backend backend);

#endif
