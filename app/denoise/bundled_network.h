/* bundled_network.h -- the network that comes with the program: assets/networks/kpn.safetensors, in it. */
#ifndef WFVIEW_BUNDLED_NETWORK_H
#define WFVIEW_BUNDLED_NETWORK_H

#include <stddef.h>

/* The file's bytes. */
const unsigned char *bundled_network(size_t *size);

#endif
