#version 460
#extension GL_GOOGLE_include_directive : require

// convolve_features.comp.glsl -- convolve_matrix.glsl with the device's matrices, of the features that it makes first.
#define WF_FROM_FEATURES
#include "network/convolve_matrix.glsl"
