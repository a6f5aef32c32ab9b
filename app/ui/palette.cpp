#include <algorithm>
#include <cctype>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "parts.h"

namespace parts
{

namespace
{

const int most_rows = 14;

struct {
    bool is_open;
    char typed[64];
    int chosen;         /* of the matches */
    view_context there; /* with the pane under the cursor when it was opened */
} palette;

bool contains(const char *text, const char *word, size_t length)
{
    for (; *text; text++) {
        size_t i = 0;
        while (i < length && text[i] && std::tolower((unsigned char)text[i]) == std::tolower((unsigned char)word[i]))
            i++;
        if (i == length)
            return true;
    }
    return length == 0;
}

/* Every typed word is somewhere in what the command is called. */
bool matches(const command &command, const char *typed)
{
    char all[512];
    std::snprintf(all, sizeof all, "%s %s %s", command_group_name(command.group), command.words, command.name);
    while (*typed) {
        typed += std::strspn(typed, " ");
        const size_t length = std::strcspn(typed, " ");
        if (!contains(all, typed, length))
            return false;
        typed += length;
    }
    return true;
}

int find_matches(int (&matching)[256])
{
    command command;
    int count = 0;
    for (int i = 0; command_get(i, &command) && count < IM_ARRAYSIZE(matching); i++)
        if (command_applies(i, &palette.there) && matches(command, palette.typed))
            matching[count++] = i;
    return count;
}

bool is_pressed(ImGuiKey key)
{
    return ImGui::IsKeyPressed(ImGui::GetKeyIndex(key));
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
    if (command.is_on) {
        const float width = draw_text(look.small, inside, right_align, accent, command.is_on(view) ? "on" : "off");
        inside.width -= width + px(10);
    }
    draw_text(look.body, inside, left_align, text, command.words);
    return clicked;
}

/* The command that is run, or -1. */
int build_list(const view *view)
{
    int matching[256], run = -1;
    const int count = find_matches(matching);
    palette.chosen += is_pressed(ImGuiKey_DownArrow) ? 1 : is_pressed(ImGuiKey_UpArrow) ? -1 : 0;
    palette.chosen = std::clamp(palette.chosen, 0, std::max(count - 1, 0));
    if (count > 0 && (is_pressed(ImGuiKey_Enter) || is_pressed(ImGuiKey_KeyPadEnter)))
        run = matching[palette.chosen];
    const int first = std::max(0, palette.chosen - most_rows + 1);
    for (int i = first; i < std::min(count, first + most_rows); i++) {
        command command;
        ImGui::PushID(i);
        if (command_get(matching[i], &command) && draw_row(command, view, i == palette.chosen))
            run = matching[i];
        ImGui::PopID();
    }
    ImGui::Dummy(ImVec2(0, px(4)));
    if (count == 0)
        ImGui::TextUnformatted("no command has these words");
    else
        ImGui::TextColored(ImGui::ColorConvertU32ToFloat4(soft), "%d of %d; Enter runs, Escape closes",
                           palette.chosen + 1, count);
    return run;
}

} // namespace

void build_palette(view *view, const view_context *context)
{
    const bool opens = view->palette && !palette.is_open;
    palette.is_open = view->palette;
    if (!view->palette)
        return;
    if (opens) {
        *palette.typed = 0;
        palette.chosen = 0;
        palette.there = *context;
    }
    const ImVec2 size = ImGui::GetIO().DisplaySize;
    ImGui::SetNextWindowPos(ImVec2(size.x / 2, std::floor(size.y / 8)), ImGuiCond_Always, ImVec2(0.5f, 0));
    ImGui::SetNextWindowSize(ImVec2(std::min(px(640), size.x - px(16)), 0));
    ImGui::SetNextWindowBgAlpha(0.98f);
    ImGui::Begin("palette", nullptr,
                 ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                     ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoScrollbar);
    ImGui::SetNextItemWidth(-1);
    ImGui::SetKeyboardFocusHere();
    if (ImGui::InputTextWithHint("##typed", "what to do", palette.typed, sizeof palette.typed))
        palette.chosen = 0;
    ImGui::PushStyleVar(ImGuiStyleVar_ItemSpacing, ImVec2(0, 0));
    const int run = build_list(view);
    ImGui::PopStyleVar();
    const bool leaves =
        is_pressed(ImGuiKey_Escape) || (!opens && !ImGui::IsWindowFocused(ImGuiFocusedFlags_ChildWindows));
    ImGui::End();
    if (run < 0 && !leaves)
        return;
    view->palette = palette.is_open = false;
    command_run(run, view, &palette.there);
}

} // namespace parts
