#include "filter_quads_of.cuh"

template const void *wf_filter_quads_of<WF_LINEAR>(const wf_filter_call *call, wf_filter_shape *shape);
