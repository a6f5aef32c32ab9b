/* What is particular to the Vulkan backend: other programs' devices, pipelines, memory, limits, and its errors. Exits
 * with 77 (skipped) where there is no Vulkan device, or fails then, if the environment has WF_REQUIRE_DEVICES=1. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cases.h"
#include "interpose.h"
#include "node/renderer.h"
#include "wf_vulkan.h"

enum { SKIPPED = 77 };

static random_state random_numbers;

/* The last message of each level, and how many there were. */
typedef struct fixture {
    char messages[WF_LOG_VALIDATION + 1][1024];
    int counts[WF_LOG_VALIDATION + 1];
    wf_device *device; /* with the library's own handles */
} fixture;

static void remember(void *user, wf_log_level level, const char *message)
{
    fixture *f = user;
    snprintf(f->messages[level], sizeof f->messages[level], "%s", message);
    f->counts[level]++;
    if (level == WF_LOG_VALIDATION)
        fprintf(stderr, "validation: %s\n", message);
}

static wf_result open_device(fixture *f, int ordinal, wf_device **device)
{
    return wf_create(&(wf_device_options){.backend = WF_VULKAN, .ordinal = ordinal, .log = {remember, f}}, device);
}

static int set_up(void **state)
{
    fixture *f = calloc(1, sizeof *f);
    *state = f;
    interpose = (interposed){0};
    return !f || open_device(f, 0, &f->device) != WF_OK;
}

static int tear_down(void **state)
{
    fixture *f = *state;
    interpose = (interposed){0};
    wf_destroy(f->device);
    int failed = f->counts[WF_LOG_VALIDATION] != 0;
    free(f);
    return failed;
}

/* The call failed with result, and said why in one sentence that contains text. */
static void check_error(fixture *f, wf_result actual, wf_result expected, const char *text)
{
    assert_int_equal(actual, expected);
    assert_int_equal(f->counts[WF_LOG_ERROR], 1);
    if (!strstr(f->messages[WF_LOG_ERROR], text))
        fail_msg("\"%s\" does not contain \"%s\"", f->messages[WF_LOG_ERROR], text);
    f->counts[WF_LOG_ERROR] = 0;
}

static void check_open_error(fixture *f, int ordinal, wf_result expected, const char *text)
{
    wf_device *device = f->device;
    check_error(f, open_device(f, ordinal, &device), expected, text);
    assert_null(device);
}

static const filter_case small_case = {.c = 3,
                                       .n = 2,
                                       .h = 19,
                                       .w = 70,
                                       .kernel_height = 5,
                                       .kernel_width = 5,
                                       .dilation = 1,
                                       .mode = WF_NORMALIZED,
                                       .has_bias = 1};

/* ---- Devices of other programs ----------------------------------------------------------------------------------- */

static wf_vulkan_options options_of(const renderer *r, fixture *f)
{
    return (wf_vulkan_options){.instance = r->instance,
                               .physical_device = r->physical_device,
                               .device = r->device,
                               .queue_family = r->family,
                               .queue = r->queue,
                               .log = {remember, f}};
}

/* Records into a command buffer of the program's own and submits it there. */
static void test_foreign_device(void **state)
{
    fixture *f = *state;
    renderer r;
    assert_true(renderer_open(&r));
    wf_vulkan_options options = options_of(&r, f);
    wf_device *device;
    assert_int_equal(wf_vulkan_create(&options, &device), WF_OK);
    VkCommandBuffer commands = renderer_create_commands(&r);
    VkFence fence = renderer_create_fence(&r);

    problem p = problem_make(&small_case, &random_numbers);
    assert_int_equal(problem_upload(&p, device), WF_OK);
    renderer_begin(commands);
    assert_int_equal(problem_apply(&p, device, commands), WF_OK);
    renderer_submit(&r, commands, VK_NULL_HANDLE, 0, 0, fence);
    renderer_wait(&r, fence);
    assert_int_equal(problem_download(&p, device), WF_OK);
    assert_true(problem_error(&p) <= filter_case_limit(&small_case));
    problem_free_on(&p, device);
    problem_free(&p);

    vkDestroyFence(r.device, fence, NULL);
    wf_destroy(device);
    renderer_close(&r);
    assert_int_equal(r.messages, 0);
}

static void test_foreign_device_is_the_same(void **state)
{
    fixture *f = *state;
    renderer r;
    assert_true(renderer_open(&r));
    wf_vulkan_options options = options_of(&r, f);
    wf_device *device;
    assert_int_equal(wf_vulkan_create(&options, &device), WF_OK);
    wf_device_info info;
    assert_int_equal(wf_get_info(device, &info), WF_OK);
    VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
    vkGetPhysicalDeviceProperties2(r.physical_device, &properties);
    assert_string_equal(info.name, properties.properties.deviceName);
    assert_memory_equal(info.uuid, id.deviceUUID, sizeof info.uuid);
    wf_destroy(device);
    renderer_close(&r);
}

static void test_null_handles(void **state)
{
    fixture *f = *state;
    renderer r;
    assert_true(renderer_open(&r));
    wf_vulkan_options options = options_of(&r, f);
    wf_device *device = f->device;
    options.queue = VK_NULL_HANDLE;
    check_error(f, wf_vulkan_create(&options, &device), WF_ERROR_INVALID_ARGUMENT, "the VkQueue is NULL");
    assert_null(device);
    options.device = VK_NULL_HANDLE;
    check_error(f, wf_vulkan_create(&options, &device), WF_ERROR_INVALID_ARGUMENT, "the VkDevice is NULL");
    options.physical_device = VK_NULL_HANDLE;
    check_error(f, wf_vulkan_create(&options, &device), WF_ERROR_INVALID_ARGUMENT, "the VkPhysicalDevice is NULL");
    check_error(f, wf_vulkan_create(&options, NULL), WF_ERROR_INVALID_ARGUMENT, "device is NULL");
    assert_int_equal(wf_vulkan_create(NULL, &device), WF_ERROR_INVALID_ARGUMENT);
    renderer_close(&r);
}

/* ---- Needs ------------------------------------------------------------------------------------------------------- */

static void test_missing_features(void **state)
{
    fixture *f = *state;
    renderer r;
    assert_true(renderer_open(&r));
    static const char *const features[] = {"bufferDeviceAddress",      "timelineSemaphore",
                                           "scalarBlockLayout",        "shaderInt64",
                                           "storageBuffer16BitAccess", "shaderStorageImageWriteWithoutFormat"};
    for (size_t i = 0; i < sizeof features / sizeof *features; i++) {
        char text[64];
        snprintf(text, sizeof text, " lacks %s", features[i]);
        interpose.missing_feature = features[i];
        wf_vulkan_needs needs;
        wf_vulkan_get_needs(r.physical_device, &needs);
        assert_false(needs.complete);
        assert_string_equal(needs.missing, features[i]);
        check_open_error(f, 0, WF_ERROR_UNSUPPORTED, text);
        wf_vulkan_options options = options_of(&r, f);
        wf_device *device = f->device;
        check_error(f, wf_vulkan_create(&options, &device), WF_ERROR_UNSUPPORTED, text);
        assert_null(device);
    }
    renderer_close(&r);
}

static void test_old_device(void **state)
{
    interpose.api_version = VK_API_VERSION_1_1;
    check_open_error(*state, 0, WF_ERROR_UNSUPPORTED, " lacks Vulkan 1.2 (it has 1.1)");
}

static void test_no_such_device(void **state)
{
    check_open_error(*state, 99, WF_ERROR_NO_DEVICE, "there is no vulkan device 99, the last one is ");
    interpose.no_devices = 1;
    check_open_error(*state, 0, WF_ERROR_NO_DEVICE, "the Vulkan drivers of this machine find no device");
}

static void test_no_driver(void **state)
{
    static const char *const variables[] = {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"};
    for (size_t i = 0; i < sizeof variables / sizeof *variables; i++) {
        char *before = getenv(variables[i]) ? strdup(getenv(variables[i])) : NULL;
        setenv(variables[i], "/nonexistent/driver.json", 1);
        check_open_error(*state, 0, WF_ERROR_NO_DEVICE, "there is no Vulkan driver on this machine");
        if (before)
            setenv(variables[i], before, 1);
        else
            unsetenv(variables[i]);
        free(before);
    }
}

/* ---- Pipelines --------------------------------------------------------------------------------------------------- */

static wf_result prepare_small_case(wf_device *device, wf_operator op, int kernel_width)
{
    wf_filter filter = filter_case_filter(&small_case);
    filter.kernel_width = kernel_width;
    wf_tensor input = wf_dense(NULL, WF_FLOAT32, 2, 3, 19, 70);
    wf_tensor weight = wf_dense(NULL, WF_FLOAT32, 2, 5 * kernel_width, 19, 70);
    return wf_prepare(device, op, &filter, &input, &weight);
}

/* What was prepared is not compiled again; what differs is. */
static void test_prepare(void **state)
{
    fixture *f = *state;
    assert_int_equal(prepare_small_case(f->device, WF_GATHER, 5), WF_OK);
    assert_int_equal(interpose.pipelines, 1);
    problem p = problem_make(&small_case, &random_numbers);
    assert_int_equal(problem_solve(&p, f->device), WF_OK);
    assert_int_equal(interpose.pipelines, 1);
    assert_true(problem_error(&p) <= filter_case_limit(&small_case));
    problem_free(&p);
    assert_int_equal(prepare_small_case(f->device, WF_SPLAT, 5), WF_OK);
    assert_int_equal(interpose.pipelines, 2);
    assert_int_equal(prepare_small_case(f->device, WF_GATHER, 4), WF_OK);
    assert_int_equal(interpose.pipelines, 3);
    assert_int_equal(prepare_small_case(f->device, WF_GATHER, 5), WF_OK);
    assert_int_equal(interpose.pipelines, 3);

    wf_bilateral parameters = wf_bilateral_default(5, 5);
    assert_int_equal(wf_prepare_bilateral(f->device, &parameters, WF_FLOAT32), WF_OK);
    assert_int_equal(interpose.pipelines, 5);
    assert_int_equal(wf_prepare_bilateral(f->device, &parameters, WF_FLOAT16), WF_OK);
    assert_int_equal(interpose.pipelines, 6);
}

static void test_pipeline_cache(void **state)
{
    fixture *f = *state;
    renderer r;
    assert_true(renderer_open(&r));
    const VkPipelineCacheCreateInfo info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_CACHE_CREATE_INFO};
    VkPipelineCache cache;
    assert_int_equal(vkCreatePipelineCache(r.device, &info, NULL, &cache), VK_SUCCESS);
    wf_vulkan_options options = options_of(&r, f);
    options.pipeline_cache = cache;
    wf_device *device;
    assert_int_equal(wf_vulkan_create(&options, &device), WF_OK);
    assert_int_equal(prepare_small_case(device, WF_GATHER, 5), WF_OK);
    assert_true(interpose.pipeline_cache == cache);
    wf_destroy(device);
    vkDestroyPipelineCache(r.device, cache, NULL);
    renderer_close(&r);
    assert_int_equal(r.messages, 0);
}

/* ---- Memory ------------------------------------------------------------------------------------------------------ */

static void test_buffers(void **state)
{
    fixture *f = *state;
    void *first, *second;
    assert_int_equal(wf_alloc(f->device, 1000, &first), WF_OK);
    assert_int_equal(wf_alloc(f->device, 1000, &second), WF_OK);

    VkDeviceSize start, offset, unchanged = 7;
    VkBuffer buffer = wf_vulkan_buffer(f->device, first, &start);
    assert_true(buffer != VK_NULL_HANDLE);
    assert_true(wf_vulkan_buffer(f->device, (char *)first + 999, &offset) == buffer);
    assert_int_equal(offset, start + 999);
    VkBuffer other = wf_vulkan_buffer(f->device, second, &offset);
    assert_true(other != VK_NULL_HANDLE && other != buffer);

    assert_true(wf_vulkan_buffer(f->device, NULL, &unchanged) == VK_NULL_HANDLE);
    assert_true(wf_vulkan_buffer(f->device, (void *)1, &unchanged) == VK_NULL_HANDLE);
    wf_free(f->device, first);
    assert_true(wf_vulkan_buffer(f->device, first, &unchanged) == VK_NULL_HANDLE);
    assert_true(wf_vulkan_buffer(f->device, second, &offset) == other);
    wf_device *cpu;
    assert_int_equal(wf_create(&(wf_device_options){.backend = WF_CPU}, &cpu), WF_OK);
    assert_true(wf_vulkan_buffer(cpu, second, &unchanged) == VK_NULL_HANDLE);
    assert_int_equal(unchanged, 7);
    wf_destroy(cpu);
    wf_free(f->device, second);
}

/* Larger than any staging buffer, at odd offsets, and nothing beside it. */
static void test_large_copies(void **state)
{
    fixture *f = *state;
    const size_t size = (40u << 20) + 13, offset = 3;
    unsigned char *sent = malloc(size), *received = malloc(size + 2 * offset);
    assert_true(sent && received);
    for (size_t i = 0; i < size; i++)
        sent[i] = (unsigned char)(i * 2654435761u >> 24);
    memset(received, 0xa5, size + 2 * offset);
    void *memory;
    assert_int_equal(wf_alloc(f->device, size + 2 * offset, &memory), WF_OK);
    assert_int_equal(wf_upload(f->device, memory, received, size + 2 * offset), WF_OK);
    assert_int_equal(wf_upload(f->device, (char *)memory + offset, sent, size), WF_OK);
    memset(received, 0, size + 2 * offset);
    assert_int_equal(wf_download(f->device, received, memory, size + 2 * offset), WF_OK);
    assert_memory_equal(received + offset, sent, size);
    for (size_t i = 0; i < offset; i++) {
        assert_int_equal(received[i], 0xa5);
        assert_int_equal(received[offset + size + i], 0xa5);
    }
    assert_int_equal(wf_download(f->device, received, (char *)memory + size - 1, 1 + offset), WF_OK);
    assert_memory_equal(received, sent + size - 1 - offset, 1 + offset);
    wf_free(f->device, memory);
    free(sent);
    free(received);
}

static void test_memory_errors(void **state)
{
    fixture *f = *state;
    void *memory;
    check_error(f, wf_alloc(f->device, (size_t)1 << 60, &memory), WF_ERROR_OUT_OF_MEMORY,
                "no device memory for 1152921504606846976 bytes");
    interpose.allocate_memory = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    check_error(f, wf_alloc(f->device, 1000, &memory), WF_ERROR_OUT_OF_MEMORY, "no device memory for ");
    interpose.allocate_memory = VK_SUCCESS;

    unsigned char bytes[2000] = {0};
    assert_int_equal(wf_alloc(f->device, 1000, &memory), WF_OK);
    check_error(f, wf_upload(f->device, bytes, bytes, 1), WF_ERROR_INVALID_ARGUMENT, "is not in memory from wf_alloc");
    check_error(f, wf_download(f->device, bytes, bytes, 1), WF_ERROR_INVALID_ARGUMENT,
                "is not in memory from wf_alloc");
    check_error(f, wf_upload(f->device, memory, bytes, 2000), WF_ERROR_INVALID_ARGUMENT, "a copy of 2000 bytes ");
    check_error(f, wf_download(f->device, bytes, memory, 2000), WF_ERROR_INVALID_ARGUMENT, "a copy of 2000 bytes ");
    wf_free(f->device, memory);
}

/* ---- Driver failures --------------------------------------------------------------------------------------------- */

static void test_driver_failures(void **state)
{
    fixture *f = *state;
    interpose.allocate_memory = VK_ERROR_OUT_OF_DEVICE_MEMORY;
    check_open_error(f, 0, WF_ERROR_OUT_OF_MEMORY, "no device memory for ");
    interpose = (interposed){.create_pipelines = VK_ERROR_OUT_OF_HOST_MEMORY};
    check_error(f, prepare_small_case(f->device, WF_GATHER, 5), WF_ERROR_OUT_OF_MEMORY,
                "vkCreateComputePipelines failed: out of host memory");
    interpose = (interposed){.create_pipelines = VK_ERROR_UNKNOWN};
    check_error(f, prepare_small_case(f->device, WF_GATHER, 5), WF_ERROR_DEVICE,
                "vkCreateComputePipelines failed with VkResult -13");
    interpose = (interposed){0};
    assert_int_equal(prepare_small_case(f->device, WF_GATHER, 5), WF_OK);

    wf_stream stream;
    assert_int_equal(wf_begin(f->device, &stream), WF_OK);
    interpose.queue_submit = VK_ERROR_DEVICE_LOST;
    check_error(f, wf_finish(f->device, stream), WF_ERROR_DEVICE, "vkQueueSubmit failed: the device is lost");
}

/* ---- Limits ------------------------------------------------------------------------------------------------------ */

static void check_case(wf_device *device, const filter_case *c)
{
    problem p = problem_make(c, &random_numbers);
    assert_int_equal(problem_solve(&p, device), WF_OK);
    double error = problem_error(&p);
    if (!(error <= filter_case_limit(c))) {
        char text[256];
        fail_msg("%s: relative error %g", filter_case_describe(c, text), error);
    }
    problem_free(&p);
}

static void download_bilateral(wf_device *device, const float *color, int h, int w, float *weights)
{
    wf_bilateral parameters = wf_bilateral_default(3, 3);
    static const int channels[3] = {3, WF_BILATERAL_SCRATCH_CHANNELS, 9}; /* of color, scratch and weight */
    void *memory[3];
    wf_tensor tensors[3];
    size_t plane = (size_t)h * (size_t)w * sizeof *color;
    for (int i = 0; i < 3; i++) {
        assert_int_equal(wf_alloc(device, (size_t)channels[i] * plane, &memory[i]), WF_OK);
        tensors[i] = wf_dense(memory[i], WF_FLOAT32, 1, channels[i], h, w);
    }
    assert_int_equal(wf_upload(device, memory[0], color, 3 * plane), WF_OK);
    wf_stream stream;
    assert_int_equal(wf_begin(device, &stream), WF_OK);
    assert_int_equal(
        wf_predict_bilateral(device, stream, &parameters, &tensors[0], NULL, NULL, NULL, &tensors[1], &tensors[2]),
        WF_OK);
    assert_int_equal(wf_finish(device, stream), WF_OK);
    assert_int_equal(wf_download(device, weights, memory[2], 9 * plane), WF_OK);
    for (int i = 0; i < 3; i++)
        wf_free(device, memory[i]);
}

/* On a device that takes 3x2 workgroups a dispatch, many are recorded, in both directions. */
static void test_split_grids(void **state)
{
    enum { H = 83, W = 453 };
    fixture *f = *state;
    wf_device *limited;
    interpose.group_limits[0] = 3;
    interpose.group_limits[1] = 2;
    assert_int_equal(open_device(f, 0, &limited), WF_OK);
    for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
        filter_case c = small_case;
        c.op = op, c.h = H, c.w = W, c.kernel_height = 3;
        interpose.dispatches = 0;
        check_case(limited, &c);
        assert_int_equal(interpose.dispatches, 2 * 3 * 11); /* images, 8 groups wide, 21 high */
        c.c = 11, c.dilation = 2;
        check_case(limited, &c);
    }

    float *color = malloc(3 * H * W * sizeof *color);
    float *expected = malloc(9 * H * W * sizeof *expected), *actual = malloc(9 * H * W * sizeof *actual);
    for (int i = 0; i < 3 * H * W; i++)
        color[i] = (float)random_uniform(&random_numbers, 0, 3);
    download_bilateral(f->device, color, H, W, expected);
    download_bilateral(limited, color, H, W, actual);
    assert_memory_equal(actual, expected, 9 * H * W * sizeof *actual);
    free(color);
    free(expected);
    free(actual);
    wf_destroy(limited);
}

/* More than 65535 workgroups, the most that every device takes in a direction. */
static void test_long_images(void **state)
{
    fixture *f = *state;
    for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
        filter_case c = small_case;
        c.op = op, c.n = 1, c.c = 1, c.kernel_height = 1, c.kernel_width = 2;
        c.h = 1, c.w = 65540 * 64;
        check_case(f->device, &c);
        c.kernel_height = 2, c.kernel_width = 1;
        c.h = 65540 * 16, c.w = 1;
        check_case(f->device, &c);
    }
}

/* The planes of two taps in allocations that lie more than 4 GiB apart: 2^31 float16 elements. But for a row each, their
 * memory stays untouched. */
static void test_far_planes(void **state)
{
    enum { MAX_BLOCKS = 8, WIDTH = 3 };
    fixture *f = *state;
    const size_t block_size = (size_t)1 << 30;
    char *blocks[MAX_BLOCKS], *low = NULL, *high = NULL;
    int count = 0;
    while (high - low <= (ptrdiff_t)1 << 32) {
        if (count == MAX_BLOCKS || wf_alloc(f->device, block_size, (void **)&blocks[count]) != WF_OK)
            fail_msg("no two of %d GiB lie 4 GiB apart", count);
        low = count == 0 || blocks[count] < low ? blocks[count] : low;
        high = count == 0 || blocks[count] > high ? blocks[count] : high;
        count++;
    }

    uint16_t weights[2][WIDTH];
    for (int i = 0; i < 2 * WIDTH; i++)
        weights[i / WIDTH][i % WIDTH] = half_from_double(((double[]){9, 1, 2, 3, 4, 5})[i]);
    const float input[WIDTH] = {1, 10, 100};
    float output[WIDTH];
    char *images;
    assert_int_equal(wf_alloc(f->device, 2 * sizeof input, (void **)&images), WF_OK);
    assert_int_equal(wf_upload(f->device, images, input, sizeof input), WF_OK);
    for (int flipped = 0; flipped < 2; flipped++) {
        char *planes[2] = {flipped ? high : low, flipped ? low : high};
        for (int t = 0; t < 2; t++)
            assert_int_equal(wf_upload(f->device, planes[t], weights[t], sizeof weights[t]), WF_OK);
        wf_filter filter = {.kernel_height = 1, .kernel_width = 2, .dilation = 1, .groups = 1};
        wf_tensor in = wf_dense(images, WF_FLOAT32, 1, 1, 1, WIDTH);
        wf_tensor out = wf_dense(images + sizeof input, WF_FLOAT32, 1, 1, 1, WIDTH);
        wf_tensor weight = wf_dense(planes[0], WF_FLOAT16, 1, 2, 1, WIDTH);
        weight.stride[1] = (planes[1] - planes[0]) / (ptrdiff_t)sizeof **weights;
        wf_stream stream;
        assert_int_equal(wf_begin(f->device, &stream), WF_OK);
        assert_int_equal(wf_gather(f->device, stream, &filter, &in, &weight, NULL, &out, NULL), WF_OK);
        assert_int_equal(wf_finish(f->device, stream), WF_OK);
        assert_int_equal(wf_download(f->device, output, out.data, sizeof output), WF_OK);
        assert_memory_equal(output, ((float[]){3, 1 + 40, 20 + 500}), sizeof output);
    }
    wf_free(f->device, images);
    while (count)
        wf_free(f->device, blocks[--count]);
}

/* Strides in H and W that do not fit into 32 bits. */
static void test_long_strides(void **state)
{
    fixture *f = *state;
    void *memory;
    assert_int_equal(wf_alloc(f->device, 1000, &memory), WF_OK);
    const wf_filter filter = {.kernel_height = 1, .kernel_width = 1, .dilation = 1, .groups = 1};
    for (int axis = 2; axis < 4; axis++) {
        wf_tensor input = wf_dense(memory, WF_FLOAT32, 1, 1, 2, 2);
        wf_tensor weight = wf_dense((char *)memory + 100, WF_FLOAT32, 1, 1, 2, 2);
        wf_tensor output = wf_dense((char *)memory + 200, WF_FLOAT32, 1, 1, 2, 2);
        wf_stream stream;
        assert_int_equal(wf_begin(f->device, &stream), WF_OK);
        weight.stride[axis] = (int64_t)1 << 31;
        const char *text = axis == 2 ? "weight has stride 2147483648 in H, the vulkan backend takes"
                                     : "weight has stride 2147483648 in W, the vulkan backend takes";
        check_error(f, wf_gather(f->device, stream, &filter, &input, &weight, NULL, &output, NULL),
                    WF_ERROR_UNSUPPORTED, text);
        check_error(f,
                    wf_backward(f->device, stream, WF_GATHER, &filter,
                                &(wf_gradients){
                                    .input = &input, .weight = &weight, .grad_output = &input, .grad_input = &output}),
                    WF_ERROR_UNSUPPORTED, text);
        assert_int_equal(wf_finish(f->device, stream), WF_OK);
    }
    wf_free(f->device, memory);
}

/* ---- Validation -------------------------------------------------------------------------------------------------- */

/* What the layer has to say reaches the log: the other tests' silence means something. */
static void test_validation_is_forwarded(void **state)
{
    fixture *f = *state;
    if (!getenv("VK_INSTANCE_LAYERS"))
        skip();
    wf_stream stream;
    assert_int_equal(wf_begin(f->device, &stream), WF_OK);
    wf_begin(f->device, &stream); /* a second one is a mistake that Vulkan allows to pass */
    assert_true(f->counts[WF_LOG_VALIDATION] > 0);
    assert_non_null(strstr(f->messages[WF_LOG_VALIDATION], "vkBeginCommandBuffer"));
    f->counts[WF_LOG_VALIDATION] = 0;
}

static int has_device(void)
{
    wf_device *device;
    wf_result result = wf_create(&(wf_device_options){.backend = WF_VULKAN}, &device);
    wf_destroy(device);
    return result != WF_ERROR_NO_DEVICE;
}

int main(void)
{
    const char *required = getenv("WF_REQUIRE_DEVICES");
    if (!has_device() && !(required && !strcmp(required, "1"))) {
        printf("skipped: no vulkan device\n");
        return SKIPPED;
    }
    random_numbers = random_start();

#define TEST(function) cmocka_unit_test_setup_teardown(function, set_up, tear_down)
    const struct CMUnitTest tests[] = {TEST(test_foreign_device),  TEST(test_foreign_device_is_the_same),
                                       TEST(test_null_handles),    TEST(test_missing_features),
                                       TEST(test_old_device),      TEST(test_no_such_device),
                                       TEST(test_no_driver),       TEST(test_prepare),
                                       TEST(test_pipeline_cache),  TEST(test_buffers),
                                       TEST(test_large_copies),    TEST(test_memory_errors),
                                       TEST(test_driver_failures), TEST(test_split_grids),
                                       TEST(test_long_images),     TEST(test_far_planes),
                                       TEST(test_long_strides),    TEST(test_validation_is_forwarded)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
