#version 460
#extension GL_GOOGLE_include_directive : require

// level_matrix.comp.glsl -- level_matrix.glsl with the device's matrices.
#include "network/level_matrix.glsl"
