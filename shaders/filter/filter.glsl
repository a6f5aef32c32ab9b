// filter.glsl -- gather, splat, or both of the same weights: every thread sums the sources of its pixels. Included after
// FIRST_OPERATOR and LAST_OPERATOR are declared.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

#include "kernel.glsl"

layout(constant_id = WF_FILTER_COVERAGE) const bool COVERAGE = false; // written
layout(constant_id = WF_FILTER_EXTRA_STEP) const int EXTRA_STEP = 1;

layout(push_constant, scalar) uniform Push { wf_filter_push push; };

const float LOWEST = -3.402823466e38;
const float MINUS_INFINITY = -1.0 / 0.0;
const bool TOTALS = MODE == WF_SHARED_NORMALIZED || MODE == WF_SHARED_SOFTMAX || COVERAGE;

// Softmax reads every logit once: exponentials are relative to an origin, which moves, and shrinks the sums so far, where
// a logit exceeds it by more than this.
const float HEADROOM = 8.0;

int first_channel;         // of CHANNELS; those past the image's last repeat it and are not stored
int64_t planes[CHANNELS]; // of the input, in bytes from its first
bool bordering[2];

float sums[2][CHANNELS][PIXELS]; // of weight * input, for each operator
float totals[2][PIXELS];         // of the weights
float origins[2][PIXELS];

// A kernel row and the row of sources that it pairs the thread's pixels with.
struct Row {
    uint64_t pixels, coverage;
    uint64_t weights; // of the first source's tap
    int64_t next_tap; // bytes to that of the next source
};

int direction_of(int op)
{
    return op == WF_SHARED_SPLAT ? -1 : 1;
}

void load_weights(int op, Row row, int first, out float weights[SLOTS][PIXELS])
{
    int direction = direction_of(op), size = element_size(WEIGHT_TYPE);
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        int tap = clamp(first + k - lead(direction), 0, KERNEL_WIDTH - 1);
        uint64_t plane = row.weights + uint64_t(tap * row.next_tap);
        if (op == WF_SHARED_GATHER) {
            load_pixels(plane + uint64_t(int64_t(p.x) * WEIGHT_STEP * size), WEIGHT_TYPE, weights[k]);
        } else {
            // Those of the slot's sources, which may begin within one group and end within the next.
            int shift = k % PIXELS;
            float group[PIXELS], next[PIXELS];
            int column = source_column(direction, first + k - shift);
            load_sources(plane, WEIGHT_TYPE, WEIGHT_STEP, column, push.width, false, group);
            if (shift > 0) {
                load_sources(plane, WEIGHT_TYPE, WEIGHT_STEP, column + PIXELS, push.width, false, next);
            }
            [[unroll]] for (int x = 0; x < PIXELS; ++x) {
                weights[k][x] = shift + x < PIXELS ? group[shift + x] : next[shift + x - PIXELS];
            }
        }
    }
}

// Weights of slots that are no taps, or lead out of the image, count nothing.
void mask_weights(int op, int first, inout float weights[SLOTS][PIXELS])
{
    const float none = MODE == WF_SHARED_SOFTMAX || MODE == WF_SHARED_GIVEN_SOFTMAX ? MINUS_INFINITY : 0.0;
    int direction = direction_of(op);
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        [[unroll]] for (int x = 0; x < PIXELS; ++x) {
            int column = source_column(direction, first + k + x);
            if (!is_tap(direction, first + k) || (bordering[op] && (column < 0 || column >= push.width))) {
                weights[k][x] = none;
            }
        }
    }
}

void move_origins(int op, float logits[SLOTS][PIXELS])
{
    float largest[PIXELS];
    bool moves = false;
    [[unroll]] for (int x = 0; x < PIXELS; ++x) {
        largest[x] = logits[0][x];
        [[unroll]] for (int k = 1; k < SLOTS; ++k) {
            largest[x] = max(largest[x], logits[k][x]);
        }
        moves = moves || largest[x] - origins[op][x] > HEADROOM;
    }
    if (moves) {
        [[unroll]] for (int x = 0; x < PIXELS; ++x) {
            float origin = max(origins[op][x], largest[x]);
            float shrink = exp(origins[op][x] - origin);
            origins[op][x] = origin;
            totals[op][x] *= shrink;
            [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
                sums[op][c][x] *= shrink;
            }
        }
    }
}

void load_group(Row row, int column, bool border, int at, inout float sources[CHANNELS][SOURCES])
{
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        float group[PIXELS];
        load_sources(row.pixels + uint64_t(planes[c]), INPUT_TYPE, INPUT_STEP, column, push.width, border, group);
        [[unroll]] for (int x = 0; x < PIXELS; ++x) {
            sources[c][at + x] = group[x];
        }
    }
}

// exp(logit - coverage of the source)
void exponentiate_given(int op, Row row, int first, inout float weights[SLOTS][PIXELS])
{
    float coverage[SOURCES];
    [[unroll]] for (int at = 0; at < SOURCES; at += PIXELS) {
        float group[PIXELS];
        load_sources(row.coverage, WF_SHARED_FLOAT32, 1, source_column(direction_of(op), first + at), push.width,
                     bordering[op], group);
        [[unroll]] for (int x = 0; x < PIXELS; ++x) {
            coverage[at + x] = group[x];
        }
    }
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        [[unroll]] for (int x = 0; x < PIXELS; ++x) {
            weights[k][x] = exp(weights[k][x] - coverage[k + x]);
        }
    }
}

void weigh(int op, Row row, int first, inout float weights[SLOTS][PIXELS])
{
    mask_weights(op, first, weights);
    if (MODE == WF_SHARED_GIVEN_SOFTMAX) {
        exponentiate_given(op, row, first, weights);
    }
    if (MODE == WF_SHARED_SOFTMAX) {
        move_origins(op, weights);
    }
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        [[unroll]] for (int x = 0; x < PIXELS; ++x) {
            if (MODE == WF_SHARED_SOFTMAX) {
                weights[k][x] = exp(weights[k][x] - origins[op][x]);
            }
            if (TOTALS) {
                totals[op][x] += weights[k][x];
            }
        }
    }
}

// Adds the taps among SLOTS slots of a row from `first` on. The first sources are those of the slots before.
void add_slots(int op, Row row, int first, inout float sources[CHANNELS][SOURCES])
{
    float weights[SLOTS][PIXELS];
    load_weights(op, row, first, weights);
    [[unroll]] for (int at = PIXELS; at < SOURCES; at += PIXELS) {
        load_group(row, source_column(direction_of(op), first + at), bordering[op], at, sources);
    }
    weigh(op, row, first, weights);
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        if (is_tap(direction_of(op), first + k)) {
            [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
                [[unroll]] for (int x = 0; x < PIXELS; ++x) {
                    sums[op][c][x] += weights[k][x] * sources[c][k + x];
                }
            }
        }
    }
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        [[unroll]] for (int x = 0; x < PIXELS; ++x) {
            sources[c][x] = sources[c][SLOTS + x];
        }
    }
}

void add_row(int op, int i)
{
    int direction = direction_of(op);
    int y = p.y + direction * tap_offset(i, KERNEL_HEIGHT, DILATION);
    if (y < 0 || y >= push.height) {
        return;
    }
    int size = element_size(WEIGHT_TYPE);
    int64_t first_tap = i * KERNEL_WIDTH + (direction > 0 ? 0 : KERNEL_WIDTH - 1);
    int64_t weight_y = direction > 0 ? p.y : y;
    Row row;
    row.pixels = push.input_data + uint64_t(int64_t(y) * push.input_row * element_size(INPUT_TYPE));
    row.coverage = push.extra_data + uint64_t(int64_t(y) * push.extra_row * 4);
    row.weights = push.weight_data + uint64_t((first_tap * push.weight_tap + weight_y * push.weight_row) * size);
    row.next_tap = direction * push.weight_tap * size;

    float sources[CHANNELS][SOURCES];
    load_group(row, source_column(direction, 0), bordering[op], 0, sources);
    if (KERNEL_WIDTH <= LONGEST_UNROLLED) {
        [[unroll]] for (int group = 0; group < group_count(direction); group += GROUPS) {
            add_slots(op, row, group * PIXELS, sources);
        }
    } else {
        [[dont_unroll]] for (int group = 0; group < group_count(direction); group += GROUPS) {
            add_slots(op, row, group * PIXELS, sources);
        }
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

uint64_t pixel_address(uint64_t data, int type, int64_t channel, int64_t row, int step)
{
    return data + uint64_t((channel + p.y * row + int64_t(p.x) * step) * element_size(type));
}

void store_output(int op, uint64_t data, int64_t channel_stride, int row, int step)
{
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        int64_t channel = first_channel + c;
        if (channel < push.channels) {
            float bias = push.bias_data != 0 ? uintBitsToFloat(Bytes4(push.bias_data + uint64_t(channel * 4)).value) : 0.0;
            [[unroll]] for (int x = 0; x < PIXELS; ++x) {
                sums[op][c][x] = sums[op][c][x] / divisor(totals[op][x]) + bias;
            }
            store_pixels(pixel_address(data, OUTPUT_TYPE, channel * channel_stride, row, step), OUTPUT_TYPE, sums[op][c]);
        }
    }
}

void store_coverage(int op)
{
    if (MODE == WF_SHARED_SOFTMAX) {
        [[unroll]] for (int x = 0; x < PIXELS; ++x) {
            totals[op][x] = origins[op][x] + log(totals[op][x]);
        }
    }
    store_pixels(pixel_address(push.extra_data, WF_SHARED_FLOAT32, 0, push.extra_row, EXTRA_STEP), WF_SHARED_FLOAT32,
                 totals[op]);
}

void start(int op)
{
    bordering[op] = has_border(direction_of(op), push.width);
    [[unroll]] for (int x = 0; x < PIXELS; ++x) {
        totals[op][x] = 0.0;
        origins[op][x] = LOWEST;
        [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
            sums[op][c][x] = 0.0;
        }
    }
}

void main()
{
    // Groups that differ in channels only are neighbours: all but the first find the weights in the cache.
    int chunks = max((push.channels + CHANNELS - 1) / CHANNELS, 1);
    ivec2 group = ivec2(gl_WorkGroupID) + ivec2(push.first_group_x, push.first_group_y);
    first_channel = group.x % chunks * CHANNELS;
    find_pixels(ivec2(group.x / chunks, group.y));
    if (p.x >= push.width || p.y >= push.height) {
        return;
    }
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        int64_t channel = max(min(first_channel + c, push.channels - 1), 0);
        planes[c] = channel * push.input_channel * element_size(INPUT_TYPE);
    }
    [[unroll]] for (int op = FIRST_OPERATOR; op <= LAST_OPERATOR; ++op) {
        start(op);
    }
    [[dont_unroll]] for (int i = 0; i < KERNEL_HEIGHT; ++i) {
        [[unroll]] for (int op = FIRST_OPERATOR; op <= LAST_OPERATOR; ++op) {
            add_row(op, i);
        }
    }
    store_output(FIRST_OPERATOR, push.output_data, push.output_channel, push.output_row, OUTPUT_STEP);
    if (LAST_OPERATOR != FIRST_OPERATOR) {
        store_output(LAST_OPERATOR, push.extra_data, push.extra_channel, push.extra_row, EXTRA_STEP);
    }
    if (COVERAGE && first_channel == 0) {
        store_coverage(FIRST_OPERATOR);
    }
}
