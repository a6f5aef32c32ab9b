/* Maps of kernels: test_maps BACKEND. Every pixel's figures, of both operators and of any levels of a pyramid together,
 * against loops in float64 over the weights that were bound. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <string.h>

#include "bound.h"
#include "suite.h"
#include "wf_node_inspect.h"

enum { LEVELS = 3, ASKED = LEVELS + 2 };

/* ---- What they should be ----------------------------------------------------------------------------------------- */

/* A level of a pyramid, or the only one. */
typedef struct level_kernels {
    wf_filter filter;
    const double *values, *alphas; /* alphas NULL: the coarsest level */
    int height, width;
} level_kernels;

static level_kernels kernels_of(const scene *s, const bound_weights *weights, int level)
{
    level_kernels k = {.height = (int)s->options.height, .width = (int)s->options.width};
    const int last = weights->given.levels - 1, own = level < last ? level : last;
    for (int i = 0; i < own; i++)
        k.height = (k.height + 1) / 2, k.width = (k.width + 1) / 2;
    k.filter = weights->given.level[own].filter;
    k.values = weights->values[own];
    k.alphas = weights->alphas[own];
    return k;
}

/* The factors that count at a pixel, and their offsets; returns how many. */
static int find_factors(const level_kernels *k, wf_operator op, int y, int x, double *factors, int (*offsets)[2])
{
    const int kernel_width = k->filter.kernel_width, sign = op == WF_SPLAT ? -1 : 1;
    int count = 0;
    double largest = -INFINITY, sum = 0;
    for (int t = 0; t < k->filter.kernel_height * kernel_width; t++) {
        const int dy = k->filter.dilation * (t / kernel_width - k->filter.kernel_height / 2);
        const int dx = k->filter.dilation * (t % kernel_width - kernel_width / 2);
        const int to_y = y + sign * dy, to_x = x + sign * dx;
        if (to_y < 0 || to_y >= k->height || to_x < 0 || to_x >= k->width)
            continue;
        const int from_y = op == WF_SPLAT ? to_y : y, from_x = op == WF_SPLAT ? to_x : x;
        factors[count] = k->values[(t * k->height + from_y) * k->width + from_x];
        largest = fmax(largest, factors[count]);
        offsets[count][0] = dy, offsets[count][1] = dx;
        count++;
    }
    for (int i = 0; i < count; i++) {
        if (k->filter.mode == WF_SOFTMAX)
            factors[i] = exp(factors[i] - largest);
        sum += factors[i];
    }
    for (int i = 0; i < count && k->filter.mode != WF_LINEAR; i++)
        factors[i] /= sum;
    return count;
}

static void expect(const level_kernels *k, wf_operator op, int y, int x, double figures[WF_FIGURE_COUNT])
{
    double factors[64], size = 0;
    int offsets[64][2];
    const int count = find_factors(k, op, y, x, factors, offsets);
    for (int i = 0; i < count; i++)
        size += fabs(factors[i]);
    memset(figures, 0, WF_FIGURE_COUNT * sizeof *figures);
    for (int i = 0; i < count; i++) {
        const double p = fabs(factors[i]) / size;
        const int squares = offsets[i][0] * offsets[i][0] + offsets[i][1] * offsets[i][1];
        figures[WF_FIGURE_SUM] += factors[i];
        figures[WF_FIGURE_ENTROPY] -= p > 0 ? p * log2(p) : 0;
        figures[WF_FIGURE_RADIUS] += p * squares;
        figures[WF_FIGURE_OWN] += squares == 0 ? factors[i] : 0;
    }
    figures[WF_FIGURE_RADIUS] = sqrt(figures[WF_FIGURE_RADIUS]);
    figures[WF_FIGURE_BLEND] = k->alphas ? k->alphas[y * k->width + x] : 0;
}

/* The maps of an operator and level that a slot has. */
static void check_level(const scene *s, uint32_t slot, wf_operator op, int level, const bound_weights *weights)
{
    const level_kernels k = kernels_of(s, weights, level);
    const int shift = level < weights->given.levels ? level : weights->given.levels - 1;
    const int width = (int)s->options.width;
    for (int i = 0; i < (int)s->options.height * width; i++) {
        double figures[WF_FIGURE_COUNT];
        expect(&k, op, (i / width) >> shift, (i % width) >> shift, figures);
        for (wf_figure figure = 0; figure < WF_FIGURE_COUNT; figure++) {
            const wf_node_role role = wf_node_map_role(op, level, figure);
            if (!s->slots[slot].images[role].image)
                continue;
            const double told = (double)((const float *)s->slots[slot].texels[role].data)[i];
            if (!(fabs(told - figures[figure]) <= 1e-4 * fmax(fabs(figures[figure]), 0.1)))
                fail_msg("%s, level %d, figure %d of pixel %d,%d is %g, expected %g", wf_operator_name(op), level,
                         (int)figure, i % width, i / width, told, figures[figure]);
        }
    }
}

static void check_slot(const scene *s, uint32_t slot, const bound_weights weights[WF_OPERATOR_COUNT])
{
    FOR_EACH_OPERATOR(op)
    for (int level = 0; level < WF_PYRAMID_MAX_LEVELS; level++)
        check_level(s, slot, op, level, &weights[op]);
}

/* A frame of the slot alone: all slots read the same weights. */
static void run_slot(scene *s, uint32_t slot)
{
    scene_render(s, slot);
    scene_show(s, slot);
    scene_finish(s, slot);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

/* Kernels of another shape, mode and reach at every level; gather's are float32, splat's float16. */
static scene open_pyramids(const scene_options *options, bound_weights weights[WF_OPERATOR_COUNT])
{
    scene s = open_scene(options);
    FOR_EACH_OPERATOR(op)
    {
        wf_filter filters[LEVELS];
        for (int level = 0; level < LEVELS; level++) {
            filters[level] = filter_of(3 + level, 5 - level - (int)op, (wf_mode)((level + (int)op) % WF_MODE_COUNT));
            filters[level].dilation = 1 + (level == 1);
        }
        weights[op] = bound_make_pyramid(&s, filters, LEVELS, op == WF_SPLAT ? WF_FLOAT16 : WF_FLOAT32);
        for (uint32_t slot = 0; slot < s.options.slots; slot++)
            bound_bind(&s, slot, op, &weights[op]);
    }
    return s;
}

static void close_pyramids(scene *s, bound_weights weights[WF_OPERATOR_COUNT])
{
    FOR_EACH_OPERATOR(op)
    bound_free(s, &weights[op]);
    scene_close(s);
}

/* All maps of all levels at once, also of levels that there are none of; sizes down to 1x1. */
static void test_all_levels(void **state)
{
    (void)state;
    for (int i = 0; i < PYRAMID_SIZES; i++) {
        const scene_options options = sized_options(pyramid_sizes[i], 1);
        bound_weights weights[WF_OPERATOR_COUNT];
        scene s = open_pyramids(&options, weights);
        FOR_EACH_OPERATOR(op)
        for (int map = 0; map < ASKED * WF_FIGURE_COUNT; map++)
            scene_bind(&s, 0, wf_node_map_role(op, map / WF_FIGURE_COUNT, (wf_figure)(map % WF_FIGURE_COUNT)));
        for (int frame = 0; frame < 2; frame++) {
            scene_run(&s, 1);
            check_slot(&s, 0, weights);
        }
        close_pyramids(&s, weights);
    }
}

/* Slots with other maps than each other's, which come and go between frames, and cost nothing when they are gone. */
static void test_some(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.slots = 2;
    bound_weights weights[WF_OPERATOR_COUNT];
    wf_node_timing timing;
    scene s = open_pyramids(&options, weights);
    for (int round = 0; round < 12; round++) {
        const uint32_t slot = (uint32_t)round % 2;
        wf_node_role roles[3];
        for (int i = 0; i < 3; i++) {
            const int level = (int)random_uniform(&random_numbers, 0, ASKED);
            const int figure = (int)random_uniform(&random_numbers, 0, WF_FIGURE_COUNT);
            roles[i] = wf_node_map_role((wf_operator)(i % WF_OPERATOR_COUNT), level, (wf_figure)figure);
            scene_bind(&s, slot, roles[i]);
        }
        run_slot(&s, slot);
        check_slot(&s, slot, weights);
        assert_int_equal(wf_node_timing_of(s.node, slot, &timing), WF_OK);
        assert_true(timing.stages[WF_NODE_INSPECT].end_ns > 0);
        for (int i = 0; i < 3; i++)
            scene_unbind(&s, slot, roles[i]);
    }
    run_slot(&s, 0);
    assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
    assert_int_equal(timing.stages[WF_NODE_INSPECT].end_ns, 0);
    close_pyramids(&s, weights);
}

/* An operator without an output has none either. */
static void test_without_output(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.slots = 1;
    bound_weights weights[WF_OPERATOR_COUNT];
    wf_node_timing timing;
    scene s = open_pyramids(&options, weights);
    scene_unbind(&s, 0, WF_NODE_SPLAT);
    scene_bind(&s, 0, wf_node_map_role(WF_SPLAT, 1, WF_FIGURE_SUM));
    scene_run(&s, 1);
    assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
    assert_int_equal(timing.stages[WF_NODE_INSPECT].end_ns, 0);
    scene_bind(&s, 0, wf_node_map_role(WF_GATHER, 1, WF_FIGURE_SUM));
    scene_run(&s, 1);
    check_level(&s, 0, WF_GATHER, 1, &weights[WF_GATHER]);
    close_pyramids(&s, weights);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {TEST(test_all_levels), TEST(test_some), TEST(test_without_output)};
    const int status = suite_open(argc, argv);
    return status >= 0 ? status : suite_close(cmocka_run_group_tests(tests, NULL, NULL));
}
