#include <algorithm>
#include <cmath>
#include <cstdio>

#include "parts.h"

namespace parts
{

namespace
{

/* In at most eight characters. */
void write_value(float value, char (&words)[16])
{
    const float size = std::fabs(value);
    if (size != 0 && (size < 0.001f || size >= 10000))
        std::snprintf(words, sizeof words, "%.1e", (double)value);
    else
        std::snprintf(words, sizeof words, "%.*f", size < 10 ? 4 : size < 100 ? 3 : size < 1000 ? 2 : 1, (double)value);
}

/* On a dark plate, on which it can be read (4.5 to 1, even where the pixel is white). */
void draw_value(ImVec2 middle, ImU32 color, float value)
{
    char words[16];
    ImDrawList *list = ImGui::GetWindowDrawList();
    ImFont *font = look.small;
    write_value(value, words);
    const float width = text_width(font, words), height = font->FontSize;
    const ImVec2 at(std::floor(middle.x - width / 2), std::floor(middle.y - height / 2));
    list->AddRectFilled(ImVec2(at.x - px(2), at.y), ImVec2(at.x + width + px(2), at.y + height),
                        IM_COL32(0, 0, 0, 188));
    list->AddText(font, height, at, color, words);
}

} // namespace

bool prints_values(const view *view, const view_context *context)
{
    return view_zoom(view, context) >= (double)px(52);
}

texel_area visible_texels(const view *view, const view_context *context, rectangle picture)
{
    int left, top, right, bottom;
    view_texel(view, context, picture, picture.x, picture.y, &left, &top);
    view_texel(view, context, picture, picture.x + picture.width, picture.y + picture.height, &right, &bottom);
    left = std::max(left, 0);
    top = std::max(top, 0);
    return {left, top, std::min(right + 1, context->image_width) - left,
            std::min(bottom + 1, context->image_height) - top};
}

void draw_values(const ui_facts *facts, const view *view, const view_context *context, const pane *pane,
                 rectangle picture)
{
    static const ImU32 colors[3] = {IM_COL32(255, 170, 160, 255), IM_COL32(165, 235, 155, 255),
                                    IM_COL32(160, 200, 255, 255)};
    const int channels = std::min(layer_row_of(pane->layer)->channels, 3);
    const texel_area area = visible_texels(view, context, picture);
    const Texels texels = find_texels(view, context, picture);
    for (int i = 0; i < area.columns * std::max(area.rows, 0); i++) {
        const int column = area.x + i % area.columns, row = area.y + i / area.columns;
        const float *shown = values_at(&facts->printed, pane->layer, column, row);
        const float *other = pane_is_compared(pane) ? values_at(&facts->printed, pane->against, column, row) : nullptr;
        if (!shown || pane_shows_flip(pane) || (pane_is_compared(pane) && !other))
            continue;
        const ImVec2 middle = texels.middle(column, row);
        const float line = look.small->FontSize + px(1);
        for (int c = 0; c < channels; c++)
            draw_value(ImVec2(middle.x, middle.y + line * ((float)c - (float)(channels - 1) / 2)),
                       channels == 3 ? colors[c] : IM_COL32(255, 255, 255, 255),
                       other ? measure_of(pane->measure, shown[c], other[c]) : shown[c]);
    }
}

} // namespace parts
