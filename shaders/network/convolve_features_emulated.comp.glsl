#version 460
#extension GL_GOOGLE_include_directive : require

// convolve_features_emulated.comp.glsl -- convolve_matrix.glsl with emulated matrices, of
// the features that it makes first.
#define WF_EMULATED_MATRICES
#define WF_FROM_FEATURES
#include "network/convolve_matrix.glsl"
