#include <algorithm>
#include <cmath>

#include "parts.h"

namespace parts
{

bool is_held()
{
    return ImGui::IsItemActive() || ImGui::IsItemDeactivated();
}

bool is_held_by(ImGuiMouseButton button)
{
    return is_held() && (ImGui::IsMouseDown(button) || ImGui::IsMouseReleased(button));
}

namespace
{

/* The way to where the button was pressed is not part of the drag. */
bool is_dragged()
{
    const ImVec2 delta = ImGui::GetIO().MouseDelta;
    return is_held() && !ImGui::IsItemActivated() && (delta.x != 0 || delta.y != 0);
}

bool is_down(char letter)
{
#if IMGUI_VERSION_NUM >= 18700
    return ImGui::IsKeyDown((ImGuiKey)(ImGuiKey_A + (letter - 'A')));
#else
    return ImGui::IsKeyDown(letter); /* GLFW's code */
#endif
}

} // namespace

/* Pan with a drag, zoom with the wheel. */
void move_picture(view *view, const view_context *context, rectangle picture)
{
    ImGuiIO &io = ImGui::GetIO();
    if (ImGui::IsItemHovered() && io.MouseWheel != 0)
        view_zoom_at(view, context, picture, io.MousePos.x, io.MousePos.y, std::pow(1.2, (double)io.MouseWheel));
    if (is_dragged())
        view_pan(view, context, io.MouseDelta.x, io.MouseDelta.y);
}

/* Orbit with a drag, come closer with the wheel, look around with the right button; the picture moves
 * with the middle button and Ctrl. */
void move_camera(view *view, const view_context *context, rectangle picture)
{
    ImGuiIO &io = ImGui::GetIO();
    const float turn = 3.0f / picture.height; /* radians a pixel */
    const float x = io.MouseDelta.x * turn, y = io.MouseDelta.y * turn;
    const bool middle = is_held_by(ImGuiMouseButton_Middle), right = is_held_by(ImGuiMouseButton_Right);
    bool drags = is_dragged();
    bool scrolls = ImGui::IsItemHovered() && io.MouseWheel != 0;
    if (scrolls && io.KeyCtrl)
        view_zoom_at(view, context, picture, io.MousePos.x, io.MousePos.y, std::pow(1.2, (double)io.MouseWheel));
    else if (scrolls)
        view->hand.closer += io.MouseWheel;
    if (drags && middle) {
        view_pan(view, context, io.MouseDelta.x, io.MouseDelta.y);
    } else if (drags && right) {
        view->hand.look_right += x / 2;
        view->hand.look_up -= y / 2;
    } else if (drags) {
        view->hand.orbit_right -= x;
        view->hand.orbit_up += y;
    }
    if ((scrolls && !io.KeyCtrl) || (drags && !middle))
        view->playing = false;
    view->flying = view->flying || right;
}

/* Keys count from the press of the right button until all are up again, so that none is left for the view. */
void fly(view *view)
{
    static const char keys[] = "DAEQWS"; /* a pair an axis */
    ImGuiIO &io = ImGui::GetIO();
    bool steers = ImGui::IsMouseDown(ImGuiMouseButton_Right), any = false;
    float axes[3] = {0, 0, 0};
    for (int i = 0; i < 6 && view->flying; i++) {
        bool down = is_down(keys[i]);
        axes[i / 2] += down ? (i % 2 ? -1.0f : 1.0f) : 0.0f;
        any = any || down;
    }
    view->flying = view->flying && (any || steers);
    if (!any || !steers)
        return;
    const float speed = io.KeyShift ? 0.5f : 0.12f; /* a second */
    const float step = speed * std::min(io.DeltaTime, 0.1f);
    view->hand.fly_right += step * axes[0];
    view->hand.fly_up += step * axes[1];
    view->hand.fly_forward += step * axes[2];
    view->playing = false;
}

} // namespace parts
