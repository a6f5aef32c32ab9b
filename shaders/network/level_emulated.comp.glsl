#version 460
#extension GL_GOOGLE_include_directive : require

// level_emulated.comp.glsl -- level_matrix.glsl with emulated matrices.
#define WF_EMULATED_MATRICES
#include "network/level_matrix.glsl"
