#include "measure.h"

#include <string.h>

#include "app/view/flip.h"
#include "differences.comp.h"
#include "digits.comp.h"
#include "flip_across.comp.h"
#include "flip_down.comp.h"
#include "metrics/flip.h"
#include "moments.comp.h"
#include "ranks.comp.h"

/* Of the descriptor set, by number; as measured.glsl and flip.glsl have it. */
enum { PICTURE, REFERENCE, WORK, MAP, FILTERS, ACROSS, BINDINGS, ACROSS_COUNT = 4 };

static const VkDescriptorType types[BINDINGS] = {
    [PICTURE] = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
    [REFERENCE] = VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER,
    [WORK] = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
    [MAP] = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
    [FILTERS] = VK_DESCRIPTOR_TYPE_STORAGE_BUFFER,
    [ACROSS] = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
};

static uint32_t count_of(uint32_t binding)
{
    return binding == ACROSS ? ACROSS_COUNT : 1;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static bool create_layouts(measure *measure, error *error)
{
    VkDescriptorSetLayoutBinding bindings[BINDINGS];
    if (!vk_ok(vkCreateSampler(measure->device->handle,
                               &(VkSamplerCreateInfo){.sType = VK_STRUCTURE_TYPE_SAMPLER_CREATE_INFO}, NULL,
                               &measure->sampler),
               "vkCreateSampler", error))
        return false;
    for (uint32_t i = 0; i < BINDINGS; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){.binding = i,
                                                     .descriptorType = types[i],
                                                     .descriptorCount = count_of(i),
                                                     .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT};
    return layouts_create(measure->device, bindings, BINDINGS, VK_SHADER_STAGE_COMPUTE_BIT,
                          sizeof(struct measured_push), &measure->set_layout, &measure->layout, error);
}

static bool create_sets(measure *measure, error *error)
{
    VkDescriptorPoolSize sizes[BINDINGS];
    for (uint32_t i = 0; i < BINDINGS; i++)
        sizes[i] = (VkDescriptorPoolSize){types[i], count_of(i) * MEASURE_FRAMES * MEASURE_MAPS};
    return descriptor_sets_create(measure->device, measure->set_layout, sizes, BINDINGS, MEASURE_FRAMES * MEASURE_MAPS,
                                  &measure->pool, &measure->sets[0][0], error);
}

static bool create_pipelines(measure *measure, error *error)
{
    static const struct {
        const uint32_t *code;
        size_t size;
    } shaders[MEASURE_SHADERS] = {
        [MEASURE_DIFFERENCES] = {differences_comp, sizeof differences_comp},
        [MEASURE_MOMENTS] = {moments_comp, sizeof moments_comp},
        [MEASURE_DIGITS] = {digits_comp, sizeof digits_comp},
        [MEASURE_RANKS] = {ranks_comp, sizeof ranks_comp},
        [MEASURE_FLIP_ACROSS] = {flip_across_comp, sizeof flip_across_comp},
        [MEASURE_FLIP_DOWN] = {flip_down_comp, sizeof flip_down_comp},
    };
    for (int i = 0; i < MEASURE_SHADERS; i++)
        if (!compute_pipeline_create(measure->device, measure->layout, shaders[i].code, shaders[i].size, NULL,
                                     &measure->pipelines[i], error))
            return false;
    return true;
}

static bool create_buffers(measure *measure, error *error)
{
    const device *device = measure->device;
    for (int i = 0; i < MEASURE_FRAMES; i++)
        if (!buffer_create(device, sizeof(struct measured_results), VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                           &measure->frames[i].results, error))
            return false;
    if (!buffer_create(device, sizeof(struct flip_filters),
                       VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT, &measure->filters, error))
        return false;
    flip_make_filters(measure->filters.mapped);
    return buffer_create_on_device(device, sizeof(struct measured_work),
                                   VK_BUFFER_USAGE_STORAGE_BUFFER_BIT | VK_BUFFER_USAGE_TRANSFER_SRC_BIT |
                                       VK_BUFFER_USAGE_TRANSFER_DST_BIT,
                                   &measure->work, error);
}

static wf_node_image *image_of(measure *measure, int index)
{
    return index < ACROSS_COUNT ? &measure->across[index] : &measure->maps[index - ACROSS_COUNT];
}

enum { IMAGES = ACROSS_COUNT + MEASURE_MAPS };

/* A descriptor set has a map always. */
static int images_of(const measure *measure)
{
    return ACROSS_COUNT + (measure->map_count > 0 ? measure->map_count : 1);
}

static bool create_images(measure *measure, error *error)
{
    const device *device = measure->device;
    VkCommandBuffer commands = VK_NULL_HANDLE;
    bool ok = true;
    for (int i = 0; i < images_of(measure) && ok; i++)
        ok = image_create(device, measure->width, measure->height,
                          i < ACROSS_COUNT ? VK_FORMAT_R32G32B32A32_SFLOAT : VK_FORMAT_R32_SFLOAT,
                          VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT, image_of(measure, i), error);
    ok = ok && commands_allocate(device, 1, &commands, error) && commands_begin(commands, error);
    for (int i = 0; i < images_of(measure) && ok; i++)
        commands_discard(commands, &image_of(measure, i)->image, 1, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0);
    ok = ok && commands_finish(device, commands, error);
    if (commands)
        vkFreeCommandBuffers(device->handle, device->commands, 1, &commands);
    return ok;
}

static void destroy_images(measure *measure)
{
    for (int i = 0; i < IMAGES; i++)
        image_destroy(measure->device, image_of(measure, i));
}

static bool open(const device *device, measure *measure, error *error)
{
    *measure = (struct measure){.device = device};
    return create_layouts(measure, error) && create_sets(measure, error) && create_pipelines(measure, error) &&
           create_buffers(measure, error);
}

bool measure_fit(const device *device, uint32_t width, uint32_t height, int map_count, measure *measure, error *error)
{
    bool ok = measure->device || open(device, measure, error);
    if (ok) {
        destroy_images(measure);
        measure->width = width;
        measure->height = height;
        measure->map_count = map_count;
        for (int i = 0; i < MEASURE_FRAMES; i++)
            measure->frames[i].has_results = false;
        ok = create_images(measure, error);
    }
    if (!ok)
        measure_close(measure);
    return ok;
}

void measure_close(measure *measure)
{
    const device *device = measure->device;
    if (!device)
        return;
    destroy_images(measure);
    buffer_destroy(device, &measure->work);
    buffer_destroy(device, &measure->filters);
    for (int i = 0; i < MEASURE_FRAMES; i++)
        buffer_destroy(device, &measure->frames[i].results);
    for (int i = 0; i < MEASURE_SHADERS; i++)
        vkDestroyPipeline(device->handle, measure->pipelines[i], NULL);
    vkDestroyPipelineLayout(device->handle, measure->layout, NULL);
    vkDestroyDescriptorPool(device->handle, measure->pool, NULL);
    vkDestroyDescriptorSetLayout(device->handle, measure->set_layout, NULL);
    vkDestroySampler(device->handle, measure->sampler, NULL);
    *measure = (struct measure){0};
}

/* ---- Recording --------------------------------------------------------------------------------------------------- */

/* Points a set at the pair's images and at the map of that number, where there is one, and binds it. */
static void bind(const measure *measure, uint32_t index, int number, VkCommandBuffer commands,
                 const shown_images *images, measure_pair pair)
{
    const VkDescriptorSet set = measure->sets[index][number];
    const int map = number < measure->map_count ? number : 0;
    const wf_node_image *picture = shown_image(images, pair.layer);
    const wf_node_image *reference = pair.against < 0 ? picture : shown_image(images, pair.against);
    const VkDescriptorImageInfo shown[] = {{measure->sampler, picture->view, VK_IMAGE_LAYOUT_GENERAL},
                                           {measure->sampler, reference->view, VK_IMAGE_LAYOUT_GENERAL}};
    const VkDescriptorImageInfo made = {.imageView = measure->maps[map].view, .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
    VkDescriptorImageInfo across[ACROSS_COUNT];
    for (int i = 0; i < ACROSS_COUNT; i++)
        across[i] =
            (VkDescriptorImageInfo){.imageView = measure->across[i].view, .imageLayout = VK_IMAGE_LAYOUT_GENERAL};
    const VkDescriptorImageInfo *infos[BINDINGS] = {
        [PICTURE] = &shown[0], [REFERENCE] = &shown[1], [MAP] = &made, [ACROSS] = across};
    const VkDescriptorBufferInfo buffers[BINDINGS] = {
        [WORK] = {measure->work.handle, 0, VK_WHOLE_SIZE}, [FILTERS] = {measure->filters.handle, 0, VK_WHOLE_SIZE}};
    VkWriteDescriptorSet writes[BINDINGS];
    for (uint32_t i = 0; i < BINDINGS; i++)
        writes[i] = (VkWriteDescriptorSet){.sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
                                           .dstSet = set,
                                           .dstBinding = i,
                                           .descriptorCount = count_of(i),
                                           .descriptorType = types[i],
                                           .pImageInfo = infos[i],
                                           .pBufferInfo = &buffers[i]};
    vkUpdateDescriptorSets(measure->device->handle, BINDINGS, writes, 0, NULL);
    vkCmdBindDescriptorSets(commands, VK_PIPELINE_BIND_POINT_COMPUTE, measure->layout, 0, 1, &set, 0, NULL);
}

/* What follows sees what was done, and does not overtake it. */
static void separate(VkCommandBuffer commands, VkPipelineStageFlags before, VkPipelineStageFlags after)
{
    commands_order(commands, before, VK_ACCESS_MEMORY_WRITE_BIT, after,
                   VK_ACCESS_MEMORY_READ_BIT | VK_ACCESS_MEMORY_WRITE_BIT);
}

static void then(VkCommandBuffer commands)
{
    separate(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
}

static void dispatch(const measure *measure, VkCommandBuffer commands, int shader, uint32_t x, uint32_t y, uint32_t z)
{
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, measure->pipelines[shader]);
    vkCmdDispatch(commands, x, y, z);
}

static void push(const measure *measure, VkCommandBuffer commands, const measure_request *request, int digit)
{
    const frame_region *region = &request->region;
    const struct measured_push push = {region->x, region->y, region->width, region->height, digit};
    vkCmdPushConstants(commands, measure->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof push, &push);
}

static uint32_t divide_up(uint32_t a, uint32_t b)
{
    return (a + b - 1) / b;
}

static void record_flip(const measure *measure, VkCommandBuffer commands)
{
    const uint32_t width = measure->width, height = measure->height;
    dispatch(measure, commands, MEASURE_FLIP_ACROSS, divide_up(width, FLIP_ACROSS_WIDTH),
             divide_up(height, FLIP_ACROSS_HEIGHT), 2);
    then(commands);
    dispatch(measure, commands, MEASURE_FLIP_DOWN, divide_up(width, FLIP_DOWN_WIDTH),
             divide_up(height, FLIP_DOWN_HEIGHT * FLIP_DOWN_EACH), 1);
    then(commands);
}

static uint32_t groups_for(const frame_region *region)
{
    const uint64_t pixels = (uint64_t)region->width * (uint64_t)region->height, each = MEASURED_THREADS * MEASURED_EACH;
    const uint64_t groups = (pixels + each - 1) / each;
    return groups < MEASURED_GROUPS ? (uint32_t)groups : MEASURED_GROUPS;
}

/* Of the pair that is bound, whose map there is where it compares. */
static void record_figures(const measure *measure, VkCommandBuffer commands, const measure_request *request)
{
    const uint32_t groups = groups_for(&request->region);
    push(measure, commands, request, 0);
    if (request->pair.against >= 0)
        dispatch(measure, commands, MEASURE_DIFFERENCES, groups, 1, 1);
    dispatch(measure, commands, MEASURE_MOMENTS, groups, MEASURED_CHANNELS, 1);
    for (int digit = 0; digit < MEASURED_DIGITS; digit++) {
        push(measure, commands, request, digit);
        dispatch(measure, commands, MEASURE_DIGITS, groups, MEASURED_CHANNELS, 1);
        then(commands);
        dispatch(measure, commands, MEASURE_RANKS, MEASURED_CHANNELS, MEASURED_QUANTILE_COUNT, 1);
        then(commands);
    }
}

void measure_record(measure *measure, uint32_t index, VkCommandBuffer commands, const shown_images *images,
                    const measure_work *work)
{
    measure_frame *frame = &measure->frames[index];
    frame->request = work->request;
    frame->has_results = work->figures;
    separate(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT);
    vkCmdFillBuffer(commands, measure->work.handle, 0, VK_WHOLE_SIZE, 0);
    separate(commands, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
    for (int map = 0; map < work->map_count; map++) {
        bind(measure, index, map, commands, images, work->maps[map]);
        record_flip(measure, commands);
        if (map == 0 && work->figures && work->request.pair.against >= 0)
            record_figures(measure, commands, &work->request);
    }
    if (work->figures && work->request.pair.against < 0) {
        bind(measure, index, MEASURE_MAPS - 1, commands, images, work->request.pair);
        record_figures(measure, commands, &work->request);
    }
    separate(commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
             VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT);
    vkCmdCopyBuffer(commands, measure->work.handle, frame->results.handle, 1,
                    &(VkBufferCopy){.size = sizeof(struct measured_results)});
    commands_show_host(commands);
}

void measure_skip(measure *measure, uint32_t index)
{
    measure->frames[index].has_results = false;
}

bool measure_read(const measure *measure, uint32_t index, measurement *measured, measured_histograms *histograms)
{
    const measure_frame *frame = &measure->frames[index];
    if (!measure->device || !frame->has_results)
        return false;
    const int channels = layer_row_of(frame->request.pair.layer)->channels;
    measured_read(frame->results.mapped, &frame->request, channels, measured, histograms);
    return true;
}
