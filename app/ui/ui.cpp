#include <algorithm>
#include <cmath>

#include "parts.h"

#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_vulkan.h>

using namespace parts;

namespace
{

struct {
    const device *gpu;
    GLFWwindow *window;
    VkRenderPass render_pass;
    VkDescriptorPool pool;
    uint32_t frames;
    ImVec2 size;
} ui;

/* ---- Whole view -------------------------------------------------------------------------------------------------- */

/* The sections of the dock that fit, most useful first to stay. */
void build_dock(const ui_facts *facts, view *view, const view_context *context, Box box)
{
    fill(box, ground);
    fill({box.x, box.y, box.width, 1}, line);
    box = box.inset(px(14), px(7));
    enum { filter, looks, quality, timing, count };
    float widths[count] = {px(252), px(208), px(252), px(396)};
    if (view->times)
        widths[timing] = 0; /* its own panel says more */
    const int least_useful[] = {looks, quality, timing};
    const float gap = px(28);
    auto total = [&]() {
        float sum = -gap;
        for (float width : widths)
            sum += width > 0 ? width + gap : 0;
        return sum;
    };
    for (int section : least_useful)
        if (total() > box.width)
            widths[section] = 0;
    widths[timing] += widths[timing] > 0 ? std::min(box.width - total(), px(380)) : 0;
    Box cells[count];
    float x = box.x;
    for (int i = 0; i < count; i++) {
        cells[i] = {x, box.y, widths[i], box.height};
        x += widths[i] > 0 ? widths[i] + gap : 0;
    }
    build_filter(facts, view, cells[filter]);
    if (widths[looks] > 0)
        build_view(facts, view, context, cells[looks]);
    if (widths[quality] > 0)
        build_quality(facts, context, cells[quality]);
    if (widths[timing] > 0)
        build_timing(facts, cells[timing]);
}

void build_all(const ui_facts *facts, view *view, view_context *context, ui_layout *layout)
{
    Box area = {0, 0, ui.size.x, ui.size.y};
    Box status = area.take_bottom(px(24));
    if (view->times && area.width - times_width() >= px(320) && area.height > px(240)) {
        area.width -= times_width();
        build_times(facts, view, {area.right(), area.y, times_width(), area.height});
    }
    bool dock = view->panels && area.height > px(440) && area.width > px(300);
    bool transport = view->panels && context->frame_count > 1 && area.height > px(200);
    Box dock_box = area.take_bottom(dock ? px(220) : 0);
    Box transport_box = area.take_bottom(transport ? px(34) : 0);
    const float beside = inspector_width(view);
    if (view->inspector && area.width - beside >= px(320) && area.height > px(240)) {
        area.width -= beside;
        build_inspector(facts, view, {area.right(), area.y, beside, area.height});
    }
    if (view->measures && area.width - metrics_width(view) >= px(320) && area.height > px(240)) {
        area.width -= metrics_width(view);
        build_metrics(facts, view, context, {area.right(), area.y, metrics_width(view), area.height});
    }
    build_panes(facts, view, context, layout, area);
    fly(view);
    if (transport)
        build_sequence(facts, view, context, transport_box);
    if (dock)
        build_dock(facts, view, context, dock_box);
    build_status(facts, context, layout, status);
}

/* ---- Life -------------------------------------------------------------------------------------------------------- */

bool upload_fonts(error *error)
{
#if IMGUI_VERSION_NUM >= 19000
    return ImGui_ImplVulkan_CreateFontsTexture() || error_set(error, "cannot upload the fonts");
#else
    VkCommandBuffer commands;
    if (!commands_allocate(ui.gpu, 1, &commands, error))
        return false;
    bool ok = commands_begin(commands, error) && ImGui_ImplVulkan_CreateFontsTexture(commands) &&
              commands_finish(ui.gpu, commands, error);
    ImGui_ImplVulkan_DestroyFontUploadObjects();
    vkFreeCommandBuffers(ui.gpu->handle, ui.gpu->commands, 1, &commands);
    return ok;
#endif
}

bool start_renderer(error *error)
{
    ImGui_ImplVulkan_InitInfo info = {};
    info.Instance = ui.gpu->instance;
    info.PhysicalDevice = ui.gpu->physical;
    info.Device = ui.gpu->handle;
    info.QueueFamily = ui.gpu->queue_family;
    info.Queue = ui.gpu->queue;
    info.PipelineCache = ui.gpu->cache;
    info.DescriptorPool = ui.pool;
    info.MinImageCount = 2;
    info.ImageCount = std::max(ui.frames, 2u);
    info.MSAASamples = VK_SAMPLE_COUNT_1_BIT;
    ImGui_ImplVulkan_Init(&info, ui.render_pass);
    return upload_fonts(error);
}

void stop_renderer()
{
    if (look.scale == 0)
        return;
    ImGui_ImplVulkan_Shutdown();
    vkResetDescriptorPool(ui.gpu->handle, ui.pool, 0);
    look.scale = 0;
}

/* 1 up to 1080 rows, then with the height, in steps of a quarter. */
float scale_for(uint32_t height)
{
    return std::max(1.0f, std::floor((float)height / 270.0f) / 4);
}

} // namespace

bool ui_create(const device *device, VkRenderPass render_pass, uint32_t frames, GLFWwindow *window, error *error)
{
    ui = {};
    ui.gpu = device;
    ui.window = window;
    ui.render_pass = render_pass;
    ui.frames = frames;
    ImGui::CreateContext();
    ImGui::GetIO().IniFilename = nullptr;
    ImGui::GetIO().LogFilename = nullptr;
    if (window && !ImGui_ImplGlfw_InitForVulkan(window, true))
        return error_set(error, "the user interface cannot use the window");
    if (window)
        listen_to_mouse(window);
    VkDescriptorPoolSize size = {VK_DESCRIPTOR_TYPE_COMBINED_IMAGE_SAMPLER, 1};
    VkDescriptorPoolCreateInfo info = {};
    info.sType = VK_STRUCTURE_TYPE_DESCRIPTOR_POOL_CREATE_INFO;
    info.flags = VK_DESCRIPTOR_POOL_CREATE_FREE_DESCRIPTOR_SET_BIT;
    info.maxSets = 1;
    info.poolSizeCount = 1;
    info.pPoolSizes = &size;
    return vk_ok(vkCreateDescriptorPool(device->handle, &info, nullptr, &ui.pool), "vkCreateDescriptorPool", error);
}

void ui_destroy(void)
{
    if (!ui.gpu)
        return;
    stop_renderer();
    vkDestroyDescriptorPool(ui.gpu->handle, ui.pool, nullptr);
    if (ImGui::GetIO().BackendPlatformUserData)
        ImGui_ImplGlfw_Shutdown();
    ImGui::DestroyContext();
    ui = {};
}

bool ui_resize(uint32_t width, uint32_t height, float scale, error *error)
{
    ui.size = ImVec2((float)width, (float)height);
    scale = scale > 0 ? scale : scale_for(height);
    if (scale == look.scale)
        return true;
    stop_renderer();
    look.scale = scale;
    set_style();
    add_fonts();
    return start_renderer(error);
}

void ui_build(const ui_facts *facts, view *view, view_context *context, ui_layout *layout)
{
    *layout = {};
    ImGui_ImplVulkan_NewFrame();
    if (ui.window) {
        ImGui_ImplGlfw_NewFrame();
        layout->has_more_input = step_mouse();
    }
    ImGuiIO &io = ImGui::GetIO();
    io.DisplaySize = ui.size;
    io.DisplayFramebufferScale = ImVec2(1, 1);
    if (!ui.window)
        io.DeltaTime = 1.0f / 60;
    ImGui::NewFrame();
    bool was_open = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
    context->hovered = -1;
    ImGui::SetNextWindowPos(ImVec2(0, 0));
    ImGui::SetNextWindowSize(ui.size);
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(0, 0));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowBorderSize, 0);
    ImGui::Begin("view", nullptr,
                 ImGuiWindowFlags_NoDecoration | ImGuiWindowFlags_NoBackground | ImGuiWindowFlags_NoMove |
                     ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoBringToFrontOnFocus |
                     ImGuiWindowFlags_NoNav | ImGuiWindowFlags_NoScrollWithMouse);
    ImGui::PopStyleVar(2);
    build_all(facts, view, context, layout);
    ImGui::End();
    build_help(view, context);
    build_menu(view, context);
    build_palette(view, context);
    layout->takes_keys = io.WantTextInput || was_open || view->flying;
    ImGui::Render();
}

void ui_draw(VkCommandBuffer commands)
{
    ImGui_ImplVulkan_RenderDrawData(ImGui::GetDrawData(), commands);
}
