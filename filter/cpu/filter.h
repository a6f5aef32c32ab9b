/* filter.h -- what gather and splat have in common. Private. */
#ifndef WF_CPU_FILTER_H
#define WF_CPU_FILTER_H

#include "cpu.h"

/* direction is +1 where an output pixel p pairs tap t with the input pixel p + o(t), weighted at p (gather), and -1 where
 * with p - o(t), weighted there (splat). */
void wf_cpu_filter(const wf_rows *rows, const wf_filter_call *call, int direction);

#endif
