/* pane.h -- what a pane shows: a layer, or how two differ; and its words on the command line:
 *
 *     LAYER[-LAYER[:MEASURE]][@EV]
 *
 * as in noisy, gather-splat, gather-reference:smape, albedo@-1. A layer goes by its word or its name (layers.h), a
 * further one by its name after --also. In front of it 2: to 4: is a sequence beside the first one. A map is followed
 * by /LEVEL; without it is of level 0, and with a * in the level's place a pane for each level. */
#ifndef WFVIEW_PANE_H
#define WFVIEW_PANE_H

#include <stdbool.h>
#include <stddef.h>

#include "app/error.h"
#include "layers.h"
#include "shaders/display/measure.h"

#define PANE_ALONE   (-1)
#define PANE_MOST_EV 32.0f

typedef struct pane {
    int layer;
    int against;    /* the layer that it is compared with; PANE_ALONE: none */
    int measure;    /* of the two, a MEASURE_ of shaders/display/measure.h */
    float exposure; /* EV, on top of what holds for all panes */
} pane;

/* The layer itself. */
pane pane_of(int layer);

/* Its error against the reference, as SMAPE's term. */
pane pane_error_of(int layer);

static inline bool pane_is_compared(const pane *pane)
{
    return pane->against != PANE_ALONE;
}

/* It shows a map of FLIP, which is no matter of single values. */
static inline bool pane_shows_flip(const pane *pane)
{
    return pane_is_compared(pane) && pane->measure == MEASURE_FLIP;
}

bool pane_same(const pane *a, const pane *b);

/* All of its layers are there. */
bool pane_has_layers(const pane *pane, const bool has[SHOWN_LAYERS]);

void pane_add_layers(const pane *pane, layer_set *layers);

/* Reads up to `most` panes with commas between them; one with a / and a * is read once for each of so many levels, of
 * the first sequence and of others. False, and a sentence about the first that is none. */
bool panes_read(const char *text, const int levels[2], int most, pane *panes, int *count, error *error);

/* The text has layers alone, without a measure and an EV. */
bool pane_is_plain(const char *text);

/* What panes_read reads: "gather-splat:absolute@2"; SIGNED is left out. */
#define PANE_WORDS 160
void pane_write(const pane *pane, char words[PANE_WORDS]);

const char *measure_name(int measure);  /* on the command line; NULL after the last */
const char *measure_label(int measure); /* in the view */

#endif
