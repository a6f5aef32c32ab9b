#include <cstdio>

#include "parts.h"

namespace parts
{

void build_status(const ui_facts *facts, const view_context *context, const ui_layout *layout, Box box)
{
    fill(box, ground);
    fill({box.x, box.y, box.width, 1}, line);
    box = box.inset(px(10), 0);
    char words[768];
    if (facts->placeholders)
        std::snprintf(words, sizeof words, "-");
    else
        std::snprintf(words, sizeof words, "%s: %s, %s", backend_name(facts->node.backend), facts->node.name,
                      facts->node.driver);
    char place[64];
    int length = std::snprintf(place, sizeof place, "%d\u00d7%d", context->image_width, context->image_height);
    if (context->hovered >= 0)
        std::snprintf(place + length, sizeof place - (size_t)length, "   x %d  y %d", layout->column, layout->row);
    const float gap = px(18);
    Box rest = box;
    rest.width -= draw_text(look.small, box, right_align, dim, place) + gap;
    float width = draw_text(look.small, rest, left_align, dim, words) + gap;
    if (facts->notice)
        draw_text(look.small, {box.x + width, box.y, box.width - width - px(220), box.height}, left_align,
                  facts->is_warning ? amber : text, facts->notice);
}

} // namespace parts
