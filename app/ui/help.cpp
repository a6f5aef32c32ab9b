#include <algorithm>

#include "parts.h"

namespace parts
{

namespace
{

const int column_count = 2;

struct Lines {
    command_help line[128];
    int count;
};

int lines_of(const Lines &lines, int group)
{
    int count = 0;
    for (int i = 0; i < lines.count; i++)
        count += lines.line[i].group == group;
    return count;
}

void draw_group(const Lines &lines, int group, float keys_width)
{
    const float words_width = std::max(px(80), std::min(px(300), ImGui::GetIO().DisplaySize.x - keys_width - px(80)));
    ImGui::PushFont(look.strong);
    ImGui::TextUnformatted(group == COMMAND_GROUPS ? "Mouse" : command_group_name((command_group)group));
    ImGui::PopFont();
    for (int i = 0; i < lines.count; i++) {
        if (lines.line[i].group != group)
            continue;
        const float left = ImGui::GetCursorPosX();
        ImGui::TextUnformatted(lines.line[i].keys);
        ImGui::SameLine();
        ImGui::SetCursorPosX(left + keys_width);
        ImGui::PushStyleColor(ImGuiCol_Text, soft);
        ImGui::PushTextWrapPos(left + keys_width + words_width);
        ImGui::TextUnformatted(lines.line[i].words);
        ImGui::PopTextWrapPos();
        ImGui::PopStyleColor();
    }
    ImGui::Dummy(ImVec2(0, px(4)));
}

/* The mouse first; a group goes to the next column once the lines before it fill their part. */
void draw_groups(const Lines &lines)
{
    int drawn = 0, column = 0, total = lines.count + COMMAND_GROUPS;
    float keys_width = 0;
    for (int i = 0; i < lines.count; i++)
        keys_width = std::max(keys_width, text_width(look.body, lines.line[i].keys) + px(14));
    ImGui::BeginGroup();
    for (int i = -1; i < COMMAND_GROUPS; i++) {
        const int group = i < 0 ? (int)COMMAND_GROUPS : i, count = lines_of(lines, group);
        if (count == 0)
            continue;
        if (column + 1 < column_count && (drawn + count / 2) * column_count > total * (column + 1)) {
            column++;
            ImGui::EndGroup();
            ImGui::SameLine(0, px(34));
            ImGui::BeginGroup();
        }
        draw_group(lines, group, keys_width);
        drawn += count + 1;
    }
    ImGui::EndGroup();
}

} // namespace

void build_help(view *view, const view_context *context)
{
    static Lines lines;
    if (!view->help)
        return;
    lines.count = 0;
    while (lines.count < IM_ARRAYSIZE(lines.line) && commands_help(context, lines.count, &lines.line[lines.count]))
        lines.count++;
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    ImGui::SetNextWindowPos(ImVec2(size.x / 2, size.y / 2), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
    ImGui::SetNextWindowSizeConstraints(ImVec2(0, 0), ImVec2(size.x - px(16), size.y - px(16)));
    ImGui::SetNextWindowBgAlpha(0.98f);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(px(20), px(14)));
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(px(6), px(2)));
    ImGui::Begin("keys", nullptr,
                 ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                     ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav);
    draw_groups(lines);
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !ImGui::IsWindowAppearing())
        view->help = false;
    ImGui::End();
    ImGui::PopStyleVar(2);
}

} // namespace parts
