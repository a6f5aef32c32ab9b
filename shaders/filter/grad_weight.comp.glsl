#version 460
#extension GL_GOOGLE_include_directive : require
#extension GL_EXT_control_flow_attributes : require

// grad_weight.comp.glsl -- the gradient to every tap t of pixel p, which leads to q = p + o(t):
//
//     linear       sum over c of own[c,p] input[c,q]
//     normalized   sum over c of own[c,p] input[c,q] - D(d)
//     softmax      exp(weight[t,p] - L(d)) (sum over c of own[c,p] input[c,q] - D(d))
//
// For gather own is the gradient to the output, input the input, and d = p; for splat it is the other way round, d = q.
#include "kernel.glsl"

layout(constant_id = WF_GRAD_WEIGHT_SPLAT) const bool SPLAT = false;
layout(constant_id = WF_GRAD_WEIGHT_OWN_TYPE) const int OWN_TYPE = 0;
layout(constant_id = WF_GRAD_WEIGHT_OWN_STEP) const int OWN_STEP = 1;
layout(constant_id = WF_GRAD_WEIGHT_ONE_PASS) const bool ONE_PASS = true; // CHANNELS are all there are

layout(push_constant, scalar) uniform Push { wf_grad_weight_push push; };

const int DIRECTION = 1;
const bool LESS = MODE == WF_SHARED_NORMALIZED || MODE == WF_SHARED_SOFTMAX; // D is taken off

vec4 own[CHANNELS];
bool bordering;

void load_own(int first_channel)
{
    int size = element_size(OWN_TYPE);
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        int64_t channel = max(min(first_channel + c, push.channels - 1), 0);
        int64_t index = channel * push.own_channel + int64_t(p.y) * push.own_row + int64_t(p.x) * OWN_STEP;
        own[c] = load_vector(push.own_data + uint64_t(index * size), OWN_TYPE);
    }
}

// Adds own * input of up to CHANNELS channels. y: the sources' row.
void correlate(int first_channel, int first, int y, inout vec4 products[SLOTS])
{
    [[unroll]] for (int c = 0; c < CHANNELS; ++c) {
        int64_t channel = max(min(first_channel + c, push.channels - 1), 0);
        int64_t index = channel * push.input_channel + int64_t(y) * push.input_row;
        uint64_t row = push.input_data + uint64_t(index * element_size(INPUT_TYPE));
        float sources[WINDOW];
        load_window(row, INPUT_TYPE, INPUT_STEP, DIRECTION, first, push.width, false, sources);
        if (ONE_PASS || first_channel + c < push.channels) {
            [[unroll]] for (int k = 0; k < SLOTS; ++k) {
                products[k] += own[c] * pixels_from(sources, k);
            }
        }
    }
}

// One of the planes D and L, of the slots' d. y: the sources' row.
void load_plane(int plane, int first, int y, out vec4 values[SLOTS])
{
    int64_t line = int64_t(plane) * push.height + (SPLAT ? y : p.y);
    uint64_t row = push.values_data + uint64_t(line * push.width * 4);
    if (SPLAT) {
        float sources[WINDOW];
        load_window(row, WF_SHARED_FLOAT32, 1, DIRECTION, first, push.width, false, sources);
        [[unroll]] for (int k = 0; k < SLOTS; ++k) {
            values[k] = pixels_from(sources, k);
        }
    } else {
        vec4 pixels = load_sources(row, WF_SHARED_FLOAT32, 1, p.x, push.width, false);
        [[unroll]] for (int k = 0; k < SLOTS; ++k) {
            values[k] = pixels;
        }
    }
}

uint64_t tap_address(uint64_t data, int64_t tap, int64_t tap_stride, int row, int type, int step)
{
    int64_t index = tap * tap_stride + int64_t(p.y) * row + int64_t(p.x) * step;
    return data + uint64_t(index * element_size(type));
}

int64_t tap_of(int i, int slot)
{
    return i * KERNEL_WIDTH + clamp(slot - lead(DIRECTION), 0, KERNEL_WIDTH - 1);
}

void load_logits(int i, int first, out vec4 logits[SLOTS])
{
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        logits[k] = load_vector(tap_address(push.weight_data, tap_of(i, first + k), push.weight_tap, push.weight_row,
                                            WEIGHT_TYPE, WEIGHT_STEP),
                                WEIGHT_TYPE);
    }
}

// What the modes make of the sums.
void finish(int first, int y, vec4 logits[SLOTS], inout vec4 products[SLOTS])
{
    vec4 less[SLOTS];
    load_plane(0, first, y, less);
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        products[k] -= less[k];
    }
    if (MODE == WF_SHARED_SOFTMAX) {
        vec4 coverage[SLOTS];
        load_plane(1, first, y, coverage);
        [[unroll]] for (int k = 0; k < SLOTS; ++k) {
            products[k] *= exp(logits[k] - coverage[k]);
        }
    }
}

// Taps that lead out of the image have none.
void store_products(int i, int first, bool has_row, vec4 products[SLOTS])
{
    uint width = !has_row ? 0 : bordering ? push.width : ENDLESS;
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        if (is_tap(DIRECTION, first + k)) {
            bvec4 none = outside(source_column(DIRECTION, first + k), width);
            store_vector(tap_address(push.output_data, tap_of(i, first + k), push.output_tap, push.output_row,
                                     OUTPUT_TYPE, OUTPUT_STEP),
                         OUTPUT_TYPE, mix(products[k], vec4(0.0), none));
        }
    }
}

void work_on_slots(int i, int first, int y, bool has_row)
{
    vec4 products[SLOTS], logits[SLOTS];
    if (MODE == WF_SHARED_SOFTMAX) {
        load_logits(i, first, logits); // before anything waits for what else is read
    }
    [[unroll]] for (int k = 0; k < SLOTS; ++k) {
        products[k] = vec4(0.0);
    }
    if (ONE_PASS) {
        correlate(0, first, y, products);
    } else {
        [[dont_unroll]] for (int c = 0; c < push.channels; c += CHANNELS) {
            load_own(c);
            correlate(c, first, y, products);
        }
    }
    if (LESS) {
        finish(first, y, logits, products);
    }
    store_products(i, first, has_row, products);
}

void main()
{
    find_pixels(ivec2(gl_WorkGroupID) + ivec2(push.first_group_x, push.first_group_y));
    if (p.x >= push.width || p.y >= push.height) {
        return;
    }
    bordering = has_border(DIRECTION, push.width);
    if (ONE_PASS) {
        load_own(0);
    }
    [[dont_unroll]] for (int i = 0; i < KERNEL_HEIGHT; ++i) {
        int y = p.y + tap_offset(i, KERNEL_HEIGHT, DILATION);
        bool has_row = y >= 0 && y < push.height;
        y = clamp(y, 0, push.height - 1);
        if (KERNEL_WIDTH <= LONGEST_UNROLLED) {
            [[unroll]] for (int group = 0; group < group_count(DIRECTION); group += GROUPS) {
                work_on_slots(i, group * PIXELS, y, has_row);
            }
        } else {
            [[dont_unroll]] for (int group = 0; group < group_count(DIRECTION); group += GROUPS) {
                work_on_slots(i, group * PIXELS, y, has_row);
            }
        }
    }
}
