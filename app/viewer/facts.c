/* What the user interface says of the frame that is shown. */
#include "state.h"

#include <stdio.h>
#include <string.h>

void viewer_notify(viewer *viewer, bool is_warning, const char *notice)
{
    snprintf(viewer->notice, sizeof viewer->notice, "%s", notice);
    viewer->facts.is_warning = is_warning;
}

static const char *base_name(const char *path)
{
    const char *slash = path ? strrchr(path, '/') : NULL;
    return slash ? slash + 1 : path;
}

static hand_over_facts describe_hand_over(const viewer *viewer)
{
    static const char *const paths[WF_BACKEND_COUNT] = {
        [WF_CPU] = "copies: to the host and back",
        [WF_VULKAN] = "none: the filters run in the queue of the images",
        [WF_CUDA] = "zero-copy: CUDA works on the images themselves",
    };
    static const char *const reasons[2][WF_BACKEND_COUNT] = {
        {[WF_CPU] = "--backend cpu", [WF_VULKAN] = "--backend vulkan", [WF_CUDA] = "--backend cuda"},
        {[WF_CPU] = "auto: neither CUDA nor a GPU with Vulkan",
         [WF_VULKAN] = "auto: CUDA does not work here",
         [WF_CUDA] = "auto: CUDA works"}};
    const wf_backend backend = viewer->facts.node.backend;
    hand_over_facts facts = {
        .path = viewer_draws(viewer) ? paths[backend] : "none: images are in host memory",
        .reason = reasons[viewer->is_automatic][backend],
        .has_timeline = viewer->sync.timeline,
        .ready = viewer->sync.ready,
        .done = viewer->sync.done,
        .in_flight = denoiser_in_flight(&viewer->denoiser),
        .slots = DENOISER_SLOTS,
        .uncertainty_ns = viewer->denoiser.uncertainty_ns,
    };
    if (facts.has_timeline)
        vkGetSemaphoreCounterValue(viewer->device.handle, viewer->sync.timeline, &facts.reached);
    return facts;
}

void viewer_gather_facts(viewer *viewer)
{
    const options *options = viewer->options;
    const frame_state *state = &viewer->frames[viewer->shown];
    ui_facts *facts = &viewer->facts;
    facts->frame_name = base_name(feed_path(&viewer->feed, viewer->shown));
    facts->origins = viewer->origins;
    viewer_describe_beside(viewer, facts);
    facts->feed = feed_describe(&viewer->feed);
    viewer->context.frame_rate = facts->feed.rate;
    facts->file_name = base_name(options->weights);
    facts->network_label = viewer->network.label;
    facts->network_origin = viewer->network.info.origin;
    facts->splat_has_own_weights = viewer->splat_weights.data;
    facts->kernel_height = viewer->gather_weights.kernel_height;
    facts->kernel_width = viewer->gather_weights.kernel_width;
    facts->measured_samples = viewer->measured_samples;
    facts->times = viewer->kept;
    facts->hand_over = describe_hand_over(viewer);
    facts->quality = state->has_metrics ? state->metrics : NULL;
    facts->has_quality = state->has_metrics;
    if (viewer_draws(viewer)) {
        facts->probed = viewer->context.hovered >= 0 ? screen_probed(&viewer->screen) : (values){0};
        facts->printed = screen_printed(&viewer->screen);
    }
    facts->measured = viewer->has_measured && !viewer_lacks_measured(viewer) ? &viewer->measured : NULL;
    facts->histograms = &viewer->histograms;
    viewer_take_inspection(viewer);
    facts->inspected = viewer->inspected;
    facts->inspected_count = viewer->inspected_count;
    facts->choice = *viewer->choice && viewer->chosen == facts->node.backend ? viewer->choice : NULL;
    facts->notice = *viewer->notice ? viewer->notice : NULL;
    facts->placeholders = options->placeholders;
}
