// taps.glsl -- where taps lie and which of them count: the twin of filter/taps.h.

// The offset, in pixels, of row or column `index` of a kernel `size` long.
int tap_offset(int index, int size, int dilation)
{
    return (index - size / 2) * dilation;
}

// The range x <= index < y of kernel rows (columns) whose pixel position + direction * offset lies inside an image
// `extent` long. direction is +1 for gather (where the tap reads) and -1 for splat (the source whose tap lands here).
ivec2 tap_range(int position, int extent, int size, int dilation, int direction)
{
    int before = direction > 0 ? position : extent - 1 - position; // pixels on the low side of the tap axis
    int after = extent - 1 - before;
    return ivec2(max(size / 2 - before / dilation, 0), min(size / 2 + after / dilation + 1, size));
}
