/* The kernel pyramid: the operator at each level, and steps between levels. */
#include "wf_pyramid.h"

#include <inttypes.h>

#include "arguments.h"

/* x and y of each level. The finest ones are the caller's input and output. */
typedef struct pyramid {
    wf_tensor x[WF_PYRAMID_MAX_LEVELS], y[WF_PYRAMID_MAX_LEVELS];
    size_t size; /* bytes of the others */
} pyramid;

/* The level after another one, at the end of what is placed. */
static wf_tensor place(pyramid *p, void *workspace, const wf_tensor *finer)
{
    const int64_t *size = finer->size;
    wf_tensor made = wf_dense(workspace ? (char *)workspace + p->size : NULL, WF_FLOAT32, size[AXIS_N], size[AXIS_C],
                              (size[AXIS_H] + 1) / 2, (size[AXIS_W] + 1) / 2);
    const size_t bytes = (size_t)(size[AXIS_N] * made.stride[AXIS_N]) * sizeof(float);
    p->size += (bytes + WF_WORKSPACE_ALIGNMENT - 1) / WF_WORKSPACE_ALIGNMENT * WF_WORKSPACE_ALIGNMENT;
    return made;
}

static pyramid lay_out(const wf_tensor *input, const wf_tensor *output, int count, void *workspace)
{
    pyramid p = {.x[0] = *input, .y[0] = *output};
    for (int level = 1; level < count; level++) {
        p.x[level] = place(&p, workspace, &p.x[level - 1]);
        p.y[level] = place(&p, workspace, &p.y[level - 1]);
    }
    return p;
}

/* ---- Checks ------------------------------------------------------------------------------------------------------ */

static wf_result check_alpha(const wf_log *log, const wf_tensor *alpha, const wf_tensor *image)
{
    WF_TRY(wf_check_tensor(log, "alpha", alpha));
    WF_TRY(wf_check_sizes(log, "alpha", alpha, 1, "its level", image));
    if (alpha->dtype == WF_FLOAT32 || alpha->dtype == WF_FLOAT16)
        return WF_OK;
    return WF_INVALID(log, "alpha is %s, needs to be float32 or float16", wf_dtype_name(alpha->dtype));
}

/* All but where the tensors lie; compiles what a level needs, which checks its filter and its weights. */
static wf_result prepare_level(wf_device *device, wf_operator op, const wf_pyramid_level *levels, int level, int count,
                               const wf_tensor *image)
{
    const wf_log *log = &device->log;
    const wf_tensor *alpha = levels[level].alpha;
    WF_TRY(wf_prepare(device, op, &levels[level].filter, image, levels[level].weight));
    if (!alpha != (level == count - 1))
        return WF_INVALID(log, "level %d of 0 to %d has %s alpha, all but the last one have one", level, count - 1,
                          alpha ? "an" : "no");
    return alpha ? check_alpha(log, alpha, image) : WF_OK;
}

/* Whether a dense image of these sizes has fewer bytes than 64 bits can count. */
static int is_countable(const wf_tensor *image)
{
    int64_t bytes = sizeof(float);
    for (int axis = 0; axis < AXES; axis++) {
        if (__builtin_mul_overflow(bytes, image->size[axis], &bytes))
            return 0;
    }
    return 1;
}

static wf_result prepare(wf_device *device, wf_operator op, const wf_pyramid_level *levels, int count,
                         const wf_tensor *input)
{
    const wf_log *log = &device->log;
    WF_TRY(wf_check_enum(log, "operator", (int)op, WF_OPERATOR_COUNT));
    WF_TRY(wf_check_pointer(log, "levels", levels));
    if (count < 1 || count > WF_PYRAMID_MAX_LEVELS)
        return WF_INVALID(log, "the pyramid has %d levels, they are 1 to %d", count, WF_PYRAMID_MAX_LEVELS);
    WF_TRY(wf_check_tensor(log, "input", input));
    WF_TRY(wf_check_dtype(log, "input", input->dtype, WF_FLOAT32));
    if (!is_countable(input))
        return WF_INVALID(log,
                          "levels of an input of %" PRId64 "x%" PRId64 "x%" PRId64 "x%" PRId64
                          " have more bytes than 64 bits can count",
                          input->size[AXIS_N], input->size[AXIS_C], input->size[AXIS_H], input->size[AXIS_W]);
    const pyramid p = lay_out(input, input, count, NULL);
    for (int level = 0; level < count; level++)
        WF_TRY(prepare_level(device, op, levels, level, count, &p.x[level]));
    return WF_OK;
}

static wf_result check_memory(const wf_log *log, const wf_pyramid_level *levels, int count, const wf_tensor *input,
                              const wf_tensor *output, const void *workspace)
{
    wf_named_tensor tensors[2 * WF_PYRAMID_MAX_LEVELS + 2] = {{"input", input}};
    int tensor_count = 1;
    for (int level = 0; level < count; level++) {
        tensors[tensor_count++] = (wf_named_tensor){"weight", levels[level].weight};
        if (levels[level].alpha)
            tensors[tensor_count++] = (wf_named_tensor){"alpha", levels[level].alpha};
    }
    for (int i = 0; i < tensor_count; i++)
        WF_TRY(wf_check_data(log, tensors[i].name, tensors[i].tensor));
    WF_TRY(wf_check_data(log, "output", output));
    WF_TRY(wf_check_output(log, "output", output, tensors, tensor_count));
    tensors[tensor_count++] = (wf_named_tensor){"output", output};
    return wf_check_workspace(log, workspace, wf_pyramid_workspace(input, count), tensors, tensor_count);
}

/* ---- Steps ------------------------------------------------------------------------------------------------------- */

static wf_result halve_all(wf_device *device, wf_stream stream, const pyramid *p, int count)
{
    for (int level = 0; level < count - 1; level++) {
        const wf_step_call call = {.fine = p->x[level], .coarse = p->x[level + 1]};
        WF_TRY(device->table->step_down(device, stream, &call));
        WF_TRY(wf_barrier(device, stream));
    }
    return WF_OK;
}

static wf_result filter_all(wf_device *device, wf_stream stream, wf_operator op, const wf_pyramid_level *levels,
                            int count, const pyramid *p)
{
    for (int level = 0; level < count; level++)
        WF_TRY(wf_apply(device, stream, op, &levels[level].filter, &p->x[level], levels[level].weight, NULL,
                        &p->y[level], NULL));
    return WF_OK;
}

/* From the coarsest level up, each in place of its y. */
static wf_result blend_all(wf_device *device, wf_stream stream, const wf_pyramid_level *levels, int count,
                           const pyramid *p)
{
    for (int level = count - 2; level >= 0; level--) {
        wf_step_call call = {.fine = p->y[level], .coarse = p->y[level + 1], .alpha = *levels[level].alpha};
        call.subtract = 1;
        WF_TRY(wf_barrier(device, stream));
        WF_TRY(device->table->step_down(device, stream, &call));
        WF_TRY(wf_barrier(device, stream));
        WF_TRY(device->table->step_up(device, stream, &call));
    }
    return WF_OK;
}

/* ---- The calls --------------------------------------------------------------------------------------------------- */

size_t wf_pyramid_workspace(const wf_tensor *input, int count)
{
    const wf_log silent = {0};
    if (count < 1 || count > WF_PYRAMID_MAX_LEVELS || wf_check_tensor(&silent, "input", input) != WF_OK ||
        !is_countable(input))
        return 0;
    return lay_out(input, input, count, NULL).size;
}

wf_result wf_prepare_pyramid(wf_device *device, wf_operator op, const wf_pyramid_level *levels, int count,
                             const wf_tensor *input)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    WF_TRY(prepare(device, op, levels, count, input));
    return count > 1 && device->table->prepare_steps ? device->table->prepare_steps(device) : WF_OK;
}

wf_result wf_pyramid(wf_device *device, wf_stream stream, wf_operator op, const wf_pyramid_level *levels, int count,
                     const wf_tensor *input, const wf_tensor *output, void *workspace)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    const wf_log *log = &device->log;
    WF_TRY(prepare(device, op, levels, count, input));
    WF_TRY(wf_check_tensor(log, "output", output));
    WF_TRY(wf_check_sizes(log, "output", output, input->size[AXIS_C], "input", input));
    WF_TRY(wf_check_dtype(log, "output", output->dtype, WF_FLOAT32));
    WF_TRY(check_memory(log, levels, count, input, output, workspace));
    WF_TRY(wf_check_stream(device, stream));
    const pyramid p = lay_out(input, output, count, workspace);
    WF_TRY(halve_all(device, stream, &p, count));
    WF_TRY(filter_all(device, stream, op, levels, count, &p));
    return blend_all(device, stream, levels, count, &p);
}
