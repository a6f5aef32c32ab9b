#include "parts.h"

#include <GLFW/glfw3.h>

namespace parts
{

#if IMGUI_VERSION_NUM < 18700

namespace
{

enum { BUTTONS = IM_ARRAYSIZE(ImGuiIO::MouseDown), MOVE = -1, MOST_STEPS = 64 };

struct Step {
    int button; /* or MOVE */
    bool down;
    ImVec2 place;
};

struct {
    GLFWcursorposfun move_before; /* what the window told before */
    GLFWmousebuttonfun press_before;
    Step steps[MOST_STEPS];
    int count;
    ImVec2 place; /* after the steps that were seen */
    bool down[BUTTONS];
} mouse;

/* Of moves only the last one counts, and of too many steps the first ones. */
void add(Step step)
{
    const bool moves_on = mouse.count > 0 && step.button == MOVE && mouse.steps[mouse.count - 1].button == MOVE;
    if (moves_on)
        mouse.steps[mouse.count - 1] = step;
    else if (mouse.count < MOST_STEPS)
        mouse.steps[mouse.count++] = step;
}

void on_move(GLFWwindow *window, double x, double y)
{
    add({MOVE, false, ImVec2((float)x, (float)y)});
    if (mouse.move_before)
        mouse.move_before(window, x, y);
}

void on_press(GLFWwindow *window, int button, int action, int modifiers)
{
    if (button >= 0 && button < BUTTONS)
        add({button, action == GLFW_PRESS, ImVec2()});
    if (mouse.press_before)
        mouse.press_before(window, button, action, modifiers);
}

} // namespace

void listen_to_mouse(GLFWwindow *window)
{
    mouse = {};
    mouse.move_before = glfwSetCursorPosCallback(window, on_move);
    mouse.press_before = glfwSetMouseButtonCallback(window, on_press);
}

/* Up to a button and what comes after it. */
bool step_mouse()
{
    ImGuiIO &io = ImGui::GetIO();
    if (!ImGui::IsMousePosValid(&io.MousePos))
        mouse.count = 0;
    if (mouse.count == 0) { /* nothing more than what ImGui asks the window for */
        mouse.place = io.MousePos;
        for (int i = 0; i < BUTTONS; i++)
            mouse.down[i] = io.MouseDown[i];
        return false;
    }
    int seen = 0;
    for (bool pressed = false; seen < mouse.count && !pressed; seen++) {
        const Step &step = mouse.steps[seen];
        pressed = step.button != MOVE;
        if (pressed)
            mouse.down[step.button] = step.down;
        else
            mouse.place = step.place;
    }
    mouse.count -= seen;
    for (int i = 0; i < mouse.count; i++)
        mouse.steps[i] = mouse.steps[i + seen];
    io.MousePos = mouse.place;
    for (int i = 0; i < BUTTONS; i++)
        io.MouseDown[i] = mouse.down[i];
    return mouse.count > 0;
}

#else /* ImGui does it */

void listen_to_mouse(GLFWwindow *)
{
}

bool step_mouse()
{
    return false;
}

#endif

} // namespace parts
