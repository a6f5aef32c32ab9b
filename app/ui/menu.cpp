#include "parts.h"

namespace parts
{

namespace
{

void build_group(view *view, const view_context *context, command_group group)
{
    command command;
    for (int i = 0; command_get(i, &command); i++) {
        char keys[COMMAND_TEXT];
        if (command.group != group || !command_applies(i, context))
            continue;
        command_keys(&command, keys);
        ImGui::PushID(i);
        if (ImGui::MenuItem(command.words, keys, command_is_on(&command, view)))
            command_run(i, view, context);
        ImGui::PopID();
    }
}

bool has_any(const view_context *context, command_group group)
{
    command command;
    for (int i = 0; command_get(i, &command); i++)
        if (command.group == group && command_applies(i, context))
            return true;
    return false;
}

} // namespace

void build_menu(view *view, const view_context *context)
{
    static view_context there; /* with the pane under the cursor when it was opened */
    static bool was_open;
    if (view->menu && !was_open) {
        there = *context;
        const ImVec2 mouse = ImGui::GetIO().MousePos;
        const bool has_mouse = ImGui::IsMousePosValid(&mouse);
        ImGui::SetNextWindowPos(has_mouse ? mouse : ImVec2(px(24), px(40)), ImGuiCond_Always);
        ImGui::OpenPopup("menu");
    }
    view->menu = was_open = ImGui::BeginPopup("menu");
    if (!was_open)
        return;
    for (int group = 0; group < COMMAND_GROUPS; group++) {
        if (!has_any(&there, (command_group)group) || !ImGui::BeginMenu(command_group_name((command_group)group)))
            continue;
        build_group(view, &there, (command_group)group);
        ImGui::EndMenu();
    }
    close_on_escape();
    ImGui::EndPopup();
}

} // namespace parts
