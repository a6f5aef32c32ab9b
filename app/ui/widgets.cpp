#include <algorithm>
#include <cmath>
#include <cstdio>

#include "parts.h"

namespace parts
{

void heading(Box *box, const char *words)
{
    draw_text(look.strong, box->take_top(px(22)), left_align, text, words);
}

void label(Box *box, const char *words, ImFont *font, ImU32 color)
{
    Box row = box->take_top(px(22.5f));
    const float label_width = px(78);
    draw_text(font, {row.x, row.y, label_width, px(20)}, left_align, color, words);
    ImGui::SetCursorScreenPos(ImVec2(row.x + label_width, row.y));
    ImGui::SetNextItemWidth(row.width - label_width);
}

bool begin_combo(const char *id, const char *preview)
{
    ImDrawList *list = ImGui::GetWindowDrawList(); /* in an open combo it would be the popup's */
    ImVec2 at = ImGui::GetCursorScreenPos();
    ImVec2 center(at.x + ImGui::CalcItemWidth() - px(12), at.y + ImGui::GetFrameHeight() / 2);
    bool open = ImGui::BeginCombo(id, preview, ImGuiComboFlags_NoArrowButton);
    draw_arrow(list, center, dim);
    return open;
}

void slider(const char *id, float *value, float low, float high, const char *format, bool logarithmic)
{
    ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = ImGui::CalcItemWidth(), height = ImGui::GetFrameHeight();
    const ImGuiCol replaced[] = {ImGuiCol_SliderGrab, ImGuiCol_SliderGrabActive, ImGuiCol_FrameBg,
                                 ImGuiCol_FrameBgHovered, ImGuiCol_FrameBgActive};
    for (ImGuiCol color : replaced)
        ImGui::PushStyleColor(color, 0);
    ImDrawList *list = ImGui::GetWindowDrawList();
    list->ChannelsSplit(2);
    list->ChannelsSetCurrent(1);
    ImGuiSliderFlags flags = ImGuiSliderFlags_AlwaysClamp | (logarithmic ? ImGuiSliderFlags_Logarithmic : 0);
    ImGui::SliderFloat(id, value, low, high, format, flags);
    list->ChannelsSetCurrent(0); /* under the text */
    ImGui::PopStyleColor(IM_ARRAYSIZE(replaced));
    bool lit = ImGui::IsItemHovered() || ImGui::IsItemActive();
    auto place = [&](float number) {
        float part = logarithmic ? std::log(number / low) / std::log(high / low) : (number - low) / (high - low);
        return at.x + std::clamp(part, 0.0f, 1.0f) * width;
    };
    float from = place(std::max(low, 0.0f)), to = place(*value);
    ImU32 back = ImGui::GetColorU32(lit ? ImGuiCol_FrameBgHovered : ImGuiCol_FrameBg);
    list->AddRectFilled(at, ImVec2(at.x + width, at.y + height), back, px(3));
    list->AddRectFilled(ImVec2(std::min(from, to), at.y), ImVec2(std::max(from, to) + 1, at.y + height),
                        lit ? IM_COL32(88, 166, 214, 120) : IM_COL32(88, 166, 214, 84), px(3));
    list->ChannelsMerge();
}

void parameter(Box *box, const char *name, float *value, float low, float high, const char *format)
{
    char id[32];
    std::snprintf(id, sizeof id, "##%s", name);
    label(box, name);
    slider(id, value, low, high, format, true);
}

void toggle(Box *box, const char *name, bool *value)
{
    Box row = box->take_top(px(22.5f));
    ImGui::SetCursorScreenPos(ImVec2(row.x, row.y));
    ImGui::Checkbox(name, value);
}

bool button(Box row, const char *name)
{
    ImGui::SetCursorScreenPos(ImVec2(row.x, row.y));
    return ImGui::Button(name, ImVec2(row.width, px(20)));
}

} // namespace parts
