#include <algorithm>
#include <cmath>
#include <cstdio>

#include "parts.h"

namespace parts
{

namespace
{

enum Icon { icon_play, icon_pause, icon_previous, icon_next };

void draw_icon(Icon icon, ImVec2 center, ImU32 color)
{
    ImDrawList *list = ImGui::GetWindowDrawList();
    const float r = px(5);
    auto triangle = [&](float from, float to) {
        list->AddTriangleFilled(ImVec2(center.x + from, center.y - r), ImVec2(center.x + from, center.y + r),
                                ImVec2(center.x + to, center.y), color);
    };
    auto bar = [&](float x) {
        list->AddRectFilled(ImVec2(center.x + x - px(1), center.y - r), ImVec2(center.x + x + px(1), center.y + r),
                            color);
    };
    switch (icon) {
    case icon_play:
        return triangle(-px(3.5f), px(5.5f));
    case icon_pause:
        bar(-px(3));
        return bar(px(3));
    case icon_previous:
        triangle(px(4), -px(3));
        return bar(-px(4));
    case icon_next:
        triangle(-px(4), px(3));
        return bar(px(4));
    }
}

bool icon_button(Box box, const char *id, Icon icon)
{
    ImGui::SetCursorScreenPos(ImVec2(box.x, box.y));
    bool pressed = ImGui::InvisibleButton(id, ImVec2(box.width, box.height));
    draw_icon(icon, ImVec2(box.x + box.width / 2, box.y + box.height / 2), ImGui::IsItemHovered() ? accent : text);
    return pressed;
}

/* A track of the sequence: what is loaded, where one is; a drag goes there. */
void frame_slider(const ui_facts *facts, view *view, const view_context *context, Box box)
{
    ImGui::SetCursorScreenPos(ImVec2(box.x, box.y));
    ImGui::InvisibleButton("sequence", ImVec2(box.width, box.height));
    const int last = context->frame_count - 1;
    if (is_held()) {
        float position = (ImGui::GetIO().MousePos.x - box.x) / box.width;
        view->frame = std::clamp((int)std::lround(position * (float)last), 0, last);
        view->playing = false;
    }
    ImDrawList *list = ImGui::GetWindowDrawList();
    float y = box.y + box.height / 2, thick = px(1.5f);
    auto track = [&](float end, ImU32 color) {
        list->AddRectFilled(ImVec2(box.x, y - thick), ImVec2(box.x + end * box.width, y + thick), color, thick);
    };
    track(1, line);
    track((float)facts->feed.loaded / (float)context->frame_count, faint);
    float at = (float)view->frame / (float)last;
    track(at, accent);
    list->AddCircleFilled(ImVec2(box.x + at * box.width, y), px(6), ImGui::IsItemHovered() ? accent : text, 24);
}

} // namespace

void build_sequence(const ui_facts *facts, view *view, const view_context *context, Box box)
{
    box = box.inset(px(10), 0);
    const float size = px(28);
    auto next = [&](float width) -> Box {
        Box cell = {box.x, box.y, width, box.height};
        box.x += width;
        box.width -= width;
        return cell;
    };
    int step = 0;
    if (icon_button(next(size), "previous", icon_previous))
        step = -1;
    if (icon_button(next(size), "play", view->playing ? icon_pause : icon_play))
        view->playing = !view->playing;
    if (icon_button(next(size), "next", icon_next))
        step = 1;
    if (step) {
        view->playing = false;
        view->frame = (view->frame + step + context->frame_count) % context->frame_count;
    }
    Box count = {box.right() - px(250), box.y, px(250), box.height};
    box.width -= px(view->playing || view->rate > 0 || view->once ? 362 : 262);
    draw_format(look.body, count, right_align, dim, "%s", facts->frame_name);
    char words[64];
    bool loading = facts->feed.loaded < context->frame_count;
    std::snprintf(words, sizeof words, loading ? "%d / %d, %d loaded" : "%d / %d", view->frame + 1,
                  context->frame_count, facts->feed.loaded);
    draw_text(look.body, count, left_align, text, words);
    const double rate = view->rate > 0 ? (double)view->rate : context->frame_rate;
    if (view->playing || view->rate > 0 || view->once)
        draw_format(look.body, {count.x - px(96), count.y, px(90), count.height}, left_align, text, "%g fps%s", rate,
                    view->once ? ", once" : "");
    frame_slider(facts, view, context, box.inset(px(10), 0));
}

} // namespace parts
