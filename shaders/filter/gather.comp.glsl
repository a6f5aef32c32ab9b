#version 460
#extension GL_GOOGLE_include_directive : require

// gather.comp.glsl -- every pixel sums its neighbors, weighted by its own taps.
#include "shared.h"

const int FIRST_OPERATOR = WF_SHARED_GATHER;
const int LAST_OPERATOR = WF_SHARED_GATHER;

#include "filter.glsl"
