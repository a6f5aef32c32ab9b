/* cpu.h -- the CPU backend's operations, for its device table. Private. */
#ifndef WF_CPU_CPU_H
#define WF_CPU_CPU_H

#include "backend.h"

wf_result wf_cpu_gather(wf_device *device, wf_stream stream, const wf_filter_call *call);
wf_result wf_cpu_splat(wf_device *device, wf_stream stream, const wf_filter_call *call);
wf_result wf_cpu_predict_bilateral(wf_device *device, wf_stream stream, const wf_bilateral_call *call);

#endif
