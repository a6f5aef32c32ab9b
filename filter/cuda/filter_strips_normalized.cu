#include "filter_strips_of.cuh"

template const void *wf_filter_strips_of<WF_NORMALIZED>(const wf_filter_call *call, int team_channels);
