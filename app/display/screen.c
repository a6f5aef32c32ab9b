#include "screen.h"

#include <math.h>
#include <string.h>

static const char display_stage[] = "display", measure_stage[] = "measure", present_stage[] = "present";

/* ---- Life -------------------------------------------------------------------------------------------------------- */

static bool create_frame(const device *device, screen_frame *frame, error *error)
{
    return commands_allocate(device, 1, &frame->commands, error) &&
           vk_ok(vkCreateSemaphore(device->handle,
                                   &(VkSemaphoreCreateInfo){.sType = VK_STRUCTURE_TYPE_SEMAPHORE_CREATE_INFO}, NULL,
                                   &frame->acquired),
                 "vkCreateSemaphore", error);
}

static bool fill(screen *screen, uint32_t width, uint32_t height, error *error)
{
    const device *device = screen->device;
    for (int i = 0; i < SCREEN_FRAMES; i++)
        if (!create_frame(device, &screen->frames[i], error))
            return false;
    VkRenderPass *render_pass = &screen->target.render_pass;
    return timeline_create(device, &screen->timeline, error) &&
           timer_create(device, 2 * SCREEN_FRAMES, &screen->timer, error) &&
           target_create(device, width, height, &screen->target, error) &&
           panes_create(device, &screen->panes, error) &&
           ui_create(device, *render_pass, SCREEN_FRAMES, screen->window ? screen->window->handle : NULL, error) &&
           ui_resize(width, height, screen_scale(screen), error) &&
           (!screen->window || window_create_swapchain(screen->window, error));
}

float screen_scale(const screen *screen)
{
    if (screen->scale > 0)
        return screen->scale;
    return screen->window ? window_scale(screen->window) : 0;
}

bool screen_create(const device *device, window *window, uint32_t width, uint32_t height, float scale, screen *screen,
                   error *error)
{
    *screen = (struct screen){.device = device, .window = window, .scale = scale};
    if (fill(screen, width, height, error)) {
        panes_set_target(&screen->panes, &screen->target);
        screen->fitted_scale = screen_scale(screen);
        return true;
    }
    screen_destroy(screen);
    return false;
}

void screen_destroy(screen *screen)
{
    const device *device = screen->device;
    if (!device)
        return;
    vkDeviceWaitIdle(device->handle);
    ui_destroy();
    panes_destroy(&screen->panes);
    measure_close(&screen->measure);
    target_destroy(&screen->target);
    timer_destroy(device, &screen->timer);
    vkDestroySemaphore(device->handle, screen->timeline, NULL);
    for (int i = 0; i < SCREEN_FRAMES; i++) {
        readback_destroy(device, &screen->frames[i].probed);
        readback_destroy(device, &screen->frames[i].printed);
        vkDestroySemaphore(device->handle, screen->frames[i].acquired, NULL);
        if (screen->frames[i].commands)
            vkFreeCommandBuffers(device->handle, device->commands, 1, &screen->frames[i].commands);
    }
    *screen = (struct screen){0};
}

bool screen_wait(screen *screen, uint64_t picture, error *error)
{
    return picture == 0 || timeline_wait(screen->device, screen->timeline, picture, error);
}

bool screen_fit(screen *screen, error *error)
{
    uint32_t width, height;
    if (!screen->window)
        return true;
    window_size(screen->window, &width, &height);
    const float scale = screen_scale(screen);
    bool fits = width == screen->target.width && height == screen->target.height && scale == screen->fitted_scale;
    if (fits || width == 0 || height == 0)
        return true;
    if (!screen_wait(screen, screen->drawn, error) || !target_resize(&screen->target, width, height, error))
        return false;
    panes_set_target(&screen->panes, &screen->target);
    screen->fitted_scale = scale;
    return ui_resize(width, height, scale, error);
}

bool screen_fit_measure(screen *screen, uint32_t width, uint32_t height, int map_count, error *error)
{
    measure *measure = &screen->measure;
    if (measure->width == width && measure->height == height && measure->map_count == map_count)
        return true;
    if (!screen_wait(screen, screen->drawn, error))
        return false;
    if (width == 0) {
        measure_close(measure);
        return true;
    }
    if (!measure_fit(screen->device, width, height, map_count, measure, error))
        return false;
    panes_bind_maps(&screen->panes, measure->maps, map_count);
    return true;
}

/* ---- Recording --------------------------------------------------------------------------------------------------- */

static shown_images find_images(const screen_picture *picture)
{
    shown_images images = {{0}};
    for (int i = 0; i < SEQUENCES; i++) {
        const screen_sequence *sequence = &picture->sequences[i];
        images.of[i] = sequence->denoiser ? sequence->denoiser->slots[sequence->slot].images : NULL;
    }
    return images;
}

static void draw(const screen *screen, const screen_picture *picture, VkCommandBuffer commands, const pane *pane,
                 int map, rectangle rectangle, struct pane_push push)
{
    uint32_t slots[SEQUENCES];
    for (int i = 0; i < SEQUENCES; i++)
        slots[i] = picture->sequences[i].slot;
    panes_draw(&screen->panes, commands, slots, pane, map, rectangle, push);
}

/* That of the pane's layers, among those that are made. */
static int map_of(const screen_picture *picture, const pane *pane)
{
    const measure_pair pair = {pane->layer, pane->against};
    int map = 0;
    while (picture->measure && map < picture->measure->map_count &&
           !measure_same_pair(picture->measure->maps[map], pair))
        map++;
    return map;
}

static int pane_mode(const pane *pane)
{
    if (!pane_is_compared(pane))
        return layer_row_of(pane->layer)->shown;
    return pane->measure == MEASURE_SIGNED ? PANE_SIGNED : PANE_ERROR;
}

static void draw_pane(const screen *screen, const screen_picture *picture, VkCommandBuffer commands, int index)
{
    const pane *pane = &picture->view->panes[index];
    const rectangle rectangle = picture->layout->pictures[index];
    tone_settings tone = picture->view->tone;
    tone.exposure += pane->exposure;
    double x, y;
    view_origin(picture->view, picture->context, rectangle, &x, &y);
    struct pane_push push = {
        .origin_x = (float)x,
        .origin_y = (float)y,
        .zoom = (float)view_zoom(picture->view, picture->context),
        .width = (float)picture->context->image_width,
        .height = (float)picture->context->image_height,
        .near_inverse = picture->near_inverse,
        .far_inverse = picture->far_inverse,
        .mode = pane_mode(pane),
        .measure = pane_is_compared(pane) && !pane_shows_flip(pane) ? pane->measure : PANE_ALONE,
        .channels = pane_shows_flip(pane)                     ? 1
                    : layer_row_of(pane->layer)->channels < 3 ? layer_row_of(pane->layer)->channels
                                                              : 3,
        .scale = 1 / view_ramp_end(picture->view, picture->context, pane),
        .tone = tone_for_shader(&tone),
    };
    draw(screen, picture, commands, pane, map_of(picture, pane), picture->layout->shown[index], push);
}

static void draw_ramp(const screen *screen, const screen_picture *picture, VkCommandBuffer commands, int index)
{
    const rectangle ramp = picture->layout->ramps[index];
    struct pane_push push = {
        .origin_x = ramp.x,
        .origin_y = ramp.y,
        .zoom = 1,
        .width = ramp.width,
        .height = ramp.height,
        .mode = pane_mode(&picture->view->panes[index]) == PANE_SIGNED ? PANE_SIGNED_RAMP : PANE_RAMP,
    };
    const pane pane = pane_of(FRAME_COLOR);
    draw(screen, picture, commands, &pane, 0, ramp, push);
}

/* Maps come with the frame after the one that they were asked for in. */
static bool pane_is_there(const screen_picture *picture, const pane *pane)
{
    const shown_images images = find_images(picture);
    return pane_has_layers(pane, picture->context->has) && shown_image(&images, pane->layer)->view &&
           (!pane_is_compared(pane) || shown_image(&images, pane->against)->view);
}

static void record_view(const screen *screen, const screen_picture *picture, VkCommandBuffer commands)
{
    target_begin(&screen->target, commands);
    panes_begin(&screen->panes, commands);
    for (int i = 0; i < VIEW_PANES; i++) {
        if (picture->layout->pictures[i].width > 0 && pane_is_there(picture, &picture->view->panes[i]))
            draw_pane(screen, picture, commands, i);
        if (picture->layout->ramps[i].width > 0)
            draw_ramp(screen, picture, commands, i);
    }
    target_begin_overlay(&screen->target, commands);
    ui_draw(commands);
    target_end(commands);
}

/* The texel under the mouse. */
static texel_area probed_area(const screen_picture *picture)
{
    const int column = picture->layout->column, row = picture->layout->row;
    const view_context *context = picture->context;
    if (context->hovered < 0 || column < 0 || row < 0 || column >= context->image_width || row >= context->image_height)
        return (texel_area){0};
    return (texel_area){column, row, 1, 1};
}

/* What the view has in numbers, of the layers that it shows. */
static bool record_values(const screen *screen, screen_frame *frame, const screen_picture *picture, error *error)
{
    const device *device = screen->device;
    const shown_images images = find_images(picture);
    layer_set layers = {0};
    for (int i = 0; i < picture->view->pane_count; i++) {
        const pane *pane = &picture->view->panes[i];
        if (picture->layout->shown[i].width > 0)
            pane_add_layers(pane, &layers);
    }
    return readback_record(device, frame->commands, &images, &layers, probed_area(picture), &frame->probed, error) &&
           readback_record(device, frame->commands, &images, &layers, picture->layout->printed, &frame->printed, error);
}

static void record_measure(screen *screen, uint32_t index, const screen_picture *picture)
{
    screen_frame *frame = &screen->frames[index];
    frame->measures = picture->measure;
    if (!picture->measure) {
        measure_skip(&screen->measure, index);
        return;
    }
    const shown_images images = find_images(picture);
    timer_begin(&screen->timer, frame->commands, SCREEN_FRAMES + index, measure_stage);
    measure_record(&screen->measure, index, frame->commands, &images, picture->measure);
    timer_end(&screen->timer, frame->commands, SCREEN_FRAMES + index);
}

static bool record_display(screen *screen, uint32_t index, const screen_picture *picture, bool to_window, error *error)
{
    screen_frame *frame = &screen->frames[index];
    timer_begin(&screen->timer, frame->commands, index, display_stage);
    record_view(screen, picture, frame->commands);
    if (!record_values(screen, frame, picture, error))
        return false;
    if (to_window)
        window_record_copy(screen->window, &screen->target, frame->commands);
    timer_end(&screen->timer, frame->commands, index);
    return true;
}

static bool record(screen *screen, uint32_t index, const screen_picture *picture, bool to_window, error *error)
{
    screen_frame *frame = &screen->frames[index];
    if (!commands_begin(frame->commands, error))
        return false;
    for (int i = 0; i < SEQUENCES; i++) {
        const screen_sequence *sequence = &picture->sequences[i];
        if (sequence->sync && !denoiser_acquire(sequence->denoiser, sequence->slot, frame->commands, error))
            return false;
    }
    record_measure(screen, index, picture);
    if (picture->layout && !record_display(screen, index, picture, to_window, error))
        return false;
    return vk_ok(vkEndCommandBuffer(frame->commands), "vkEndCommandBuffer", error);
}

/* ---- Submission -------------------------------------------------------------------------------------------------- */

static bool submit(screen *screen, const screen_frame *frame, const screen_picture *picture, bool to_window,
                   error *error)
{
    VkSemaphore waits[SEQUENCES + 1], signals[2] = {screen->timeline};
    uint64_t wait_values[SEQUENCES + 1] = {0}, signal_values[2] = {screen->drawn + 1};
    VkPipelineStageFlags stages[SEQUENCES + 1];
    uint32_t wait_count = 0, signal_count = 1;
    for (int i = 0; i < SEQUENCES; i++) {
        const wf_node_sync *sync = picture->sequences[i].sync;
        if (!sync)
            continue;
        waits[wait_count] = sync->timeline;
        wait_values[wait_count++] = sync->done;
    }
    if (to_window) {
        waits[wait_count++] = frame->acquired;
        signals[signal_count++] = window_drawn(screen->window);
    }
    for (uint32_t i = 0; i < wait_count; i++)
        stages[i] = VK_PIPELINE_STAGE_ALL_COMMANDS_BIT;
    VkSubmitInfo info = {
        .sType = VK_STRUCTURE_TYPE_SUBMIT_INFO,
        .pNext =
            &(VkTimelineSemaphoreSubmitInfo){
                .sType = VK_STRUCTURE_TYPE_TIMELINE_SEMAPHORE_SUBMIT_INFO,
                .waitSemaphoreValueCount = wait_count,
                .pWaitSemaphoreValues = wait_values,
                .signalSemaphoreValueCount = signal_count,
                .pSignalSemaphoreValues = signal_values,
            },
        .waitSemaphoreCount = wait_count,
        .pWaitSemaphores = waits,
        .pWaitDstStageMask = stages,
        .commandBufferCount = 1,
        .pCommandBuffers = &frame->commands,
        .signalSemaphoreCount = signal_count,
        .pSignalSemaphores = signals,
    };
    if (!vk_ok(vkQueueSubmit(screen->device->queue, 1, &info, VK_NULL_HANDLE), "vkQueueSubmit", error))
        return false;
    screen->drawn++;
    return true;
}

static void collect(screen *screen, uint32_t index, profiler *profiler)
{
    int64_t begin, end;
    screen_frame *frame = &screen->frames[index];
    if (frame->untimed && timer_read(&screen->timer, screen->device, index, &begin, &end))
        profiler_add(profiler, PROFILER_VULKAN, display_stage, begin, end, frame->untimed);
    if (frame->untimed && frame->measures &&
        timer_read(&screen->timer, screen->device, SCREEN_FRAMES + index, &begin, &end))
        profiler_add(profiler, PROFILER_VULKAN, measure_stage, begin, end, frame->untimed);
    frame->untimed = 0;
}

void screen_collect(screen *screen, profiler *profiler)
{
    for (uint64_t i = 0; i < SCREEN_FRAMES; i++)
        collect(screen, (uint32_t)((screen->drawn + i) % SCREEN_FRAMES), profiler);
}

static bool present(screen *screen, const screen_picture *picture, profiler *profiler, error *error)
{
    const profiler_range range = profiler_begin(present_stage);
    const bool presented = window_present(screen->window, error);
    profiler_end(range, presented ? profiler : NULL, picture->sequences[0].denoiser->frames);
    return presented;
}

bool screen_draw(screen *screen, const screen_picture *picture, profiler *profiler, error *error)
{
    uint32_t index = (uint32_t)(screen->drawn % SCREEN_FRAMES);
    screen_frame *frame = &screen->frames[index];
    if (screen->drawn >= SCREEN_FRAMES && !screen_wait(screen, screen->drawn + 1 - SCREEN_FRAMES, error))
        return false;
    collect(screen, index, profiler);
    bool to_window = false;
    if (screen->window && !window_acquire(screen->window, frame->acquired, &to_window, error))
        return false;
    if (!record(screen, index, picture, to_window, error) || !submit(screen, frame, picture, to_window, error))
        return false;
    frame->untimed = picture->layout ? picture->sequences[0].denoiser->frames : 0;
    return !to_window || present(screen, picture, profiler, error);
}

/* The latest picture that is done; NULL: none is. */
static const screen_frame *finished(const screen *screen)
{
    uint64_t done = 0;
    if (vkGetSemaphoreCounterValue(screen->device->handle, screen->timeline, &done) != VK_SUCCESS || done == 0)
        return NULL;
    return &screen->frames[(done - 1) % SCREEN_FRAMES];
}

values screen_probed(const screen *screen)
{
    const screen_frame *frame = finished(screen);
    return frame ? frame->probed.values : (values){0};
}

values screen_printed(const screen *screen)
{
    const screen_frame *frame = finished(screen);
    return frame ? frame->printed.values : (values){0};
}

bool screen_measured(const screen *screen, uint64_t number, measurement *measured, measured_histograms *histograms)
{
    return measure_read(&screen->measure, (uint32_t)((number - 1) % SCREEN_FRAMES), measured, histograms);
}
