#include "report_measured.h"

#include <math.h>
#include <stdio.h>

/* cJSON prints null for NaN and infinity. */

static void add_layer(cJSON *object, const char *key, int layer)
{
    cJSON_AddItemToObject(object, key, layer < 0 ? cJSON_CreateNull() : cJSON_CreateString(layer_word(layer)));
}

static void add_region(cJSON *object, frame_region region)
{
    const int numbers[] = {region.x, region.y, region.width, region.height};
    cJSON_AddItemToObject(object, "region", cJSON_CreateIntArray(numbers, 4));
}

static void add_difference(cJSON *object, const metrics *metrics)
{
    cJSON *list = cJSON_AddObjectToObject(object, "difference");
    for (int i = 0; i < metric_count; i++)
        cJSON_AddNumberToObject(list, metric_rows[i].key, metrics->values[i]);
}

static void add_channel(cJSON *list, const measured_channel *channel)
{
    cJSON *object = cJSON_CreateObject();
    const struct {
        const char *key;
        double value;
    } numbers[] = {
        {"count", (double)channel->count}, {"nan", (double)channel->nan}, {"infinite", (double)channel->infinite},
        {"min", channel->smallest},        {"max", channel->largest},     {"mean", channel->mean},
        {"deviation", channel->deviation}};
    for (size_t i = 0; i < sizeof numbers / sizeof *numbers; i++)
        cJSON_AddNumberToObject(object, numbers[i].key, numbers[i].value);
    cJSON *quantiles = cJSON_AddObjectToObject(object, "quantiles");
    for (int q = 0; q < MEASURED_QUANTILE_COUNT; q++) {
        char key[16];
        snprintf(key, sizeof key, "%g", measured_quantiles[q] / 1000.0);
        cJSON_AddNumberToObject(quantiles, key, channel->quantiles[q]);
    }
    cJSON_AddItemToArray(list, object);
}

static void add_entry(cJSON *list, const report_measured *entry)
{
    cJSON *object = cJSON_CreateObject();
    const measurement *measured = entry->measured;
    cJSON_AddStringToObject(object, "frame", entry->frame);
    add_layer(object, "layer", measured->request.pair.layer);
    add_layer(object, "against", measured->request.pair.against);
    add_region(object, measured->request.region);
    if (measured->request.pair.against >= 0)
        add_difference(object, &measured->difference);
    else
        cJSON_AddNullToObject(object, "difference");
    cJSON *channels = cJSON_AddArrayToObject(object, "channels");
    for (int c = 0; c < measured->channel_count; c++)
        add_channel(channels, &measured->channels[c]);
    cJSON_AddItemToArray(list, object);
}

static void add_bins(cJSON *list, const uint32_t counts[MEASURED_BINS])
{
    cJSON *bins = cJSON_CreateArray();
    for (int bin = 0; bin < MEASURED_BINS; bin++) {
        const double numbers[] = {measured_bin_edge(bin), measured_bin_edge(bin + 1), counts[bin]};
        if (counts[bin] > 0)
            cJSON_AddItemToArray(bins, cJSON_CreateDoubleArray(numbers, 3));
    }
    cJSON_AddItemToArray(list, bins);
}

void report_add_measured(cJSON *root, const report *report)
{
    cJSON *list = cJSON_AddArrayToObject(root, "measured");
    for (int i = 0; i < report->measured_count; i++)
        add_entry(list, &report->measured[i]);
    cJSON *histogram = cJSON_AddArrayToObject(root, "histogram");
    for (int c = 0; report->histograms && c < report->histogram_count; c++)
        add_bins(histogram, report->histograms->counts[c]);
}
