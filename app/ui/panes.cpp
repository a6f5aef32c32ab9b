#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "parts.h"

namespace parts
{

ImVec2 Texels::corner(int column, int row) const
{
    return ImVec2(std::floor((float)(x + column * zoom)), std::floor((float)(y + row * zoom)));
}

ImVec2 Texels::middle(int column, int row) const
{
    return ImVec2((float)(x + (column + 0.5) * zoom), (float)(y + (row + 0.5) * zoom));
}

Texels find_texels(const view *view, const view_context *context, rectangle picture)
{
    Texels texels = {0, 0, view_zoom(view, context)};
    view_origin(view, context, picture, &texels.x, &texels.y);
    return texels;
}

ImVec2 low_of(rectangle picture)
{
    return ImVec2(picture.x, picture.y);
}

ImVec2 high_of(rectangle picture)
{
    return ImVec2(picture.x + picture.width, picture.y + picture.height);
}

namespace
{

void outline_texel(const view *view, const view_context *context, rectangle picture, int column, int row)
{
    const Texels texels = find_texels(view, context, picture);
    const float reach = std::max((float)texels.zoom / 2, px(4));
    const ImVec2 middle = texels.middle(column, row);
    const ImVec2 low(std::floor(middle.x - reach), std::floor(middle.y - reach));
    const ImVec2 high(std::ceil(middle.x + reach), std::ceil(middle.y + reach));
    ImGui::PushClipRect(low_of(picture), high_of(picture), true);
    outline(low, high, IM_COL32(255, 255, 255, 220), 1);
    ImGui::PopClipRect();
}

/* Pins the pixel where the button was pressed, unless that began a drag. */
void pin_on_click(view *view, const view_context *context, rectangle picture)
{
    const ImGuiIO &io = ImGui::GetIO();
    const float still = io.MouseDragThreshold * io.MouseDragThreshold;
    if (!ImGui::IsItemDeactivated() || !ImGui::IsMouseReleased(ImGuiMouseButton_Left) ||
        io.MouseDragMaxDistanceSqr[ImGuiMouseButton_Left] >= still)
        return;
    const ImVec2 at = io.MouseClickedPos[ImGuiMouseButton_Left];
    int column, row;
    view_texel(view, context, picture, at.x, at.y, &column, &row);
    view_pin(view, context, column, row, io.KeyShift);
}

/* Where a pane is: its title, its picture, and what of that is seen. */
struct Place {
    Box title, picture, shown;
};

rectangle rectangle_of(Box box)
{
    return {box.x, box.y, box.width, box.height};
}

/* Where there is room for any of it, the mouse's part. */
void obey_mouse(view *view, view_context *context, ui_layout *layout, int index)
{
    const rectangle picture = layout->pictures[index], shown = layout->shown[index];
    if (shown.width < 1 || shown.height < 1)
        return;
    ImGui::SetCursorScreenPos(low_of(shown));
    ImGui::InvisibleButton("picture", ImVec2(shown.width, shown.height),
                           ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonMiddle |
                               (context->has_camera ? ImGuiButtonFlags_MouseButtonRight : 0));
    const bool drags = drag_region(view, context, picture);
    if (!drags && context->has_camera)
        move_camera(view, context, picture);
    else if (!drags)
        move_picture(view, context, picture);
    if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left))
        view->fit = true;
    if (!context->has_camera && ImGui::IsItemHovered() && ImGui::IsMouseClicked(ImGuiMouseButton_Right))
        view->menu = true;
    if (ImGui::IsItemHovered()) {
        ImVec2 mouse = ImGui::GetIO().MousePos;
        context->hovered = index;
        view_texel(view, context, picture, mouse.x, mouse.y, &layout->column, &layout->row);
    }
    if (view->inspector)
        pin_on_click(view, context, picture);
}

void draw_missing(const ui_facts *facts, const view_context *context, int layer, Box box)
{
    const int sequence = layer_sequence(layer);
    if (sequence > 0 && facts->lacks[sequence])
        draw_text(look.body, box, center_align, dim, facts->lacks[sequence]);
    else if (layer_is_map(layer) && context->has[layer_of_sequence(sequence, FRAME_COLOR)])
        draw_format(look.body, box, center_align, dim, "these kernels have no level %d", layer_map_level(layer));
    else
        draw_format(look.body, box, center_align, dim, "this frame has no %s",
                    frame_layer_name((frame_layer)layer_input(layer_own(layer))));
}

void build_pane(const ui_facts *facts, view *view, view_context *context, ui_layout *layout, int index, Place place)
{
    const pane *pane = &view->panes[index];
    ImGui::PushID(index);
    build_pane_header(facts, view, context, layout, index, place.title);
    layout->pictures[index] = rectangle_of(place.picture);
    layout->shown[index] = rectangle_of(place.shown);
    context->pane = layout->pictures[index];
    obey_mouse(view, context, layout, index);
    if (!pane_has_layers(pane, context->has))
        draw_missing(facts, context, context->has[pane->layer] ? pane->against : pane->layer, place.shown);
    ImGui::PopID();
}

const float title_height = 25;

/* A cell is at least a pixel large, whatever the window's size. */
Place place_in(Box cell)
{
    Place place = {cell.take_top(px(title_height)).inset(px(8), 0), {}, {}};
    place.picture = place.shown = {cell.x, cell.y, std::max(cell.width, 1.0f), std::max(cell.height, 1.0f)};
    return place;
}

void build_grid(const ui_facts *facts, view *view, view_context *context, ui_layout *layout, Box area)
{
    const view_grid grid = view_arrange_grid(view, context, area.width, area.height);
    const float gap = px(2);
    for (int i = 0; i < grid.count; i++) {
        const int row = grid.down ? i % grid.rows : i / grid.columns;
        const int column = grid.down ? i / grid.rows : i % grid.columns;
        const float columns = (float)grid.columns, rows = (float)grid.rows;
        float x0 = std::floor(area.x + (area.width + gap) * (float)column / columns);
        float x1 = std::floor(area.x + (area.width + gap) * (float)(column + 1) / columns - gap);
        float height = std::floor((area.height - gap * (rows - 1)) / rows);
        /* All panes have the narrowest one's width, so that all share one zoom. */
        float width = std::floor((area.width + gap) / columns - gap);
        Box cell = {x0 + std::floor((x1 - x0 - width) / 2), area.y + (float)row * (height + gap), width, height};
        build_pane(facts, view, context, layout, grid.first + i, place_in(cell));
    }
}

/* The edge follows the mouse that holds it, and nothing else. */
void build_edge(view *view, Box picture)
{
    const float reach = px(5);
    const float x = std::floor(picture.x + (float)view->wipe.edge * picture.width);
    ImGui::SetCursorScreenPos(ImVec2(x - reach, picture.y));
    ImGui::InvisibleButton("edge", ImVec2(2 * reach, picture.height));
    if (is_held())
        view->wipe.edge = std::clamp((ImGui::GetIO().MousePos.x - picture.x) / picture.width, 0.0f, 1.0f);
    const bool lit = ImGui::IsItemHovered() || ImGui::IsItemActive();
    if (lit)
        ImGui::SetMouseCursor(ImGuiMouseCursor_ResizeEW);
}

void draw_edge(const view *view, Box picture)
{
    const float x = std::floor(picture.x + (float)view->wipe.edge * picture.width);
    const float middle = std::floor(picture.y + picture.height / 2);
    ImDrawList *list = ImGui::GetWindowDrawList();
    fill({x - px(1), picture.y, px(3), picture.height}, IM_COL32(0, 0, 0, 150));
    fill({x, picture.y, px(1), picture.height}, IM_COL32(255, 255, 255, 235));
    list->AddRectFilled(ImVec2(x - px(4), middle - px(14)), ImVec2(x + px(5), middle + px(14)), IM_COL32(0, 0, 0, 150),
                        px(4));
    list->AddRectFilled(ImVec2(x - px(3), middle - px(13)), ImVec2(x + px(4), middle + px(13)),
                        IM_COL32(255, 255, 255, 235), px(3));
}

void build_wipe(const ui_facts *facts, view *view, view_context *context, ui_layout *layout, Box area)
{
    const Place whole = place_in(area);
    const float half = std::floor(area.width / 2);
    build_edge(view, whole.picture);
    const float edge = std::floor((float)view->wipe.edge * whole.picture.width);
    for (int side = 0; side < 2; side++) {
        Place place = whole;
        place.title.width = half - px(16);
        place.title.x += side ? half : 0;
        place.shown.x += side ? edge : 0;
        place.shown.width = side ? whole.picture.width - edge : edge;
        build_pane(facts, view, context, layout, view->wipe.sides[side], place);
    }
    draw_edge(view, whole.picture);
}

void draw_over(const ui_facts *facts, const view *view, const view_context *context, const ui_layout *layout, int index)
{
    const bool inside = layout->column >= 0 && layout->column < context->image_width && layout->row >= 0 &&
                        layout->row < context->image_height;
    const rectangle shown = layout->shown[index];
    if (shown.width < 1)
        return;
    ImGui::PushClipRect(low_of(shown), high_of(shown), true);
    if (prints_values(view, context))
        draw_values(facts, view, context, &view->panes[index], layout->pictures[index]);
    if (view->inspector)
        draw_footprints(facts, view, context, view->panes[index].layer, layout->pictures[index]);
    outline_region(view, context, layout->pictures[index]);
    if (context->hovered >= 0 && context->hovered != index && inside && !view->wipe.on)
        outline_texel(view, context, layout->pictures[index], layout->column, layout->row);
    ImGui::PopClipRect();
}

} // namespace

void build_panes(const ui_facts *facts, view *view, view_context *context, ui_layout *layout, Box area)
{
    if (view->wipe.on)
        build_wipe(facts, view, context, layout, area);
    else
        build_grid(facts, view, context, layout, area);
    for (int i = 0; i < view->pane_count; i++)
        draw_over(facts, view, context, layout, i);
    if (prints_values(view, context))
        layout->printed = visible_texels(view, context, context->pane);
}

} // namespace parts
