/* shared.h -- constants and structs that C and GLSL share. Included by both; keep to what both can read. */
#ifndef WF_SHARED_H
#define WF_SHARED_H

/* Divides by at least this (WF_MIN_SUM of wf.h, checked there by a static assertion in filter/wf.c). */
#define WF_SHARED_MIN_SUM 1e-6

#endif
