/* vec3.h -- GLSL's vec3 for C, as buffers have it. */
#ifndef WF_TRACE_VEC3_H
#define WF_TRACE_VEC3_H

typedef struct vec3 {
    float x, y, z;
} vec3;

#endif
