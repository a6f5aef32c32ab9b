#include "filter_tiles_of.cuh"

template const void *wf_filter_tiles_of<WF_SOFTMAX>(const wf_filter_call *call);
