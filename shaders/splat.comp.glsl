#version 460
#extension GL_GOOGLE_include_directive : require

// splat.comp.glsl -- every pixel sums its neighbours, weighted by its own taps.
const int DIRECTION = -1;
const bool SPLAT = true;

#include "filter.glsl"
