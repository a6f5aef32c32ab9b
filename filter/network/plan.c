/* The steps of a frame, and which buffers each of them uses. */
#include "plan.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ALIGNMENT = 256, MAX_USES = 8 * PLAN_MAX_STEPS, NONE = -1 };

/* An address in a step's call: of a pointer to whatever type. */
typedef struct use {
    void *address;
    int buffer;
} use;

typedef struct planner {
    wf_denoiser *denoiser;
    const wf_network *network;
    const void *const *parameters;     /* of each layer */
    plan_step *step;                   /* the one under way */
    int exposure;                      /* a buffer */
    int zeros;                         /* a buffer that is 0 before the first frame, or NONE */
    int logits[WF_NETWORK_MAX_LEVELS]; /* buffers of levels whose logits are made by a step of their own, or NONE */
    int buffer_count, use_count;
    plan_buffer buffers[PLAN_MAX_BUFFERS];
    use uses[MAX_USES];
} planner;

/* An activation and its buffer. */
typedef struct tensor {
    wf_activation shape;
    int buffer; /* NONE: there is no such tensor */
} tensor;

static const tensor no_tensor = {.buffer = NONE};

/* What the pyramid's filters of one level write. */
typedef struct level_buffers {
    int image[WF_OPERATOR_COUNT], blend[WF_OPERATOR_COUNT];
    tensor alpha;
} level_buffers;

/* ---- Sizes ------------------------------------------------------------------------------------------------------- */

static int halved(int extent, int level)
{
    return (int)(((int64_t)extent + (1 << level) - 1) >> level);
}

static int width_of(const planner *p, int level)
{
    return halved(p->denoiser->width, level);
}

static int height_of(const planner *p, int level)
{
    return halved(p->denoiser->height, level);
}

static size_t pixels(const planner *p, int level)
{
    return (size_t)width_of(p, level) * (size_t)height_of(p, level);
}

static size_t activation_bytes(const planner *p, const wf_activation *a)
{
    return (size_t)a->width * (size_t)a->height * (size_t)a->channels * wf_dtype_size(p->denoiser->table->dtype);
}

static size_t planes_bytes(const planner *p, int level)
{
    return 3 * pixels(p, level) * sizeof(float);
}

/* ---- Buffers ----------------------------------------------------------------------------------------------------- */

static int new_buffer(planner *p, size_t size)
{
    const size_t padded = (size + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    p->buffers[p->buffer_count] = (plan_buffer){.size = padded ? padded : ALIGNMENT, .first = NONE};
    return p->buffer_count++;
}

static tensor new_tensor(planner *p, int level, int channels)
{
    const wf_activation shape = {.width = width_of(p, level), .height = height_of(p, level), .channels = channels};
    return (tensor){shape, new_buffer(p, activation_bytes(p, &shape))};
}

/* The address is the buffer's from now on, and the buffer lives until this step at least. */
static void use_buffer(planner *p, void *address, int index)
{
    if (index == NONE)
        return;
    plan_buffer *b = &p->buffers[index];
    b->last = p->denoiser->step_count - 1;
    b->first = b->first == NONE ? b->last : b->first;
    p->uses[p->use_count++] = (use){address, index};
}

/* The buffer lives until the last step that there is. */
static void keep_buffer(planner *p, int index)
{
    if (index != NONE)
        p->buffers[index].last = p->denoiser->step_count - 1;
}

static void use_tensor(planner *p, wf_activation *in_call, tensor t)
{
    *in_call = t.shape;
    use_buffer(p, &in_call->data, t.buffer);
    p->step->info.bytes += t.buffer == NONE ? 0 : (double)activation_bytes(p, &t.shape);
}

static void use_planes(planner *p, wf_tensor *in_call, int level, int index)
{
    if (index == NONE)
        return;
    *in_call = wf_dense(NULL, WF_FLOAT32, 1, 3, height_of(p, level), width_of(p, level));
    use_buffer(p, &in_call->data, index);
    p->step->info.bytes += (double)planes_bytes(p, level);
}

/* The frame's own layers and outputs. */
static void use_frame(planner *p, int channels)
{
    p->step->reads_frame = 1;
    p->step->info.bytes += (double)channels * (double)pixels(p, 0) * sizeof(float);
}

static void use_zeros(planner *p, void *address, size_t size)
{
    if (size == 0)
        return;
    p->zeros = new_buffer(p, size);
    use_buffer(p, address, p->zeros);
    p->buffers[p->zeros].first = 0;
}

static void use_workspace(planner *p, void *address, size_t size)
{
    if (size > 0)
        use_buffer(p, address, new_buffer(p, size));
}

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

static plan_step *add_step(planner *p, step_kind kind, wf_stage stage, const char *name, int level)
{
    plan_step *step = &p->denoiser->steps[p->denoiser->step_count++];
    *step = (plan_step){.kind = kind, .info = {.stage = stage}};
    snprintf(step->name, sizeof step->name, level < 0 ? "%s" : "%s.%d", name, level);
    p->step = step;
    return step;
}

static int find_layer(const planner *p, network_part part, int level, int place)
{
    int i = 0;
    while (p->network->layers[i].part != part || p->network->layers[i].level != level ||
           p->network->layers[i].place != place)
        i++;
    return i;
}

static void use_features(planner *p, wf_features_call *call)
{
    const network_architecture *a = &p->network->architecture;
    call->epsilon = a->epsilon;
    memcpy(call->scale, a->scale, sizeof call->scale);
    memcpy(call->gain, a->gain, sizeof call->gain);
    use_buffer(p, &call->exposure, p->exposure);
    use_frame(p, 10);
}

static double flop_of(const planner *p, const network_layer *layer)
{
    return 2.0 * (double)(layer->bias - layer->weight) * (double)pixels(p, layer->level);
}

/* The sources of a convolution. input is no tensor where the features are it. */
typedef struct sources {
    tensor coarse, input;
} sources;

/* Convolutions place ... of a level, one or two that the backend fuses. */
static tensor convolve(planner *p, network_part part, int level, int place, int count, sources from, tensor pooled)
{
    const int index = find_layer(p, part, level, place);
    const network_layer *layer = &p->network->layers[index];
    const tensor output = new_tensor(p, level, layer[count - 1].outputs);
    wf_convolve_call *call = &add_step(p, STEP_CONVOLVE, WF_STAGE_NETWORK, layer->name, -1)->call.convolve;
    call->shape = network_shape(layer);
    call->parameters = p->parameters[index];
    call->second = count > 1 ? p->parameters[index + 1] : NULL;
    if (from.input.buffer == NONE)
        use_features(p, &call->features);
    use_tensor(p, &call->coarse, from.coarse);
    use_tensor(p, &call->input, from.input);
    use_tensor(p, &call->output, output);
    use_tensor(p, &call->pooled, pooled);
    if (p->denoiser->table->convolve_workspace)
        use_workspace(p, &call->workspace, p->denoiser->table->convolve_workspace(p->denoiser->device, call));
    for (int i = 0; i < count; i++)
        p->step->info.flop += flop_of(p, &layer[i]);
    return output;
}

/* How many of a level's convolutions are one step, from this one on. */
static int fused(const planner *p, network_part part, int level, int place, int count)
{
    const wf_denoiser *d = p->denoiser;
    if (place + 1 >= count || !d->table->fuses)
        return 1;
    const network_layer *layer = &p->network->layers[find_layer(p, part, level, place)];
    const wf_convolution first = network_shape(layer), second = network_shape(layer + 1);
    return d->table->fuses(d->device, &first, &second, width_of(p, level), height_of(p, level)) ? 2 : 1;
}

static tensor convolve_level(planner *p, network_part part, int level, int count, sources from, tensor pooled)
{
    for (int place = 0, taken; place < count; place += taken) {
        taken = fused(p, part, level, place, count);
        const tensor output = convolve(p, part, level, place, taken, from, place + taken < count ? no_tensor : pooled);
        from = (sources){no_tensor, output};
    }
    return from.input;
}

static void expose(planner *p)
{
    const wf_network_table *table = p->denoiser->table;
    p->exposure = new_buffer(p, sizeof(wf_exposure));
    wf_expose_call *call = &add_step(p, STEP_EXPOSE, WF_STAGE_PACK, "exposure", -1)->call.expose;
    use_workspace(p, &call->workspace, table->expose_workspace(p->denoiser->device, width_of(p, 0), height_of(p, 0)));
    use_buffer(p, &call->exposure, p->exposure);
    use_frame(p, 4);
}

/* The network's input; no tensor where its first convolutions make it. */
static tensor pack(planner *p)
{
    expose(p);
    if (fused(p, PART_ENCODER, 0, 0, p->network->architecture.encoder[0]) > 1)
        return no_tensor;
    const tensor planes = new_tensor(p, 0, WF_INPUT_CHANNELS);
    wf_features_call *call = &add_step(p, STEP_FEATURES, WF_STAGE_PACK, "features", -1)->call.features;
    use_features(p, call);
    use_tensor(p, &call->output, planes);
    return planes;
}

static wf_head head_of(const planner *p, int level)
{
    wf_head head = wf_network_head(&p->network->architecture, level);
    head.parameters = p->parameters[find_layer(p, PART_HEAD, level, 0)];
    return head;
}

/* Of a level's gather, splat and alphas. */
static double logits_flop(const planner *p, const wf_head *head, int level)
{
    const int outputs = head->outputs - head->albedo_kernel * head->albedo_kernel;
    return 2.0 * head->inputs * outputs * (double)pixels(p, level);
}

/* A step where the backend makes the level's logits ahead of its filter. */
static void make_logits(planner *p, int level, tensor decoded)
{
    const wf_network_table *table = p->denoiser->table;
    const wf_level_call shape = {.head = head_of(p, level), .decoded = decoded.shape};
    const size_t size = table->level_logits_bytes ? table->level_logits_bytes(p->denoiser->device, &shape) : 0;
    p->logits[level] = NONE;
    if (size == 0)
        return;
    wf_level_call *call = &add_step(p, STEP_LOGITS, WF_STAGE_NETWORK, "logits", level)->call.level;
    p->logits[level] = new_buffer(p, size);
    call->head = shape.head;
    use_tensor(p, &call->decoded, decoded);
    use_buffer(p, &call->logits, p->logits[level]);
    p->step->info.bytes += (double)size;
    p->step->info.flop = logits_flop(p, &shape.head, level);
}

/* The U-Net. */
static void decode(planner *p, tensor features, tensor decoded[WF_NETWORK_MAX_LEVELS])
{
    const network_architecture *a = &p->network->architecture;
    tensor skips[WF_NETWORK_MAX_LEVELS], x = features;
    for (int level = 0; level < a->levels; level++) {
        const tensor pooled = level + 1 < a->levels ? new_tensor(p, level + 1, a->channels[level]) : no_tensor;
        skips[level] = convolve_level(p, PART_ENCODER, level, a->encoder[level], (sources){no_tensor, x}, pooled);
        x = pooled;
    }
    decoded[a->levels - 1] = skips[a->levels - 1];
    for (int level = a->levels - 2; level >= 0; level--)
        decoded[level] = convolve_level(p, PART_DECODER, level, a->decoder[level],
                                        (sources){decoded[level + 1], skips[level]}, no_tensor);
    for (int level = a->kernel_levels - 1; level >= 0; level--)
        make_logits(p, level, decoded[level]);
}

/* Level 0's light is the frame's color, others' that of the level's own planes. */
static void use_light(planner *p, wf_light *light, int level, int planes, tensor albedo)
{
    *light = (wf_light){.epsilon = p->network->architecture.epsilon, .clean = level == 0};
    if (level > 0) {
        use_planes(p, &light->planes, level, planes);
        return;
    }
    use_frame(p, 3);
    use_tensor(p, &light->albedo, albedo);
}

static void use_downs(planner *p, wf_downs *downs, int levels, const int *light, tensor albedo)
{
    for (int level = 0; level + 1 < levels; level++) {
        wf_down_call *call = &downs->calls[downs->count++];
        use_light(p, &call->input, level, light[level], albedo);
        use_planes(p, &call->output, level + 1, light[level + 1]);
    }
}

/* With the downs of the light that it divides, or these follow. */
static tensor filter_albedo(planner *p, tensor decoded, int levels, const int *light)
{
    const wf_denoiser *d = p->denoiser;
    const wf_head head = head_of(p, 0);
    const tensor filtered = head.albedo_kernel ? new_tensor(p, 0, WF_ALBEDO_CHANNELS) : no_tensor;
    const int halves = head.albedo_kernel && d->table->halves && d->table->halves(d->device, &head, levels - 1);
    if (head.albedo_kernel) {
        wf_albedo_call *call = &add_step(p, STEP_ALBEDO, WF_STAGE_FILTERS, "albedo", -1)->call.albedo;
        call->head = head;
        if (halves)
            use_downs(p, &call->downs, levels, light, filtered);
        p->step->info.bytes = 0; /* what is halved comes from this step, not from memory */
        for (int level = 1; level < levels && halves; level++)
            p->step->info.bytes += (double)planes_bytes(p, level);
        use_tensor(p, &call->decoded, decoded);
        use_tensor(p, &call->output, filtered);
        use_frame(p, halves ? 6 : 3);
        use_workspace(p, &call->workspace, d->table->albedo_workspace(d->device, call));
        p->step->info.flop = 2.0 * head.inputs * head.albedo_kernel * head.albedo_kernel * (double)pixels(p, 0);
    }
    if (levels > 1 && !halves)
        use_downs(p, &add_step(p, STEP_DOWN, WF_STAGE_FILTERS, "down", -1)->call.downs, levels, light, filtered);
    return filtered;
}

static void use_filtered(planner *p, wf_filtered *filtered, int level, const level_buffers *buffers)
{
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        use_planes(p, &filtered->image[op], level, buffers->image[op]);
        use_planes(p, &filtered->blend[op], level + 1, buffers->blend[op]);
    }
    use_tensor(p, &filtered->alpha, buffers->alpha);
}

static level_buffers new_level(planner *p, int level)
{
    const int coarsest = level == p->network->architecture.kernel_levels - 1;
    level_buffers made = {.alpha = coarsest ? no_tensor : new_tensor(p, level, WF_ALPHA_CHANNELS)};
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        made.image[op] = level == 0 ? NONE : new_buffer(p, planes_bytes(p, level));
        made.blend[op] = coarsest ? NONE : new_buffer(p, planes_bytes(p, level + 1));
    }
    return made;
}

static void filter_level(planner *p, int level, tensor decoded, int light, tensor albedo, const level_buffers *own,
                         const level_buffers *coarser)
{
    wf_level_call *call = &add_step(p, STEP_LEVEL, WF_STAGE_FILTERS, "filter", level)->call.level;
    call->head = head_of(p, level);
    if (p->logits[level] == NONE)
        use_tensor(p, &call->decoded, decoded);
    else
        call->decoded = decoded.shape;
    use_light(p, &call->light, level, light, albedo);
    use_filtered(p, &call->output, level, own);
    if (level == 0)
        use_frame(p, 6);
    if (coarser)
        use_filtered(p, &call->coarser, level + 1, coarser);
    const wf_network_table *table = p->denoiser->table;
    use_buffer(p, &call->logits, p->logits[level]);
    use_workspace(p, &call->workspace, table->level_workspace(p->denoiser->device, call));
    if (level == 0 && table->blend_counters)
        use_zeros(p, &call->blend_counters, table->blend_counters(p->denoiser->device, call));
    if (p->logits[level] == NONE)
        p->step->info.flop = logits_flop(p, &call->head, level);
    else
        p->step->info.bytes += (double)p->buffers[p->logits[level]].size;
}

/* What a level reads and writes: until the last step, as backends may work on several levels at once. */
static void keep_level(planner *p, int level, tensor decoded, int light, const level_buffers *buffers)
{
    keep_buffer(p, p->logits[level] == NONE ? decoded.buffer : p->logits[level]);
    keep_buffer(p, light);
    keep_buffer(p, buffers->alpha.buffer);
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        keep_buffer(p, buffers->image[op]);
        keep_buffer(p, buffers->blend[op]);
    }
}

/* What is read and written of the blends of all levels but the coarsest. */
static double joined_bytes(const planner *p, int levels)
{
    size_t bytes = 0;
    for (int coarser = 1; coarser < levels; coarser++) {
        const size_t alphas = pixels(p, coarser) * wf_dtype_size(p->denoiser->table->dtype);
        bytes += WF_OPERATOR_COUNT * 3 * planes_bytes(p, coarser); /* o - D(y), twice, and y */
        if (coarser + 1 < levels)
            bytes += WF_OPERATOR_COUNT * (planes_bytes(p, coarser + 1) + alphas);
    }
    return (double)bytes;
}

static void filter(planner *p, const tensor decoded[WF_NETWORK_MAX_LEVELS])
{
    const network_architecture *a = &p->network->architecture;
    const int levels = a->kernel_levels;
    int light[WF_NETWORK_MAX_LEVELS];
    level_buffers filtered[WF_NETWORK_MAX_LEVELS];
    for (int level = 0; level < levels; level++) {
        light[level] = level == 0 ? NONE : new_buffer(p, planes_bytes(p, level));
        filtered[level] = new_level(p, level);
    }
    for (int level = 0; level < levels; level++) { /* the next step does not wait for logits */
        if (p->logits[level] != NONE)
            p->buffers[decoded[level].buffer].last = p->denoiser->step_count;
    }
    const tensor albedo = filter_albedo(p, decoded[0], levels, light);
    for (int level = levels - 1; level >= 0; level--)
        filter_level(p, level, decoded[level], light[level], albedo, &filtered[level],
                     level + 1 < levels ? &filtered[level + 1] : NULL);

    if (p->denoiser->table->join && levels > 1)
        add_step(p, STEP_JOIN, WF_STAGE_FILTERS, "join", -1)->info.bytes = joined_bytes(p, levels);
    if (p->zeros == NONE) {
        wf_blend_call *call = &add_step(p, STEP_BLEND, WF_STAGE_FILTERS, "blend", -1)->call.blend;
        use_filtered(p, &call->filtered, 0, &filtered[0]);
        use_tensor(p, &call->albedo, albedo);
        call->epsilon = a->epsilon;
        use_frame(p, 12);
    }
    keep_buffer(p, albedo.buffer);
    for (int level = 0; level < levels; level++)
        keep_level(p, level, decoded[level], light[level], &filtered[level]);
}

static wf_result clear(const wf_denoiser *denoiser, const plan_buffer *b)
{
    void *zeros = calloc(1, b->size);
    if (!zeros)
        return wf_fail(&denoiser->device->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for %zu zeros", b->size);
    const wf_result result =
        denoiser->device->table->upload(denoiser->device, (char *)denoiser->buffers + b->offset, zeros, b->size);
    free(zeros);
    return result;
}

static wf_result take_memory(planner *p)
{
    wf_denoiser *denoiser = p->denoiser;
    const size_t size = wf_plan_place(p->buffers, p->buffer_count);
    WF_TRY(denoiser->device->table->alloc(denoiser->device, size, &denoiser->buffers));
    denoiser->memory += size;
    for (int i = 0; i < p->use_count; i++) {
        void *data = (char *)denoiser->buffers + p->buffers[p->uses[i].buffer].offset;
        memcpy(p->uses[i].address, &data, sizeof data);
    }
    return p->zeros == NONE ? WF_OK : clear(denoiser, &p->buffers[p->zeros]);
}

wf_result wf_plan_make(wf_denoiser *denoiser, const wf_network *network, const void *const *addresses)
{
    planner *p = calloc(1, sizeof *p);
    if (!p)
        return wf_fail(&denoiser->device->log, WF_ERROR_OUT_OF_MEMORY, "no host memory to plan a denoiser");
    *p = (planner){.denoiser = denoiser, .network = network, .parameters = addresses, .zeros = NONE};
    tensor decoded[WF_NETWORK_MAX_LEVELS];
    decode(p, pack(p), decoded);
    filter(p, decoded);
    for (int i = 0; i < denoiser->step_count; i++)
        denoiser->steps[i].info.name = denoiser->steps[i].name;
    const wf_result result = take_memory(p);
    free(p);
    return result;
}
