/* Weights that the renderer writes every frame, read by the node where they are: test_bound BACKEND compares every
 * frame with the float64 reference, and provokes each error that wf_node.h documents of them. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "bound.h"
#include "suite.h"
#include "vulkan/interpose.h"

enum { SLOTS = 3 };

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Every mode and type; each slot and operator has a buffer and a kernel of its own. */
static void test_frames(void **state)
{
    (void)state;
    static const int kernels[][2] = {{5, 5}, {4, 4}, {3, 7}, {1, 1}, {13, 2}, {2, 3}};
    for (wf_mode mode = 0; mode < WF_MODE_COUNT; mode++) {
        scene_options options = plain_options();
        options.alpha = mode == WF_NORMALIZED;
        options.layers = mode == WF_SOFTMAX ? 2 : 0;
        scene s = open_scene(&options);
        bound_weights weights[SLOTS][WF_OPERATOR_COUNT];
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            FOR_EACH_OPERATOR(op)
            {
                const int *kernel = kernels[slot * WF_OPERATOR_COUNT + op];
                wf_filter filter = filter_of(kernel[0], kernel[1], mode);
                filter.dilation = 1 + (int)slot;
                weights[slot][op] = bound_make(&s, &filter, slot % 2 ? WF_FLOAT16 : WF_FLOAT32, 16 * slot);
                bound_bind(&s, slot, op, &weights[slot][op]);
            }
        }
        scene_run(&s, 7);
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            FOR_EACH_OPERATOR(op)
            bound_free(&s, &weights[slot][op]);
        }
        scene_close(&s);
    }
}

/* Frames of all slots are under way at once. */
static void test_frames_in_flight(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_filter filter = filter_of(5, 5, WF_SOFTMAX);
    bound_weights weights[SLOTS][WF_OPERATOR_COUNT];
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        FOR_EACH_OPERATOR(op)
        {
            weights[slot][op] = bound_make(&s, &filter, WF_FLOAT32, 0);
            bound_bind(&s, slot, op, &weights[slot][op]);
        }
    }
    for (int round = 0; round < 3; round++) {
        for (uint32_t slot = 0; slot < SLOTS; slot++)
            scene_render(&s, slot);
        for (uint32_t slot = 0; slot < SLOTS; slot++)
            scene_show(&s, slot);
    }
    scene_finish_all(&s);
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        FOR_EACH_OPERATOR(op)
        bound_free(&s, &weights[slot][op]);
    }
    scene_close(&s);
}

/* Pyramids of one and of more levels, which differ between slots; one of the operators may share the other's. */
static void test_pyramids(void **state)
{
    (void)state;
    static const int levels[SLOTS] = {4, 1, 7};
    for (int shared = 0; shared < 2; shared++) {
        scene_options options = plain_options();
        options.layers = shared;
        scene s = open_scene(&options);
        wf_filter filters[WF_PYRAMID_MAX_LEVELS];
        bound_weights weights[SLOTS][WF_OPERATOR_COUNT];
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            for (wf_operator op = 0; op < (shared ? 1 : WF_OPERATOR_COUNT); op++) {
                for (int level = 0; level < levels[slot]; level++)
                    filters[level] = filter_of(5 - level % 3, 5 - level % 2, slot == 0 ? WF_NORMALIZED : WF_SOFTMAX);
                weights[slot][op] = bound_make_pyramid(&s, filters, levels[slot], op ? WF_FLOAT32 : WF_FLOAT16);
                bound_bind(&s, slot, op, &weights[slot][op]);
            }
        }
        if (shared)
            bound_share(&s, WF_GATHER, WF_SPLAT);
        scene_run(&s, 7);
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            for (wf_operator op = 0; op < (shared ? 1 : WF_OPERATOR_COUNT); op++)
                bound_free(&s, &weights[slot][op]);
        }
        scene_close(&s);
    }
}

static void bind_all(scene *s, wf_operator op, bound_weights weights[SLOTS], const wf_filter *filter)
{
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        weights[slot] = bound_make(s, filter, WF_FLOAT32, 0);
        bound_bind(s, slot, op, &weights[slot]);
    }
}

static void free_all(scene *s, bound_weights weights[SLOTS])
{
    for (uint32_t slot = 0; slot < SLOTS; slot++)
        bound_free(s, &weights[slot]);
}

/* Shared weights: of all slots, those bound later too; each operator may have its own again. */
static void test_shared(void **state)
{
    (void)state;
    for (int separate = 0; separate < 2; separate++) {
        scene_options options = plain_options();
        options.separate = separate;
        scene s = open_scene(&options);
        wf_filter filter = filter_of(5, 4, WF_NORMALIZED), other = filter_of(3, 3, WF_LINEAR);
        bound_weights first[SLOTS], second[SLOTS], third[SLOTS];
        bind_all(&s, WF_GATHER, first, &filter);
        bound_share(&s, WF_GATHER, WF_SPLAT);
        scene_run(&s, 4);
        wf_node_timing timing;
        assert_int_equal(wf_node_timing_of(s.node, 0, &timing), WF_OK);
        assert_int_equal(timing.stages[WF_NODE_GATHER_SPLAT_STAGE].end_ns != 0, !separate);

        scene_finish_all(&s);
        for (uint32_t slot = 0; slot < SLOTS; slot++) {
            second[slot] = bound_make(&s, &other, WF_FLOAT16, 0);
            bound_bind(&s, slot, WF_GATHER, &second[slot]);
        }
        bound_share(&s, WF_GATHER, WF_SPLAT); /* which it has already */
        scene_run(&s, 4);
        free_all(&s, first);

        bind_all(&s, WF_SPLAT, third, &filter);
        scene_run(&s, 4);
        free_all(&s, second);
        free_all(&s, third);
        scene_close(&s);
    }
}

/* Both operators' weights in one buffer of a slot. */
static void test_one_buffer(void **state)
{
    (void)state;
    scene_options options = plain_options();
    options.slots = 1;
    scene s = open_scene(&options);
    wf_filter filter = filter_of(3, 3, WF_SOFTMAX);
    const VkDeviceSize first = (9 * 37 * 23 * sizeof(float) + 15) / 16 * 16;
    bound_weights splat = bound_make(&s, &filter, WF_FLOAT32, first), gather = splat;
    gather.drawn = renderer_create_buffer(&vulkan, splat.given.buffer.size);
    gather.given.level[0].weights = 0;
    bound_bind(&s, 0, WF_GATHER, &gather); /* its copy covers the splat's, which is written after it */
    bound_bind(&s, 0, WF_SPLAT, &splat);
    gather.given.buffer.size = first;
    scene_run(&s, 3);
    bound_free(&s, &splat);
    gather.given.buffer = (wf_node_buffer){0}; /* the same that was destroyed */
    bound_free(&s, &gather);
    scene_close(&s);
}

/* Memory of CUDA's, written by CUDA. */
static void test_cuda_memory(void **state)
{
    (void)state;
    if (backend != WF_CUDA)
        return;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_device *cuda;
    assert_int_equal(wf_create(&(wf_device_options){.backend = WF_CUDA, .log = listening}, &cuda), WF_OK);
    wf_filter filter = filter_of(5, 5, WF_LINEAR);
    bound_weights weights[SLOTS];
    for (uint32_t slot = 0; slot < SLOTS; slot++) {
        weights[slot] = bound_make_cuda(&s, cuda, &filter, slot % 2 ? WF_FLOAT16 : WF_FLOAT32);
        bound_bind(&s, slot, WF_GATHER, &weights[slot]);
    }
    bound_share(&s, WF_GATHER, WF_SPLAT);
    scene_run(&s, 7);
    float on_host[4];
    wf_node_weights wrong = weights[0].given;
    wrong.buffer.data = (void *)((uintptr_t)on_host & ~(uintptr_t)15);
    assert_invalid(wf_node_bind_weights(s.node, 0, WF_GATHER, &wrong), "is not in the memory of cuda device");
    wrong.buffer.data = (char *)weights[0].given.buffer.data + 4;
    assert_invalid(wf_node_bind_weights(s.node, 0, WF_GATHER, &wrong), "it is a multiple of 16");
    scene_run(&s, 3);
    free_all(&s, weights);
    scene_close(&s);
    wf_destroy(cuda);
}

/* A node without Vulkan reads them in host memory. */
static void test_host_memory(void **state)
{
    (void)state;
    enum { WIDTH = 7, HEIGHT = 5, PIXELS = WIDTH * HEIGHT, TAPS = 9 };
    wf_node_options options = {.backend = WF_CPU, .width = WIDTH, .height = HEIGHT, .slots = 1, .log = listening};
    wf_node *node;
    wf_node_sync sync;
    wf_node_image color, gather;
    wf_node_weights weights = {.levels = 1, .level = {{.filter = filter_of(3, 3, WF_LINEAR)}}};
    assert_int_equal(wf_node_create(&options, &node), WF_OK);
    assert_int_equal(wf_node_create_image(node, WF_NODE_COLOR, &color), WF_OK);
    assert_int_equal(wf_node_create_image(node, WF_NODE_GATHER, &gather), WF_OK);
    assert_int_equal(wf_node_bind(node, 0, WF_NODE_COLOR, &color), WF_OK);
    assert_int_equal(wf_node_bind(node, 0, WF_NODE_GATHER, &gather), WF_OK);
    assert_int_equal(wf_node_create_buffer(node, TAPS * PIXELS * sizeof(float), &weights.buffer), WF_OK);
    assert_int_equal(wf_node_bind_weights(node, 0, WF_GATHER, &weights), WF_OK);
    for (int frame = 0; frame < 3; frame++) {
        assert_int_equal(wf_node_begin(node, 0, &sync), WF_OK);
        for (int i = 0; i < PIXELS * 4; i++)
            ((float *)color.texels)[i] = (float)random_uniform(&random_numbers, 0, 1);
        for (int i = 0; i < PIXELS; i++) /* the pixel to the left */
            ((float *)weights.buffer.data)[3 * PIXELS + i] = (float)(frame + 1);
        assert_int_equal(wf_node_release(node, 0, VK_NULL_HANDLE), WF_OK);
        assert_int_equal(wf_node_run(node, 0), WF_OK);
        assert_int_equal(wf_node_acquire(node, 0, VK_NULL_HANDLE), WF_OK);
        for (int i = 0; i < PIXELS * 4; i++) {
            const float left = i % (WIDTH * 4) < 4 ? 0 : ((const float *)color.texels)[i - 4];
            const float expected = i % 4 == 3 ? 1 : left * (float)(frame + 1);
            assert_float_equal(((const float *)gather.texels)[i], expected, 0);
        }
    }
    wf_node_weights wrong = weights;
    wrong.buffer.data = (char *)weights.buffer.data + 4;
    assert_invalid(wf_node_bind_weights(node, 0, WF_GATHER, &wrong), "it is a multiple of 16");
    wrong.buffer = (wf_node_buffer){.size = weights.buffer.size, .buffer = (VkBuffer)(uintptr_t)16};
    assert_fails(wf_node_bind_weights(node, 0, WF_GATHER, &wrong), WF_ERROR_UNSUPPORTED, "a node without Vulkan");
    wf_node_destroy_buffer(node, &weights.buffer);
    assert_null(weights.buffer.data);
    assert_invalid(wf_node_begin(node, 0, &sync), "slot 0 has no weights bound for gather");
    wf_node_destroy_image(node, &color);
    wf_node_destroy_image(node, &gather);
    wf_node_destroy(node);
}

/* On a GPU the node copies nothing; WF_CPU has each image and each buffer copied. */
static void test_in_place(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_filter filter = filter_of(3, 3, WF_LINEAR);
    bound_weights weights[SLOTS];
    bind_all(&s, WF_GATHER, weights, &filter);
    bound_share(&s, WF_GATHER, WF_SPLAT);
    scene_slot *slot = &s.slots[0];
    assert_int_equal(wf_node_begin(s.node, 0, &slot->sync), WF_OK);
    renderer_begin(slot->render);
    renderer_record_upload(slot->render, &slot->texels[WF_NODE_COLOR], slot->images[WF_NODE_COLOR].image, options.width,
                           options.height);
    interpose.copies = 0;
    assert_int_equal(wf_node_release(s.node, 0, slot->render), WF_OK);
    renderer_submit(&vulkan, slot->render, slot->sync.timeline, 0, slot->sync.ready, VK_NULL_HANDLE);
    assert_int_equal(wf_node_run(s.node, 0), WF_OK);
    renderer_begin(slot->show);
    assert_int_equal(wf_node_acquire(s.node, 0, slot->show), WF_OK);
    assert_int_equal(interpose.copies, backend == WF_CPU ? 4 : 0);
    renderer_submit(&vulkan, slot->show, slot->sync.timeline, slot->sync.done, 0, slot->shown);
    renderer_wait(&vulkan, slot->shown);
    free_all(&s, weights);
    scene_close(&s);
}

/* ---- Beside other weights ---------------------------------------------------------------------------------------- */

/* They take the place of others, and the other way round, for one operator. */
static void test_change_of_weights(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_filter filter = filter_of(3, 3, WF_LINEAR), set = filter_of(5, 5, WF_NORMALIZED);
    bound_weights weights[SLOTS];
    wf_node_sync sync;
    FOR_EACH_OPERATOR(op)
    scene_set_weights(&s, op, &set, WF_FLOAT32);
    bind_all(&s, WF_GATHER, weights, &filter);
    scene_run(&s, 4);
    scene_set_weights(&s, WF_GATHER, &set, WF_FLOAT16);
    scene_run(&s, 4);

    bound_bind(&s, 1, WF_GATHER, &weights[1]);
    assert_invalid(wf_node_begin(s.node, 2, &sync), "slot 2 has no weights bound for gather");
    bound_share(&s, WF_GATHER, WF_SPLAT);
    assert_invalid(wf_node_begin(s.node, 0, &sync), "slot 0 has no weights bound for gather");
    bound_bind(&s, 1, WF_GATHER, NULL);
    assert_invalid(wf_node_begin(s.node, 1, &sync), "slot 1 has no weights bound for gather");

    wf_bilateral parameters = broad_bilateral(3, 3);
    scene_set_bilateral(&s, &parameters);
    assert_int_equal(wf_node_bind_weights(s.node, 0, WF_SPLAT, NULL), WF_OK); /* it has none bound */
    s.render = NULL;
    scene_run(&s, 4);
    free_all(&s, weights);
    scene_close(&s);
}

/* A buffer that is destroyed leaves its slot without weights; others go on. */
static void test_destroyed_buffer(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_filter filter = filter_of(3, 3, WF_LINEAR);
    bound_weights weights[SLOTS];
    wf_node_sync sync;
    bind_all(&s, WF_SPLAT, weights, &filter);
    bound_share(&s, WF_SPLAT, WF_GATHER);
    scene_run(&s, 3);
    bound_free(&s, &weights[1]);
    assert_true(weights[1].given.buffer.buffer == VK_NULL_HANDLE);
    assert_invalid(wf_node_begin(s.node, 1, &sync), "slot 1 has no weights bound for splat");
    scene_render(&s, 2);
    scene_show(&s, 2);
    scene_finish_all(&s);
    free_all(&s, weights);
    scene_close(&s);
}

/* ---- Errors ------------------------------------------------------------------------------------------------------ */

static void test_errors(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_filter filter = filter_of(5, 5, WF_LINEAR);
    bound_weights weights[SLOTS];
    bind_all(&s, WF_GATHER, weights, &filter);
    bound_share(&s, WF_GATHER, WF_SPLAT);
    wf_node *node = s.node;
    const wf_node_weights right = weights[0].given;

#define REFUSE(text, ...)                                                                                              \
    do {                                                                                                               \
        wf_node_weights w = right;                                                                                     \
        __VA_ARGS__;                                                                                                   \
        assert_invalid(wf_node_bind_weights(node, 0, WF_GATHER, &w), text);                                            \
        assert_invalid(wf_node_bind_weights(node, 0, WF_SPLAT, &w), text);                                             \
    } while (0)

    assert_int_equal(wf_node_bind_weights(NULL, 0, WF_GATHER, &right), WF_ERROR_INVALID_ARGUMENT);
    assert_invalid(wf_node_bind_weights(node, SLOTS, WF_GATHER, &right), "no slot 3, the node has 3");
    assert_invalid(wf_node_bind_weights(node, 0, WF_OPERATOR_COUNT, &right), "operator is 2");
    REFUSE("0 levels", w.levels = 0);
    REFUSE("levels, they are 1 to", w.levels = WF_PYRAMID_MAX_LEVELS + 1);
    REFUSE("neither a VkBuffer nor an address", w.buffer.buffer = VK_NULL_HANDLE);
    REFUSE("a VkBuffer and an address", w.buffer.data = &w);
    REFUSE("the kernel is 0x5", w.level[0].filter.kernel_height = 0);
    REFUSE("dilation is 0", w.level[0].filter.dilation = 0);
    REFUSE("groups is 0", w.level[0].filter.groups = 0);
    REFUSE("mode is 3", w.level[0].filter.mode = WF_MODE_COUNT);
    REFUSE("the weights are bfloat16", w.dtype = WF_BFLOAT16);
    REFUSE("the weights are float64", w.dtype = WF_FLOAT64);
    REFUSE("level 0's weights begin at byte 8 of their buffer", w.level[0].weights = 8);
    REFUSE("its alpha at byte 4, both are multiples of 16", w.level[0].alpha = 4);
    REFUSE("level 0's weights: 25 float32 planes of 37x23 are 85100 bytes, the buffer has 85099 from byte 0 on",
           w.buffer.size = 85099);
    REFUSE("are 85100 bytes, the buffer has 85084 from byte 16 on", w.level[0].weights = 16);
    REFUSE("the buffer has 0 from byte 1048576 on", w.level[0].weights = 1 << 20);
    REFUSE("75 float32 planes", w.level[0].filter.groups = 3);
    REFUSE("level 0's alpha: 1 float32 planes of 37x23 are 3404 bytes, the buffer has 3388 from byte 81712 on",
           w.levels = 2, w.level[1].filter = filter_of(1, 1, WF_LINEAR), w.level[0].alpha = 81712);
    REFUSE("level 1's weights: 25 float32 planes of 19x12 are 22800 bytes, the buffer has 22796 from byte 62304 on",
           w.levels = 2, w.level[1].filter = filter, w.level[1].weights = 62304);
    REFUSE("the kernel is 5x0", w.levels = 2, w.level[1].filter = filter_of(5, 0, WF_LINEAR));
    REFUSE("dilation is 0", w.levels = 2, w.level[1].filter = filter, w.level[1].filter.dilation = 0);
    if (backend == WF_CUDA) {
        REFUSE("lacks its VkDeviceMemory", w.buffer.memory = VK_NULL_HANDLE);
        REFUSE("too small (100 bytes)", w.buffer.memory_size = 100);
    } else {
        REFUSE("has usage 0x10", w.buffer.usage = VK_BUFFER_USAGE_UNIFORM_BUFFER_BIT);
        wf_node_weights cuda = right;
        cuda.buffer = (wf_node_buffer){.size = right.buffer.size, .data = &cuda};
        assert_fails(wf_node_bind_weights(node, 0, WF_GATHER, &cuda), WF_ERROR_UNSUPPORTED,
                     "the weights have an address, this node");
    }

    wf_node_buffer buffer;
    assert_int_equal(wf_node_create_buffer(NULL, 16, &buffer), WF_ERROR_INVALID_ARGUMENT);
    assert_invalid(wf_node_create_buffer(node, 16, NULL), "buffer is NULL");
    assert_invalid(wf_node_create_buffer(node, 0, &buffer), "at least 1 byte");
    assert_true(buffer.buffer == VK_NULL_HANDLE && buffer.size == 0);
    wf_node_destroy_buffer(NULL, &buffer);
    wf_node_destroy_buffer(node, NULL);
    wf_node_destroy_buffer(node, &buffer);

    scene_run(&s, 4); /* with the weights that it had */
    free_all(&s, weights);
    scene_close(&s);
}

/* Memory that the driver does not export is not bound: CUDA's hand-over says so. */
static void test_no_export(void **state)
{
    (void)state;
    if (backend != WF_CUDA)
        return;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_filter filter = filter_of(3, 3, WF_LINEAR);
    bound_weights weights[SLOTS];
    bind_all(&s, WF_GATHER, weights, &filter);
    bound_share(&s, WF_GATHER, WF_SPLAT);
    interpose.get_memory_fd = VK_ERROR_UNKNOWN;
    const wf_result result = wf_node_bind_weights(s.node, 0, WF_GATHER, &weights[0].given);
    interpose.get_memory_fd = VK_SUCCESS;
    assert_int_equal(result, WF_ERROR_DEVICE);
    assert_non_null(strstr(heard.error, "vkGetMemoryFdKHR"));
    scene_run(&s, 3); /* with what the slot had */
    free_all(&s, weights);
    scene_close(&s);
}

/* Weights change between frames only. */
static void test_order(void **state)
{
    (void)state;
    scene_options options = plain_options();
    scene s = open_scene(&options);
    wf_filter filter = filter_of(3, 3, WF_LINEAR);
    bound_weights weights[SLOTS];
    scene_set_weights(&s, WF_SPLAT, &filter, WF_FLOAT32);
    bind_all(&s, WF_GATHER, weights, &filter);
    scene_unbind(&s, 0, WF_NODE_SPLAT);
    scene_render(&s, 0);
    assert_invalid(wf_node_bind_weights(s.node, 0, WF_GATHER, &weights[1].given),
                   "slot 0 has a frame between begin and acquire, its weights cannot change");
    assert_invalid(wf_node_bind_weights(s.node, 0, WF_GATHER, NULL), "its weights cannot change");
    scene_show(&s, 0);
    scene_finish_all(&s);
    assert_int_equal(wf_node_begin(s.node, 0, &s.slots[0].sync), WF_OK);
    bound_bind(&s, 1, WF_GATHER, &weights[1]); /* another slot's, which had some */
    assert_invalid(wf_node_bind_weights(s.node, 1, WF_SPLAT, &weights[1].given),
                   "slot 0 has a frame between begin and run, weights cannot change");
    renderer_begin(s.slots[0].render);
    assert_int_equal(wf_node_release(s.node, 0, s.slots[0].render), WF_OK);
    renderer_submit(&vulkan, s.slots[0].render, s.slots[0].sync.timeline, 0, s.slots[0].sync.ready, VK_NULL_HANDLE);
    assert_int_equal(wf_node_run(s.node, 0), WF_OK);
    renderer_begin(s.slots[0].show);
    assert_int_equal(wf_node_acquire(s.node, 0, s.slots[0].show), WF_OK);
    renderer_submit(&vulkan, s.slots[0].show, s.slots[0].sync.timeline, s.slots[0].sync.done, 0, s.slots[0].shown);
    renderer_wait(&vulkan, s.slots[0].shown);
    free_all(&s, weights);
    scene_close(&s);
}

int main(int argc, char **argv)
{
    int status = suite_open(argc, argv);
    if (status >= 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_frames),
        TEST(test_pyramids),
        TEST(test_frames_in_flight),
        TEST(test_shared),
        TEST(test_one_buffer),
        TEST(test_in_place),
        TEST(test_host_memory),
        TEST(test_change_of_weights),
        TEST(test_destroyed_buffer),
        TEST(test_cuda_memory),
        TEST(test_errors),
        TEST(test_no_export),
        TEST(test_order),
    };
    return suite_close(cmocka_run_group_tests_name(argv[1], tests, NULL, NULL));
}
