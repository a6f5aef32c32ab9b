/* places.h -- where a scene plays: what stands there, and how it is lit. */
#ifndef WFVIEW_TRACE_RANDOM_PLACES_H
#define WFVIEW_TRACE_RANDOM_PLACES_H

#include "objects.h"

typedef enum place {
    PLACE_ROOM, /* furnished, with windows or lamps */
    PLACE_HALL, /* long, with columns */
    PLACE_BOX,  /* small and closed, a lamp in its ceiling, a few large things of gold, glass, mirrors, brick, checks */
    PLACE_TABLE,  /* small things from near */
    PLACE_STUDIO, /* a few things in front of a sweep */
    PLACE_GROUND, /* things and plants on plains or hills, under the sky */
    PLACE_STREET, /* houses on both sides, by day or night */
    PLACE_SPACE,  /* things that float */
    PLACE_CAVE,   /* in a bumpy hollow */
    PLACE_COUNT
} place;

/* Fills a world whose mesh and paint have begun. False: no memory. */
bool place_build(world *world, place place, error *error);

#endif
