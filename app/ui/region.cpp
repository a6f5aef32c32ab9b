#include <algorithm>

#include "parts.h"

namespace parts
{

/* From the texel where the button was pressed to the one under the mouse. */
static frame_region region_between(const view *view, const view_context *context, rectangle picture, ImVec2 from,
                                   ImVec2 to)
{
    int column[2], row[2];
    view_texel(view, context, picture, from.x, from.y, &column[0], &row[0]);
    view_texel(view, context, picture, to.x, to.y, &column[1], &row[1]);
    const int x = std::min(column[0], column[1]), y = std::min(row[0], row[1]);
    const frame_region dragged = {x, y, std::abs(column[1] - column[0]) + 1, std::abs(row[1] - row[0]) + 1};
    return region_within(dragged, context->image_width, context->image_height);
}

bool drag_region(view *view, const view_context *context, rectangle picture)
{
    const ImGuiIO &io = ImGui::GetIO();
    const float still = io.MouseDragThreshold * io.MouseDragThreshold;
    const bool drags = io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left] >= still;
    if (!view->measures || !io.KeyShift)
        return false;
    if (is_held_by(ImGuiMouseButton_Left) && drags)
        view->region = region_between(view, context, picture, io.MouseClickedPos[ImGuiMouseButton_Left], io.MousePos);
    else if (ImGui::IsItemDeactivated() && !drags && !view->inspector)
        view->region = {};
    return is_held();
}

void outline_region(const view *view, const view_context *context, rectangle picture)
{
    const frame_region region = region_within(view->region, context->image_width, context->image_height);
    if (!view->measures || view->region.width == 0 || region.width == 0)
        return;
    const Texels texels = find_texels(view, context, picture);
    ImGui::PushClipRect(low_of(picture), high_of(picture), true);
    outline(texels.corner(region.x, region.y), texels.corner(region.x + region.width, region.y + region.height), amber,
            px(1));
    ImGui::PopClipRect();
}

} // namespace parts
