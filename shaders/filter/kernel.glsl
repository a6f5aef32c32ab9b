// kernel.glsl -- what the filter and grad_weight share: a thread's pixels, and the taps of a kernel row in groups.
//
// A thread works on PIXELS neighboring pixels. Their sources, the pixels that taps pair them with, are read PIXELS at
// a time, from columns that are multiples of PIXELS as the thread's own are. Slot k of a kernel row pairs the thread's
// pixel x with the source that lies margin columns before it and then k after that: the slots from lead on are taps.
// Those whose sources begin in the same PIXELS columns form a group. DILATION is 1 where PIXELS is not.
//
// A thread's pixels are a vector, whose last components are not used where PIXELS is less than 4: a compiler that finds
// loops too long to unroll keeps all arrays that they index in memory.
#include "shared.h"

layout(local_size_x_id = WF_KERNEL_GROUP_WIDTH, local_size_y_id = WF_KERNEL_GROUP_HEIGHT) in;
layout(constant_id = WF_KERNEL_PIXELS) const int PIXELS = 1;
layout(constant_id = WF_KERNEL_GROUPS) const int GROUPS = 1; // of taps that are read before they are used
layout(constant_id = WF_KERNEL_HEIGHT) const int KERNEL_HEIGHT = 1;
layout(constant_id = WF_KERNEL_WIDTH) const int KERNEL_WIDTH = 1;
layout(constant_id = WF_KERNEL_DILATION) const int DILATION = 1;
layout(constant_id = WF_KERNEL_MODE) const int MODE = 0;
layout(constant_id = WF_KERNEL_CHANNELS) const int CHANNELS = 1;
layout(constant_id = WF_KERNEL_INPUT_TYPE) const int INPUT_TYPE = 0;
layout(constant_id = WF_KERNEL_WEIGHT_TYPE) const int WEIGHT_TYPE = 0;
layout(constant_id = WF_KERNEL_OUTPUT_TYPE) const int OUTPUT_TYPE = 0;
layout(constant_id = WF_KERNEL_INPUT_STEP) const int INPUT_STEP = 1; // strides in W: 1 where PIXELS is not
layout(constant_id = WF_KERNEL_WEIGHT_STEP) const int WEIGHT_STEP = 1;
layout(constant_id = WF_KERNEL_OUTPUT_STEP) const int OUTPUT_STEP = 1;

#include "pixels.glsl"
#include "taps.glsl"

const int SLOTS = GROUPS * PIXELS;
const int WINDOW = SLOTS + 4;       // sources of a vector in so many slots
const int LONGEST_UNROLLED = 32;    // kernel row
const uint ENDLESS = 0xffffffffu;   // a width that has every column

ivec2 p; // the thread's first pixel

// direction: +1 where a tap's source is the pixel it leads to, -1 where it is the one it comes from.
int margin(int direction)
{
    int before = direction > 0 ? KERNEL_WIDTH / 2 : (KERNEL_WIDTH - 1) / 2;
    return (before + PIXELS - 1) / PIXELS * PIXELS;
}

int lead(int direction)
{
    return margin(direction) - (direction > 0 ? KERNEL_WIDTH / 2 : (KERNEL_WIDTH - 1) / 2);
}

int group_count(int direction)
{
    return (lead(direction) + KERNEL_WIDTH + PIXELS - 1) / PIXELS;
}

bool is_tap(int direction, int slot)
{
    return slot >= lead(direction) && slot < lead(direction) + KERNEL_WIDTH;
}

// The column that slot pairs the thread's first pixel with.
int source_column(int direction, int slot)
{
    return p.x + (slot - margin(direction)) * DILATION;
}

// The workgroup's grid position is group.
void find_pixels(ivec2 group)
{
    p.x = (group.x * int(gl_WorkGroupSize.x) + int(gl_LocalInvocationID.x)) * PIXELS;
    p.y = group.y * int(gl_WorkGroupSize.y) + int(gl_LocalInvocationID.y);
}

// Whether the workgroup has sources outside of the image's columns.
bool has_border(int direction, int width)
{
    int first = source_column(direction, lead(direction)) - int(gl_LocalInvocationID.x) * PIXELS;
    int count = int(gl_WorkGroupSize.x) * PIXELS + (KERNEL_WIDTH - 1) * DILATION;
    return first < 0 || first + count > width;
}

// PIXELS sources from that column of a row on. Those of them that lie outside of it are
// 0 where border, which says that there may be such.
vec4 load_sources(uint64_t row, int type, int step, int column, int width, bool border)
{
    int inside = clamp(column, 0, width - PIXELS);
    vec4 sources = load_vector(row + uint64_t(int64_t(inside) * step * element_size(type)), type);
    return border && inside != column ? vec4(0.0) : sources;
}

void put(vec4 group, int at, inout float values[WINDOW])
{
    values[at] = group.x;
    values[at + 1] = group.y;
    values[at + 2] = group.z;
    values[at + 3] = group.w;
}

vec4 pixels_from(float values[WINDOW], int at)
{
    return vec4(values[at], values[at + 1], values[at + 2], values[at + 3]);
}

// The sources of the slots from first on.
void load_window(uint64_t row, int type, int step, int direction, int first, int width, bool border,
                 out float values[WINDOW])
{
    [[unroll]] for (int at = 0; at <= SLOTS; at += PIXELS) {
        put(load_sources(row, type, step, source_column(direction, first + at), width, border), at, values);
    }
}

// Which of a thread's pixels have their sources outside of the image's columns. column: the first one's.
bvec4 outside(int column, uint width)
{
    // As unsigned numbers, where columns left of the image are large.
    return greaterThanEqual(uvec4(ivec4(column) + ivec4(0, 1, 2, 3)), uvec4(width));
}
