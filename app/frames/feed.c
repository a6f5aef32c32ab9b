#include "feed.h"

#include "feed_source.h"

/* The first that is asked for. */
static const feed_source *const sources[] = {&feed_live, &feed_streamed, &feed_recorded};

bool feed_open(const options *options, feed *feed, error *error)
{
    size_t i = 0;
    while (!sources[i]->is_asked_for(options))
        i++;
    *feed = (struct feed){sources[i], sources[i]->open(options, error)};
    return feed->self;
}

bool feed_start(feed *feed, const device *device, view *view, error *error)
{
    return feed->source->start(feed->self, device, view, error);
}

void feed_close(feed *feed)
{
    if (feed->self)
        feed->source->close(feed->self);
    *feed = (struct feed){0};
}

int feed_count(const feed *feed)
{
    return feed->source->count(feed->self);
}

const char *feed_path(const feed *feed, int index)
{
    return feed->source->path(feed->self, index);
}

void feed_name(const feed *feed, int index, frame_name *name)
{
    const char *before = index > 0 ? feed_path(feed, index - 1) : NULL;
    const char *after = index + 1 < feed_count(feed) ? feed_path(feed, index + 1) : NULL;
    frame_name_split_among(feed_path(feed, index), before, after, name);
}

feed_facts feed_describe(const feed *feed)
{
    feed_facts facts = {.has_camera = feed->source->steer};
    feed->source->describe(feed->self, &facts);
    return facts;
}

feed_origin feed_get_origin(const feed *feed, int index)
{
    return feed->source->get_origin ? feed->source->get_origin(feed->self, index) : (feed_origin){0};
}

void feed_listen(feed *feed)
{
    if (feed->source->listen)
        feed->source->listen(feed->self);
}

bool feed_tell(feed *feed, feed_news *news)
{
    return feed->source->tell && feed->source->tell(feed->self, news);
}

void feed_offer(feed *feed, const char *path)
{
    if (feed->source->offer)
        feed->source->offer(feed->self, path);
}

bool feed_has_come(const feed *feed)
{
    return feed->source->has_come && feed->source->has_come(feed->self);
}

bool feed_await(feed *feed, int index, error *error)
{
    return !feed->source->await || feed->source->await(feed->self, index, error);
}

bool feed_inspect(feed *feed, int *width, int *height, bool *has_guides, error *error)
{
    return feed->source->inspect(feed->self, width, height, has_guides, error);
}

bool feed_is_ready(feed *feed, int index)
{
    return feed->source->is_ready(feed->self, index);
}

void feed_steer(feed *feed, const steering *by)
{
    if (feed->source->steer)
        feed->source->steer(feed->self, by);
}

bool feed_has_more(const feed *feed, const view *view)
{
    return feed->source->has_more(feed->self, view);
}

bool feed_is_outdated(feed *feed, int index)
{
    return feed->source->is_outdated && feed->source->is_outdated(feed->self, index);
}

void feed_reload(feed *feed, int index)
{
    if (feed->source->reload)
        feed->source->reload(feed->self, index);
}

void feed_restart(feed *feed)
{
    if (feed->source->restart)
        feed->source->restart(feed->self);
}

bool feed_get(feed *feed, int index, const view *view, feed_frame *frame, error *error)
{
    return feed->source->get(feed->self, index, view, frame, error);
}
