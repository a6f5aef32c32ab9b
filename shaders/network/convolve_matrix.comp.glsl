#version 460
#extension GL_GOOGLE_include_directive : require

// convolve_matrix.comp.glsl -- convolve_matrix.glsl with the device's matrices.
#include "network/convolve_matrix.glsl"
