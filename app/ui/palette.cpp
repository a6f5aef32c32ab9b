#include <algorithm>
#include <cmath>

#include "parts.h"

extern "C" {
#include "app/view/palette.h"
}

namespace parts
{

namespace
{

/* As many as the window has room for below where the list begins. */
int count_rows()
{
    const float room = ImGui::GetIO().DisplaySize.y * 7 / 8 - px(80);
    return std::clamp((int)(room / px(22)), 1, 14);
}

/* A row; true: it is clicked. */
bool draw_row(const command &command, const view *view, bool is_chosen)
{
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const Box row = {at.x, at.y, ImGui::GetContentRegionAvail().x, px(22)};
    const bool clicked = ImGui::InvisibleButton("row", ImVec2(row.width, row.height));
    if (is_chosen || ImGui::IsItemHovered())
        fill(row, is_chosen ? IM_COL32(88, 166, 214, 90) : IM_COL32(255, 255, 255, 16));
    Box inside = row.inset(px(8), 0);
    char keys[COMMAND_TEXT];
    command_keys(&command, keys);
    const float taken = draw_text(look.small, inside, right_align, soft, keys);
    inside.width -= taken > 0 ? taken + px(14) : 0;
    const float group = px(78);
    draw_text(look.body, {inside.x, inside.y, group, inside.height}, left_align, soft,
              command_group_name(command.group));
    inside.x += group;
    inside.width -= group;
    if (command.flag) {
        const float width =
            draw_text(look.small, inside, right_align, accent, command_is_on(&command, view) ? "on" : "off");
        inside.width -= width + px(10);
    }
    draw_text(look.body, inside, left_align, text, command.words);
    return clicked;
}

/* What is typed, with a caret. */
void draw_typed(const view_palette &palette)
{
    const ImVec2 at = ImGui::GetCursorScreenPos();
    const Box field = {at.x, at.y, ImGui::GetContentRegionAvail().x, px(24)};
    ImGui::Dummy(ImVec2(field.width, field.height));
    ImGui::GetWindowDrawList()->AddRectFilled(at, ImVec2(field.right(), field.bottom()), IM_COL32(47, 47, 49, 255),
                                              px(3));
    const Box inside = field.inset(px(8), 0);
    if (!*palette.typed)
        draw_text(look.body, inside, left_align, soft, "what to do");
    const float width = draw_text(look.body, inside, left_align, text, palette.typed);
    fill({inside.x + width + (width > 0 ? 1.0f : -px(2)), inside.y + px(5), std::max(px(1), 1.0f),
          inside.height - px(10)},
         text);
}

/* The command that is clicked, or -1. */
int build_list(const view *view, const view_context *context)
{
    int found[256], clicked = -1;
    const int count = palette_find(view, context, found, IM_ARRAYSIZE(found));
    const int most_rows = count_rows();
    const int first = std::max(0, view->palette.chosen - most_rows + 1);
    for (int i = first; i < std::min(count, first + most_rows); i++) {
        command command;
        ImGui::PushID(i);
        if (command_get(found[i], &command) && draw_row(command, view, i == view->palette.chosen))
            clicked = found[i];
        ImGui::PopID();
    }
    ImGui::Dummy(ImVec2(0, px(4)));
    if (count == 0)
        ImGui::TextUnformatted("no command has these words");
    else
        ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(soft), "%d of %d; Enter runs, Escape closes",
                           view->palette.chosen + 1, count);
    return clicked;
}

} // namespace

void build_palette(view *view, const view_context *context)
{
    if (!view->palette.is_open)
        return;
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    ImGui::SetNextWindowPos(ImVec2(size.x / 2, std::floor(size.y / 8)), ImGuiCond_Always, ImVec2(0.5f, 0));
    ImGui::SetNextWindowSize(ImVec2(std::min(px(640), size.x - px(16)), 0));
    ImGui::SetNextWindowFocus();
    ImGui::SetNextWindowBgAlpha(0.98f);
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
    ImGui::Begin("palette", nullptr,
                 ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                     ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoScrollbar);
    draw_typed(view->palette);
    ImGui::Dummy(ImVec2(0, px(5)));
    const int clicked = build_list(view, context);
    const bool leaves = ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !ImGui::IsWindowAppearing() &&
                        !ImGui::IsWindowHovered(ImGuiHoveredFlags_AllowWhenBlockedByActiveItem);
    ImGui::End();
    ImGui::PopStyleVar();
    if (clicked >= 0)
        palette_run(view, context, clicked);
    else if (leaves)
        view->palette.is_open = false;
}

} // namespace parts
