#version 460
#extension GL_GOOGLE_include_directive : require

// convolve_emulated.comp.glsl -- convolve_matrix.glsl with emulated matrices.
#define WF_EMULATED_MATRICES
#include "network/convolve_matrix.glsl"
