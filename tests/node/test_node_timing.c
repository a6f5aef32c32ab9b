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
        if ((absent | 1u << WF_NODE_INSPECT) >> stage & 1) {
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

/* Gather and splat in two stages, and in one. */
static void check_many_frames(int separate, unsigned absent)
{
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    options.separate = separate;
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
        check_timing(&timing, absent, before, now_ns());
    }
    scene_close(&s);
}

static void test_timing(void **state)
{
    (void)state;
    check_many_frames(1, 1u << WF_NODE_GATHER_SPLAT_STAGE);
    check_many_frames(0, 1u << WF_NODE_GATHER_STAGE | 1u << WF_NODE_SPLAT_STAGE);
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
    check_timing(&timing, 1u << WF_NODE_PREDICT | 1u << WF_NODE_GATHER_STAGE | 1u << WF_NODE_GATHER_SPLAT_STAGE, before,
                 now_ns());
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
            check_timing(&timing, 1u << WF_NODE_PREDICT | 1u << WF_NODE_GATHER_SPLAT_STAGE, before, now_ns());
        scene_show(&s, 0);
    }
    scene_finish(&s, 0);
    scene_close(&s);
}

/* One stage filters only what has the same weights, in frames that have both outputs. */
static void test_stages_of_shared_weights(void **state)
{
    (void)state;
    const unsigned both = 1u << WF_NODE_GATHER_SPLAT_STAGE;
    const unsigned gather = 1u << WF_NODE_GATHER_STAGE, splat = 1u << WF_NODE_SPLAT_STAGE;
    scene_options options = plain_options();
    options.slots = 2;
    scene s = open_scene(&options);
    wf_filter filter = filter_of(3, 3, WF_SOFTMAX);
    scene_set_weights(&s, WF_GATHER, &filter, WF_FLOAT32);
    scene_share_weights(&s, WF_GATHER, WF_SPLAT);
    scene_unbind(&s, 1, WF_NODE_GATHER);
    for (int round = 0; round < 2; round++) {
        const unsigned absent[] = {round == 0 ? gather | splat : both, gather | both};
        int64_t before = now_ns();
        scene_run(&s, 2);
        for (uint32_t slot = 0; slot < 2; slot++) {
            wf_node_timing timing;
            assert_int_equal(wf_node_timing_of(s.node, slot, &timing), WF_OK);
            assert_true(timing.frame == 2 * (uint64_t)round + slot + 1);
            check_timing(&timing, absent[slot] | 1u << WF_NODE_PREDICT, before, now_ns());
        }
        scene_set_weights(&s, WF_SPLAT, &filter, WF_FLOAT32); /* of its own: then there are two stages */
    }
    scene_close(&s);
}

static void test_stage_names(void **state)
{
    (void)state;
    static const char *const names[] = {"hand-over in",     "unpack",  "predict", "gather",       "splat",
                                        "gather and splat", "inspect", "pack",    "hand-over out"};
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
        TEST(test_stages_of_shared_weights),
        TEST(test_stage_names),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
