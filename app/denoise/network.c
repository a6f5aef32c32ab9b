#include "network.h"

#include <stdio.h>

#include "bundled_network.h"

static void keep_sentence(void *user, wf_log_level level, const char *message)
{
    if (level == WF_LOG_ERROR)
        error_set(user, "%s", message);
}

/* Whether it computes what it did where it was made; exactly so on the CPU. A file without `reference` is believed. */
static bool check(const char *path, const wf_network *network, const wf_log *log, error *error)
{
    wf_device *device = NULL;
    double difference = 0;
    bool ran = wf_create(&(wf_device_options){.backend = WF_CPU, .log = *log}, &device) == WF_OK &&
               wf_network_check(device, network, &difference) == WF_OK;
    wf_destroy(device);
    if (ran && difference > NETWORK_LARGEST_DIFFERENCE)
        error_set(error,
                  "%s: what it computes differs by %.2g from its reference, at most %g may: it is damaged, or its "
                  "parameters are another network's",
                  path, difference, NETWORK_LARGEST_DIFFERENCE);
    return ran && !(difference > NETWORK_LARGEST_DIFFERENCE);
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
    if (result != WF_OK || (path && !check(path, network->handle, &log, error))) {
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
