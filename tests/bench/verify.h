/* verify.h -- whether a device computes what wf_bench is about to time. */
#ifndef WF_BENCH_VERIFY_H
#define WF_BENCH_VERIFY_H

#include "row.h"
#include "tensors.h"

/* The row's call, on small images with random values, compared with the float64 reference. fault says what is wrong; it
 * is "" where nothing is, or where the call returned something else than WF_OK. */
wf_result bench_verify(wf_device *device, const bench_row *row, random_state *random, char fault[256]);

#endif
