#include <cmath>

#include "parts.h"

namespace parts
{

namespace
{

const float least_part = 0.1f; /* of the largest factor, for a tap to be inside the outline */

/* Over a dark line that sets it off from what is below. */
void draw_line(ImVec2 from, ImVec2 to, ImU32 color)
{
    ImDrawList *list = ImGui::GetWindowDrawList();
    list->AddLine(ImVec2(from.x + 1, from.y + 1), ImVec2(to.x + 1, to.y + 1), IM_COL32(0, 0, 0, 150), px(1));
    list->AddLine(from, to, color, px(1));
}

void outline_kernel(const inspected_kernel &kernel, const Texels &texels, ImU32 color)
{
    float largest = 0;
    for (int i = 0; i < kernel.width * kernel.height; i++)
        largest = std::fmax(largest, std::fabs(kernel.factors[i]));
    auto counts = [&](int column, int row) {
        return kernel.step == 1 && column >= 0 && row >= 0 && column < kernel.width && row < kernel.height &&
               std::fabs(kernel.factors[row * kernel.width + column]) >= least_part * largest;
    };
    for (int i = 0; i < kernel.width * kernel.height && largest > 0; i++) {
        const int column = i % kernel.width, row = i / kernel.width;
        if (std::fabs(kernel.factors[i]) < least_part * largest)
            continue;
        const int x = kernel.first_x + kernel.step * column, y = kernel.first_y + kernel.step * row;
        const ImVec2 low = texels.corner(x, y), high = texels.corner(x + 1, y + 1);
        if (!counts(column - 1, row))
            draw_line(low, ImVec2(low.x, high.y), color);
        if (!counts(column + 1, row))
            draw_line(ImVec2(high.x, low.y), high, color);
        if (!counts(column, row - 1))
            draw_line(low, ImVec2(high.x, low.y), color);
        if (!counts(column, row + 1))
            draw_line(ImVec2(low.x, high.y), high, color);
    }
}

} // namespace

void draw_footprints(const ui_facts *facts, const view *view, const view_context *context, int layer, rectangle picture)
{
    static const ImU32 colors[WF_NODE_MAX_PIXELS] = {accent, amber};
    const Texels texels = find_texels(view, context, picture);
    ImGui::PushClipRect(low_of(picture), high_of(picture), true);
    for (int i = 0; i < facts->inspected_count; i++) {
        const inspected_pixel &pixel = facts->inspected[i];
        const inspected_kernel *kernel = layer == LAYER_SPLAT && view->footprint
                                             ? inspected_written(&pixel)
                                             : inspected_whole(&pixel, layer == LAYER_SPLAT ? WF_SPLAT : WF_GATHER);
        if (kernel)
            outline_kernel(*kernel, texels, colors[i]);
        ImDrawList *list = ImGui::GetWindowDrawList();
        list->AddRect(texels.corner(pixel.x, pixel.y), texels.corner(pixel.x + 1, pixel.y + 1),
                      IM_COL32(255, 255, 255, 220));
    }
    ImGui::PopClipRect();
}

} // namespace parts
