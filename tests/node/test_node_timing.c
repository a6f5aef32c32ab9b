/* The times that the node tells: test_node_timing BACKEND. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <time.h>

#include "suite.h"

static int64_t now_ns(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return (int64_t)now.tv_sec * 1000000000 + now.tv_nsec;
}

/* Stages in order, without overlap; those absent are 0; all of it between two moments of the host. */
static void check_timing(const wf_node_timing *timing, unsigned absent, int64_t before, int64_t after)
{
    int64_t last = before - timing->uncertainty_ns;
    assert_true(timing->uncertainty_ns >= 0);
    for (wf_node_stage stage = 0; stage < WF_NODE_STAGE_COUNT; stage++) {
        wf_node_span span = timing->stages[stage];
        if (absent >> stage & 1) {
            assert_true(span.begin_ns == 0 && span.end_ns == 0);
            continue;
        }
        if (span.begin_ns < last || span.end_ns < span.begin_ns)
            fail_msg("%s lasts from %lld to %lld, what was before it ended at %lld", wf_node_stage_name(stage),
                     (long long)span.begin_ns, (long long)span.end_ns, (long long)last);
        last = span.end_ns;
    }
    if (last > after + timing->uncertainty_ns)
        fail_msg("the frame ended at %lld, the host saw it end at %lld (+- %lld ns)", (long long)last, (long long)after,
                 (long long)timing->uncertainty_ns);
}

static void test_timing(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    scene s = open_scene(&options);
    wf_bilateral parameters = broad_bilateral(3, 3);
    wf_node_timing timing;
    scene_set_bilateral(&s, &parameters);
    for (uint32_t slot = 0; slot < options.slots; slot++) {
        assert_int_equal(wf_node_timing_of(s.node, slot, &timing), WF_OK);
        assert_int_equal(timing.frame, 0);
    }
    for (uint64_t frame = 1; frame <= 60; frame++) {
        uint32_t slot = (uint32_t)(frame - 1) % options.slots;
        int64_t before = now_ns();
        scene_render(&s, slot);
        scene_show(&s, slot);
        scene_finish(&s, slot);
        assert_int_equal(wf_node_timing_of(s.node, slot, &timing), WF_OK);
        assert_int_equal(timing.frame, frame);
        check_timing(&timing, 0, before, now_ns());
    }
    scene_close(&s);
}

/* A stage that did not run has no time. */
static void test_timing_of_absent_stages(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = 1u << WF_NODE_COLOR | 1u << WF_NODE_SPLAT;
    options.slots = 1;
    scene s = open_plain_scene(&options, 3, 3);
    wf_node_timing timing;
    int64_t before = now_ns();
    scene_run(&s, 1);
    assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
    assert_int_equal(timing.frame, 1);
    check_timing(&timing, 1u << WF_NODE_PREDICT | 1u << WF_NODE_GATHER_STAGE, before, now_ns());
    scene_close(&s);
}

/* A frame's times stay readable while the next frame of its slot is under way, also when the node placed its clocks
 * anew in between, as it does after a pause. */
static void test_timing_of_earlier_frame(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.slots = 1;
    scene s = open_plain_scene(&options, 3, 3);
    wf_node_timing timing;
    int64_t before = now_ns();
    for (uint64_t frame = 1; frame <= 6; frame++) {
        if (frame % 2)
            nanosleep(&(struct timespec){.tv_nsec = 150000000}, NULL);
        scene_render(&s, 0);
        assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
        assert_int_equal(timing.frame, frame - 1);
        if (timing.frame)
            check_timing(&timing, 1u << WF_NODE_PREDICT, before, now_ns());
        scene_show(&s, 0);
    }
    scene_finish(&s, 0);
    scene_close(&s);
}

static void test_stage_names(void **state)
{
    (void)state;
    static const char *const names[] = {"hand-over in", "unpack", "predict",      "gather",
                                        "splat",        "pack",   "hand-over out"};
    for (wf_node_stage stage = 0; stage < WF_NODE_STAGE_COUNT; stage++)
        assert_string_equal(wf_node_stage_name(stage), names[stage]);
    assert_string_equal(wf_node_stage_name(WF_NODE_STAGE_COUNT), "unknown");
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_timing),
        TEST(test_timing_of_absent_stages),
        TEST(test_timing_of_earlier_frame),
        TEST(test_stage_names),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
