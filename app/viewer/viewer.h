/* viewer.h -- wfview itself: frames through the node, shown and measured, in a window or headless. */
#ifndef WFVIEW_VIEWER_H
#define WFVIEW_VIEWER_H

#include "app/error.h"
#include "app/options.h"

/* Runs until the frames asked for are done or the window is closed, then writes what was asked for. False,
 * and *error says why, where something failed, a Vulkan validation message included; empty where frames could
 * not be read and the others were done, which has been said then. Prints warnings to stderr and, headless,
 * one line of summary to stdout. */
bool viewer_run(const options *options, error *error);

#endif
