#include "row.h"

const char *bench_operator_name(bench_operator op)
{
    static const char *const names[BENCH_OPERATOR_COUNT] = {"gather", "splat", "gather_splat"};
    return names[op];
}

const char *bench_direction_name(bench_direction direction)
{
    static const char *const names[BENCH_DIRECTION_COUNT] = {"forward", "backward", "backward_input", "backward_weight",
                                                             "grad_weight"};
    return names[direction];
}

const char *bench_types_name(bench_types types)
{
    return types.image == types.weight ? wf_dtype_name(types.image) : "mixed";
}

wf_operator bench_row_operator(const bench_row *row)
{
    return row->op == BENCH_SPLAT ? WF_SPLAT : WF_GATHER;
}

int bench_row_exists(const bench_row *row)
{
    return (row->op != BENCH_GATHER_SPLAT || row->direction == BENCH_FORWARD) &&
           (row->mode == WF_LINEAR || row->direction != BENCH_GRAD_WEIGHT);
}

int bench_rows_share_tensors(const bench_row *a, const bench_row *b)
{
    return a->types.image == b->types.image && a->types.weight == b->types.weight &&
           a->kernel_height == b->kernel_height && a->kernel_width == b->kernel_width && a->batch == b->batch &&
           a->channels == b->channels && a->height == b->height && a->width == b->width;
}

/* How often the weights (or their gradient), images and coverage of the whole batch move. */
typedef struct moves {
    int weights, images, coverages;
} moves;

static moves moves_of(const bench_row *row)
{
    const int coverages = row->mode == WF_LINEAR ? 0 : 1;
    switch (row->direction) {
    case BENCH_BACKWARD: /* weight and grad_weight; input, grad_output, grad_input and, for their sums, output */
        return (moves){2, 3 + coverages, coverages};
    case BENCH_BACKWARD_INPUT: /* weight; grad_output and grad_input */
        return (moves){1, 2, coverages};
    case BENCH_BACKWARD_WEIGHT: /* grad_weight and, for softmax, weight; input, grad_output and output */
        return (moves){row->mode == WF_SOFTMAX ? 2 : 1, 2 + coverages, coverages};
    case BENCH_GRAD_WEIGHT:
        return (moves){1, 2, 0};
    default:
        return (moves){1, row->op == BENCH_GATHER_SPLAT ? 3 : 2, 0};
    }
}

double bench_row_bytes(const bench_row *row)
{
    const moves moves = moves_of(row);
    const double pixels = (double)row->batch * row->height * row->width;
    const double weight = (double)row->kernel_height * row->kernel_width * (double)wf_dtype_size(row->types.weight);
    const double image = row->channels * (double)wf_dtype_size(row->types.image);
    const double coverage = (double)wf_dtype_size(row->types.image == WF_FLOAT64 ? WF_FLOAT64 : WF_FLOAT32);
    return pixels * (moves.weights * weight + moves.images * image + moves.coverages * coverage);
}
