// kernel.glsl -- what the filter and grad_weight share: a thread's pixels, and the taps of a kernel row in groups.
//
// A thread works on PIXELS neighboring pixels. Their sources, the pixels that taps pair them with, are read PIXELS at
// a time, from columns that are multiples of PIXELS as the thread's own are. Slot k of a kernel row pairs the thread's
// pixel x with the source that lies margin columns before it and then k after that: the slots from lead on are taps.
// Those whose sources begin in the same PIXELS columns form a group. DILATION is 1 where PIXELS is not.
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
const int SOURCES = SLOTS + PIXELS; // of the thread's pixels in so many slots, rounded up to groups
const int LONGEST_UNROLLED = 32;    // kernel row

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
// 0; bordering: there may be such.
void load_sources(uint64_t row, int type, int step, int column, int width, bool bordering, out float values[PIXELS])
{
    int inside = clamp(column, 0, width - PIXELS);
    load_pixels(row + uint64_t(int64_t(inside) * step * element_size(type)), type, values);
    if (bordering && inside != column) {
        [[unroll]] for (int x = 0; x < PIXELS; ++x) {
            values[x] = 0.0;
        }
    }
}
