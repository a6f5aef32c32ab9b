/* ggx.h -- how much light a GGX surface reflects once. */
#ifndef WFVIEW_TRACE_GGX_H
#define WFVIEW_TRACE_GGX_H

#include "shaders/trace.h"

/* table[r][c]: roughness r / (TRACE_ALBEDO_SIZE - 1), cosine c / (TRACE_ALBEDO_SIZE - 1). 0, 1: the part of the light from
 * anywhere that leaves at this cosine, with Schlick's Fresnel term split into F0 and F90, as F = F0 ... + F90 ...: the albedo
 * is F0 table[r][c][0] + F90 table[r][c][1]. 2, 3: their means over all directions, weighted by the cosine. */
void ggx_albedo(float table[TRACE_ALBEDO_SIZE][TRACE_ALBEDO_SIZE][4]);

#endif
