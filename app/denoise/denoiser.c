#include "denoiser.h"

#include <stdio.h>
#include <string.h>

static VkFormat format_of(int layer)
{
    switch (layer_rows[layer].channels) {
    case 1:
        return VK_FORMAT_R32_SFLOAT;
    case 2:
        return VK_FORMAT_R32G32_SFLOAT;
    default:
        return VK_FORMAT_R32G32B32A32_SFLOAT;
    }
}

static void log_node(void *user, wf_log_level level, const char *message)
{
    node_log *log = user;
    size_t length = strlen(log->passed_over);
    if (level == WF_LOG_WARNING && log->chooses) {
        snprintf(log->passed_over + length, sizeof log->passed_over - length, "%s\n", message);
        return;
    }
    if (level == WF_LOG_ERROR)
        snprintf(log->failure, sizeof log->failure, "%s", message);
    else if (level == WF_LOG_WARNING)
        snprintf(log->warning, sizeof log->warning, "%s", message);
    if (level == WF_LOG_WARNING)
        fprintf(stderr, "wfview: warning: %s\n", message);
    if (level == WF_LOG_VALIDATION) {
        fprintf(stderr, "validation: %s\n", message);
        log->validation_messages++;
    }
}

/* The sentence that the node logged becomes the error. */
static bool node_ok(const denoiser *denoiser, wf_result result, error *error)
{
    return result == WF_OK || error_set(error, "%s", denoiser->log->failure);
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static bool fill(denoiser *denoiser, const denoiser_options *options, error *error)
{
    const device *device = denoiser->device;
    *denoiser->log->passed_over = 0;
    wf_node_options node = {
        .instance = device->instance,
        .physical_device = device->physical,
        .device = device->handle,
        .queue_family = device->queue_family,
        .queue = device->queue,
        .pipeline_cache = device->cache,
        .matrices = device->has_matrices,
        .automatic = options->automatic,
        .backend = options->backend,
        .width = options->width,
        .height = options->height,
        .slots = DENOISER_SLOTS,
        .separate = !options->together,
        .alpha = options->alpha,
        .log = {log_node, denoiser->log},
    };
    denoiser->log->chooses = options->automatic;
    bool made = node_ok(denoiser, wf_node_create(&node, &denoiser->node), error);
    denoiser->log->chooses = false;
    if (!made)
        return false;
    for (uint32_t i = 0; i < MAX_FURTHER; i++)
        if (!node_ok(denoiser, wf_node_demodulate(denoiser->node, i, !(options->plain >> i & 1)), error))
            return false;
    if (!device->handle)
        return true;
    if (!timer_create(device, DENOISER_SLOTS, &denoiser->timer, error))
        return false;
    for (int i = 0; i < DENOISER_SLOTS; i++)
        if (!commands_allocate(device, 1, &denoiser->slots[i].commands, error))
            return false;
    return true;
}

bool denoiser_create(const device *device, const denoiser_options *options, node_log *log, denoiser *denoiser,
                     error *error)
{
    *denoiser = (struct denoiser){
        .device = device, .log = log, .width = options->width, .height = options->height, .alpha = options->alpha};
    if (fill(denoiser, options, error))
        return true;
    denoiser_destroy(denoiser);
    return false;
}

static void destroy_image(denoiser *denoiser, denoiser_slot *slot, int layer)
{
    wf_node_image *image = &slot->images[layer];
    if (!image_exists(image))
        return;
    if (layer_rows[layer].role >= 0)
        wf_node_destroy_image(denoiser->node, image);
    else if (layer != FRAME_REFERENCE || !slot->borrows_reference)
        image_destroy(denoiser->device, image);
    *image = (wf_node_image){0};
}

void denoiser_destroy(denoiser *denoiser)
{
    const device *device = denoiser->device;
    if (!device)
        return;
    if (device->handle)
        vkQueueWaitIdle(device->queue);
    for (int i = 0; i < DENOISER_SLOTS; i++) {
        denoiser_slot *slot = &denoiser->slots[i];
        for (int layer = 0; layer < LAYER_COUNT; layer++)
            destroy_image(denoiser, slot, layer);
        if (slot->commands)
            vkFreeCommandBuffers(device->handle, device->commands, 1, &slot->commands);
    }
    timer_destroy(device, &denoiser->timer);
    wf_node_destroy(denoiser->node);
    *denoiser = (struct denoiser){0};
}

/* ---- Weights ----------------------------------------------------------------------------------------------------- */

bool denoiser_set_predictor(denoiser *denoiser, const predictor_options *predictor, const predictor_inputs *inputs,
                            error *error)
{
    const predictor_row *row = &predictor_rows[predictor->row];
    return node_ok(denoiser, row->apply(denoiser->node, predictor, inputs), error);
}

bool denoiser_inspect(denoiser *denoiser, int count, const wf_node_pixel *pixels, error *error)
{
    return node_ok(denoiser, wf_node_inspect(denoiser->node, (uint32_t)count, pixels), error);
}

void denoiser_map(denoiser *denoiser, const layer_set *maps)
{
    denoiser->maps = *maps;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static bool add_image(denoiser *denoiser, uint32_t index, int layer, error *error)
{
    wf_node_image *image = &denoiser->slots[index].images[layer];
    if (layer_rows[layer].role < 0)
        return image_create(denoiser->device, denoiser->width, denoiser->height, format_of(layer),
                            VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT |
                                VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                            image, error);
    wf_node_role role = (wf_node_role)layer_rows[layer].role;
    return node_ok(denoiser, wf_node_create_image(denoiser->node, role, image), error) &&
           node_ok(denoiser, wf_node_bind(denoiser->node, index, role, image), error);
}

/* Gives the slot an image of its own for every layer that the frame has, and for no other. */
static bool fit_images(denoiser *denoiser, uint32_t index, const denoiser_input *input, error *error)
{
    denoiser_slot *slot = &denoiser->slots[index];
    if (slot->borrows_reference || input->reference)
        destroy_image(denoiser, slot, FRAME_REFERENCE);
    slot->borrows_reference = input->reference;
    if (input->reference)
        slot->images[FRAME_REFERENCE] = *input->reference;
    for (int layer = 0; layer < LAYER_COUNT; layer++) {
        bool wanted = input->has[layer_input(layer)] && (!layer_is_map(layer) || denoiser->maps.has[layer]);
        if (!wanted)
            destroy_image(denoiser, slot, layer);
        else if (!image_exists(&slot->images[layer]) && !add_image(denoiser, index, layer, error))
            return false;
    }
    return true;
}

static bool record(denoiser *denoiser, uint32_t index, const denoiser_input *input, profiler *profiler, error *error)
{
    denoiser_slot *slot = &denoiser->slots[index];
    const denoiser_turn turn = {index, slot->images, slot->commands, profiler, denoiser->frames};
    if (!commands_begin(slot->commands, error))
        return false;
    timer_begin(&denoiser->timer, slot->commands, index, input->stage);
    if (!input->record(input->maker, &turn, error))
        return false;
    timer_end(&denoiser->timer, slot->commands, index);
    return node_ok(denoiser, wf_node_release(denoiser->node, index, slot->commands), error) &&
           vk_ok(vkEndCommandBuffer(slot->commands), "vkEndCommandBuffer", error);
}

/* The frame is there at once. */
static bool make_on_host(denoiser *denoiser, uint32_t index, const denoiser_input *input, profiler *profiler,
                         error *error)
{
    const denoiser_turn turn = {index, denoiser->slots[index].images, VK_NULL_HANDLE, profiler, denoiser->frames};
    const profiler_range range = profiler_begin(input->stage);
    const bool made = input->record(input->maker, &turn, error);
    profiler_end(range, made ? profiler : NULL, denoiser->frames);
    return made && node_ok(denoiser, wf_node_release(denoiser->node, index, VK_NULL_HANDLE), error);
}

static bool submit(denoiser *denoiser, uint32_t index, const wf_node_sync *sync, error *error)
{
    VkSubmitInfo submit = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext =
            &(VkTimelineSemaphoreSubmitInfo){
                .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                .signalSemaphoreValueCount = 1,
                .pSignalSemaphoreValues = &sync->ready,
            },
        .commandBufferCount = 1,
        .pCommandBuffers = &denoiser->slots[index].commands,
        .signalSemaphoreCount = 1,
        .pSignalSemaphores = &sync->timeline,
    };
    return vk_ok(vkQueueSubmit(denoiser->device->queue, 1, &submit, VK_NULL_HANDLE), "vkQueueSubmit", error);
}

static void collect_slot(denoiser *denoiser, uint32_t index, profiler *profiler)
{
    wf_node_timing timing;
    uint64_t *untimed = &denoiser->slots[index].untimed;
    if (!*untimed || wf_node_timing_of(denoiser->node, index, &timing) != WF_OK || timing.frame != *untimed)
        return;
    *untimed = 0;
    denoiser->uncertainty_ns = timing.uncertainty_ns;
    int64_t begin, end;
    if (timer_read(&denoiser->timer, denoiser->device, index, &begin, &end))
        profiler_add(profiler, PROFILER_VULKAN, denoiser->slots[index].stage, begin, end, timing.frame);
    wf_node_span whole = {INT64_MAX, 0};
    for (int stage = 0; stage < WF_NODE_STAGE_COUNT; stage++) {
        wf_node_span span = timing.stages[stage];
        if (span.end_ns || stage != WF_NODE_INSPECT) /* which only some want */
            profiler_expect(profiler, PROFILER_NODE, wf_node_stage_name(stage));
        if (!span.end_ns)
            continue;
        profiler_add(profiler, PROFILER_NODE, wf_node_stage_name(stage), span.begin_ns, span.end_ns, timing.frame);
        whole.begin_ns = span.begin_ns < whole.begin_ns ? span.begin_ns : whole.begin_ns;
        whole.end_ns = span.end_ns > whole.end_ns ? span.end_ns : whole.end_ns;
    }
    if (whole.end_ns)
        profiler_add(profiler, PROFILER_NODE, "node", whole.begin_ns, whole.end_ns, timing.frame);
}

uint32_t denoiser_next_slot(const denoiser *denoiser)
{
    return (uint32_t)(denoiser->frames % DENOISER_SLOTS);
}

bool denoiser_run(denoiser *denoiser, const denoiser_input *input, profiler *profiler, wf_node_sync *sync, error *error)
{
    uint32_t slot = denoiser_next_slot(denoiser);
    collect_slot(denoiser, slot, profiler);
    denoiser->slots[slot].untimed = ++denoiser->frames;
    denoiser->slots[slot].stage = input->stage;
    return fit_images(denoiser, slot, input, error) &&
           node_ok(denoiser, wf_node_begin(denoiser->node, slot, sync), error) &&
           (denoiser->device->handle
                ? record(denoiser, slot, input, profiler, error) && submit(denoiser, slot, sync, error)
                : make_on_host(denoiser, slot, input, profiler, error)) &&
           node_ok(denoiser, wf_node_run(denoiser->node, slot), error);
}

bool denoiser_acquire(denoiser *denoiser, uint32_t slot, VkCommandBuffer commands, error *error)
{
    return node_ok(denoiser, wf_node_acquire(denoiser->node, slot, commands), error);
}

void denoiser_collect(denoiser *denoiser, profiler *profiler)
{
    for (uint32_t i = 0; i < DENOISER_SLOTS; i++)
        collect_slot(denoiser, (uint32_t)((denoiser->frames + i) % DENOISER_SLOTS), profiler);
}

int denoiser_in_flight(const denoiser *denoiser)
{
    int count = 0;
    for (int i = 0; i < DENOISER_SLOTS; i++)
        count += denoiser->slots[i].untimed != 0;
    return count;
}
