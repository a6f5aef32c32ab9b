#version 460
#extension GL_GOOGLE_include_directive : require

// splat.comp.glsl -- every pixel sums its neighbors, weighted by the taps of theirs that lead to it.
#include "shared.h"

const int FIRST_OPERATOR = WF_SHARED_SPLAT;
const int LAST_OPERATOR = WF_SHARED_SPLAT;

#include "filter.glsl"
