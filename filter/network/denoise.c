/* A denoiser's life, and frames through its plan. */
#include <stdlib.h>
#include <string.h>

#include "arguments.h"
#include "kernels.h"
#include "plan.h"

enum { ALIGNMENT = 256, MOST_PIXELS = 1 << 28 };

/* ---- Parameters -------------------------------------------------------------------------------------------------- */

static size_t bytes_of(const wf_denoiser *d, const wf_network *network, const network_layer *layer)
{
    const wf_convolution shape = network_shape(layer);
    const wf_head head = wf_network_head(&network->architecture, layer->level);
    return layer->part == PART_HEAD ? d->table->head_bytes(&head) : d->table->convolution_bytes(d->device, &shape);
}

static size_t place_parameters(const wf_denoiser *d, const wf_network *network, size_t *offsets)
{
    size_t end = 0;
    for (int i = 0; i < network->layer_count; i++) {
        offsets[i] = end;
        end += (bytes_of(d, network, &network->layers[i]) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    }
    return end;
}

/* The first layer's weights with every feature in its place. */
static int arrange_first(const wf_denoiser *d, const wf_network *network, const network_layer *layer, void *to)
{
    enum { TAPS = 9 };
    const wf_convolution shape = network_shape(layer);
    const float *from = network->parameters + layer->weight;
    float *placed = calloc((size_t)(shape.outputs * shape.inputs * TAPS), sizeof *placed);
    if (!placed)
        return 0;
    for (int i = 0; i < layer->outputs * layer->inputs; i++) {
        const int plane = wf_network_plane(&network->architecture, i % layer->inputs);
        memcpy(placed + (i / layer->inputs * shape.inputs + plane) * TAPS, from + i * TAPS, TAPS * sizeof *placed);
    }
    d->table->arrange_convolution(d->device, &shape, placed, network->parameters + layer->bias, to);
    free(placed);
    return 1;
}

static int arrange(const wf_denoiser *d, const wf_network *network, const network_layer *layer, void *to)
{
    const wf_convolution shape = network_shape(layer);
    const float *weight = network->parameters + layer->weight, *bias = network->parameters + layer->bias;
    if (shape.inputs != layer->inputs)
        return arrange_first(d, network, layer, to);
    if (layer->part == PART_HEAD) {
        const wf_head head = wf_network_head(&network->architecture, layer->level);
        d->table->arrange_head(&head, weight, bias, to);
    } else {
        d->table->arrange_convolution(d->device, &shape, weight, bias, to);
    }
    return 1;
}

static wf_result upload(wf_denoiser *denoiser, const wf_network *network, const size_t *offsets, size_t size)
{
    wf_device *device = denoiser->device;
    char *arranged = calloc(1, size);
    int complete = arranged != NULL;
    for (int i = 0; i < network->layer_count && complete; i++)
        complete = arrange(denoiser, network, &network->layers[i], arranged + offsets[i]);
    wf_result result = WF_OK;
    if (!complete)
        result = wf_fail(&device->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for %zu bytes of parameters", size);
    if (result == WF_OK)
        result = device->table->alloc(device, size, &denoiser->parameters);
    if (result == WF_OK)
        result = device->table->upload(device, denoiser->parameters, arranged, size);
    denoiser->memory += size;
    free(arranged);
    return result;
}

/* What frames will need is compiled now. */
static wf_result prepare(wf_denoiser *denoiser, const wf_network *network)
{
    const network_architecture *a = &network->architecture;
    wf_features_call features = {.epsilon = a->epsilon};
    memcpy(features.scale, a->scale, sizeof features.scale);
    memcpy(features.gain, a->gain, sizeof features.gain);
    for (int level = 0; level < a->kernel_levels && denoiser->table->prepare; level++) {
        const wf_head head = wf_network_head(a, level);
        WF_TRY(denoiser->table->prepare(denoiser->device, &features, &head));
    }
    return WF_OK;
}

static wf_result prepare_convolutions(wf_denoiser *denoiser)
{
    const wf_network_table *table = denoiser->table;
    for (int i = 0; i < denoiser->step_count && table->prepare_convolution; i++) {
        if (denoiser->steps[i].kind == STEP_CONVOLVE)
            WF_TRY(table->prepare_convolution(denoiser->device, &denoiser->steps[i].call.convolve));
    }
    return table->finish_preparation ? table->finish_preparation(denoiser->device) : WF_OK;
}

static wf_result set_up(wf_denoiser *denoiser, const wf_network *network)
{
    WF_TRY(prepare(denoiser, network));
    size_t *offsets = calloc((size_t)network->layer_count, sizeof *offsets);
    const void **addresses = calloc((size_t)network->layer_count, sizeof *addresses);
    wf_result result = WF_OK;
    if (!offsets || !addresses)
        result = wf_fail(&denoiser->device->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a denoiser");
    if (result == WF_OK)
        result = upload(denoiser, network, offsets, place_parameters(denoiser, network, offsets));
    if (result == WF_OK) {
        for (int i = 0; i < network->layer_count; i++)
            addresses[i] = (const char *)denoiser->parameters + offsets[i];
        result = wf_plan_make(denoiser, network, addresses);
    }
    if (result == WF_OK)
        result = prepare_convolutions(denoiser);
    free(offsets);
    free(addresses);
    return result;
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

wf_result wf_denoiser_create(wf_device *device, const wf_network *network, int width, int height,
                             wf_denoiser **denoiser)
{
    if (denoiser)
        *denoiser = NULL;
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &device->log;
    WF_TRY(wf_check_pointer(log, "denoiser", denoiser));
    WF_TRY(wf_check_pointer(log, "network", network));
    if (width < 1 || height < 1 || width > MOST_PIXELS / height)
        return WF_INVALID(log, "the denoiser's frames are %dx%d, they have 1 to %d pixels", width, height, MOST_PIXELS);
    wf_denoiser *made = calloc(1, sizeof *made);
    if (!made)
        return wf_fail(log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a denoiser");
    made->device = device;
    made->table = device->table->network;
    made->width = width;
    made->height = height;
    const wf_result result = set_up(made, network);
    if (result == WF_OK)
        *denoiser = made;
    else
        wf_denoiser_destroy(made);
    return result;
}

void wf_denoiser_destroy(wf_denoiser *denoiser)
{
    if (!denoiser)
        return;
    wf_free(denoiser->device, denoiser->buffers);
    wf_free(denoiser->device, denoiser->parameters);
    free(denoiser);
}

size_t wf_denoiser_memory(const wf_denoiser *denoiser)
{
    return denoiser ? denoiser->memory : 0;
}

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

const char *wf_stage_name(wf_stage stage)
{
    static const char *const names[WF_STAGE_COUNT] = {"pack", "network", "filters"};
    return (int)stage >= 0 && stage < WF_STAGE_COUNT ? names[stage] : "unknown";
}

int wf_denoiser_steps(const wf_denoiser *denoiser)
{
    return denoiser ? denoiser->step_count : 0;
}

static wf_result check_step(const wf_denoiser *denoiser, int step)
{
    if (step < 0 || step >= denoiser->step_count)
        return WF_INVALID(&denoiser->device->log, "there is no step %d, the denoiser has %d, from 0", step,
                          denoiser->step_count);
    return WF_OK;
}

wf_result wf_denoiser_step_info(const wf_denoiser *denoiser, int step, wf_step_info *info)
{
    if (!denoiser)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(wf_check_pointer(&denoiser->device->log, "info", info));
    WF_TRY(check_step(denoiser, step));
    *info = denoiser->steps[step].info;
    return WF_OK;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static wf_result check_layer(const wf_denoiser *d, const char *name, const wf_tensor *layer, int64_t channels)
{
    const wf_log *log = &d->device->log;
    const wf_tensor like = wf_dense(NULL, WF_FLOAT32, 1, channels, d->height, d->width);
    WF_TRY(wf_check_tensor(log, name, layer));
    WF_TRY(wf_check_data(log, name, layer));
    WF_TRY(wf_check_dtype(log, name, layer->dtype, WF_FLOAT32));
    return wf_check_sizes(log, name, layer, channels, "the denoiser", &like);
}

static wf_result check_optional(const wf_denoiser *d, const char *name, const wf_tensor *layer, int64_t channels)
{
    return layer ? check_layer(d, name, layer, channels) : WF_OK;
}

/* color_name: what the frame's color is called where it is another picture. */
static wf_result check_frame(const wf_denoiser *d, wf_stream stream, const wf_frame *frame, const char *color_name)
{
    const wf_log *log = &d->device->log;
    WF_TRY(wf_check_pointer(log, "frame", frame));
    WF_TRY(check_layer(d, color_name, frame->color, 3));
    WF_TRY(check_optional(d, "albedo", frame->albedo, 3));
    WF_TRY(check_optional(d, "normal", frame->normal, 3));
    WF_TRY(check_optional(d, "depth", frame->depth, 1));
    WF_TRY(check_optional(d, "gather", frame->gather, 3));
    WF_TRY(check_optional(d, "splat", frame->splat, 3));
    if (!frame->gather && !frame->splat)
        return WF_INVALID(log, "there is neither a gather nor a splat tensor, one of them at least is written");
    const wf_named_tensor tensors[] = {{color_name, frame->color},
                                       {"albedo", frame->albedo},
                                       {"normal", frame->normal},
                                       {"depth", frame->depth},
                                       {"gather", frame->gather}};
    if (frame->gather)
        WF_TRY(wf_check_output(log, "gather", frame->gather, tensors, 4));
    if (frame->splat)
        WF_TRY(wf_check_output(log, "splat", frame->splat, tensors, 5));
    return wf_check_stream(d->device, stream);
}

static wf_layers layers_of(const wf_frame *frame)
{
    return (wf_layers){*frame->color, wf_tensor_or_none(frame->albedo), wf_tensor_or_none(frame->normal),
                       wf_tensor_or_none(frame->depth)};
}

static unsigned operators_of(const wf_frame *frame)
{
    return (frame->gather ? 1u << WF_GATHER : 0) | (frame->splat ? 1u << WF_SPLAT : 0);
}

static void set_outputs(wf_filtered *filtered, const wf_frame *frame)
{
    filtered->image[WF_GATHER] = wf_tensor_or_none(frame->gather);
    filtered->image[WF_SPLAT] = wf_tensor_or_none(frame->splat);
}

static void set_frame(plan_step *step, const wf_frame *frame)
{
    switch (step->kind) {
    case STEP_EXPOSE:
        step->call.expose.layers = layers_of(frame);
        break;
    case STEP_FEATURES:
        step->call.features.layers = layers_of(frame);
        break;
    case STEP_ALBEDO:
        step->call.albedo.albedo = wf_tensor_or_none(frame->albedo);
        step->call.albedo.downs.calls[0].input.planes = *frame->color;
        break;
    case STEP_DOWN:
        step->call.downs.calls[0].input.planes = *frame->color;
        break;
    case STEP_LEVEL:
        step->call.level.operators = operators_of(frame);
        if (step->reads_frame) {
            step->call.level.light.planes = *frame->color;
            set_outputs(&step->call.level.output, frame);
        }
        break;
    case STEP_JOIN:
        step->call.joined = operators_of(frame);
        break;
    case STEP_BLEND:
        step->call.blend.operators = operators_of(frame);
        set_outputs(&step->call.blend.filtered, frame);
        break;
    case STEP_CONVOLVE:
        if (step->reads_frame)
            step->call.convolve.features.layers = layers_of(frame);
        break;
    case STEP_LOGITS:
        break;
    }
}

/* before: what this call ran last; a step of pack where it ran none. */
static void set_order(plan_step *step, step_kind before)
{
    if (step->kind == STEP_LEVEL)
        step->call.level.before = before == STEP_LEVEL                           ? WF_BEFORE_COARSER
                                  : before == STEP_ALBEDO || before == STEP_DOWN ? WF_BEFORE_LIGHT
                                                                                 : WF_BEFORE_OTHER;
}

/* Whether the next step does not wait for this one. */
static int is_beside(const wf_denoiser *d, const plan_step *step)
{
    const int next_is_level = step[1].kind == STEP_LEVEL;
    return step->kind == STEP_LOGITS ? !next_is_level : d->table->join && step->kind == STEP_LEVEL && next_is_level;
}

static wf_result run_downs(const wf_denoiser *d, wf_stream stream, const wf_downs *downs)
{
    if (d->table->down_levels)
        return d->table->down_levels(d->device, stream, downs);
    for (int i = 0; i < downs->count; i++) {
        if (i > 0)
            WF_TRY(d->device->table->barrier(d->device, stream));
        WF_TRY(d->table->down(d->device, stream, &downs->calls[i]));
    }
    return WF_OK;
}

static wf_result join_levels(const wf_denoiser *d, wf_stream stream, unsigned operators)
{
    int joined = 0;
    for (int i = 0; i < d->step_count; i++) {
        wf_level_call call = d->steps[i].call.level;
        if (d->steps[i].kind != STEP_LEVEL || !call.head.alphas)
            continue;
        if (joined++ > 0)
            WF_TRY(d->device->table->barrier(d->device, stream));
        call.operators = operators;
        WF_TRY(d->table->join(d->device, stream, &call));
    }
    return WF_OK;
}

static wf_result run(const wf_denoiser *d, wf_stream stream, const plan_step *step)
{
    switch (step->kind) {
    case STEP_EXPOSE:
        return d->table->expose(d->device, stream, &step->call.expose);
    case STEP_FEATURES:
        return d->table->features(d->device, stream, &step->call.features);
    case STEP_CONVOLVE:
        return d->table->convolve(d->device, stream, &step->call.convolve);
    case STEP_LOGITS:
        return d->table->level_logits(d->device, stream, &step->call.level);
    case STEP_ALBEDO:
        return d->table->filter_albedo(d->device, stream, &step->call.albedo);
    case STEP_DOWN:
        return run_downs(d, stream, &step->call.downs);
    case STEP_LEVEL:
        return d->table->filter_level(d->device, stream, &step->call.level);
    case STEP_JOIN:
        return join_levels(d, stream, step->call.joined);
    case STEP_BLEND:
        return d->table->blend(d->device, stream, &step->call.blend);
    }
    return WF_ERROR_INVALID_ARGUMENT;
}

/* All steps of the first frame with these operators, ahead of it. */
static wf_result rehearse(wf_denoiser *d, wf_stream stream, const wf_frame *frame)
{
    const unsigned as_now = 1u << operators_of(frame);
    const wf_backend_table *table = d->device->table;
    if (!table->rehearse || d->rehearsed & as_now)
        return WF_OK;
    WF_TRY(table->rehearse(d->device, 1));
    wf_result result = WF_OK;
    for (int i = 0; i < d->step_count && result == WF_OK; i++) {
        set_frame(&d->steps[i], frame);
        result = run(d, stream, &d->steps[i]);
    }
    const wf_result ended = table->rehearse(d->device, 0);
    d->rehearsed |= as_now;
    return result == WF_OK ? ended : result;
}

wf_result wf_denoise_steps(wf_denoiser *denoiser, wf_stream stream, const wf_frame *frame, int first, int last)
{
    if (!denoiser)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(check_frame(denoiser, stream, frame, "color"));
    if (first >= last)
        return WF_INVALID(&denoiser->device->log, "the steps are %d to %d, there is at least one", first, last - 1);
    WF_TRY(check_step(denoiser, first));
    WF_TRY(check_step(denoiser, last - 1));
    WF_TRY(rehearse(denoiser, stream, frame));
    for (int i = first; i < last; i++) {
        plan_step *step = &denoiser->steps[i];
        set_frame(step, frame);
        set_order(step, i > first ? step[-1].kind : STEP_EXPOSE);
        WF_TRY(run(denoiser, stream, step));
        if (i + 1 == last || !is_beside(denoiser, step))
            WF_TRY(denoiser->device->table->barrier(denoiser->device, stream));
    }
    denoiser->denoised = denoiser->denoised || denoiser->steps[last - 1].info.stage == WF_STAGE_FILTERS;
    return WF_OK;
}

const wf_blend_call *wf_denoiser_blend(wf_denoiser *denoiser, const wf_frame *frame)
{
    plan_step *last = &denoiser->steps[denoiser->step_count - 1];
    if (last->kind != STEP_BLEND)
        return NULL;
    set_frame(last, frame);
    return &last->call.blend;
}

/* What is left of a step for a further layer; false: nothing. The albedo is filtered already. */
static int keep_for_layer(plan_step *step)
{
    if (step->kind == STEP_ALBEDO) {
        const wf_downs downs = step->call.albedo.downs;
        step->kind = STEP_DOWN;
        step->call.downs = downs;
        return downs.count > 0;
    }
    return step->info.stage == WF_STAGE_FILTERS;
}

/* Without the filtered albedo, if there is one. */
static void leave_albedo(plan_step *step)
{
    const wf_activation none = {0};
    switch (step->kind) {
    case STEP_DOWN:
        step->call.downs.calls[0].input.albedo = none;
        break;
    case STEP_LEVEL:
        step->call.level.light.albedo = none;
        break;
    case STEP_BLEND:
        step->call.blend.albedo = none;
        break;
    default:
        break;
    }
}

wf_result wf_denoise_layer(wf_denoiser *denoiser, wf_stream stream, const wf_tensor *layer, const wf_tensor *gather,
                           const wf_tensor *splat, int demodulate)
{
    if (!denoiser)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_frame frame = {.color = layer, .gather = gather, .splat = splat};
    WF_TRY(check_frame(denoiser, stream, &frame, "layer"));
    if (!denoiser->denoised)
        return WF_INVALID(&denoiser->device->log, "no frame was denoised whose kernels the layer could take");
    step_kind before = STEP_EXPOSE;
    for (int i = 0; i < denoiser->step_count; i++) {
        plan_step step = denoiser->steps[i];
        if (!keep_for_layer(&step))
            continue;
        set_frame(&step, &frame);
        set_order(&step, before);
        if (!demodulate)
            leave_albedo(&step);
        WF_TRY(run(denoiser, stream, &step));
        if (!is_beside(denoiser, &denoiser->steps[i]))
            WF_TRY(denoiser->device->table->barrier(denoiser->device, stream));
        before = step.kind;
    }
    return WF_OK;
}

wf_result wf_denoise(wf_denoiser *denoiser, wf_stream stream, const wf_frame *frame)
{
    return denoiser ? wf_denoise_steps(denoiser, stream, frame, 0, denoiser->step_count) : WF_ERROR_INVALID_ARGUMENT;
}
