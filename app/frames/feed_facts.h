/* feed_facts.h -- what there is to say of where frames come from. C and C++. */
#ifndef WFVIEW_FEED_FACTS_H
#define WFVIEW_FEED_FACTS_H

#include <stdbool.h>

/* Of a source of frames and of the frame it gave last. Texts are valid until the next call of the feed's. */
typedef struct feed_facts {
    const char *warnings;  /* of opening: sentences, each ends with \n. NULL: none */
    double rate;           /* frames a second while they are played */
    int loaded;            /* frames that feed_get would not wait for */
    bool has_camera;       /* that feed_steer moves */
    bool is_repeatable;    /* a frame that was shown can be had again */
    int color_samples;     /* a pixel of the color; 0: not known */
    int most_samples;      /* that color accumulates; 0: it does not */
    int reference_samples; /* a pixel of a reference that accumulates; 0: it does not */
    const char *scene;     /* path of what is rendered; NULL: frames are recorded, and the next two 0 */
    int spp, triangles;
} feed_facts;

#endif
