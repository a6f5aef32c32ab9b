/* A predictor takes one file: test_predictor BACKEND has one here, of a few lines, and the
 * node runs it as it runs its own.
 *
 * Its weights are how alike the albedo of a pixel and the colors around it are:
 *
 *     weight[t,p] = sum over c of albedo[c,p] * color[c,p+o(t)]                     the color is 0 outside the image
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "node/predictor.h"
#include "suite.h"

enum { KERNEL_HEIGHT = 3, KERNEL_WIDTH = 4, TAPS = KERNEL_HEIGHT * KERNEL_WIDTH };

static int recorded, destroyed;

/* ---- The predictor ----------------------------------------------------------------------------------------------- */

static wf_result prepare(node_predictor *predictor, const void *arguments, unsigned operators)
{
    predictor->weights.filter = *(const wf_filter *)arguments;
    predictor->weights.tensor = wf_node_frame_tensor(predictor->node, WF_FLOAT32, TAPS);
    wf_node_reserve(predictor, &predictor->weights.tensor);
    return wf_node_compile_weights(predictor, operators);
}

static wf_result record(node_predictor *predictor, const node_turn *turn)
{
    wf_filter filter = predictor->weights.filter;
    filter.mode = WF_LINEAR;
    recorded++;
    return wf_grad_weight(turn->node->device, turn->stream, WF_GATHER, &filter, node_planes_of(turn, WF_NODE_COLOR),
                          node_planes_of(turn, WF_NODE_ALBEDO), &predictor->weights.tensor);
}

static void destroy(node_predictor *predictor)
{
    (void)predictor;
    destroyed++;
}

static const node_predictor_kind correlation = {.name = "correlation",
                                                .size = sizeof(node_predictor),
                                                .needs = 1u << WF_NODE_ALBEDO,
                                                .prepare = prepare,
                                                .compile = wf_node_compile_weights,
                                                .record = record,
                                                .filter = wf_node_filter_weights,
                                                .destroy = destroy};

/* ---- Its tests --------------------------------------------------------------------------------------------------- */

static double *correlate(const scene *s, uint32_t slot)
{
    const int height = (int)s->options.height, width = (int)s->options.width;
    const size_t pixels = (size_t)height * (size_t)width;
    const double *color = s->slots[slot].planes[WF_NODE_COLOR], *albedo = s->slots[slot].planes[WF_NODE_ALBEDO];
    double *weights = calloc(TAPS * pixels, sizeof *weights);
    assert_non_null(weights);
    for (int t = 0; t < TAPS; t++) {
        for (int p = 0; p < height * width; p++) {
            int y = p / width + t / KERNEL_WIDTH - KERNEL_HEIGHT / 2;
            int x = p % width + t % KERNEL_WIDTH - KERNEL_WIDTH / 2;
            for (size_t c = 0; c < 3 && y >= 0 && y < height && x >= 0 && x < width; c++)
                weights[(size_t)t * pixels + (size_t)p] +=
                    albedo[c * pixels + (size_t)p] * color[c * pixels + (size_t)(y * width + x)];
        }
    }
    return weights;
}

static void set_correlation(scene *s)
{
    const wf_filter filter = filter_of(KERNEL_HEIGHT, KERNEL_WIDTH, WF_NORMALIZED);
    scene_finish_all(s);
    assert_int_equal(wf_node_set_predictor(s->node, &correlation, &filter, NODE_BOTH), WF_OK);
    scene_expect_predicted(s, &filter, correlate, 0);
}

static scene open_correlated_scene(int separate)
{
    scene_options options = plain_options();
    options.roles |= 1u << WF_NODE_ALBEDO;
    options.separate = separate;
    scene s = open_scene(&options);
    set_correlation(&s);
    return s;
}

static void test_frames(void **state)
{
    (void)state;
    for (int separate = 0; separate < 2; separate++) {
        scene s = open_correlated_scene(separate);
        scene_run(&s, 6);
        scene_close(&s);
    }
}

/* It gives way to other weights and comes back, and is destroyed once, when no operator has it any more. */
static void test_change_of_predictors(void **state)
{
    (void)state;
    wf_filter filter = filter_of(5, 5, WF_LINEAR);
    destroyed = 0;
    scene s = open_correlated_scene(0);
    scene_run(&s, 3);
    scene_set_weights(&s, WF_GATHER, &filter, WF_FLOAT32);
    scene_run(&s, 3);
    assert_int_equal(destroyed, 0);
    scene_share_weights(&s, WF_SPLAT, WF_GATHER);
    scene_run(&s, 3);
    set_correlation(&s);
    assert_int_equal(destroyed, 1);
    scene_run(&s, 3);
    scene_close(&s);
    assert_int_equal(destroyed, 2);
}

/* What it needs has to be there; what it was refused for leaves the former weights. */
static void test_needs(void **state)
{
    (void)state;
    wf_node_sync sync;
    scene s = open_correlated_scene(0);
    scene_unbind(&s, 1, WF_NODE_ALBEDO);
    assert_invalid(wf_node_begin(s.node, 1, &sync),
                   "slot 1 has no albedo image bound, which its weights (correlation) need");
    scene_bind(&s, 1, WF_NODE_ALBEDO);
    wf_filter broken = filter_of(KERNEL_HEIGHT, KERNEL_WIDTH, WF_MODE_COUNT);
    assert_invalid(wf_node_set_predictor(s.node, &correlation, &broken, NODE_BOTH), "mode is 3");
    scene_run(&s, 3);
    scene_close(&s);
}

/* Only the images of frames with an operator that it predicts for are read. */
static void test_one_operator(void **state)
{
    (void)state;
    scene s = open_correlated_scene(0);
    wf_filter filter = filter_of(3, 3, WF_LINEAR);
    scene_set_weights(&s, WF_GATHER, &filter, WF_FLOAT16);
    scene_unbind(&s, 0, WF_NODE_SPLAT);
    scene_unbind(&s, 0, WF_NODE_ALBEDO);
    scene_run(&s, 4);
    wf_node_timing timing;
    assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
    assert_int_equal(timing.stages[WF_NODE_PREDICT].end_ns, 0);
    assert_int_equal(wf_node_timing_of(s.node, 1, &timing), WF_OK);
    assert_int_equal(timing.stages[WF_NODE_GATHER_SPLAT_STAGE].end_ns, 0);
    scene_close(&s);
}

/* ---- Rehearsals -------------------------------------------------------------------------------------------------- */

static const wf_backend_table *usual;
static int rehearsals, rehearses;

static wf_result rehearse(wf_device *device, int begins)
{
    assert_int_not_equal(rehearses, begins);
    rehearses = begins;
    rehearsals += begins;
    return usual->rehearse ? usual->rehearse(device, begins) : WF_OK;
}

/* Runs so many frames, of which so many are to be rehearsed. */
static void expect_rehearsals(scene *s, int frames, int expected)
{
    recorded = rehearsals = 0;
    scene_run(s, frames);
    assert_int_equal(rehearsals, expected);
    assert_int_equal(recorded, frames + expected);
    assert_int_equal(rehearses, 0);
}

/* What runs on a device that asks for it is shown to it before the first frame, and again where that has changed. */
static void test_rehearsals(void **state)
{
    (void)state;
    if (backend == WF_VULKAN)
        skip(); /* stages are recorded in command buffers that there are in a frame alone */
    scene s = open_correlated_scene(0);
    usual = s.node->device->table;
    wf_backend_table rehearsing = *usual;
    rehearsing.rehearse = rehearse;
    s.node->device->table = &rehearsing;
    expect_rehearsals(&s, 4, 1);
    expect_rehearsals(&s, 4, 0);
    set_correlation(&s);
    expect_rehearsals(&s, 4, 1);
    scene_unbind(&s, 0, WF_NODE_SPLAT);
    expect_rehearsals(&s, 4, 1);
    scene_bind(&s, 0, WF_NODE_SPLAT);
    expect_rehearsals(&s, 4, 0);
    s.node->device->table = usual;
    scene_close(&s);
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_frames),       TEST(test_change_of_predictors), TEST(test_needs),
        TEST(test_one_operator), TEST(test_rehearsals),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
