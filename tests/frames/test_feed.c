/* Sources of frames behind their interface: two of the test's own take the places of the program's. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>

#include "app/frames/feed_source.h"

/* What was called last, of which source. */
static char said[64];

typedef struct fake {
    const char *name;
    int steered, restarted, reloaded;
} fake;

static fake moving = {.name = "moving"}, still = {.name = "still"}, coming = {.name = "coming"};

static bool has_scene(const options *options)
{
    return options->scene;
}

static bool always(const options *options)
{
    (void)options;
    return true;
}

static void *open_moving(const options *options, error *error)
{
    (void)options, (void)error;
    return &moving;
}

static void *open_still(const options *options, error *error)
{
    if (options->path_count > 0)
        return &still;
    error_set(error, "no paths");
    return NULL;
}

static bool start(void *self, const device *device, view *view, error *error)
{
    (void)device, (void)error;
    view->continuous = self == &moving;
    return true;
}

static void close_fake(void *self)
{
    snprintf(said, sizeof said, "closed %s", ((fake *)self)->name);
}

static int count(const void *self)
{
    return self == &moving ? 7 : 3;
}

static const char *path(const void *self, int index)
{
    snprintf(said, sizeof said, "%s.%d", ((const fake *)self)->name, index);
    return said;
}

static void describe(void *self, feed_facts *facts)
{
    facts->loaded = count(self);
}

static bool inspect(void *self, int *width, int *height, bool *has_guides, error *error)
{
    (void)self, (void)error;
    *width = 4;
    *height = 2;
    *has_guides = true;
    return true;
}

static bool is_ready(void *self, int index)
{
    return index < count(self);
}

static void steer_fake(void *self, const steering *by)
{
    ((fake *)self)->steered += by->home;
}

static bool has_more(const void *self, const view *view)
{
    (void)self;
    return view->continuous;
}

static void restart(void *self)
{
    ((fake *)self)->restarted++;
}

static bool get(void *self, int index, const view *view, feed_frame *frame, error *error)
{
    (void)self, (void)view;
    if (index == 2)
        return error_set(error, "frame 2 is broken");
    *frame = (feed_frame){.width = 4, .height = index};
    return true;
}

static bool is_outdated(void *self, int index)
{
    (void)self;
    return index == 1;
}

static void reload(void *self, int index)
{
    ((fake *)self)->reloaded += index;
}

const feed_source feed_live = {.is_asked_for = has_scene,
                               .open = open_moving,
                               .start = start,
                               .close = close_fake,
                               .count = count,
                               .path = path,
                               .describe = describe,
                               .inspect = inspect,
                               .is_ready = is_ready,
                               .steer = steer_fake,
                               .has_more = has_more,
                               .restart = restart,
                               .get = get};
const feed_source feed_recorded = {.is_asked_for = always,
                                   .open = open_still,
                                   .start = start,
                                   .close = close_fake,
                                   .count = count,
                                   .path = path,
                                   .describe = describe,
                                   .inspect = inspect,
                                   .is_ready = is_ready,
                                   .has_more = has_more,
                                   .is_outdated = is_outdated,
                                   .reload = reload,
                                   .get = get};

/* Frames that come: each call of tell has news until there are as many as came. */
static bool is_ipc(const options *options)
{
    return options->ipc;
}

static void *open_coming(const options *options, error *error)
{
    (void)options, (void)error;
    coming.reloaded = 0;
    return &coming;
}

static void listen_to(void *self)
{
    ((fake *)self)->reloaded = 2;
}

static bool tell(void *self, feed_news *news)
{
    *news = (feed_news){.kind = FEED_ADDED, .index = ((fake *)self)->reloaded};
    return ((fake *)self)->reloaded-- > 0;
}

static bool has_come(const void *self)
{
    return ((const fake *)self)->reloaded > 0;
}

static bool await(void *self, int index, error *error)
{
    (void)self;
    return index < 1 || error_set(error, "frame %d does not come", index);
}

static feed_origin get_origin(const void *self, int index)
{
    return (feed_origin){.file = path(self, index)};
}

const feed_source feed_streamed = {.is_asked_for = is_ipc,
                                   .open = open_coming,
                                   .close = close_fake,
                                   .count = count,
                                   .path = path,
                                   .get_origin = get_origin,
                                   .describe = describe,
                                   .listen = listen_to,
                                   .tell = tell,
                                   .has_come = has_come,
                                   .await = await,
                                   .get = get};

static feed opened(const options *options)
{
    feed feed;
    error error = {""};
    assert_true(feed_open(options, &feed, &error));
    assert_string_equal(error.message, "");
    return feed;
}

static void the_first_that_is_asked_for_opens(void **state)
{
    (void)state;
    feed scene = opened(&(options){.scene = "a.glb"}), files = opened(&(options){.path_count = 1});
    assert_int_equal(feed_count(&scene), 7);
    assert_int_equal(feed_count(&files), 3);
    assert_string_equal(feed_path(&scene, 5), "moving.5");
    assert_string_equal(feed_path(&files, 1), "still.1");
    assert_int_equal(feed_describe(&files).loaded, 3);
    assert_true(feed_is_ready(&scene, 6) && !feed_is_ready(&files, 6));
}

static void what_cannot_open_can_be_closed(void **state)
{
    (void)state;
    feed feed;
    error error = {""};
    said[0] = 0;
    assert_false(feed_open(&(options){0}, &feed, &error));
    assert_string_equal(error.message, "no paths");
    feed_close(&feed);
    feed_close(&feed);
    assert_string_equal(said, "");
    feed = opened(&(options){.path_count = 1});
    feed_close(&feed);
    assert_string_equal(said, "closed still");
    assert_null(feed.self);
}

/* A source without them is not asked. */
static void cameras_and_accumulation_are_optional(void **state)
{
    (void)state;
    feed scene = opened(&(options){.scene = "a.glb"}), files = opened(&(options){.path_count = 1});
    assert_true(feed_describe(&scene).has_camera && !feed_describe(&files).has_camera);
    feed_steer(&scene, &(steering){.home = true});
    feed_steer(&files, &(steering){.home = true});
    feed_restart(&scene);
    feed_restart(&files);
    assert_true(moving.steered == 1 && still.steered == 0 && moving.restarted == 1 && still.restarted == 0);
}

static void only_files_change(void **state)
{
    (void)state;
    feed scene = opened(&(options){.scene = "a.glb"}), files = opened(&(options){.path_count = 1});
    assert_true(feed_is_outdated(&files, 1) && !feed_is_outdated(&files, 2));
    assert_false(feed_is_outdated(&scene, 1));
    feed_reload(&scene, 1);
    feed_reload(&files, 2);
    assert_true(moving.reloaded == 0 && still.reloaded == 2);
}

/* A source whose frames are all there has no news, and none of its frames is waited for. */
static void some_frames_come(void **state)
{
    (void)state;
    feed files = opened(&(options){.path_count = 1}), stream = opened(&(options){.ipc = "127.0.0.1:14158"});
    feed_news news;
    error error = {""};
    feed_listen(&files);
    assert_false(feed_tell(&files, &news) || feed_has_come(&files));
    assert_true(feed_await(&files, 9, &error));
    assert_null(feed_get_origin(&files, 1).file);
    assert_string_equal(feed_get_origin(&stream, 1).file, "coming.1");
    assert_false(feed_has_come(&stream));
    feed_listen(&stream);
    assert_true(feed_has_come(&stream));
    assert_true(feed_tell(&stream, &news) && news.kind == FEED_ADDED && news.index == 2);
    assert_true(feed_tell(&stream, &news) && news.index == 1);
    assert_false(feed_tell(&stream, &news));
    assert_true(feed_await(&stream, 0, &error));
    assert_false(feed_await(&stream, 1, &error));
    assert_string_equal(error.message, "frame 1 does not come");
}

static void frames_come_as_the_view_asks(void **state)
{
    (void)state;
    feed scene = opened(&(options){.scene = "a.glb"});
    view view = {0};
    feed_frame frame;
    error error = {""};
    int width, height;
    bool has_guides;
    assert_true(feed_start(&scene, NULL, &view, &error) && view.continuous);
    assert_true(feed_has_more(&scene, &view));
    view.continuous = false;
    assert_false(feed_has_more(&scene, &view));
    assert_true(feed_inspect(&scene, &width, &height, &has_guides, &error) && width == 4 && height == 2 && has_guides);
    assert_true(feed_get(&scene, 5, &view, &frame, &error) && frame.height == 5);
    assert_false(feed_get(&scene, 2, &view, &frame, &error));
    assert_string_equal(error.message, "frame 2 is broken");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_first_that_is_asked_for_opens),
        cmocka_unit_test(what_cannot_open_can_be_closed),
        cmocka_unit_test(cameras_and_accumulation_are_optional),
        cmocka_unit_test(only_files_change),
        cmocka_unit_test(some_frames_come),
        cmocka_unit_test(frames_come_as_the_view_asks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
