#include "workload.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* More than a device caches: as much is moved before the same tensors are used again. */
#define ROTATED_BYTES ((double)(512 << 20))
#define MAX_SETS      64

static size_t bytes_of(const wf_tensor *tensor)
{
    const int64_t *size = tensor->size;
    return (size_t)(size[0] * size[1] * size[2] * size[3]) * wf_dtype_size(tensor->dtype);
}

/* ---- Random numbers ---------------------------------------------------------------------------------------------- */

void random_blocks_free(random_blocks *blocks)
{
    for (int dtype = 0; dtype < WF_DTYPE_COUNT; dtype++)
        host_tensor_free(&blocks->of[dtype]);
}

wf_result random_blocks_fill(random_blocks *blocks, wf_device *device, const wf_tensor *tensor)
{
    host_tensor *block = &blocks->of[tensor->dtype];
    if (!block->storage) {
        *block = host_tensor_make(tensor->dtype, 1, 1, 1, 4194301, LAYOUT_DENSE);
        host_tensor_randomize(block, blocks->random, 0, 1);
    }
    const size_t size = bytes_of(tensor), step = bytes_of(&block->view);
    wf_result result = WF_OK;
    for (size_t at = 0; at < size && result == WF_OK; at += step)
        result = wf_upload(device, (char *)tensor->data + at, block->view.data, size - at < step ? size - at : step);
    return result;
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

static unsigned needed(const bench_row *row)
{
    static const unsigned of_directions[BENCH_DIRECTION_COUNT] = {
        [BENCH_FORWARD] = 1 << INPUT | 1 << WEIGHT | 1 << OUTPUT,
        [BENCH_BACKWARD] = 1 << INPUT | 1 << WEIGHT | 1 << GRAD_OUTPUT | 1 << GRAD_INPUT | 1 << GRAD_WEIGHT,
        [BENCH_BACKWARD_INPUT] = 1 << INPUT | 1 << WEIGHT | 1 << GRAD_OUTPUT | 1 << GRAD_INPUT,
        [BENCH_BACKWARD_WEIGHT] = 1 << INPUT | 1 << WEIGHT | 1 << GRAD_OUTPUT | 1 << GRAD_WEIGHT,
        [BENCH_GRAD_WEIGHT] = 1 << INPUT | 1 << GRAD_OUTPUT | 1 << GRAD_WEIGHT};
    unsigned tensors = of_directions[row->direction];
    if (row->op == BENCH_GATHER_SPLAT)
        tensors |= 1 << SECOND_OUTPUT;
    if (row->direction != BENCH_FORWARD && row->mode != WF_LINEAR)
        tensors |= 1 << OUTPUT | 1 << COVERAGE;
    return tensors;
}

static wf_tensor empty_tensor(const bench_row *row, int which)
{
    const wf_dtype sums = row->types.image == WF_FLOAT64 ? WF_FLOAT64 : WF_FLOAT32;
    const int taps = row->kernel_height * row->kernel_width, weights = which == WEIGHT || which == GRAD_WEIGHT;
    const wf_dtype dtype = weights ? row->types.weight : which == COVERAGE ? sums : row->types.image;
    const int channels = weights ? taps : which == COVERAGE ? 1 : row->channels;
    return wf_dense(NULL, dtype, row->batch, channels, row->height, row->width);
}

static wf_result make_tensors(workload *load, wf_tensor *set, random_blocks *blocks)
{
    const unsigned wanted = needed(&load->row), random = 1 << INPUT | 1 << WEIGHT | 1 << GRAD_OUTPUT;
    wf_result result = WF_OK;
    for (int i = 0; i < TENSORS && result == WF_OK; i++) {
        if (set[i].data || !(wanted >> i & 1))
            continue;
        set[i] = empty_tensor(&load->row, i);
        result = wf_alloc(load->device, bytes_of(&set[i]), &set[i].data);
        if (result == WF_OK && random >> i & 1)
            result = random_blocks_fill(blocks, load->device, &set[i]);
    }
    return result;
}

void workload_free(workload *load)
{
    for (int i = 0; i < load->set_count * TENSORS; i++)
        wf_free(load->device, load->sets[i / TENSORS][i % TENSORS].data);
    wf_free(load->device, load->workspace);
    free(load->sets);
    *load = (workload){0};
}

/* ---- Calls ------------------------------------------------------------------------------------------------------- */

static wf_filter filter_of(const bench_row *row)
{
    return (wf_filter){.kernel_height = row->kernel_height,
                       .kernel_width = row->kernel_width,
                       .dilation = 1,
                       .mode = row->mode,
                       .groups = 1};
}

static wf_gradients gradients_of(const workload *load, const wf_tensor *set)
{
    const bench_direction direction = load->row.direction;
    const int linear = load->row.mode == WF_LINEAR;
    return (wf_gradients){.input = &set[INPUT],
                          .weight = &set[WEIGHT],
                          .output = linear ? NULL : &set[OUTPUT],
                          .coverage = linear ? NULL : &set[COVERAGE],
                          .grad_output = &set[GRAD_OUTPUT],
                          .grad_input = direction == BENCH_BACKWARD_WEIGHT ? NULL : &set[GRAD_INPUT],
                          .grad_weight = direction == BENCH_BACKWARD_INPUT ? NULL : &set[GRAD_WEIGHT],
                          .workspace = load->workspace};
}

wf_result workload_run(void *user, wf_device *device, wf_stream stream, int repetition)
{
    const workload *load = user;
    const bench_row *row = &load->row;
    const wf_tensor *set = load->sets[repetition % load->set_count];
    const wf_filter filter = filter_of(row);
    const wf_operator op = bench_row_operator(row);
    if (row->op == BENCH_GATHER_SPLAT)
        return wf_gather_splat(device, stream, &filter, &set[INPUT], &set[WEIGHT], NULL, &set[OUTPUT],
                               &set[SECOND_OUTPUT]);
    if (row->direction == BENCH_FORWARD)
        return wf_apply(device, stream, op, &filter, &set[INPUT], &set[WEIGHT], NULL, &set[OUTPUT], NULL);
    if (row->direction == BENCH_GRAD_WEIGHT)
        return wf_grad_weight(device, stream, op, &filter, &set[INPUT], &set[GRAD_OUTPUT], &set[GRAD_WEIGHT]);
    const wf_gradients gradients = gradients_of(load, set);
    return wf_backward(device, stream, op, &filter, &gradients);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

/* What the backward pass reads of the forward one. */
static wf_result write_outputs(const workload *load, const wf_tensor *set)
{
    const wf_filter filter = filter_of(&load->row);
    wf_stream stream;
    wf_result result = wf_begin(load->device, &stream);
    if (result != WF_OK)
        return result;
    result = wf_apply(load->device, stream, bench_row_operator(&load->row), &filter, &set[INPUT], &set[WEIGHT], NULL,
                      &set[OUTPUT], &set[COVERAGE]);
    wf_result finished = wf_finish(load->device, stream);
    return result == WF_OK ? finished : result;
}

static wf_result prepare_backward(workload *load)
{
    const wf_filter filter = filter_of(&load->row);
    wf_result result = WF_OK;
    for (int i = 0; i < load->set_count && result == WF_OK && load->row.mode != WF_LINEAR; i++)
        result = write_outputs(load, load->sets[i]);
    if (result != WF_OK || load->row.direction == BENCH_GRAD_WEIGHT)
        return result;
    wf_free(load->device, load->workspace);
    load->workspace = NULL;
    const wf_gradients gradients = gradients_of(load, load->sets[0]);
    const size_t size = wf_backward_workspace(load->device, bench_row_operator(&load->row), &filter, &gradients);
    return size > 0 ? wf_alloc(load->device, size, &load->workspace) : WF_OK;
}

wf_result workload_set(workload *load, wf_device *device, const bench_row *row, random_blocks *blocks)
{
    if (!load->sets || !bench_rows_share_tensors(&load->row, row)) {
        workload_free(load);
        const int count = 1 + (int)fmin(ROTATED_BYTES / bench_row_bytes(row), MAX_SETS - 1);
        *load = (workload){.device = device, .sets = calloc((size_t)count, sizeof *load->sets), .set_count = count};
        if (!load->sets)
            abort();
    }
    load->row = *row;
    wf_result result = WF_OK;
    for (int i = 0; i < load->set_count && result == WF_OK; i++)
        result = make_tensors(load, load->sets[i], blocks);
    return result == WF_OK && row->direction != BENCH_FORWARD ? prepare_backward(load) : result;
}
