#include <cmath>
#include <cstdio>

#include "parts.h"

namespace parts
{

Look look;

const ImU32 channel_colors[3] = {IM_COL32(236, 142, 134, 255), IM_COL32(140, 204, 130, 255),
                                 IM_COL32(128, 170, 242, 255)};
const ImU32 track_colors[PROFILER_TRACK_COUNT] = {IM_COL32(150, 150, 156, 255), accent, IM_COL32(124, 184, 120, 255),
                                                  IM_COL32(190, 150, 214, 255)};

namespace
{

ImVec4 rgb(float value, float alpha = 1)
{
    return ImVec4(value, value, value * 1.03f, alpha);
}

/* The first font of the list that is installed, else the one built into ImGui. Their digits all have one width. */
ImFont *add_font(const char *const *paths, float size)
{
    ImFontConfig config;
    config.OversampleH = 3;
    config.OversampleV = 1;
    config.PixelSnapH = true;
    ImFontAtlas *atlas = ImGui::GetIO().Fonts;
    for (; *paths; paths++) {
        FILE *file = std::fopen(*paths, "rb");
        if (!file)
            continue;
        std::fclose(file);
        return atlas->AddFontFromFileTTF(*paths, px(size), &config);
    }
    config.SizePixels = px(size);
    return atlas->AddFontDefault(&config);
}

} // namespace

float px(float units)
{
    return std::floor(units * look.scale + 0.5f);
}

void set_style()
{
    ImGui::GetStyle() = ImGuiStyle();
    ImGui::StyleColorsDark();
    ImGuiStyle &style = ImGui::GetStyle();
    style.FrameRounding = style.GrabRounding = style.PopupRounding = 3;
    style.FramePadding = ImVec2(7, 2);
    style.ItemSpacing = ImVec2(6, 5);
    style.WindowPadding = ImVec2(8, 8);
    style.GrabMinSize = 9;
    style.ScrollbarSize = 10;
    style.WindowRounding = 6;
    style.ScaleAllSizes(look.scale);
    style.WindowBorderSize = style.PopupBorderSize = 1;
    style.FrameBorderSize = 0;
    const ImVec4 blue = ImGui::ColorConvertU32ToFloat4(accent);
    const ImVec4 soft = ImVec4(blue.x, blue.y, blue.z, 0.35f);
    ImVec4 *colors = style.Colors;
    colors[ImGuiCol_Text] = ImGui::ColorConvertU32ToFloat4(text);
    colors[ImGuiCol_TextDisabled] = ImGui::ColorConvertU32ToFloat4(parts::soft); /* keys in menus */
    colors[ImGuiCol_Border] = rgb(0.24f);
    colors[ImGuiCol_PopupBg] = rgb(0.125f);
    colors[ImGuiCol_FrameBg] = colors[ImGuiCol_Button] = rgb(0.185f);
    colors[ImGuiCol_FrameBgHovered] = colors[ImGuiCol_ButtonHovered] = rgb(0.235f);
    colors[ImGuiCol_FrameBgActive] = colors[ImGuiCol_ButtonActive] = rgb(0.265f);
    colors[ImGuiCol_Header] = soft;
    colors[ImGuiCol_HeaderHovered] = rgb(0.235f);
    colors[ImGuiCol_HeaderActive] = soft;
    colors[ImGuiCol_SliderGrab] = rgb(0.47f);
    colors[ImGuiCol_SliderGrabActive] = colors[ImGuiCol_CheckMark] = blue;
    colors[ImGuiCol_ScrollbarBg] = rgb(0, 0);
}

void add_fonts()
{
    static const char *const regular[] = {"/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf",
                                          "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", nullptr};
    static const char *const medium[] = {"/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Medium.ttf",
                                         "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", nullptr};
    ImGui::GetIO().Fonts->Clear();
    look.body = add_font(regular, 15);
    look.strong = add_font(medium, 15);
    look.small = add_font(regular, 13);
}

} // namespace parts
