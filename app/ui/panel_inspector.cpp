#include <algorithm>
#include <cmath>
#include <cstdio>
#include <vector>

#include "parts.h"

namespace parts
{

namespace
{

const float block_gap = 14;

float largest_of(const inspected_kernel &kernel)
{
    float largest = 0;
    for (int i = 0; i < kernel.width * kernel.height; i++)
        largest = std::max(largest, std::fabs(kernel.factors[i]));
    return largest;
}

/* The square about the inspected pixel that has every tap of at least 1/250 of the largest: what is left of a picture
 * that is all dark would be nothing to see. In steps from the pixel. */
int reach_of(const inspected_kernel &kernel, float largest)
{
    int reach = 1;
    for (int i = 0; i < kernel.width * kernel.height; i++) {
        if (std::fabs(kernel.factors[i]) * 250 < largest)
            continue;
        int x = (kernel.first_x - kernel.x) / kernel.step + i % kernel.width;
        int y = (kernel.first_y - kernel.y) / kernel.step + i / kernel.width;
        reach = std::max({reach, std::abs(x), std::abs(y)});
    }
    return reach;
}

/* Roots of factors, so that small ones show: blue above zero, amber below. */
ImU32 color_of(float factor, float largest)
{
    int shade = (int)(std::sqrt(std::fabs(factor) / largest) * 255 + 0.5f);
    return ((factor < 0 ? amber : accent) & ~IM_COL32_A_MASK) | (ImU32)shade << IM_COL32_A_SHIFT;
}

void write_factor(Box cell, float factor)
{
    char words[16];
    std::snprintf(words, sizeof words, "%.2f", (double)std::fabs(factor));
    draw_text(look.small, cell, center_align, text, words[0] == '0' ? words + 1 : words);
}

/* A cell a tap, the inspected pixel in the middle; with the factors where there is room. */
void draw_kernel(const inspected_kernel &kernel, Box box)
{
    fill(box, well);
    const float largest = largest_of(kernel);
    if (largest <= 0)
        return;
    const int reach = reach_of(kernel, largest), side = 2 * reach + 1;
    const float cell = box.width / (float)side;
    auto edge = [&](float from, int index) { return from + std::floor((float)index * cell + 0.5f); };
    auto place = [&](int column, int row) -> Box {
        float x = edge(box.x, column), y = edge(box.y, row);
        return {x, y, edge(box.x, column + 1) - x, edge(box.y, row + 1) - y};
    };
    for (int i = 0; i < kernel.width * kernel.height; i++) {
        int column = (kernel.first_x - kernel.x) / kernel.step + i % kernel.width + reach;
        int row = (kernel.first_y - kernel.y) / kernel.step + i / kernel.width + reach;
        if (kernel.factors[i] == 0 || column < 0 || row < 0 || column >= side || row >= side)
            continue;
        fill(place(column, row), color_of(kernel.factors[i], largest));
        if (cell >= px(26))
            write_factor(place(column, row), kernel.factors[i]);
    }
    Box own = place(reach, reach);
    if (cell >= px(3))
        ImGui::GetWindowDrawList()->AddRect(ImVec2(own.x, own.y), ImVec2(own.right(), own.bottom()),
                                            IM_COL32(255, 255, 255, 200));
}

void figure(Box *box, const char *name, const char *format, double value)
{
    Box row = box->take_top(px(18));
    draw_pair(look.small, row, name, format, value);
}

/* The taps that count most, by their distance from the pixel in columns and rows. */
void list_largest(const inspected_kernel &kernel, int count, Box *box)
{
    std::vector<int> order;
    for (int i = 0; i < kernel.width * kernel.height; i++)
        order.push_back(i);
    count = std::min(count, (int)order.size());
    std::partial_sort(order.begin(), order.begin() + count, order.end(), [&](int a, int b) {
        float x = std::fabs(kernel.factors[a]), y = std::fabs(kernel.factors[b]);
        return x != y ? x > y : a < b;
    });
    for (int i = 0; i < count; i++) {
        Box row = box->take_top(px(18));
        int x = kernel.first_x + kernel.step * (order[(size_t)i] % kernel.width) - kernel.x;
        int y = kernel.first_y + kernel.step * (order[(size_t)i] / kernel.width) - kernel.y;
        draw_format(look.small, row, left_align, dim, "%+d, %+d", x, y);
        draw_format(look.small, row, right_align, text, "%.4f", (double)kernel.factors[order[(size_t)i]]);
    }
}

/* A level of a pyramid: its kernel, small, and beside it what it is. */
void draw_level(const inspected_kernel &kernel, Box row)
{
    Box picture = {row.x, row.y + px(2), row.height - px(4), row.height - px(4)};
    draw_kernel(kernel, picture);
    Box words = {picture.right() + px(8), row.y + px(1), row.right() - picture.right() - px(8), px(15)};
    const bool fits = text_width(look.small, "level 0") + px(4) + text_width(look.small, "alpha 0.00") <= words.width;
    draw_format(look.small, words, left_align, text, fits ? "level %d" : "L%d", kernel.level);
    if (kernel.has_alpha)
        draw_format(look.small, words, right_align, text, "alpha %.2f", (double)kernel.alpha);
    words.y += px(15);
    draw_format(look.small, words, left_align, dim, "%.1f bit", kernel.entropy);
    draw_format(look.small, words, right_align, dim, "r %.1f", kernel.effective_radius);
}

/* What splat writes of the pixel: a picture, figures, and where most of it lands. */
void build_footprint(const inspected_pixel &pixel, Box box)
{
    const inspected_footprint *written = inspected_written(&pixel);
    draw_text(look.body, box.take_top(px(20)), left_align, text, "Splat writes");
    if (!written) {
        draw_text(look.small, box.take_top(px(18)), left_align, dim, "not told of such kernels");
        return;
    }
    draw_kernel(*written, box.take_top(box.width));
    box.take_top(px(22)); /* the others' mode */
    figure(&box, "sum", "%.4f", written->sum);
    figure(&box, "entropy", "%.2f bit", written->entropy);
    figure(&box, "radius", "%.2f px", written->effective_radius);
    list_largest(*written, std::clamp((int)(box.height / px(18)), 0, 6), &box);
}

/* other: a second pixel, which it is compared with; nullptr: none. */
void build_operator(const inspected_pixel &pixel, const inspected_pixel *other, wf_operator op, Box box)
{
    const inspected_kernel *first = nullptr, *shown = inspected_whole(&pixel, op);
    int levels = 0;
    for (int i = 0; i < pixel.count; i++) {
        const inspected_kernel *kernel = &pixel.kernels[i];
        if (kernel->op != op)
            continue;
        first = first ? first : kernel;
        levels += kernel->level != INSPECTED_EFFECTIVE;
    }
    if (!shown)
        return;
    Box title = box.take_top(px(20));
    draw_text(look.body, title, left_align, text, op == WF_SPLAT ? "Splat" : "Gather");
    draw_format(look.small, title, right_align, dim, levels > 1 ? "all %d levels" : "%d\u00d7%d",
                levels > 1 ? levels : shown->height, shown->width);
    draw_kernel(*shown, box.take_top(box.width));
    box.take_top(px(4));
    Box mode = box.take_top(px(18));
    draw_text(look.small, mode, left_align, dim, "mode");
    draw_text(look.small, mode, right_align, text, wf_mode_name(first->mode));
    figure(&box, "sum", "%.4f", shown->sum);
    figure(&box, "entropy", "%.2f bit", shown->entropy);
    figure(&box, "radius", "%.2f px", shown->effective_radius);
    if (const inspected_kernel *beside = other ? inspected_whole(other, op) : nullptr)
        figure(&box, "in common", "%.1f %%", 100 * inspected_overlap(shown, beside));
    const float height = px(32), left = box.height - (levels > 1 ? height * (float)levels : 0);
    list_largest(*shown, std::clamp((int)(left / px(18)), 0, 6), &box);
    for (int i = 0; i < pixel.count && levels > 1; i++)
        if (pixel.kernels[i].op == op && pixel.kernels[i].level != INSPECTED_EFFECTIVE && box.height >= height)
            draw_level(pixel.kernels[i], box.take_top(height));
}

} // namespace

float inspector_width(const view *view)
{
    return px(view->footprint ? 474 : 320) * (float)std::max(view->pin_count, 1);
}

void build_inspector(const ui_facts *facts, const view *view, Box box)
{
    fill(box, ground);
    fill({box.x, box.y, 1, box.height}, line);
    const int count = std::max(view->pin_count, 1);
    for (int i = 0; i < count; i++) {
        const float width = std::floor(box.width / (float)count);
        Box part = Box{box.x + width * (float)i, box.y, width, box.height}.inset(px(14), px(5));
        if (i >= facts->inspected_count) {
            heading(&part, "Kernels");
            draw_text(look.body, part.take_top(px(20)), left_align, dim,
                      view->pin_count > 0 ? "not there yet" : "of the pixel under the mouse; a click pins it");
            continue;
        }
        const inspected_pixel &pixel = facts->inspected[i];
        if (view->pin_count > 0)
            draw_text(look.small, {part.x, part.y, part.width, px(22)}, right_align, dim, "pinned");
        char words[64];
        std::snprintf(words, sizeof words, "Kernels of %d, %d", pixel.x, pixel.y);
        heading(&part, words);
        const int columns = view->footprint ? 3 : 2;
        const float each = std::floor((part.width - px(block_gap) * (float)(columns - 1)) / (float)columns);
        auto column = [&](int place) -> Box {
            return {part.x + (each + px(block_gap)) * (float)place, part.y, each, part.height};
        };
        const inspected_pixel *other = facts->inspected_count == 2 ? &facts->inspected[1 - i] : nullptr;
        build_operator(pixel, other, WF_GATHER, column(0));
        build_operator(pixel, other, WF_SPLAT, column(1));
        if (view->footprint)
            build_footprint(pixel, column(2));
    }
}

} // namespace parts
