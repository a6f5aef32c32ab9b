#include "kernels.h"

#include "plan.h"

enum { ALIGNMENT = 256 };

/* Levels' steps come from the coarsest up. */
static const wf_level_call *find_level(const wf_denoiser *denoiser, int level)
{
    int after = level;
    for (int i = denoiser->step_count - 1; i >= 0; i--) {
        if (denoiser->steps[i].kind == STEP_LEVEL && after-- == 0)
            return &denoiser->steps[i].call.level;
    }
    return NULL;
}

int wf_denoiser_levels(const wf_denoiser *denoiser)
{
    int levels = 0;
    while (find_level(denoiser, levels))
        levels++;
    return levels;
}

wf_filter wf_denoiser_filter(const wf_denoiser *denoiser, int level)
{
    const int kernel = find_level(denoiser, level)->head.kernel;
    return (wf_filter){kernel, kernel, 1, WF_SOFTMAX, 1};
}

static wf_tensor planes(const wf_denoiser *denoiser, const wf_level_call *level, int64_t count, void *data)
{
    return wf_dense(data, denoiser->table->dtype, 1, count, level->decoded.height, level->decoded.width);
}

static size_t bytes_of(const wf_tensor *tensor)
{
    return ((size_t)tensor->stride[0] * wf_dtype_size(tensor->dtype) + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
}

size_t wf_denoiser_logits_bytes(const wf_denoiser *denoiser)
{
    size_t most = 0;
    const wf_level_call *level;
    for (int i = 0; (level = find_level(denoiser, i)) != NULL; i++) {
        const wf_tensor taps = planes(denoiser, level, level->head.kernel * level->head.kernel, NULL);
        const wf_tensor alphas = planes(denoiser, level, WF_OPERATOR_COUNT, NULL);
        const size_t bytes = bytes_of(&taps) + bytes_of(&alphas);
        most = bytes > most ? bytes : most;
    }
    return most;
}

wf_result wf_denoiser_logits(const wf_denoiser *denoiser, wf_stream stream, wf_operator op, int level,
                             const wf_look *look, void *memory, wf_tensor *weight, wf_tensor *alpha)
{
    const wf_level_call *found = find_level(denoiser, level);
    const int height = found->decoded.height, end = look->first_row + look->rows;
    const int first = look->first_row > 0 ? look->first_row : 0, last = end < height ? end : height;
    *weight = planes(denoiser, found, found->head.kernel * found->head.kernel, memory);
    *alpha = (wf_tensor){0};
    wf_logits_call call = {.head = found->head,
                           .decoded = found->decoded,
                           .logits = found->logits,
                           .part = op == WF_SPLAT ? WF_LOGITS_SPLAT : WF_LOGITS_GATHER,
                           .first_row = first,
                           .rows = last - first,
                           .planes = memory};
    if (look->weights)
        WF_TRY(denoiser->table->logits(denoiser->device, stream, &call));
    if (!found->head.alphas || !look->alpha)
        return WF_OK;
    *alpha = planes(denoiser, found, 1, (char *)memory + bytes_of(weight));
    call.part = WF_LOGITS_ALPHAS;
    call.planes = alpha->data;
    alpha->data = (char *)alpha->data + (size_t)op * (size_t)alpha->stride[0] * wf_dtype_size(alpha->dtype);
    return denoiser->table->logits(denoiser->device, stream, &call);
}
