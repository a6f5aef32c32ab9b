#include "state.h"

void viewer_note_sequence(viewer *viewer, int sequence, const feed_frame *frame)
{
    bool *has = &viewer->context.has[layer_of_sequence(sequence, 0)];
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        has[layer] = frame && frame->input.has[layer_input(layer)] &&
                     (!layer_is_map(layer) || layer_map_level(layer) < viewer->context.map_levels[sequence]);
}

static void note_frame(viewer *viewer, const feed_frame *frame, int index)
{
    viewer->shown = index;
    viewer->frames[index].shown = !frame->is_none;
    viewer->frames[index].has_reference = frame->input.has[FRAME_REFERENCE];
    bool had_reference = viewer->context.has[FRAME_REFERENCE];
    viewer->sizes_differ |= viewer->context.image_width > 0 && (viewer->context.image_width != frame->width ||
                                                                viewer->context.image_height != frame->height);
    viewer->context.image_width = frame->width;
    viewer->context.image_height = frame->height;
    viewer_note_maps(viewer, 0);
    viewer_note_sequence(viewer, 0, frame);
    if (frame->recorded) {
        viewer_note_layers(viewer, frame->recorded);
        viewer_note_damage(viewer, index, frame->recorded);
    }
    if (!viewer->has_depth_range && frame->recorded && frame->recorded->layers[FRAME_DEPTH].pixels)
        viewer_find_depth_range(viewer, &frame->recorded->layers[FRAME_DEPTH]);
    /* While playing, a reference that only some frames have does not flash up. */
    view_arrange(&viewer->view, viewer->context.has[FRAME_REFERENCE] && (had_reference || !viewer->view.playing));
}

static bool filter_frame(viewer *viewer, int index, wf_node_sync *sync, error *error)
{
    feed_frame frame;
    bool has_new_weights = false;
    viewer->unreadable = !feed_get(&viewer->feed, index, &viewer->view, &frame, error) ||
                         !viewer_weigh(viewer, index, &frame, &has_new_weights, error);
    if (viewer->unreadable || !viewer_fit_denoiser(viewer, &frame, has_new_weights, error) ||
        !viewer_ask(viewer, index, error))
        return false;
    viewer_ask_maps(viewer, 0, &viewer->denoiser);
    uint32_t slot = denoiser_next_slot(&viewer->denoiser);
    viewer->broken = true;
    if (!screen_wait(&viewer->screen, viewer->slot_pictures[slot], error) ||
        !denoiser_run(&viewer->denoiser, &frame.input, viewer->times, sync, error))
        return false;
    if (viewer_draws(viewer))
        panes_bind(&viewer->screen.panes, 0, slot, viewer->denoiser.slots[slot].images);
    viewer->slot = slot;
    viewer->sync = *sync;
    viewer->changed_ns = profiler_now();
    if (frame.load_end_ns > 0)
        profiler_add(viewer->times, PROFILER_LOADER, "load", frame.load_begin_ns, frame.load_end_ns,
                     viewer->denoiser.frames);
    note_frame(viewer, &frame, index);
    if (!viewer_filter_beside(viewer, index, &frame, error))
        return false;
    viewer->broken = false;
    viewer->is_moving = frame.is_new;
    if (frame.is_new) {
        viewer->has_moved = true;
        viewer_forget_capture(viewer, index);
    }
    return true;
}

static void note_first_picture(viewer *viewer)
{
    viewer->first_picture_ms = (double)(profiler_now() - viewer->started_ns) * 1e-6;
}

/* A frame that was filtered just before is what there is to see. */
static bool acquire(viewer *viewer, const wf_node_sync *sync, error *error)
{
    if (viewer->first_picture_ms == 0)
        note_first_picture(viewer);
    return !sync || denoiser_acquire(&viewer->denoiser, viewer->slot, VK_NULL_HANDLE, error);
}

static bool lay_out(viewer *viewer, error *error)
{
    if (viewer->screen.drawn == 0) { /* a first layout, not drawn, in which things find their sizes */
        ui_build(&viewer->facts, &viewer->view, &viewer->context, &viewer->layout);
        for (int i = 0; i < viewer->options->do_count; i++)
            commands_run(viewer->options->do_names[i], &viewer->view, &viewer->context);
    }
    ui_build(&viewer->facts, &viewer->view, &viewer->context, &viewer->layout);
    return viewer_fit_measure(viewer, error);
}

/* Draws the view; sync is that of a frame filtered just before, or NULL. */
static bool draw(viewer *viewer, const wf_node_sync *sync, error *error)
{
    screen *screen = &viewer->screen;
    denoiser_collect(&viewer->denoiser, viewer->times);
    if (viewer_draws(viewer) && !viewer_take_measured(viewer, error))
        return false;
    viewer_gather_facts(viewer);
    if (!viewer_draws(viewer))
        return acquire(viewer, sync, error);
    const bool is_seen = options_want_views(viewer->options);
    if (is_seen && !lay_out(viewer, error))
        return false;
    screen_picture picture = {
        .sequences = {{&viewer->denoiser, viewer->slot, sync}},
        .view = &viewer->view,
        .context = &viewer->context,
        .layout = is_seen ? &viewer->layout : NULL,
        .measure = viewer->work.figures || viewer->work.map_count > 0 ? &viewer->work : NULL,
        .near_inverse = viewer->near_inverse,
        .far_inverse = viewer->far_inverse,
    };
    viewer_show_beside(viewer, &picture);
    if (!screen_draw(screen, &picture, viewer->times, error))
        return false;
    viewer_note_shown(viewer);
    viewer->slot_pictures[viewer->slot] = screen->drawn;
    if (screen->drawn > 1)
        return viewer_expose(viewer, error);
    if (!screen_wait(screen, 1, error))
        return false;
    note_first_picture(viewer);
    const bool knows_depth = !viewer->context.has[FRAME_DEPTH] || viewer->has_depth_range;
    return (knows_depth || viewer_read_depth_range(viewer, error)) && viewer_expose(viewer, error);
}

bool viewer_draw(viewer *viewer, error *error)
{
    return draw(viewer, NULL, error);
}

bool viewer_step(viewer *viewer, int index, error *error)
{
    const profiler_range range = profiler_begin("frame");
    wf_node_sync sync;
    viewer->view.frame = index;
    const bool drawn =
        screen_fit(&viewer->screen, error) && filter_frame(viewer, index, &sync, error) && draw(viewer, &sync, error);
    profiler_end(range, drawn ? viewer->times : NULL, viewer->denoiser.frames);
    return drawn;
}

bool viewer_drain(viewer *viewer, error *error)
{
    if (!screen_wait(&viewer->screen, viewer->screen.drawn, error))
        return false;
    denoiser_collect(&viewer->denoiser, viewer->times);
    screen_collect(&viewer->screen, viewer->times);
    return viewer_take_measured(viewer, error);
}
