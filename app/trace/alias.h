/* alias.h -- tables that draw an entry in proportion to its weight with one random number (Walker 1977, Vose 1991). */
#ifndef WFVIEW_TRACE_ALIAS_H
#define WFVIEW_TRACE_ALIAS_H

#include "app/error.h"
#include "shaders/trace/trace.h"

/* Sets threshold and alias of `count` entries and density to the entry's probability. Weights are finite and at least
 * 0, their sum is above 0. False where there is not enough memory. */
bool alias_build(const float *weights, uint32_t count, trace_choice *choices, error *error);

#endif
