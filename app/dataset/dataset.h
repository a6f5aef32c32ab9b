/* dataset.h -- training pairs from random scenes: wfview --dataset.
 *
 * Threads on the CPU make scenes and their hierarchies ahead of the GPU; two threads that share a device render, so
 * that what one does on the CPU lies under the other's paths; the calling thread writes the pairs in their order. */
#ifndef WFVIEW_DATASET_H
#define WFVIEW_DATASET_H

#include "app/error.h"
#include "app/options.h"

/* Writes what is still missing of the data set that the options ask for, to the place and by the rules that store.h
 * describes; progress goes to stderr. Pair i shows scene i of the seed (scenes/random_scene.h);
 * its features are sampled, most pairs' with TRACER_LOOK_THROUGH, some through perfect mirrors and glass alone or
 * of first hits. False, and *error says why: the place or no Vulkan device, both before anything is written; that
 * the device cannot trace, a Vulkan validation message, SIGINT or SIGTERM. Pairs that were written stay; the same
 * call goes on with the others. */
bool dataset_run(const options *options, error *error);

#endif
