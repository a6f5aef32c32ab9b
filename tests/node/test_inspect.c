/* The inspector: test_inspect BACKEND. What a frame tells of a pixel's weights, applied to what went in, gives the
 * pixel that came out; and the weights are those that were handed over. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "suite.h"
#include "wf_node_inspect.h"

/* ---- A pixel, from what was told --------------------------------------------------------------------------------- */

/* One plane at every resolution. */
typedef struct plane_levels {
    double *x[WF_PYRAMID_MAX_LEVELS];
    int height[WF_PYRAMID_MAX_LEVELS], width[WF_PYRAMID_MAX_LEVELS];
} plane_levels;

static plane_levels make_levels(const scene *s, const double *plane)
{
    plane_levels made = {.height = {(int)s->options.height}, .width = {(int)s->options.width}};
    for (int level = 0; level < WF_PYRAMID_MAX_LEVELS; level++) {
        const int above = level ? level - 1 : 0, h = made.height[above], w = made.width[above];
        made.height[level] = level ? (h + 1) / 2 : h;
        made.width[level] = level ? (w + 1) / 2 : w;
        const int count = made.height[level] * made.width[level];
        made.x[level] = calloc((size_t)count, sizeof(double));
        assert_non_null(made.x[level]);
        for (int i = 0; i < count; i++) {
            const int y = 2 * (i / made.width[level]), x = 2 * (i % made.width[level]);
            const int rows = y + 1 < h ? 2 : 1, columns = x + 1 < w ? 2 : 1;
            for (int j = 0; j < rows * columns && level; j++)
                made.x[level][i] += made.x[above][(y + j / columns) * w + x + j % columns] / (rows * columns);
            if (!level)
                made.x[0][i] = plane[i];
        }
    }
    return made;
}

static void free_levels(plane_levels *levels)
{
    for (int level = 0; level < WF_PYRAMID_MAX_LEVELS; level++)
        free(levels->x[level]);
}

/* The place of a pixel in a window, which has it. */
static int place_of(const wf_node_kernels *k, int y, int x)
{
    assert_in_range(y, k->first_y, k->first_y + k->rows - 1);
    assert_in_range(x, k->first_x, k->first_x + k->columns - 1);
    return (y - k->first_y) * k->columns + x - k->first_x;
}

static double filtered(const plane_levels *in, const wf_node_kernels *k, int level, wf_operator op, int y, int x)
{
    const int taps = k->filter.kernel_height * k->filter.kernel_width, sign = op == WF_SPLAT ? -1 : 1;
    const float *factors = k->factors + place_of(k, y, x) * taps;
    double sum = 0;
    for (int t = 0; t < taps; t++) {
        const int from_y = y + sign * k->filter.dilation * (t / k->filter.kernel_width - k->filter.kernel_height / 2);
        const int from_x = x + sign * k->filter.dilation * (t % k->filter.kernel_width - k->filter.kernel_width / 2);
        const int inside = from_y >= 0 && from_y < in->height[level] && from_x >= 0 && from_x < in->width[level];
        if (inside)
            sum += (double)factors[t] * in->x[level][from_y * in->width[level] + from_x];
        else
            assert_float_equal(factors[t], 0, 0);
    }
    return sum;
}

static int clamped(int value, int count)
{
    return value < 0 ? 0 : value >= count ? count - 1 : value;
}

/* o of a level: the pyramid's formula, one pixel at a time. */
static double blended(const plane_levels *in, const wf_node_inspected_pixel *pixel, int level, wf_operator op, int y,
                      int x)
{
    const wf_node_kernels *k = &pixel->kernels[op][level];
    const double own = filtered(in, k, level, op, y, x);
    if (level == pixel->levels[op] - 1) {
        assert_null(k->alpha);
        return own;
    }
    double sum = 0;
    for (int corner = 0; corner < 4; corner++) {
        const int beside_y = y % 2 ? 1 : -1, beside_x = x % 2 ? 1 : -1;
        const int cy = clamped(y / 2 + corner / 2 * beside_y, (k->height + 1) / 2);
        const int cx = clamped(x / 2 + corner % 2 * beside_x, (k->width + 1) / 2);
        const int rows = 2 * cy + 1 < k->height ? 2 : 1, columns = 2 * cx + 1 < k->width ? 2 : 1;
        double difference = blended(in, pixel, level + 1, op, cy, cx);
        for (int i = 0; i < rows * columns; i++)
            difference -= filtered(in, k, level, op, 2 * cy + i / columns, 2 * cx + i % columns) / (rows * columns);
        sum += (corner / 2 ? 0.25 : 0.75) * (corner % 2 ? 0.25 : 0.75) * difference;
    }
    return own + (double)k->alpha[place_of(k, y, x)] * sum;
}

/* The same by the effective kernel, of planes at full resolution. */
static double effective(const scene *s, const wf_node_inspected_pixel *pixel, wf_operator op, const double *plane)
{
    const wf_node_area area = wf_node_effective_area(pixel, op);
    const int width = (int)s->options.width;
    assert_true(area.x >= 0 && area.y >= 0 && area.width > 0 && area.height > 0);
    assert_true(area.x + area.width <= width && area.y + area.height <= (int)s->options.height);
    float *factors = calloc((size_t)area.width * (size_t)area.height, sizeof *factors);
    assert_non_null(factors);
    assert_int_equal(wf_node_effective_kernel(pixel, op, 0, factors), WF_OK);
    double sum = 0;
    for (int i = 0; i < area.width * area.height; i++)
        sum += (double)factors[i] * plane[(area.y + i / area.width) * width + area.x + i % area.width];
    free(factors);
    return sum;
}

/* Every pixel told of a slot's frame, which has been compared: the input's planes become the output's. */
static void check_pixels(const scene *s, uint32_t slot, const wf_node_inspection *told, wf_operator op,
                         wf_node_role input, wf_node_role output, double limit)
{
    const size_t plane = (size_t)s->options.width * s->options.height;
    for (int i = 0; i < told->count; i++) {
        const wf_node_inspected_pixel *pixel = &told->pixels[i];
        double error = 0, size = 0;
        for (size_t c = 0; c < 3; c++) {
            const double *from = s->slots[slot].planes[input] + c * plane;
            plane_levels in = make_levels(s, from);
            const double actual = s->slots[slot].planes[output][c * plane + pixel->y * s->options.width + pixel->x];
            error = fmax(error, fabs(blended(&in, pixel, 0, op, (int)pixel->y, (int)pixel->x) - actual));
            error = fmax(error, fabs(effective(s, pixel, op, from) - actual));
            size = fmax(size, fabs(actual));
            free_levels(&in);
        }
        if (!(error <= limit * fmax(size, 0.1)))
            fail_msg("%s of pixel %u,%u: what was told makes %g of difference to %g", wf_operator_name(op), pixel->x,
                     pixel->y, error, size);
    }
}

/* What a pixel writes of itself to others is what these are told that they have of it. The same where
   it is by one level, and by all. */
static void check_footprint(const wf_node_inspected_pixel *from, const wf_node_inspected_pixel *to)
{
    const wf_node_area written = wf_node_footprint_area(from), read = wf_node_effective_area(to, WF_SPLAT);
    float *footprint = calloc((size_t)written.width * (size_t)written.height, sizeof *footprint);
    float *factors = calloc((size_t)read.width * (size_t)read.height, sizeof *factors);
    assert_true(footprint && factors && written.width > 0 && written.height > 0);
    assert_int_equal(wf_node_footprint(from, 0, footprint), WF_OK);
    assert_int_equal(wf_node_effective_kernel(to, WF_SPLAT, 0, factors), WF_OK);
    const int y = (int)to->y - written.y, x = (int)to->x - written.x;
    const int back_y = (int)from->y - read.y, back_x = (int)from->x - read.x;
    const int lands = y >= 0 && y < written.height && x >= 0 && x < written.width;
    const int is_read = back_y >= 0 && back_y < read.height && back_x >= 0 && back_x < read.width;
    const double told = lands ? (double)footprint[y * written.width + x] : 0;
    const double expected = is_read ? (double)factors[back_y * read.width + back_x] : 0;
    if (!(fabs(told - expected) <= 1e-6 + 1e-5 * fabs(expected)))
        fail_msg("%u,%u writes %g of itself to %u,%u, which has %g of it", from->x, from->y, told, to->x, to->y,
                 expected);
    free(footprint);
    free(factors);
}

static void check_footprints(const wf_node_inspection *told)
{
    for (int i = 0; i < told->count * told->count; i++)
        check_footprint(&told->pixels[i / told->count], &told->pixels[i % told->count]);
}

static wf_node_pixel random_pixel(const scene *s)
{
    const uint32_t x = (uint32_t)random_uniform(&random_numbers, 0, s->options.width);
    return (wf_node_pixel){x, (uint32_t)random_uniform(&random_numbers, 0, s->options.height)};
}

/* Up to 8 pixels away: in the reach of most kernels. */
static wf_node_pixel random_neighbor(const scene *s, wf_node_pixel pixel)
{
    const double x = pixel.x + random_uniform(&random_numbers, -8, 9),
                 y = pixel.y + random_uniform(&random_numbers, -8, 9);
    return (wf_node_pixel){(uint32_t)fmin(fmax(x, 0), s->options.width - 1),
                           (uint32_t)fmin(fmax(y, 0), s->options.height - 1)};
}

static void inspect(const scene *s, uint32_t count, const wf_node_pixel *pixels)
{
    assert_int_equal(wf_node_inspect(s->node, count, pixels), WF_OK);
}

static wf_node_inspection told_of(const scene *s, uint32_t slot)
{
    wf_node_inspection told;
    wf_node_timing timing;
    assert_int_equal(wf_node_inspected(s->node, slot, &told), WF_OK);
    assert_int_equal(wf_node_timing_of(s->node, slot, &timing), WF_OK);
    assert_true(told.frame == timing.frame || told.frame == 0);
    return told;
}

/* Frames over all slots, and then each slot's pixels. */
static void run_and_check(scene *s, wf_node_role input, double limit)
{
    const wf_node_role outputs[] = {input == WF_NODE_COLOR ? WF_NODE_GATHER : WF_NODE_LAYER_GATHER,
                                    input == WF_NODE_COLOR ? WF_NODE_SPLAT : WF_NODE_LAYER_SPLAT};
    scene_run(s, (int)s->options.slots);
    for (uint32_t slot = 0; slot < s->options.slots; slot++) {
        const wf_node_inspection told = told_of(s, slot);
        assert_true(told.frame > 0);
        FOR_EACH_OPERATOR(op)
        check_pixels(s, slot, &told, op, input, outputs[op], limit);
        if (told.pixels[0].levels[WF_SPLAT] > 0)
            check_footprints(&told);
    }
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

/* Weights that were set: also by their values. */
static void check_values(const scene *s, const wf_node_inspected_pixel *pixel, wf_operator op)
{
    const wf_node_kernels *k = &pixel->kernels[op][0];
    const int height = (int)s->options.height, width = (int)s->options.width;
    assert_int_equal(pixel->levels[op], 1);
    assert_true(k->rows == 1 && k->columns == 1 && k->first_x == k->x && k->first_y == k->y && !k->alpha);
    assert_true(k->x == (int)pixel->x && k->y == (int)pixel->y && k->width == width && k->height == height);
    assert_memory_equal(&k->filter, &s->weights[op].filter, sizeof k->filter);
    for (int t = 0; t < k->filter.kernel_height * k->filter.kernel_width; t++) {
        const int dy = t / k->filter.kernel_width - k->filter.kernel_height / 2;
        const int dx = t % k->filter.kernel_width - k->filter.kernel_width / 2;
        const int y = op == WF_SPLAT ? k->y - k->filter.dilation * dy : k->y;
        const int x = op == WF_SPLAT ? k->x - k->filter.dilation * dx : k->x;
        const int inside = y >= 0 && y < height && x >= 0 && x < width;
        const double expected =
            inside ? s->weights[op].values[((size_t)t * (size_t)height + (size_t)y) * (size_t)width + (size_t)x] : 0;
        assert_float_equal(k->weights[t], expected, 1e-6 * fabs(expected));
    }
}

static void test_set_weights(void **state)
{
    (void)state;
    for (wf_mode mode = 0; mode < WF_MODE_COUNT; mode++) {
        scene_options options = plain_options();
        scene s = open_scene(&options);
        wf_filter gather = filter_of(5, 4, mode), splat = filter_of(3, 6, mode);
        gather.dilation = 2;
        scene_set_weights(&s, WF_GATHER, &gather, WF_FLOAT32);
        scene_set_weights(&s, WF_SPLAT, &splat, WF_FLOAT16);
        for (int round = 0; round < 4; round++) {
            const wf_node_pixel pixel = random_pixel(&s);
            const wf_node_pixel pixels[] = {round ? pixel : (wf_node_pixel){0, 0},
                                            round ? random_neighbor(&s, pixel) : (wf_node_pixel){36, 22}};
            inspect(&s, 2, pixels);
            run_and_check(&s, WF_NODE_COLOR, 1e-4);
            const wf_node_inspection told = told_of(&s, 0);
            for (int i = 0; i < 2; i++) {
                assert_true(told.pixels[i].x == pixels[i].x && told.pixels[i].y == pixels[i].y);
                FOR_EACH_OPERATOR(op)
                check_values(&s, &told.pixels[i], op);
            }
        }
        scene_close(&s);
    }
}

static void test_predicted_weights(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.roles = SCENE_ROLES_ALL;
    scene s = open_scene(&options);
    wf_bilateral parameters = broad_bilateral(5, 5);
    scene_set_bilateral(&s, &parameters);
    for (int round = 0; round < 4; round++) {
        const wf_node_pixel pixel = random_pixel(&s);
        inspect(&s, 1, &pixel);
        run_and_check(&s, WF_NODE_COLOR, 1e-4);
    }
    scene_close(&s);
}

/* Bound pyramids, of sizes down to 1x1: the windows have every kernel that a pixel is made of. */
static void test_pyramids(void **state)
{
    (void)state;
    for (int i = 0; i < PYRAMID_SIZES; i++) {
        const scene_options options = sized_options(pyramid_sizes[i], 2);
        scene s = open_scene(&options);
        wf_filter filters[5];
        bound_weights weights[2];
        for (int level = 0; level < 5; level++)
            filters[level] = filter_of(3 + level % 3, 5 - level % 2, level % 2 ? WF_SOFTMAX : WF_NORMALIZED);
        for (uint32_t slot = 0; slot < 2; slot++) {
            weights[slot] = bound_make_pyramid(&s, filters, 5, slot ? WF_FLOAT16 : WF_FLOAT32);
            bound_bind(&s, slot, WF_GATHER, &weights[slot]);
        }
        bound_share(&s, WF_GATHER, WF_SPLAT);
        for (int round = 0; round < 6; round++) {
            const wf_node_pixel pixel = random_pixel(&s), pixels[] = {pixel, random_neighbor(&s, pixel)};
            inspect(&s, 2, pixels);
            run_and_check(&s, WF_NODE_COLOR, 1e-4);
        }
        for (uint32_t slot = 0; slot < 2; slot++)
            bound_free(&s, &weights[slot]);
        scene_close(&s);
    }
}

static double *nothing(const scene *s, uint32_t slot, wf_operator op, wf_node_role input)
{
    const wf_node_role output = input == WF_NODE_COLOR ? (op == WF_SPLAT ? WF_NODE_SPLAT : WF_NODE_GATHER)
                                                       : (op == WF_SPLAT ? WF_NODE_LAYER_SPLAT : WF_NODE_LAYER_GATHER);
    const size_t size = 3 * (size_t)s->options.width * s->options.height * sizeof(double);
    double *same = malloc(size);
    assert_non_null(same);
    return memcpy(same, s->slots[slot].planes[output], size);
}

/* A network's kernels, of a layer that it takes as it is. */
static void test_networks(void **state)
{
    (void)state;
    static const struct {
        const char *path;
        int levels;
    } networks[] = {
        {NETWORKS "tiny.safetensors", 2}, {NETWORKS "uneven.safetensors", 2}, {NETWORKS "single.safetensors", 1}};
    for (size_t i = 0; i < LENGTH(networks); i++) {
        scene_options options = plain_options();
        options.roles = SCENE_ROLES_ALL;
        options.layers = 1;
        options.slots = 2;
        scene s = open_scene(&options);
        wf_network *network;
        assert_int_equal(wf_network_open(&listening, networks[i].path, &network), WF_OK);
        assert_int_equal(wf_node_set_network(s.node, network), WF_OK);
        wf_network_close(network);
        assert_int_equal(wf_node_demodulate(s.node, 0, 0), WF_OK);
        scene_expect_images(&s, nothing, 0); /* other tests compare them */
        for (int round = 0; round < 4; round++) {
            const wf_node_pixel pixel = random_pixel(&s), pixels[] = {pixel, random_neighbor(&s, pixel)};
            inspect(&s, 2, pixels);
            run_and_check(&s, WF_NODE_LAYER, backend == WF_CPU ? 1e-4 : 1e-2);
            const wf_node_inspection told = told_of(&s, 0);
            FOR_EACH_OPERATOR(op)
            assert_int_equal(told.pixels[1].levels[op], networks[i].levels);
        }
        scene_close(&s);
    }
}

/* Closed it costs nothing; what was told stays until its second successor begins; slots tell of their own frames. */
static void test_open_and_close(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.slots = 2;
    scene s = open_plain_scene(&options, 3, 3);
    const wf_node_pixel pixel = {5, 6};
    wf_node_timing timing;
    assert_int_equal(told_of(&s, 0).frame, 0);
    scene_run(&s, 2);
    assert_int_equal(told_of(&s, 0).frame, 0);
    assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
    assert_int_equal(timing.stages[WF_NODE_INSPECT].end_ns, 0);

    scene_render(&s, 0);
    inspect(&s, 1, &pixel); /* after this frame has begun */
    scene_show(&s, 0);
    scene_finish(&s, 0);
    assert_int_equal(told_of(&s, 0).frame, 0);
    scene_run(&s, 2);
    assert_int_equal(told_of(&s, 0).frame, 4);
    assert_int_equal(told_of(&s, 1).frame, 5);
    assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
    assert_true(timing.stages[WF_NODE_INSPECT].end_ns > 0);

    inspect(&s, 0, NULL);
    const wf_node_inspection told = told_of(&s, 0);
    const float first = told.pixels[0].kernels[WF_GATHER][0].weights[0];
    scene_render(&s, 0);
    assert_float_equal(told.pixels[0].kernels[WF_GATHER][0].weights[0], first, 0);
    scene_show(&s, 0);
    scene_finish_all(&s);
    assert_int_equal(told_of(&s, 0).frame, 0);
    assert_int_equal(told_of(&s, 0).count, 0);
    assert_int_equal(told_of(&s, 1).frame, 5);
    scene_close(&s);
}

/* Operators without an output tell nothing. More weights than before, and fewer. */
static void test_change_of_weights(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.slots = 1;
    scene s = open_plain_scene(&options, 3, 3);
    const wf_node_pixel pixel = {0, 22};
    inspect(&s, 1, &pixel);
    for (int kernel = 1; kernel < 20; kernel += 6) {
        wf_filter filter = filter_of(kernel, 20 - kernel, WF_SOFTMAX);
        FOR_EACH_OPERATOR(op)
        scene_set_weights(&s, op, &filter, WF_FLOAT32);
        run_and_check(&s, WF_NODE_COLOR, 1e-4);
    }
    scene_unbind(&s, 0, WF_NODE_SPLAT);
    scene_run(&s, 2);
    const wf_node_inspection told = told_of(&s, 0);
    assert_int_equal(told.pixels[0].levels[WF_GATHER], 1);
    assert_int_equal(told.pixels[0].levels[WF_SPLAT], 0);
    check_pixels(&s, 0, &told, WF_GATHER, WF_NODE_COLOR, WF_NODE_GATHER, 1e-4);
    scene_close(&s);
}

/* Kernels of which too much would have to be read: all but their footprint is told. */
static void test_no_footprint(void **state)
{
    (void)state;
    static const wf_filter filters[] = {
        {31, 31, 1, WF_LINEAR, 1}, {35, 33, 1, WF_SOFTMAX, 1}, {5, 5, 90, WF_LINEAR, 1}};
    scene_options options = plain_options();
    options.slots = 1;
    scene s = open_plain_scene(&options, 3, 3);
    const wf_node_pixel pixel = {3, 4};
    inspect(&s, 1, &pixel);
    for (size_t i = 0; i < LENGTH(filters); i++) {
        scene_set_weights(&s, WF_SPLAT, &filters[i], WF_FLOAT32);
        scene_run(&s, 2);
        const wf_node_inspection told = told_of(&s, 0);
        const wf_node_kernels *k = &told.pixels[0].kernels[WF_SPLAT][0];
        check_pixels(&s, 0, &told, WF_SPLAT, WF_NODE_COLOR, WF_NODE_SPLAT, 1e-4);
        assert_true((k->footprint != NULL) == (i == 0));
        assert_int_equal(wf_node_footprint_area(&told.pixels[0]).width, i == 0 ? 19 : 0);
        assert_true(!told.pixels[0].kernels[WF_GATHER][0].footprint);
    }
    scene_close(&s);
}

static void test_errors(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_plain_scene(&options, 3, 3);
    wf_node_pixel pixels[3] = {{0, 0}, {36, 22}};
    wf_node_inspection told;
    assert_int_equal(wf_node_inspect(NULL, 1, pixels), WF_ERROR_INVALID_ARGUMENT);
    assert_invalid(wf_node_inspect(s.node, 3, pixels), "there are 3 pixels to inspect, they are up to 2");
    assert_invalid(wf_node_inspect(s.node, 1, NULL), "pixels is NULL");
    pixels[1].x = 37;
    assert_invalid(wf_node_inspect(s.node, 2, pixels), "pixel 37,22 is not in an image of 37x23");
    pixels[1] = (wf_node_pixel){3, 23};
    assert_invalid(wf_node_inspect(s.node, 2, pixels), "pixel 3,23 is not in an image of 37x23");
    assert_int_equal(wf_node_inspected(NULL, 0, &told), WF_ERROR_INVALID_ARGUMENT);
    assert_invalid(wf_node_inspected(s.node, 3, &told), "no slot 3");
    assert_invalid(wf_node_inspected(s.node, 0, NULL), "inspection is NULL");
    scene_run(&s, 3);
    assert_int_equal(told_of(&s, 0).frame, 0); /* what was refused opened nothing */

    inspect(&s, 1, pixels);
    scene_unbind(&s, 0, WF_NODE_SPLAT);
    scene_run(&s, 1);
    told = told_of(&s, 0);
    const wf_node_inspected_pixel *pixel = &told.pixels[0];
    float factors[4];
    assert_int_equal(wf_node_effective_area(pixel, WF_GATHER).width, 2);
    assert_int_equal(wf_node_effective_kernel(pixel, WF_GATHER, 0, factors), WF_OK);
    assert_int_equal(wf_node_effective_kernel(NULL, WF_GATHER, 0, factors), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_effective_kernel(pixel, WF_GATHER, 0, NULL), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_effective_kernel(pixel, WF_GATHER, 1, factors), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_effective_kernel(pixel, WF_SPLAT, 0, factors), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_effective_kernel(pixel, WF_OPERATOR_COUNT, 0, factors), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_effective_area(pixel, WF_SPLAT).width, 0);
    assert_int_equal(wf_node_footprint_area(pixel).width, 0);
    assert_int_equal(wf_node_footprint_area(NULL).width, 0);
    assert_int_equal(wf_node_footprint(pixel, 0, factors), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_footprint(NULL, 0, factors), WF_ERROR_INVALID_ARGUMENT);
    assert_int_equal(wf_node_effective_area(NULL, WF_GATHER).width, 0);
    scene_close(&s);
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_set_weights),    TEST(test_predicted_weights), TEST(test_pyramids),     TEST(test_networks),
        TEST(test_open_and_close), TEST(test_change_of_weights), TEST(test_no_footprint), TEST(test_errors),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
