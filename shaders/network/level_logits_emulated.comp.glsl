#version 460
#extension GL_GOOGLE_include_directive : require

// level_logits_emulated.comp.glsl -- level_logits.glsl with emulated matrices.
#define WF_EMULATED_MATRICES
#include "network/level_logits.glsl"
