// filter.glsl -- gather and splat. A thread computes ROWS pixels of one column, DILATION apart: they share their input.
// Included by gather.comp.glsl and splat.comp.glsl, which define
//     DIRECTION  +1 or -1: tap t of the output pixel p pairs it with the input pixel q = p + DIRECTION * o(t)
//     SPLAT      whether the weights of q apply, or those of p
#extension GL_EXT_control_flow_attributes : require

#include "grid.glsl"
#include "storage.glsl"
#include "taps.glsl"

layout(constant_id = WF_FILTER_KERNEL_HEIGHT) const int KERNEL_HEIGHT = 1;
layout(constant_id = WF_FILTER_KERNEL_WIDTH) const int KERNEL_WIDTH = 1;
layout(constant_id = WF_FILTER_DILATION) const int DILATION = 1;
layout(constant_id = WF_FILTER_MODE) const int MODE = 0;
layout(constant_id = WF_FILTER_CHANNELS) const int CHANNELS = 1;
layout(constant_id = WF_FILTER_IMAGE_HALF) const bool IMAGE_HALF = false;
layout(constant_id = WF_FILTER_WEIGHT_HALF) const bool WEIGHT_HALF = false;

layout(push_constant, scalar) uniform Push { wf_filter_push push; };

const int ROWS = WF_THREAD_ROWS;

// A kernel row is worked on in equal blocks of at most 5 taps: ROWS times as many weights are on their way at once.
const int BLOCKS = (KERNEL_WIDTH + 4) / 5;
const int BLOCK = (KERNEL_WIDTH + BLOCKS - 1) / BLOCKS;

// The thread's pixel `row` needs the KERNEL_HEIGHT input rows from s = row on, of which s = row + ABOVE is its own.
const int ABOVE = DIRECTION > 0 ? KERNEL_HEIGHT / 2 : (KERNEL_HEIGHT - 1) / 2;
const int INPUT_ROWS = KERNEL_HEIGHT + ROWS - 1;

const float LOWEST = -3.402823466e38;
const float MINUS_INFINITY = -1.0 / 0.0;

wf_filter_push args; // a copy: some compilers read push constants anew at each use
ivec2 p;             // the thread's first pixel
int first_channel;   // of CHANNELS; those past the image's last repeat it and are not stored

float sums[ROWS][CHANNELS]; // of weight * input
float totals[ROWS];         // of the weights
float largest[ROWS];        // softmax: the largest logit so far; sums and totals count in units of its exponential

bool has_row(int row)
{
    return row * DILATION < args.height - p.y;
}

bool needs_input(int row, int s)
{
    return has_row(row) && s >= row && s - row < KERNEL_HEIGHT;
}

int kernel_row(int row, int s)
{
    return DIRECTION > 0 ? s - row : KERNEL_HEIGHT - 1 - (s - row);
}

// Turns logits into weights in units of the exponential of the largest logit, which may grow.
void exponentiate(int row, inout float weights[BLOCK])
{
    float before = largest[row];
    [[unroll]] for (int k = 0; k < BLOCK; ++k) {
        largest[row] = max(largest[row], weights[k]);
    }
    [[unroll]] for (int k = 0; k < BLOCK; ++k) {
        weights[k] = exp(weights[k] - largest[row]);
    }
    float shrink = exp(before - largest[row]);
    totals[row] *= shrink;
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        sums[row][c] *= shrink;
    }
}

// Adds what input row s gives through kernel columns first to last - 1, of which only BLOCK are looked at.
void add_taps(int s, int first, int last)
{
    ivec2 q = ivec2(p.x + DIRECTION * tap_offset(first, KERNEL_WIDTH, DILATION), p.y + (s - ABOVE) * DILATION);

    float weights[ROWS][BLOCK];
    int64_t weight_step = args.weight_tap + (SPLAT ? DIRECTION * DILATION : 0);
    [[unroll]] for (int row = 0; row < ROWS; ++row) {
        ivec2 at = SPLAT ? q : ivec2(p.x, p.y + row * DILATION);
        int64_t tap = kernel_row(row, s) * KERNEL_WIDTH + first;
        int64_t index = tap * args.weight_tap + at.y * args.weight_row + at.x;
        bool needed = needs_input(row, s);
        [[unroll]] for (int k = 0; k < BLOCK; ++k) {
            weights[row][k] = MINUS_INFINITY;
            if (needed && first + k < last) {
                weights[row][k] = load(args.weight_data, index, WEIGHT_HALF);
            }
            index += weight_step;
        }
        if (MODE == WF_SHARED_SOFTMAX) {
            exponentiate(row, weights[row]);
        }
    }

    int64_t pixel = q.y * args.input_row + q.x;
    [[unroll]] for (int k = 0; k < BLOCK; ++k) {
        if (first + k < last) {
            float values[CHANNELS];
            [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
                int64_t channel = min(first_channel + c, args.channels - 1);
                values[c] = load(args.input_data, channel * args.input_channel + pixel, IMAGE_HALF);
            }
            [[unroll]] for (int row = 0; row < ROWS; ++row) {
                if (needs_input(row, s)) {
                    totals[row] += weights[row][k];
                    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
                        sums[row][c] += weights[row][k] * values[c];
                    }
                }
            }
        }
        pixel += DIRECTION * DILATION;
    }
}

float divisor(float total)
{
    if (MODE == WF_SHARED_NORMALIZED) {
        float magnitude = max(abs(total), WF_SHARED_MIN_SUM);
        return total < 0.0 ? -magnitude : magnitude;
    }
    return MODE == WF_SHARED_SOFTMAX ? total : 1.0;
}

void store_output(int row)
{
    int64_t pixel = (p.y + row * DILATION) * args.output_row + p.x;
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        int64_t channel = first_channel + c;
        if (channel < args.channels) {
            float bias = args.bias_data != 0 ? load(args.bias_data, channel, false) : 0.0;
            float value = sums[row][c] / divisor(totals[row]) + bias;
            store(args.output_data, channel * args.output_channel + pixel, IMAGE_HALF, value);
        }
    }
}

void main()
{
    args = push;
    // Groups that differ in channels only are neighbours: all but the first find the weights in the cache.
    int chunks = (args.channels + CHANNELS - 1) / CHANNELS;
    ivec2 group = ivec2(gl_WorkGroupID) + ivec2(args.first_group_x, args.first_group_y);
    first_channel = group.x % chunks * CHANNELS;
    ivec2 thread = group_thread(ivec2(group.x / chunks, group.y));
    p = ivec2(thread.x, thread.y / DILATION * (DILATION * ROWS) + thread.y % DILATION);
    if (!in_image(p, args.width, args.height)) {
        return;
    }

    [[unroll]] for (int row = 0; row < ROWS; ++row) {
        totals[row] = 0.0;
        largest[row] = LOWEST;
        [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
            sums[row][c] = 0.0;
        }
    }
    int first_row = max(ABOVE - p.y / DILATION, 0);
    int last_row = min(ABOVE + (args.height - 1 - p.y) / DILATION + 1, INPUT_ROWS);
    ivec2 columns = tap_range(p.x, args.width, KERNEL_WIDTH, DILATION, DIRECTION);
    for (int s = first_row; s < last_row; ++s) {
        for (int first = columns.x; first < columns.y; first += BLOCK) {
            add_taps(s, first, columns.y);
        }
    }
    [[unroll]] for (int row = 0; row < ROWS; ++row) {
        if (has_row(row)) {
            store_output(row);
        }
    }
}
