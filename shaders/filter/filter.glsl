// filter.glsl -- gather, splat, or both of the same weights: every thread sums the sources of its pixels. Included
// after FIRST_OPERATOR and LAST_OPERATOR are declared.
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

#include "kernel.glsl"

layout(constant_id = WF_FILTER_COVERAGE) const bool COVERAGE = false; // written
layout(constant_id = WF_FILTER_EXTRA_STEP) const int EXTRA_STEP = 1;

layout(push_constant, scalar) uniform Push { wf_filter_push push; };

const float LOWEST = -3.402823466e38;
const float MINUS_INFINITY = -1.0 / 0.0;
const int OPERATORS = LAST_OPERATOR - FIRST_OPERATOR + 1;
const bool TOTALS = MODE == WF_SHARED_NORMALIZED || MODE == WF_SHARED_SOFTMAX || COVERAGE;

// A branch spares workgroups within the image the masks' instructions, and takes registers: which counts was measured.
const bool LOGITS = MODE == WF_SHARED_SOFTMAX || MODE == WF_SHARED_GIVEN_SOFTMAX;
const bool SUMS = MODE != WF_SHARED_SOFTMAX && MODE != WF_SHARED_GIVEN_SOFTMAX && OPERATORS == 1;
const bool WIDE_HALVES = SUMS && WEIGHT_TYPE != WF_SHARED_FLOAT32 && KERNEL_WIDTH > 5;
const bool ALWAYS_MASKS = PIXELS < 4 || WIDE_HALVES;

// Softmax reads every logit once: exponentials are relative to an origin, which moves, and shrinks the sums so far,
// where a logit exceeds it by more than this.
const float HEADROOM = 8.0;

int first_channel;         // of CHANNELS; those past the image's last repeat it and are not stored
int64_t planes[CHANNELS]; // of the input, in bytes from its first
bool bordering[OPERATORS];

vec4 sums[OPERATORS][CHANNELS]; // of weight * input
vec4 totals[OPERATORS];         // of the weights
vec4 origins[OPERATORS];

// A kernel row and the row of sources that it pairs the thread's pixels with.
struct Row {
    uint64_t pixels, coverage;
    uint64_t weights; // of the first source's tap
    int64_t next_tap; // bytes to that of the next source
};

int index_of(int op)
{
    return OPERATORS == 1 ? 0 : op - FIRST_OPERATOR;
}

int direction_of(int op)
{
    return op == WF_SHARED_SPLAT ? -1 : 1;
}

// The PIXELS components from shift on of two groups.
vec4 shifted(vec4 group, vec4 next, int shift)
{
    if (PIXELS == 2) {
        return vec4(group.y, next.xyz);
    }
    return shift == 1 ? vec4(group.yzw, next.x) : shift == 2 ? vec4(group.zw, next.xy) : vec4(group.w, next.xyz);
}

void load_weights(int op, Row row, int first, out vec4 weights[SLOTS])
{
    int direction = direction_of(op), size = element_size(WEIGHT_TYPE);
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        int tap = clamp(first + k - lead(direction), 0, KERNEL_WIDTH - 1);
        uint64_t plane = row.weights + uint64_t(tap * row.next_tap);
        if (op == WF_SHARED_GATHER) {
            weights[k] = load_vector(plane + uint64_t(int64_t(p.x) * WEIGHT_STEP * size), WEIGHT_TYPE);
        } else {
            // Those of the slot's sources, which may begin within one group and end within the next.
            int shift = k % PIXELS, column = source_column(direction, first + k - shift);
            weights[k] = load_sources(plane, WEIGHT_TYPE, WEIGHT_STEP, column, push.width, false);
            if (shift > 0) {
                vec4 next = load_sources(plane, WEIGHT_TYPE, WEIGHT_STEP, column + PIXELS, push.width, false);
                weights[k] = shifted(weights[k], next, shift);
            }
        }
    }
}

// Weights of slots that are no taps, or lead out of the image, count nothing.
void mask_weights(int op, int first, inout vec4 weights[SLOTS])
{
    const float none = LOGITS ? MINUS_INFINITY : 0.0;
    int direction = direction_of(op);
    if (MODE == WF_SHARED_SOFTMAX) {
        [[unroll]] for (int k = 0; k < SLOTS; ++k) {
            if (!is_tap(direction, first + k)) {
                weights[k] = vec4(none);
            }
        }
    }
    bool border = bordering[index_of(op)];
    if (border || ALWAYS_MASKS) {
        uint width = border ? push.width : ENDLESS;
        [[unroll]] for (int k = 0; k < SLOTS; ++k) {
            weights[k] = mix(weights[k], vec4(none), outside(source_column(direction, first + k), width));
        }
    }
}

// Without a branch, which takes registers: where nothing moves, the sums are multiplied by 1.
void move_origins(int op, vec4 logits[SLOTS])
{
    const int at = index_of(op);
    vec4 largest = logits[0];
    [[unroll]] for (int k = 1; k < SLOTS; ++k) {
        largest = max(largest, logits[k]);
    }
    bvec4 moves = greaterThan(largest - origins[at], vec4(HEADROOM));
    vec4 origin = mix(origins[at], largest, moves);
    vec4 shrink = mix(vec4(1.0), exp(origins[at] - origin), moves);
    origins[at] = origin;
    totals[at] *= shrink;
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        sums[at][c] *= shrink;
    }
}

void load_group(Row row, int column, bool border, int at, inout float sources[CHANNELS][WINDOW])
{
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        uint64_t plane = row.pixels + uint64_t(planes[c]);
        put(load_sources(plane, INPUT_TYPE, INPUT_STEP, column, push.width, border), at, sources[c]);
    }
}

// exp(logit - coverage of the source)
void exponentiate_given(int op, Row row, int first, inout vec4 weights[SLOTS])
{
    float coverage[WINDOW];
    load_window(row.coverage, WF_SHARED_FLOAT32, 1, direction_of(op), first, push.width, bordering[index_of(op)],
                coverage);
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        weights[k] = exp(weights[k] - pixels_from(coverage, k));
    }
}

// Adds the taps among SLOTS slots of a row from `first` on. The first sources are those of the slots before.
void add_slots(int op, Row row, int first, inout float sources[CHANNELS][WINDOW])
{
    const int direction = direction_of(op), at = index_of(op);
    vec4 weights[SLOTS];
    load_weights(op, row, first, weights);
    [[unroll]] for (int next = PIXELS; next <= SLOTS; next += PIXELS) {
        load_group(row, source_column(direction, first + next), bordering[at], next, sources);
    }
    mask_weights(op, first, weights);
    if (MODE == WF_SHARED_GIVEN_SOFTMAX) {
        exponentiate_given(op, row, first, weights);
    }
    if (MODE == WF_SHARED_SOFTMAX) {
        move_origins(op, weights);
    }
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        if (is_tap(direction, first + k)) {
            vec4 weight = MODE == WF_SHARED_SOFTMAX ? exp(weights[k] - origins[at]) : weights[k];
            if (TOTALS) {
                totals[at] += weight;
            }
            [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
                sums[at][c] += weight * pixels_from(sources[c], k);
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

    float sources[CHANNELS][WINDOW];
    load_group(row, source_column(direction, 0), bordering[index_of(op)], 0, sources);
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

vec4 divisor(vec4 total)
{
    if (MODE == WF_SHARED_NORMALIZED) {
        vec4 magnitude = max(abs(total), vec4(WF_SHARED_MIN_SUM));
        return mix(magnitude, -magnitude, lessThan(total, vec4(0.0)));
    }
    return MODE == WF_SHARED_SOFTMAX ? total : vec4(1.0);
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
            float bias = 0.0;
            if (push.bias_data != 0) {
                bias = uintBitsToFloat(Bytes4(push.bias_data + uint64_t(channel * 4)).value);
            }
            vec4 result = sums[index_of(op)][c] / divisor(totals[index_of(op)]) + bias;
            store_vector(pixel_address(data, OUTPUT_TYPE, channel * channel_stride, row, step), OUTPUT_TYPE, result);
        }
    }
}

void store_coverage(int op)
{
    vec4 total = totals[index_of(op)];
    vec4 coverage = MODE == WF_SHARED_SOFTMAX ? origins[index_of(op)] + log(total) : total;
    store_vector(pixel_address(push.extra_data, WF_SHARED_FLOAT32, 0, push.extra_row, EXTRA_STEP), WF_SHARED_FLOAT32,
                 coverage);
}

void start(int op)
{
    const int at = index_of(op);
    bordering[at] = has_border(direction_of(op), push.width);
    totals[at] = vec4(0.0);
    origins[at] = vec4(LOWEST);
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        sums[at][c] = vec4(0.0);
    }
}

void main()
{
    // Groups that differ in channels only are neighbors: all but the first find the weights in the cache.
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
    start(FIRST_OPERATOR);
    if (LAST_OPERATOR != FIRST_OPERATOR) {
        start(LAST_OPERATOR);
    }
    [[dont_unroll]] for (int i = 0; i < KERNEL_HEIGHT; ++i) {
        add_row(FIRST_OPERATOR, i);
        if (LAST_OPERATOR != FIRST_OPERATOR) {
            add_row(LAST_OPERATOR, i);
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
