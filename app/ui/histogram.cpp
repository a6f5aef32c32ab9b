#include <algorithm>
#include <cmath>
#include <cstdio>

#include "parts.h"

namespace parts
{

namespace
{

const double smallest_shown = 1e-4, least_decades = 2; /* of the axis of values */
const int octave_bins = 8;                             /* as shaders/metrics/measured.h has them */

/* Where on the axes a value above 0, and a share of the values, lie. */
struct Axes {
    Box box;
    double low, high; /* decades of values */
    double least;     /* decades of shares, the highest being 0 */

    float x(double value) const
    {
        return box.x + box.width * (float)((std::log10(value) - low) / (high - low));
    }
    float y(double share) const
    {
        return box.bottom() - box.height * (float)std::clamp(1 - std::log10(share) / least, 0.0, 1.0);
    }
};

ImU32 channel_color(int channel, int count, int alpha)
{
    static const ImU32 colors[3] = {IM_COL32(236, 112, 104, 0), IM_COL32(110, 200, 110, 0), IM_COL32(108, 150, 250, 0)};
    return (count == 1 ? text & ~IM_COL32_A_MASK : colors[channel]) | (ImU32)alpha << IM_COL32_A_SHIFT;
}

/* Whole decades about the values from the 1st to the 99th hundredth and the largest one. */
Axes find_axes(const measurement *measured, Box box)
{
    double low = 1e30, high = smallest_shown;
    uint64_t count = 1;
    for (int c = 0; c < measured->channel_count; c++) {
        const measured_channel &channel = measured->channels[c];
        if (channel.quantiles[0] > 0)
            low = std::min(low, channel.quantiles[0]);
        if (channel.largest > 0)
            high = std::max(high, channel.largest);
        count = std::max(count, channel.count);
    }
    high = std::ceil(std::log10(high));
    low = std::floor(std::log10(std::clamp(low, smallest_shown, std::pow(10, high))));
    return {box, std::min(low, high - least_decades), high,
            -std::ceil(std::log10((double)std::max<uint64_t>(count, 10)))};
}

void label_decade(Box box, Align align, int decade)
{
    if (decade < -3 || decade > 4)
        draw_format(look.small, box, align, dim, "1e%d", decade);
    else
        draw_format(look.small, box, align, dim, "%g", std::pow(10, decade));
}

void draw_grid(const Axes &axes)
{
    ImDrawList *list = ImGui::GetWindowDrawList();
    const Box &box = axes.box;
    const int step = axes.high - axes.low > 8 ? 2 : 1;
    for (int decade = (int)axes.low; decade <= (int)axes.high; decade++) {
        const float x = std::floor(axes.x(std::pow(10, decade)));
        list->AddLine(ImVec2(x, box.y), ImVec2(x, box.bottom()), line);
        if ((decade - (int)axes.low) % step == 0)
            label_decade({x - px(24), box.bottom(), px(48), px(15)}, center_align, decade);
    }
    for (int decade = 0; decade >= (int)axes.least; decade -= 2) {
        const float y = std::floor(axes.y(std::pow(10, decade)));
        list->AddLine(ImVec2(box.x, y), ImVec2(box.right(), y), line);
        label_decade({box.x - px(40), y - px(7), px(36), px(14)}, right_align, decade);
    }
}

/* Shares by value: of an eighth of an octave each, whose widths on the axis differ, so that they are drawn as areas. */
void draw_channel(const Axes &axes, const uint32_t *counts, double total, ImU32 area, ImU32 edge)
{
    ImDrawList *list = ImGui::GetWindowDrawList();
    float before = axes.box.bottom();
    for (int bin = MEASURED_BINS / 2; bin < MEASURED_BINS; bin++) {
        const double from = measured_bin_edge(bin), to = measured_bin_edge(bin + 1);
        if (std::isinf(to) || to <= std::pow(10, axes.low) || from >= std::pow(10, axes.high))
            continue;
        const float left = std::max(axes.x(std::max(from, 1e-30)), axes.box.x);
        const float right = std::min(axes.x(to), axes.box.right());
        const float top = counts[bin] > 0 ? axes.y(counts[bin] / total) : axes.box.bottom();
        list->AddRectFilled(ImVec2(left, top), ImVec2(right, axes.box.bottom()), area);
        list->AddLine(ImVec2(left, before), ImVec2(left, top), edge);
        list->AddLine(ImVec2(left, top), ImVec2(right, top), edge);
        before = top;
    }
}

/* The share of the values that the axis has no place for: 0, below it, above it. */
void describe_rest(const measurement *measured, const measured_histograms *histograms, const Axes &axes, Box box)
{
    double total = 0, rest = 0;
    for (int c = 0; c < measured->channel_count; c++)
        for (int bin = 0; bin < MEASURED_BINS; bin++) {
            total += histograms->counts[c][bin];
            if (measured_bin_edge(bin + 1) <= std::pow(10, axes.low))
                rest += histograms->counts[c][bin];
        }
    draw_format(look.small, box, right_align, dim, "%.3g %% below %g", total > 0 ? 100 * rest / total : 0.0,
                std::pow(10, axes.low));
}

} // namespace

void draw_histogram(const measurement *measured, const measured_histograms *histograms, Box box)
{
    Box title = box.take_top(px(18));
    draw_text(look.small, title, left_align, dim, "share of the values");
    box.take_bottom(px(16));
    Box plot = {box.x + px(42), box.y + px(4), box.width - px(50), box.height - px(4)};
    fill(plot, well);
    const Axes axes = find_axes(measured, plot);
    draw_grid(axes);
    for (int c = 0; c < measured->channel_count; c++)
        if (measured->channels[c].count > 0)
            draw_channel(axes, histograms->counts[c], (double)measured->channels[c].count,
                         channel_color(c, measured->channel_count, 40), channel_color(c, measured->channel_count, 220));
    describe_rest(measured, histograms, axes, title);
}

} // namespace parts
