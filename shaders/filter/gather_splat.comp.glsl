#version 460
#extension GL_GOOGLE_include_directive : require

// gather_splat.comp.glsl -- both at once.
#include "shared.h"

const int FIRST_OPERATOR = WF_SHARED_GATHER;
const int LAST_OPERATOR = WF_SHARED_SPLAT;

#include "filter.glsl"
