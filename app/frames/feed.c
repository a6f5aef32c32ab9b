#include "feed.h"

bool feed_open(const options *options, feed *feed, error *error)
{
    *feed = (struct feed){.is_live = options->scene};
    if (feed->is_live)
        return live_open(options, &feed->live, error);
    feed->source = source_open(
        &(source_options){
            .paths = options->paths,
            .path_count = options->path_count,
            .reference = options->reference,
            .channels = options->channels,
            .channel_count = options->channel_count,
        },
        error);
    return feed->source;
}

bool feed_start(feed *feed, const device *device, error *error)
{
    feed->staging.device = device;
    return !feed->is_live || live_start(&feed->live, device, error);
}

void feed_close(feed *feed)
{
    live_close(&feed->live);
    staging_destroy(&feed->staging);
    source_close(feed->source);
    *feed = (struct feed){0};
}

int feed_count(const feed *feed)
{
    return feed->is_live ? live_count(&feed->live) : source_count(feed->source);
}

const char *feed_path(const feed *feed, int index)
{
    return feed->is_live ? feed->live.options->scene : source_path(feed->source, index);
}

bool feed_inspect(feed *feed, int *width, int *height, bool *has_guides, error *error)
{
    if (feed->is_live) {
        *width = (int)feed->live.width;
        *height = (int)feed->live.height;
        *has_guides = true;
        return true;
    }
    const frame *first = source_get(feed->source, 0, error);
    if (!first)
        return false;
    *width = first->width;
    *height = first->height;
    *has_guides = first->layers[FRAME_REFERENCE].pixels || first->layers[FRAME_ALBEDO].pixels;
    return true;
}

bool feed_is_ready(feed *feed, int index)
{
    error error = {0};
    return feed->is_live || source_poll(feed->source, index, &error) || *error.message;
}

bool feed_get(feed *feed, int index, feed_frame *frame, error *error)
{
    if (feed->is_live) {
        live *live = &feed->live;
        if (feed->is_steered)
            live_steer(live, &feed->camera, feed->goes_on);
        else
            live_play(live, index);
        *frame = (feed_frame){(int)live->width, (int)live->height, NULL, live_input(live)};
        return true;
    }
    const struct frame *recorded = source_get(feed->source, index, error);
    if (!recorded)
        return false;
    *frame = (feed_frame){recorded->width, recorded->height, recorded, staging_input(&feed->staging, recorded, index)};
    return true;
}
