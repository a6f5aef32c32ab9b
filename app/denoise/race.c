#include "race.h"

#include <stdio.h>
#include <string.h>

#include "app/files/weights.h"

#define FRAMES  8 /* of a run */
#define RUNS    6 /* the first warms up */
#define MOST_MS 500

/* ---- In words ---------------------------------------------------------------------------------------------------- */

static void kernel_size(const race *race, int *height, int *width)
{
    const predictor_row *row = &predictor_rows[race->predictor->row];
    *height = race->inputs->gather->kernel_height;
    *width = race->inputs->gather->kernel_width;
    if (row->get_kernel)
        row->get_kernel(race->predictor, height, width);
}

static int count_layers(const denoiser_input *input)
{
    int count = 0;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        count += input->has[layer];
    return count;
}

void race_describe(const race *race, char work[CHOICE_WORK_SIZE])
{
    const predictor_row *row = &predictor_rows[race->predictor->row];
    wf_network_info network = {.name = ""};
    int height, width;
    kernel_size(race, &height, &width);
    if (row->runs_network)
        wf_network_get_info(race->inputs->network, &network);
    snprintf(work, CHOICE_WORK_SIZE,
             "wfview %s, %s, %s, %ux%u, %s %s %.0f flop, %dx%d %s%s%s, %d layers%s, %d matrices", WF_VERSION,
             race->device->name, race->device->driver, race->options->width, race->options->height, row->label,
             network.name, network.flop_per_pixel, height, width, wf_mode_name(race->predictor->mode),
             race->inputs->gather->half ? " half" : "", race->options->together ? " together" : "",
             count_layers(race->input), race->options->alpha ? " and alpha" : "", race->device->has_matrices);
    for (char *c = work; *c; c++)
        if (*c == '\n' || *c == '\r')
            *c = ' ';
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

/* Grey, whatever the layer. */
static bool clear_layers(void *maker, const denoiser_turn *turn, error *error)
{
    static const VkClearColorValue gray = {.float32 = {0.5f, 0.5f, 0.5f, 1}};
    const denoiser_input *input = maker;
    (void)error;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        const VkImage image = turn->images[layer].image;
        if (!input->has[layer])
            continue;
        commands_discard(turn->commands, &image, 1, VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, VK_PIPELINE_STAGE_TRANSFER_BIT,
                         VK_ACCESS_TRANSFER_WRITE_BIT);
        vkCmdClearColorImage(turn->commands, image, VK_IMAGE_LAYOUT_GENERAL, &gray, 1, &image_range);
    }
    return true;
}

/* The renderer's part after the node's, with nothing in it. */
static bool acquire(denoiser *denoiser, uint32_t slot, VkCommandBuffer commands, const wf_node_sync *sync, error *error)
{
    const VkPipelineStageFlags stage = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    const VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext =
            &(VkTimelineSemaphoreSubmitInfo){
                .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                .waitSemaphoreValueCount = 1,
                .pWaitSemaphoreValues = &sync->done,
            },
        .waitSemaphoreCount = 1,
        .pWaitSemaphores = &sync->timeline,
        .pWaitDstStageMask = &stage,
        .commandBufferCount = 1,
        .pCommandBuffers = &commands,
    };
    return commands_begin(commands, error) && denoiser_acquire(denoiser, slot, commands, error) &&
           vk_ok(vkEndCommandBuffer(commands), "vkEndCommandBuffer", error) &&
           vk_ok(vkQueueSubmit(denoiser->device->queue, 1, &info, VK_NULL_HANDLE), "vkQueueSubmit", error);
}

static bool run(denoiser *denoiser, const denoiser_input *input, const VkCommandBuffer commands[FRAMES],
                profiler *profiler, double *ms, error *error)
{
    const int64_t begin = profiler_now();
    for (int i = 0; i < FRAMES; i++) {
        wf_node_sync sync;
        const uint32_t slot = denoiser_next_slot(denoiser);
        if (!denoiser_run(denoiser, input, profiler, &sync, error) ||
            !acquire(denoiser, slot, commands[i], &sync, error))
            return false;
    }
    if (!vk_ok(vkQueueWaitIdle(denoiser->device->queue), "vkQueueWaitIdle", error))
        return false;
    *ms = (double)(profiler_now() - begin) * 1e-6 / FRAMES;
    return true;
}

static double shortest_run(denoiser *denoiser, const denoiser_input *like, error *error)
{
    const device *device = denoiser->device;
    denoiser_input input = *like;
    VkCommandBuffer commands[FRAMES];
    double shortest = 0, all = 0, ms;
    if (!commands_allocate(device, FRAMES, commands, error))
        return 0;
    input.stage = "clear";
    input.record = clear_layers;
    input.maker = &input;
    input.reference = NULL;
    profiler *profiler = profiler_create();
    for (int i = 0; i < RUNS && (i < 2 || all < MOST_MS); i++) {
        if (!run(denoiser, &input, commands, profiler, &ms, error)) {
            shortest = 0;
            break;
        }
        all += ms * FRAMES;
        if (i == 1 || (i > 1 && ms < shortest))
            shortest = ms;
    }
    profiler_destroy(profiler);
    vkQueueWaitIdle(device->queue);
    vkFreeCommandBuffers(device->handle, device->commands, FRAMES, commands);
    return shortest;
}

double race_time(void *user, wf_backend backend)
{
    race *race = user;
    node_log log = {0}; /* why one does not work is said where it is tried for good */
    denoiser_options options = *race->options;
    denoiser denoiser;
    error error = {0};
    double ms = 0;
    options.automatic = false;
    options.backend = backend;
    if (denoiser_create(race->device, &options, &log, &denoiser, &error)) {
        if (denoiser_set_predictor(&denoiser, race->predictor, race->inputs, &error))
            ms = shortest_run(&denoiser, race->input, &error);
        denoiser_destroy(&denoiser);
    }
    race->validation_messages += log.validation_messages;
    return ms;
}
