/* models.h -- the user's own models in random scenes. */
#ifndef WFVIEW_TRACE_RANDOM_MODELS_H
#define WFVIEW_TRACE_RANDOM_MODELS_H

#include "objects.h"

/* At times, where there are some, adds a model in place of a shape: about 1 large and centered in the pose. Whether. */
bool models_add(world *world, pose pose);

#endif
