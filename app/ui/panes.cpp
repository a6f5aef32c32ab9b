#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "parts.h"

namespace parts
{

namespace
{

bool shows_error(const view_context *context, const pane *pane)
{
    return pane->error && pane_can_show_error(pane->layer) && context->has[FRAME_REFERENCE];
}

void pane_name(int layer, bool error, char (&name)[64])
{
    layer_label(layer, name);
    if (error)
        std::strcat(name, " error");
}

/* The channels that a layer is in its file; NULL: it is of none. */
const char *origin_of(const ui_facts *facts, const view_context *context, int layer)
{
    bool is_of_file = layer < FRAME_LAYER_COUNT && context->has[layer];
    return is_of_file ? facts->origins[layer] : nullptr;
}

/* "R,G,B of noise.ref.exr": without that file's folder, unless it is a place for every frame's. */
void shorten_origin(const char *origin, char (&detail)[256])
{
    const char *of = std::strstr(origin, " of "), *slash = std::strrchr(origin, '/');
    if (of && slash && slash > of && slash[1] != '*')
        std::snprintf(detail, sizeof detail, "%.*s of %s", (int)(of - origin), origin, slash + 1);
    else
        std::snprintf(detail, sizeof detail, "%s", origin);
}

/* "Gather 11×11 · bilateral (analytic)", "Noisy R,G,B"; what follows the name is dim. */
void describe_pane(const ui_facts *facts, const view *view, const view_context *context, const pane *pane,
                   char (&name)[64], char (&detail)[256])
{
    bool filtered = pane->layer >= FRAME_LAYER_COUNT;
    pane_name(pane->layer, shows_error(context, pane), name);
    detail[0] = 0;
    if (shows_error(context, pane))
        return;
    if (pane->layer == FRAME_COLOR && facts->feed.most_samples > 0)
        std::snprintf(detail, sizeof detail, "%d / %d spp", facts->feed.color_samples, facts->feed.most_samples);
    else if (pane->layer == FRAME_COLOR && facts->feed.color_samples > 0)
        std::snprintf(detail, sizeof detail, "%d spp", facts->feed.color_samples);
    else if (pane->layer == FRAME_REFERENCE && facts->feed.reference_samples > 0)
        std::snprintf(detail, sizeof detail, "%d spp", facts->feed.reference_samples);
    else if (const char *origin = origin_of(facts, context, pane->layer))
        shorten_origin(origin, detail);
    if (!filtered)
        return;
    int height, width;
    kernel_size(facts, view, &height, &width);
    std::snprintf(detail, sizeof detail, "%d\u00d7%d \u00b7 %s", height, width,
                  predictor_name(facts, view->predictor.row));
}

void choose_pane(const view_context *context, view *view, pane *pane)
{
    for (int error = 0; error < 2; error++) {
        if (error && context->has[FRAME_REFERENCE])
            ImGui::Separator();
        for (int layer = 0; layer < LAYER_COUNT; layer++) {
            if (!context->has[layer] || (error && (!context->has[FRAME_REFERENCE] || !pane_can_show_error(layer))))
                continue;
            char name[64];
            pane_name(layer, error != 0, name);
            if (ImGui::Selectable(name, pane->layer == layer && pane->error == (error != 0)))
                view_show(view, pane, layer, error != 0);
        }
    }
}

/* What the pane's name has no room for: "color from ViewLayer.Combined.R,G,B". */
void explain_layer(const ui_facts *facts, const view_context *context, const pane *pane, Box header)
{
    const char *origin = origin_of(facts, context, pane->layer);
    ImVec2 low(header.x, header.y), high(header.right(), header.y + header.height);
    if (!origin || !ImGui::IsMouseHoveringRect(low, high) || ImGui::IsPopupOpen("layers"))
        return;
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(px(420));
    ImGui::Text("%s from %s", frame_layer_name((frame_layer)pane->layer), origin);
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
}

/* A label that opens the list of layers. */
void pane_menu(const ui_facts *facts, view *view, const view_context *context, pane *pane, Box header, float right)
{
    char name[64], detail[256];
    describe_pane(facts, view, context, pane, name, detail);
    float width = text_width(look.strong, name);
    ImGui::SetCursorScreenPos(ImVec2(header.x - px(4), header.y + px(2)));
    if (ImGui::InvisibleButton("menu", ImVec2(width + px(22), header.height - px(4))))
        ImGui::OpenPopup("layers");
    ImU32 color = ImGui::IsItemHovered() ? accent : text;
    draw_text(look.strong, header, left_align, color, name);
    ImVec2 arrow(header.x + width + px(9), header.y + header.height / 2);
    draw_arrow(ImGui::GetWindowDrawList(), arrow, ImGui::IsItemHovered() ? accent : faint);
    float end = header.x + width + px(19);
    Box rest = {end, header.y, std::max(right - end, 0.0f), header.height};
    draw_text(look.body, rest, left_align, dim, detail);
    if (ImGui::BeginPopup("layers")) {
        choose_pane(context, view, pane);
        close_on_escape();
        ImGui::EndPopup();
    }
}

/* The value under the mouse, from the right; returns its left end. */
float draw_probe(const ui_facts *facts, const view_context *context, const pane *pane, Box header)
{
    static const ImU32 colors[3] = {IM_COL32(236, 142, 134, 255), IM_COL32(140, 204, 130, 255),
                                    IM_COL32(128, 170, 242, 255)};
    const float *value = facts->probe[pane->layer];
    int channels = std::min(layer_rows[pane->layer].channels, 3);
    float width = text_width(look.small, "-00.0000") + px(4);
    for (int c = channels - 1; c >= 0; c--) {
        Box cell = {header.right() - width, header.y, width, header.height};
        float shown = value[c];
        if (shows_error(context, pane))
            shown -= facts->probe[FRAME_REFERENCE][c];
        draw_format(look.small, cell, right_align, channels == 3 ? colors[c] : text,
                    std::fabs(shown) < 100 ? "%.4f" : "%.5g", (double)shown);
        header.width -= width;
    }
    return header.right();
}

/* "0 [ramp] 1 SMAPE" at the right; returns its left end. The panes' shader fills the ramp. */
float place_ramp(Box header, rectangle *ramp)
{
    header.width -= draw_text(look.small, header, right_align, dim, "1  SMAPE") + px(6);
    *ramp = {header.right() - px(72), header.y + std::floor((header.height - px(7)) / 2), px(72), px(7)};
    header.width -= px(72) + px(6);
    return header.right() - draw_text(look.small, header, right_align, dim, "0") - px(6);
}

void outline_texel(const view *view, const view_context *context, rectangle picture, int column, int row)
{
    double x, y, zoom = view_zoom(view, context);
    view_origin(view, context, picture, &x, &y);
    float reach = std::max((float)zoom / 2, px(4));
    ImVec2 center((float)(x + (column + 0.5) * zoom), (float)(y + (row + 0.5) * zoom));
    ImVec2 low(std::floor(center.x - reach), std::floor(center.y - reach));
    ImVec2 high(std::ceil(center.x + reach), std::ceil(center.y + reach));
    ImDrawList *list = ImGui::GetWindowDrawList();
    list->PushClipRect(ImVec2(picture.x, picture.y), ImVec2(picture.x + picture.width, picture.y + picture.height),
                       true);
    list->AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), IM_COL32(0, 0, 0, 160));
    list->AddRect(low, high, IM_COL32(255, 255, 255, 220));
    list->PopClipRect();
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

void build_pane(const ui_facts *facts, view *view, view_context *context, ui_layout *layout, int index, Box cell)
{
    pane *pane = &view->panes[index];
    ImGui::PushID(index);
    Box header = cell.take_top(px(25)).inset(px(8), 0);
    bool error = shows_error(context, pane), has_layer = context->has[pane->layer];
    float right = header.right();
    if (facts->has_probe && has_layer)
        right = draw_probe(facts, context, pane, header);
    else if (error && header.width > px(200))
        right = place_ramp(header, &layout->ramps[index]);
    pane_menu(facts, view, context, pane, header, right - px(6));
    explain_layer(facts, context, pane, header);

    rectangle picture = {cell.x, cell.y, std::max(cell.width, 1.0f), std::max(cell.height, 1.0f)};
    layout->pictures[index] = picture;
    context->pane = picture;
    ImGui::SetCursorScreenPos(ImVec2(picture.x, picture.y));
    ImGui::InvisibleButton("picture", ImVec2(picture.width, picture.height),
                           ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonMiddle |
                               (context->has_camera ? ImGuiButtonFlags_MouseButtonRight : 0));
    if (context->has_camera)
        move_camera(view, context, picture);
    else
        move_picture(view, context, picture);
    if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left))
        view->fit = true;
    if (ImGui::IsItemHovered()) {
        ImVec2 mouse = ImGui::GetIO().MousePos;
        context->hovered = index;
        view_texel(view, context, picture, mouse.x, mouse.y, &layout->column, &layout->row);
    }
    if (view->inspector)
        pin_on_click(view, context, picture);
    if (!has_layer)
        draw_format(look.body, cell, center_align, faint, "this frame has no %s",
                    frame_layer_name((frame_layer)pane->layer));
    ImGui::PopID();
}

} // namespace

void build_panes(const ui_facts *facts, view *view, view_context *context, ui_layout *layout, Box area)
{
    int rows = view->solo >= 0 ? 1 : view->rows, columns = view->solo >= 0 ? 1 : VIEW_COLUMNS;
    const float gap = px(2);
    for (int i = 0; i < rows * columns; i++) {
        int row = i / columns, column = i % columns;
        float x0 = std::floor(area.x + (area.width + gap) * column / columns);
        float x1 = std::floor(area.x + (area.width + gap) * (column + 1) / columns - gap);
        float height = std::floor((area.height - gap * (rows - 1)) / rows);
        /* All panes have the narrowest one's width, so that all share one zoom. */
        float width = std::floor((area.width + gap) / columns - gap);
        Box cell = {x0 + std::floor((x1 - x0 - width) / 2), area.y + row * (height + gap), width, height};
        build_pane(facts, view, context, layout, view->solo >= 0 ? view->solo : i, cell);
    }
    for (int i = 0; i < VIEW_PANES && view->inspector; i++)
        if (layout->pictures[i].width > 0)
            draw_footprints(facts, view, context, view->panes[i].layer, layout->pictures[i]);
    bool inside = layout->column >= 0 && layout->column < context->image_width && layout->row >= 0 &&
                  layout->row < context->image_height;
    if (context->hovered < 0 || !inside)
        return;
    for (int i = 0; i < VIEW_PANES; i++)
        if (i != context->hovered && layout->pictures[i].width > 0)
            outline_texel(view, context, layout->pictures[i], layout->column, layout->row);
}

} // namespace parts
