#version 460
#extension GL_GOOGLE_include_directive : require

// level_logits.comp.glsl -- level_logits.glsl with the device's matrices.
#include "network/level_logits.glsl"
