/* place_parts.h -- what several places are made with, and the places themselves. */
#ifndef WFVIEW_TRACE_RANDOM_PLACE_PARTS_H
#define WFVIEW_TRACE_RANDOM_PLACE_PARTS_H

#include "lights.h"
#include "places.h"

/* Of what is added next: a new paint for surfaces, its texture repeated between low and high times a meter; no pose. */
void place_surface_paint(world *world, float low, float high);
void place_at_origin(world *world);

/* Some piece of furniture, plant or thing. */
void place_furniture(world *world, vec3 at);

/* Where a camera may stand. */
void place_set_reach(world *world, vec3 low, vec3 high);

surroundings place_daylight(rng *rng);

/* rooms.c */
bool build_room(world *world, error *error);
bool build_hall(world *world, error *error);
bool build_box(world *world, error *error);
/* stages.c */
bool build_table(world *world, error *error);
bool build_studio(world *world, error *error);
bool build_space(world *world, error *error);
/* outdoors.c */
bool build_ground(world *world, error *error);
bool build_street(world *world, error *error);
bool build_cave(world *world, error *error);

#endif
