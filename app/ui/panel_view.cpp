#include <cstdio>

#include "parts.h"

namespace parts
{

namespace
{

/* Until Enter what is typed does not count, and then only if it is a place. */
void edit_place(view *view, const view_context *context)
{
    static char typed[PLACE_WORDS];
    static bool is_typing;
    const view_place now = view_get_place(view, context);
    if (!is_typing)
        std::snprintf(typed, sizeof typed, "%.6g, %.6g, %.4g", now.center_x, now.center_y, now.zoom);
    view_place place;
    if (ImGui::InputText("##place", typed, sizeof typed, ImGuiInputTextFlags_EnterReturnsTrue) &&
        place_read(typed, &place))
        view_set_place(view, &place);
    is_typing = ImGui::IsItemActive();
}

} // namespace

void build_view(const ui_facts *facts, view *view, const view_context *context, Box box)
{
    heading(&box, "View");
    label(&box, "Exposure");
    slider("##exposure", &view->tone.exposure, -8, 8, "%+.1f EV", false);
    char tone[TONE_WORDS];
    tone_describe(&view->tone, tone);
    if (*tone) {
        label(&box, "Tone");
        const ImVec2 place = ImGui::GetCursorScreenPos();
        draw_text(look.body, {place.x, place.y, box.right() - place.x, px(20)}, left_align, text, tone);
    }
    label(&box, "Zoom");
    ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = (box.right() - at.x - 2 * px(5)) / 3;
    const double zoom = view_zoom(view, context);
    draw_format(look.body, {at.x, at.y, width, px(20)}, left_align, text, zoom < 10 ? "%.0f %%" : "%.0f\u00d7",
                zoom < 10 ? 100 * zoom : zoom);
    if (button({at.x + width + px(5), at.y, width, px(20)}, "Fit"))
        view->fit = true;
    if (button({at.x + 2 * (width + px(5)), at.y, width, px(20)}, "1:1"))
        view_set_zoom(view, context, 1);
    label(&box, "Center, zoom");
    edit_place(view, context);
    toggle(&box, context->has_camera ? "New noise at rest" : "Filter continuously", &view->continuous);
    if (context->has_camera)
        toggle(&box, "Accumulate", &view->accumulate);
    const bool have_own_weights = predictor_rows[view->predictor.row].runs_network ||
                                  (view->predictor.row == PREDICTOR_FILES && facts->splat_has_own_weights);
    if (!have_own_weights)
        toggle(&box, "Gather and splat in one", &view->predictor.together);
    Box row = box.take_top(px(28));
    row.y += px(4);
    const float half = (row.width - px(6)) / 2;
    if (button({row.x, row.y, half, row.height}, "Screenshot"))
        view->save_screenshot = true;
    if (button({row.right() - half, row.y, half, row.height}, "Menu"))
        view->menu = true;
}

} // namespace parts
