/* network.h -- what the CPU computes of a network. Private. */
#ifndef WF_CPU_NETWORK_H
#define WF_CPU_NETWORK_H

#include "convolve.h"

/* A pixel of a layer; zeros where a channel is no number (WF_LARGEST), or where the layer is absent. */
void wf_cpu_clean(const wf_tensor *layer, int64_t channels, int64_t y, int64_t x, float *to);

wf_result wf_cpu_expose(wf_device *device, wf_stream stream, const wf_expose_call *call);
wf_result wf_cpu_features(wf_device *device, wf_stream stream, const wf_features_call *call);
wf_result wf_cpu_filter_albedo(wf_device *device, wf_stream stream, const wf_albedo_call *call);
wf_result wf_cpu_down(wf_device *device, wf_stream stream, const wf_down_call *call);
wf_result wf_cpu_filter_level(wf_device *device, wf_stream stream, const wf_level_call *call);
wf_result wf_cpu_blend(wf_device *device, wf_stream stream, const wf_blend_call *call);
wf_result wf_cpu_logits(wf_device *device, wf_stream stream, const wf_logits_call *call);
size_t wf_cpu_expose_workspace(const wf_device *device, int width, int height);
size_t wf_cpu_albedo_workspace(const wf_device *device, const wf_albedo_call *call);
size_t wf_cpu_level_workspace(const wf_device *device, const wf_level_call *call);

#endif
