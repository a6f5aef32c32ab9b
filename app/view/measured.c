#include "measured.h"

#include <math.h>
#include <string.h>

const int measured_quantiles[MEASURED_QUANTILE_COUNT] = {MEASURED_QUANTILES};

static double value_of(uint32_t key)
{
    const uint32_t bits = key ^ (key & MEASURED_SIGN ? MEASURED_SIGN : UINT32_MAX);
    float value;
    memcpy(&value, &bits, sizeof value);
    return (double)value;
}

double measured_bin_edge(int bin)
{
    const uint32_t infinity = 0xff800000u; /* its key */
    if (bin <= 0)
        return -INFINITY;
    const uint64_t first = (uint64_t)bin << (32 - MEASURED_FIRST_BITS);
    if (first >= infinity)
        return INFINITY;
    const double edge = value_of((uint32_t)first);
    return isnan(edge) ? -INFINITY : edge;
}

static void read_moments(const struct measured_results *results, int index, measured_channel *channel)
{
    double squares = 0;
    channel->smallest = INFINITY, channel->largest = -INFINITY;
    for (int i = 0; i < MEASURED_GROUPS; i++) {
        const struct measured_moments *part = &results->moments[i][index];
        channel->nan += part->nan;
        channel->infinite += part->infinite;
        if (part->count == 0)
            continue;
        const double count = (double)(channel->count + part->count), between = (double)part->mean - channel->mean;
        squares += (double)part->squares + between * between * (double)channel->count * part->count / count;
        channel->mean += between * part->count / count;
        channel->count += part->count;
        channel->smallest = fmin(channel->smallest, (double)part->smallest);
        channel->largest = fmax(channel->largest, (double)part->largest);
    }
    channel->deviation = sqrt(squares / (double)channel->count);
}

static void read_channel(const struct measured_results *results, int index, measured_channel *channel)
{
    memset(channel, 0, sizeof *channel);
    read_moments(results, index, channel);
    for (int q = 0; q < MEASURED_QUANTILE_COUNT; q++)
        channel->quantiles[q] = channel->count ? value_of(results->ranks[index][q].key) : NAN;
    if (channel->count == 0)
        channel->smallest = channel->largest = channel->mean = channel->deviation = NAN;
}

void measured_read(const struct measured_results *results, const measure_request *request, int channels,
                   measurement *measured, measured_histograms *histograms)
{
    const double pixels = (double)request->region.width * (double)request->region.height;
    double means[MEASURED_SUMS] = {0};
    measured->request = *request;
    measured->channel_count = channels < MEASURED_CHANNELS ? channels : MEASURED_CHANNELS;
    for (int c = 0; c < measured->channel_count; c++)
        read_channel(results, c, &measured->channels[c]);
    memcpy(histograms->counts, results->histogram, sizeof histograms->counts);
    for (int d = 0; d < MEASURED_SUMS; d++) {
        const bool is_of_pixels = d == MEASURE_FLIP, is_of_pictures = is_of_pixels || d == MEASURED_DISPLAY;
        for (int i = 0; i < MEASURED_GROUPS; i++)
            means[d] += (double)results->sums[i][d];
        means[d] /= is_of_pixels ? pixels : measured->channel_count * pixels;
        if (request->pair.against < 0 || (is_of_pictures && measured->channel_count < MEASURED_CHANNELS))
            means[d] = NAN;
    }
    measured->difference = metrics_of_means(means);
}

static int within(int at, int most)
{
    return at < 0 ? 0 : at < most ? at : most;
}

frame_region region_within(frame_region region, int width, int height)
{
    if (region.width == 0 && region.height == 0)
        return (frame_region){0, 0, width, height};
    const int left = within(region.x, width), top = within(region.y, height);
    const int right = within(region.x + region.width, width), bottom = within(region.y + region.height, height);
    if (right <= left || bottom <= top)
        return (frame_region){0};
    return (frame_region){left, top, right - left, bottom - top};
}
