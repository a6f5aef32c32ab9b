#include "network.h"

#include <stdio.h>

#include "bundled_network.h"

static void keep_sentence(void *user, wf_log_level level, const char *message)
{
    if (level == WF_LOG_ERROR)
        error_set(user, "%s", message);
}

bool network_open(const char *path, network *network, error *error)
{
    *network = (struct network){0};
    const wf_log log = {keep_sentence, error};
    size_t size;
    const unsigned char *bytes = bundled_network(&size);
    wf_result result = path ? wf_network_open(&log, path, &network->handle)
                            : wf_network_read(&log, "the bundled network", bytes, size, &network->handle);
    if (result == WF_OK)
        result = wf_network_get_info(network->handle, &network->info);
    if (result != WF_OK) {
        network_close(network);
        return false;
    }
    snprintf(network->label, sizeof network->label, "%.64s, %.2f M parameters",
             *network->info.name ? network->info.name : "network", 1e-6 * (double)network->info.parameters);
    return true;
}

void network_close(network *network)
{
    wf_network_close(network->handle);
    *network = (struct network){0};
}
