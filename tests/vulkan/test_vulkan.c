/* What is particular to the Vulkan backend: other programs' devices, pipelines, memory, and its errors. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fixture.h"
#include "wf_vulkan.h"

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
    wf_vulkan_needs needs;
    wf_vulkan_get_needs(VK_NULL_HANDLE, &needs);
    assert_false(needs.complete);
    assert_string_equal(needs.missing, "a VkPhysicalDevice (it is NULL)");
    wf_vulkan_get_needs(VK_NULL_HANDLE, NULL);
}

/* What networks are computed with, as the environment asks for it. */
static void test_matrices(void **state)
{
    fixture *f = *state;
    const char *const before = getenv("WF_VULKAN_MATRICES");
    char kept[32];
    snprintf(kept, sizeof kept, "%s", before ? before : "");
    static const char *const asked[] = {"none", "emulated"}, *const told[] = {"", ", emulated matrices"};
    for (int i = 0; i < 2; i++) {
        wf_device_info info;
        wf_device *device;
        setenv("WF_VULKAN_MATRICES", asked[i], 1);
        assert_int_equal(wf_create(&(wf_device_options){.backend = WF_VULKAN}, &device), WF_OK);
        assert_int_equal(wf_get_info(device, &info), WF_OK);
        const char *matrices = strstr(info.driver, ", emulated");
        assert_string_equal(matrices ? matrices : "", told[i]);
        assert_null(strstr(info.driver, "cooperative"));
        wf_destroy(device);
    }
    setenv("WF_VULKAN_MATRICES", "fast", 1);
    check_open_error(f, 0, WF_ERROR_UNSUPPORTED,
                     "WF_VULKAN_MATRICES is fast, this device has no such products of matrices (none, emulated, nv");
    if (before)
        setenv("WF_VULKAN_MATRICES", kept, 1);
    else
        unsetenv("WF_VULKAN_MATRICES");
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

/* By either variable, whichever of them the environment has. */
static void test_no_driver(void **state)
{
    static const char *const variables[] = {"VK_DRIVER_FILES", "VK_ICD_FILENAMES"};
    enum { COUNT = sizeof variables / sizeof *variables };
    char *before[COUNT];
    for (int i = 0; i < COUNT; i++) {
        before[i] = getenv(variables[i]) ? strdup(getenv(variables[i])) : NULL;
        unsetenv(variables[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        setenv(variables[i], "/nonexistent/driver.json", 1);
        check_open_error(*state, 0, WF_ERROR_NO_DEVICE, "there is no Vulkan driver on this machine");
        unsetenv(variables[i]);
    }
    for (int i = 0; i < COUNT; i++) {
        if (before[i])
            setenv(variables[i], before[i], 1);
        free(before[i]);
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

static void test_prepare_gather_splat(void **state)
{
    fixture *f = *state;
    filter_case c = small_case;
    c.has_bias = 0;
    const wf_filter filter = filter_case_filter(&c);
    problem p = problem_make(&c, &random_numbers);
    device_tensor splat;
    wf_stream stream;
    assert_int_equal(problem_upload(&p, f->device), WF_OK);
    assert_int_equal(device_tensor_upload(f->device, &p.output, &splat), WF_OK);
    assert_int_equal(wf_prepare_gather_splat(f->device, &filter, &p.device_input.view, &p.device_weight.view), WF_OK);
    assert_int_equal(interpose.pipelines, 1);
    assert_int_equal(wf_begin(f->device, &stream), WF_OK);
    assert_int_equal(wf_gather_splat(f->device, stream, &filter, &p.device_input.view, &p.device_weight.view, NULL,
                                     &p.device_output.view, &splat.view),
                     WF_OK);
    assert_int_equal(wf_finish(f->device, stream), WF_OK);
    assert_int_equal(interpose.pipelines, 1);
    assert_int_equal(problem_download(&p, f->device), WF_OK);
    assert_true(problem_error(&p) <= filter_case_limit(&c));
    device_tensor_free(f->device, &splat);
    problem_free_on(&p, f->device);
    problem_free(&p);
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
    assert_true(wf_vulkan_buffer(NULL, first, &unchanged) == VK_NULL_HANDLE);
    assert_true(wf_vulkan_buffer(f->device, first, NULL) == buffer);
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

/* ---- Validation -------------------------------------------------------------------------------------------------- */

/* What the layer has to say reaches the log: the other tests' silence means something. */
static void test_validation_is_forwarded(void **state)
{
    fixture *f = *state;
    if (!getenv("VK_INSTANCE_LAYERS"))
        skip();
    wf_stream stream;
    assert_int_equal(wf_begin(f->device, &stream), WF_OK);
    /* A command buffer that is begun twice is a mistake that Vulkan allows to pass. */
    vkBeginCommandBuffer(stream, &(VkCommandBufferBeginInfo){.sType = VK_STRUCTURE_TYPE_COMMAND_BUFFER_BEGIN_INFO});
    assert_true(f->counts[WF_LOG_VALIDATION] > 0);
    assert_non_null(strstr(f->messages[WF_LOG_VALIDATION], "vkBeginCommandBuffer"));
    f->counts[WF_LOG_VALIDATION] = 0;
}

int main(void)
{
    int status = fixture_open();
    if (status != 0)
        return status;
    const struct CMUnitTest tests[] = {
        TEST(test_foreign_device),  TEST(test_foreign_device_is_the_same),
        TEST(test_null_handles),    TEST(test_missing_features),
        TEST(test_matrices),        TEST(test_old_device),
        TEST(test_no_such_device),  TEST(test_no_driver),
        TEST(test_prepare),         TEST(test_prepare_gather_splat),
        TEST(test_pipeline_cache),  TEST(test_buffers),
        TEST(test_large_copies),    TEST(test_memory_errors),
        TEST(test_driver_failures), TEST(test_validation_is_forwarded),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
