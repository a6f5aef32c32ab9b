#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include "parts.h"

namespace parts
{

namespace
{

/* What fits of the words, and three dots where that is not all. */
void shorten(ImFont *font, float width, const char *words, char (&fitting)[512])
{
    std::snprintf(fitting, sizeof fitting, "%s", words);
    for (size_t length = std::strlen(fitting); text_width(font, fitting) > width && length > 0;) {
        do
            length--;
        while (length > 0 && (fitting[length] & 0xc0) == 0x80); /* inside a UTF-8 character */
        std::snprintf(fitting + length, sizeof fitting - length, "%s", length > 0 ? "..." : "");
    }
}

} // namespace

float text_width(ImFont *font, const char *words)
{
    return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, words).x;
}

float draw_text(ImFont *font, Box box, Align align, ImU32 color, const char *words)
{
    char fitting[512];
    shorten(font, box.width, words, fitting);
    float width = text_width(font, fitting);
    float shift = align == left_align ? 0 : align == center_align ? (box.width - width) / 2 : box.width - width;
    ImVec2 at(std::floor(box.x + shift), std::floor(box.y + (box.height - font->FontSize) / 2));
    ImGui::GetWindowDrawList()->AddText(font, font->FontSize, at, color, fitting);
    return width;
}

void draw_stage_name(Box box, const profiler_stats &stats, ImU32 color)
{
    const ImVec2 dot(box.x + px(3), box.y + box.height / 2);
    ImGui::GetWindowDrawList()->AddCircleFilled(dot, px(2.5f), track_colors[stats.track], 12);
    draw_text(look.small, {box.x + px(12), box.y, box.width - px(12), box.height}, left_align, color, stats.name);
}

void draw_pair(ImFont *font, Box box, const char *name, const char *format, ...)
{
    char words[64];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    box.width -= px(4) + draw_text(font, box, right_align, text, words);
    draw_text(font, box, left_align, dim, name);
}

float draw_format(ImFont *font, Box box, Align align, ImU32 color, const char *format, ...)
{
    char words[512];
    va_list arguments;
    va_start(arguments, format);
    std::vsnprintf(words, sizeof words, format, arguments);
    va_end(arguments);
    return draw_text(font, box, align, color, words);
}

void fill(Box box, ImU32 color)
{
    ImGui::GetWindowDrawList()->AddRectFilled(ImVec2(box.x, box.y), ImVec2(box.right(), box.bottom()), color);
}

void outline(ImVec2 low, ImVec2 high, ImU32 color, float thickness)
{
    ImDrawList *list = ImGui::GetWindowDrawList();
    list->AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), IM_COL32(0, 0, 0, 160));
    list->AddRect(low, high, color, 0, 0, thickness);
}

void close_on_escape()
{
    if (ImGui::IsKeyPressed(ImGui::GetKeyIndex(ImGuiKey_Escape)))
        ImGui::CloseCurrentPopup();
}

void draw_arrow(ImDrawList *list, ImVec2 center, ImU32 color)
{
    const float size = px(3.5f);
    list->AddTriangleFilled(ImVec2(center.x - size, center.y - size / 2), ImVec2(center.x + size, center.y - size / 2),
                            ImVec2(center.x, center.y + size / 2), color);
}

} // namespace parts
