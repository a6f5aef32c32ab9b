/* network.h -- the network that the predictor kpn runs: a file's, or the bundled one. */
#ifndef WFVIEW_NETWORK_H
#define WFVIEW_NETWORK_H

#include "app/error.h"
#include "wf_network.h"

typedef struct network {
    wf_network *handle; /* NULL: none is open */
    wf_network_info info;
    char label[96]; /* "kpn 1, 1.46 M parameters" */
} network;

#define NETWORK_LARGEST_DIFFERENCE 1e-3 /* from its file's reference, of the largest value there */

/* path NULL: the bundled one. A file that does not compute its own reference is refused.
   On failure network is zeroed. */
bool network_open(const char *path, network *network, error *error);

/* Leaves it zeroed; zeroed is fine. */
void network_close(network *network);

#endif
