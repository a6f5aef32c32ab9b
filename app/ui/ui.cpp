#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstdarg>
#include <cstdio>
#include <cstring>

#include <imgui.h>

#include <backends/imgui_impl_glfw.h>
#include <backends/imgui_impl_vulkan.h>

extern "C" {
#include "ui.h"
}

namespace
{

struct {
    const device *gpu;
    GLFWwindow *window;
    VkRenderPass render_pass;
    VkDescriptorPool pool;
    uint32_t frames;
    float scale; /* 0: fonts are not made yet */
    ImVec2 size;
    ImFont *body, *strong, *small;
} ui;

/* ---- Look --------------------------------------------------------------------------------------------------------- */

const ImU32 ground = IM_COL32(27, 27, 29, 255);
const ImU32 line = IM_COL32(48, 48, 51, 255);
const ImU32 text = IM_COL32(222, 222, 224, 255);
const ImU32 dim = IM_COL32(142, 143, 148, 255);
const ImU32 faint = IM_COL32(84, 85, 90, 255);
const ImU32 accent = IM_COL32(88, 166, 214, 255);
const ImU32 amber = IM_COL32(229, 172, 84, 255);
const ImU32 track_colors[PROFILER_TRACK_COUNT] = {IM_COL32(150, 150, 156, 255), IM_COL32(88, 166, 214, 255),
                                                  IM_COL32(124, 184, 120, 255)};

float px(float units)
{
    return std::floor(units * ui.scale + 0.5f);
}

ImVec4 rgb(float value, float alpha = 1)
{
    return ImVec4(value, value, value * 1.03f, alpha);
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
    style.ScaleAllSizes(ui.scale);
    style.WindowBorderSize = style.PopupBorderSize = 1;
    style.FrameBorderSize = 0;
    const ImVec4 blue = ImGui::ColorConvertU32ToFloat4(accent);
    const ImVec4 soft = ImVec4(blue.x, blue.y, blue.z, 0.35f);
    ImVec4 *colors = style.Colors;
    colors[ImGuiCol_Text] = ImGui::ColorConvertU32ToFloat4(text);
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

void add_fonts()
{
    static const char *const regular[] = {"/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Regular.ttf",
                                          "/usr/share/fonts/truetype/dejavu/DejaVuSans.ttf", nullptr};
    static const char *const medium[] = {"/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF/Roboto-Medium.ttf",
                                         "/usr/share/fonts/truetype/dejavu/DejaVuSans-Bold.ttf", nullptr};
    ImGui::GetIO().Fonts->Clear();
    ui.body = add_font(regular, 15);
    ui.strong = add_font(medium, 15);
    ui.small = add_font(regular, 13);
}

/* ---- Text --------------------------------------------------------------------------------------------------------- */

struct Box {
    float x, y, width, height;

    float right() const
    {
        return x + width;
    }
    float bottom() const
    {
        return y + height;
    }
    /* Takes a strip off the top or bottom. */
    Box take_top(float units)
    {
        Box top = {x, y, width, units};
        y += units;
        height -= units;
        return top;
    }
    Box take_bottom(float units)
    {
        height -= units;
        return {x, y + height, width, units};
    }
    Box inset(float horizontal, float vertical) const
    {
        return {x + horizontal, y + vertical, width - 2 * horizontal, height - 2 * vertical};
    }
};

enum Align { left_align, center_align, right_align };

float text_width(ImFont *font, const char *words)
{
    return font->CalcTextSizeA(font->FontSize, FLT_MAX, 0, words).x;
}

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

/* One line, centered vertically in the box, shortened to its width. Returns its own width. */
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

float draw_format(ImFont *font, Box box, Align align, ImU32 color, const char *format, ...) IM_FMTARGS(5);

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

/* In an open list. */
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

/* ---- Names -------------------------------------------------------------------------------------------------------- */

const char *layer_name(int layer)
{
    static const char *const names[LAYER_COUNT] = {"Noisy",  "Albedo",    "Normal", "Depth",
                                                   "Motion", "Reference", "Gather", "Splat"};
    return names[layer];
}

const char *backend_name(wf_backend backend)
{
    static const char *const names[WF_BACKEND_COUNT] = {"CPU", "Vulkan", "CUDA"};
    return names[backend];
}

const char *predictor_name(const ui_facts *facts, const view *view)
{
    return view->predictor.from_files ? facts->file_name : "bilateral (analytic)";
}

void kernel_size(const ui_facts *facts, const view *view, int *height, int *width)
{
    *height = view->predictor.from_files ? facts->kernel_height : view->predictor.bilateral.kernel_height;
    *width = view->predictor.from_files ? facts->kernel_width : view->predictor.bilateral.kernel_width;
}

bool shows_error(const view_context *context, const pane *pane)
{
    return pane->error && pane_can_show_error(pane->layer) && context->has[FRAME_REFERENCE];
}

/* "Gather 11×11 · bilateral (analytic)"; what follows the name is dim. */
void describe_pane(const ui_facts *facts, const view *view, const view_context *context, const pane *pane,
                   char (&name)[64], char (&detail)[256])
{
    bool filtered = pane->layer == LAYER_GATHER || pane->layer == LAYER_SPLAT;
    std::snprintf(name, sizeof name, "%s%s", layer_name(pane->layer), shows_error(context, pane) ? " error" : "");
    detail[0] = 0;
    if (shows_error(context, pane))
        return;
    if (pane->layer == FRAME_COLOR && facts->most_samples > 0)
        std::snprintf(detail, sizeof detail, "%d / %d spp", facts->color_samples, facts->most_samples);
    else if (pane->layer == FRAME_COLOR && facts->color_samples > 0)
        std::snprintf(detail, sizeof detail, "%d spp", facts->color_samples);
    else if (pane->layer == FRAME_REFERENCE && facts->reference_samples > 0)
        std::snprintf(detail, sizeof detail, "%d spp", facts->reference_samples);
    if (!filtered)
        return;
    int height, width;
    kernel_size(facts, view, &height, &width);
    std::snprintf(detail, sizeof detail, "%d\u00d7%d \u00b7 %s", height, width, predictor_name(facts, view));
}

/* ---- Panes -------------------------------------------------------------------------------------------------------- */

void choose_pane(const view_context *context, view *view, pane *pane)
{
    for (int error = 0; error < 2; error++) {
        if (error && context->has[FRAME_REFERENCE])
            ImGui::Separator();
        for (int layer = 0; layer < LAYER_COUNT; layer++) {
            if (!context->has[layer] || (error && (!context->has[FRAME_REFERENCE] || !pane_can_show_error(layer))))
                continue;
            char name[64];
            std::snprintf(name, sizeof name, "%s%s", layer_name(layer), error ? " error" : "");
            if (ImGui::Selectable(name, pane->layer == layer && pane->error == (error != 0)))
                view_show(view, pane, layer, error != 0);
        }
    }
}

/* A label that opens the list of layers. */
void pane_menu(const ui_facts *facts, view *view, const view_context *context, pane *pane, Box header, float right)
{
    char name[64], detail[256];
    describe_pane(facts, view, context, pane, name, detail);
    float width = text_width(ui.strong, name);
    ImGui::SetCursorScreenPos(ImVec2(header.x - px(4), header.y + px(2)));
    if (ImGui::InvisibleButton("menu", ImVec2(width + px(22), header.height - px(4))))
        ImGui::OpenPopup("layers");
    ImU32 color = ImGui::IsItemHovered() ? accent : text;
    draw_text(ui.strong, header, left_align, color, name);
    ImVec2 arrow(header.x + width + px(9), header.y + header.height / 2);
    draw_arrow(ImGui::GetWindowDrawList(), arrow, ImGui::IsItemHovered() ? accent : faint);
    float end = header.x + width + px(19);
    Box rest = {end, header.y, std::max(right - end, 0.0f), header.height};
    draw_text(ui.body, rest, left_align, dim, detail);
    if (ImGui::BeginPopup("layers")) {
        choose_pane(context, view, pane);
        close_on_escape();
        ImGui::EndPopup();
    }
}

/* The value under the mouse, from the right; returns its left end. */
float draw_probe(const ui_facts *facts, const view_context *context, const pane *pane, Box header)
{
    static const ImU32 colors[3] = {IM_COL32(236, 142, 134, 255), IM_COL32(140, 204, 130, 255),
                                    IM_COL32(128, 170, 242, 255)};
    const float *value = facts->probe[pane->layer];
    int channels = pane->layer == FRAME_DEPTH ? 1 : pane->layer == FRAME_MOTION ? 2 : 3;
    float width = text_width(ui.small, "-00.0000") + px(4);
    for (int c = channels - 1; c >= 0; c--) {
        Box cell = {header.right() - width, header.y, width, header.height};
        float shown = value[c];
        if (shows_error(context, pane))
            shown -= facts->probe[FRAME_REFERENCE][c];
        draw_format(ui.small, cell, right_align, channels == 3 ? colors[c] : text,
                    std::fabs(shown) < 100 ? "%.4f" : "%.5g", (double)shown);
        header.width -= width;
    }
    return header.right();
}

/* "0 [ramp] 1 SMAPE" at the right; returns its left end. The panes' shader fills the ramp. */
float place_ramp(Box header, rectangle *ramp)
{
    header.width -= draw_text(ui.small, header, right_align, dim, "1  SMAPE") + px(6);
    *ramp = {header.right() - px(72), header.y + std::floor((header.height - px(7)) / 2), px(72), px(7)};
    header.width -= px(72) + px(6);
    return header.right() - draw_text(ui.small, header, right_align, dim, "0") - px(6);
}

void outline_texel(const view *view, const view_context *context, rectangle picture, int column, int row)
{
    double x, y, zoom = view_zoom(view, context);
    view_origin(view, context, picture, &x, &y);
    float reach = std::max((float)zoom / 2, px(4));
    ImVec2 center((float)(x + (column + 0.5) * zoom), (float)(y + (row + 0.5) * zoom));
    ImVec2 low(std::floor(center.x - reach), std::floor(center.y - reach));
    ImVec2 high(std::ceil(center.x + reach), std::ceil(center.y + reach));
    ImDrawList *list = ImGui::GetWindowDrawList();
    list->PushClipRect(ImVec2(picture.x, picture.y), ImVec2(picture.x + picture.width, picture.y + picture.height),
                       true);
    list->AddRect(ImVec2(low.x - 1, low.y - 1), ImVec2(high.x + 1, high.y + 1), IM_COL32(0, 0, 0, 160));
    list->AddRect(low, high, IM_COL32(255, 255, 255, 220));
    list->PopClipRect();
}

/* The way to where the button was pressed is not part of the drag. */
bool is_dragged()
{
    const ImVec2 delta = ImGui::GetIO().MouseDelta;
    return ImGui::IsItemActive() && !ImGui::IsItemActivated() && (delta.x != 0 || delta.y != 0);
}

/* Pan with a drag, zoom with the wheel. */
void move_picture(view *view, const view_context *context, rectangle picture)
{
    ImGuiIO &io = ImGui::GetIO();
    if (ImGui::IsItemHovered() && io.MouseWheel != 0)
        view_zoom_at(view, context, picture, io.MousePos.x, io.MousePos.y, std::pow(1.2, (double)io.MouseWheel));
    if (is_dragged())
        view_pan(view, context, io.MouseDelta.x, io.MouseDelta.y);
}

bool is_down(char letter)
{
#if IMGUI_VERSION_NUM >= 18700
    return ImGui::IsKeyDown((ImGuiKey)(ImGuiKey_A + (letter - 'A')));
#else
    return ImGui::IsKeyDown(letter); /* GLFW's code */
#endif
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

/* Orbit with a drag, come closer with the wheel, look around with the right button; the picture moves with the middle button and
 * Ctrl. */
void move_camera(view *view, const view_context *context, rectangle picture)
{
    ImGuiIO &io = ImGui::GetIO();
    const float turn = 3.0f / picture.height; /* radians a pixel */
    const float x = io.MouseDelta.x * turn, y = io.MouseDelta.y * turn;
    const bool middle = ImGui::IsMouseDown(ImGuiMouseButton_Middle), right = ImGui::IsMouseDown(ImGuiMouseButton_Right);
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
    view->flying = view->flying || (ImGui::IsItemActive() && right);
}

void build_pane(const ui_facts *facts, view *view, view_context *context, ui_layout *layout, int index, Box cell)
{
    pane *pane = &view->panes[index];
    ImGui::PushID(index);
    Box header = cell.take_top(px(25)).inset(px(8), 0);
    bool error = shows_error(context, pane), has_layer = context->has[pane->layer];
    float right = header.right();
    if (facts->has_probe && has_layer)
        right = draw_probe(facts, context, pane, header);
    else if (error && header.width > px(200))
        right = place_ramp(header, &layout->ramps[index]);
    pane_menu(facts, view, context, pane, header, right - px(6));

    rectangle picture = {cell.x, cell.y, std::max(cell.width, 1.0f), std::max(cell.height, 1.0f)};
    layout->pictures[index] = picture;
    context->pane = picture;
    ImGui::SetCursorScreenPos(ImVec2(picture.x, picture.y));
    ImGui::InvisibleButton("picture", ImVec2(picture.width, picture.height),
                           ImGuiButtonFlags_MouseButtonLeft | ImGuiButtonFlags_MouseButtonMiddle |
                               (context->is_live ? ImGuiButtonFlags_MouseButtonRight : 0));
    if (context->is_live)
        move_camera(view, context, picture);
    else
        move_picture(view, context, picture);
    if (ImGui::IsItemHovered() && ImGui::IsMouseDoubleClicked(ImGuiMouseButton_Left))
        view->fit = true;
    if (ImGui::IsItemHovered()) {
        ImVec2 mouse = ImGui::GetIO().MousePos;
        context->hovered = index;
        view_texel(view, context, picture, mouse.x, mouse.y, &layout->column, &layout->row);
    }
    if (!has_layer)
        draw_format(ui.body, cell, center_align, faint, "this frame has no %s",
                    frame_layer_name((frame_layer)pane->layer));
    ImGui::PopID();
}

void build_panes(const ui_facts *facts, view *view, view_context *context, ui_layout *layout, Box area)
{
    int rows = view->solo >= 0 ? 1 : view->rows, columns = view->solo >= 0 ? 1 : VIEW_COLUMNS;
    const float gap = px(2);
    for (int i = 0; i < rows * columns; i++) {
        int row = i / columns, column = i % columns;
        float x0 = std::floor(area.x + (area.width + gap) * column / columns);
        float x1 = std::floor(area.x + (area.width + gap) * (column + 1) / columns - gap);
        float height = std::floor((area.height - gap * (rows - 1)) / rows);
        /* All panes have the narrowest one's width, so that all share one zoom. */
        float width = std::floor((area.width + gap) / columns - gap);
        Box cell = {x0 + std::floor((x1 - x0 - width) / 2), area.y + row * (height + gap), width, height};
        build_pane(facts, view, context, layout, view->solo >= 0 ? view->solo : i, cell);
    }
    bool inside = layout->column >= 0 && layout->column < context->image_width && layout->row >= 0 &&
                  layout->row < context->image_height;
    if (context->hovered < 0 || !inside)
        return;
    for (int i = 0; i < VIEW_PANES; i++)
        if (i != context->hovered && layout->pictures[i].width > 0)
            outline_texel(view, context, layout->pictures[i], layout->column, layout->row);
}

/* ---- Panels ------------------------------------------------------------------------------------------------------- */

void heading(Box *box, const char *words)
{
    draw_text(ui.strong, box->take_top(px(22)), left_align, text, words);
}

/* A labelled row; the next widget fills what is right of the label. */
void label(Box *box, const char *words, ImFont *font = ui.body, ImU32 color = dim)
{
    Box row = box->take_top(px(22.5f));
    const float label_width = px(78);
    draw_text(font, {row.x, row.y, label_width, px(20)}, left_align, color, words);
    ImGui::SetCursorScreenPos(ImVec2(row.x + label_width, row.y));
    ImGui::SetNextItemWidth(row.width - label_width);
}

/* As ImGui::BeginCombo, with a quiet arrow. */
bool begin_combo(const char *id, const char *preview)
{
    ImDrawList *list = ImGui::GetWindowDrawList(); /* in an open combo it would be the popup's */
    ImVec2 at = ImGui::GetCursorScreenPos();
    ImVec2 center(at.x + ImGui::CalcItemWidth() - px(12), at.y + ImGui::GetFrameHeight() / 2);
    bool open = ImGui::BeginCombo(id, preview, ImGuiComboFlags_NoArrowButton);
    draw_arrow(list, center, dim);
    return open;
}

void choose_backend(const ui_facts *facts, view *view)
{
    if (!begin_combo("##backend", backend_name(facts->node.backend)))
        return;
    for (int backend = WF_BACKEND_COUNT - 1; backend >= 0; backend--)
        if (wf_backend_built((wf_backend)backend) &&
            ImGui::Selectable(backend_name((wf_backend)backend), (int)view->backend == backend))
            view->backend = (wf_backend)backend;
    close_on_escape();
    ImGui::EndCombo();
}

void choose_predictor(const ui_facts *facts, view *view)
{
    if (!begin_combo("##predictor", predictor_name(facts, view)))
        return;
    if (facts->file_name && ImGui::Selectable(facts->file_name, view->predictor.from_files))
        view->predictor.from_files = true;
    if (ImGui::Selectable("bilateral (analytic)", !view->predictor.from_files))
        view->predictor.from_files = false;
    close_on_escape();
    ImGui::EndCombo();
}

/* A kernel of another size gets that size's tuned parameters. */
void choose_kernel(const ui_facts *facts, view *view)
{
    char preview[32];
    int height, width;
    kernel_size(facts, view, &height, &width);
    std::snprintf(preview, sizeof preview, "%d\u00d7%d", height, width);
    if (!begin_combo("##kernel", preview))
        return;
    for (int size = 3; size <= 21; size += 2) {
        char name[32];
        std::snprintf(name, sizeof name, "%d\u00d7%d", size, size);
        if (ImGui::Selectable(name, size == height && size == width))
            view->predictor.bilateral = wf_bilateral_default(size, size);
    }
    close_on_escape();
    ImGui::EndCombo();
}

void choose_mode(view *view)
{
    if (!begin_combo("##mode", wf_mode_name(view->predictor.mode)))
        return;
    for (int mode = 0; mode < WF_MODE_COUNT; mode++)
        if (ImGui::Selectable(wf_mode_name((wf_mode)mode), (int)view->predictor.mode == mode))
            view->predictor.mode = (wf_mode)mode;
    close_on_escape();
    ImGui::EndCombo();
}

/* A slider whose filled part, from zero or the low end, shows the value. */
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

void build_filter(const ui_facts *facts, view *view, Box box)
{
    label(&box, "Filter on", ui.strong, text);
    choose_backend(facts, view);
    label(&box, "Weights");
    choose_predictor(facts, view);
    if (view->predictor.from_files) {
        label(&box, "Mode");
        choose_mode(view);
        return;
    }
    label(&box, "Kernel");
    choose_kernel(facts, view);
    wf_bilateral *bilateral = &view->predictor.bilateral;
    parameter(&box, "Distance", &bilateral->sigma_space, 0.5f, 20, "%.1f px");
    parameter(&box, "Color", &bilateral->sigma_color, 0.01f, 2, "%.3f");
    parameter(&box, "Albedo", &bilateral->sigma_albedo, 0.01f, 2, "%.3f");
    parameter(&box, "Normal", &bilateral->sigma_normal, 0.01f, 4, "%.3f");
    parameter(&box, "Depth", &bilateral->sigma_depth, 0.001f, 2, "%.3f");
    parameter(&box, "Fireflies", &bilateral->firefly_ratio, 1, 1000, "%.1f");
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

void build_view(view *view, const view_context *context, Box box)
{
    heading(&box, "View");
    label(&box, "Exposure");
    slider("##exposure", &view->exposure, -8, 8, "%+.1f EV", false);
    label(&box, "Zoom");
    ImVec2 at = ImGui::GetCursorScreenPos();
    const float width = (box.right() - at.x - 2 * px(5)) / 3;
    const double zoom = view_zoom(view, context);
    draw_format(ui.body, {at.x, at.y, width, px(20)}, left_align, text, zoom < 10 ? "%.0f %%" : "%.0f\u00d7",
                zoom < 10 ? 100 * zoom : zoom);
    if (button({at.x + width + px(5), at.y, width, px(20)}, "Fit"))
        view->fit = true;
    if (button({at.x + 2 * (width + px(5)), at.y, width, px(20)}, "1:1"))
        view_set_zoom(view, context, 1);
    bool both = view->rows == VIEW_ROWS;
    toggle(&box, "Two rows of panes", &both);
    view->rows = both ? VIEW_ROWS : 1;
    toggle(&box, context->is_live ? "New noise at rest" : "Filter continuously", &view->continuous);
    if (context->is_live)
        toggle(&box, "Accumulate", &view->accumulate);
    Box row = box.take_top(px(28));
    row.y += px(4);
    const float half = (row.width - px(6)) / 2;
    if (button({row.x, row.y, half, row.height}, "Screenshot"))
        view->save_screenshot = true;
    if (button({row.right() - half, row.y, half, row.height}, "Keys"))
        view->help = true;
}

/* Three figures of a picture; the best of a column, to the digits shown, stand out. Lower is better for SMAPE and relMSE,
 * higher for PSNR. */
void build_quality(const ui_facts *facts, const view_context *context, Box box)
{
    if (facts->reference_samples > 0 && facts->noisy)
        draw_format(ui.small, {box.x, box.y, box.width, px(22)}, right_align, dim, "%d spp", facts->measured_samples);
    heading(&box, "Against the reference");
    if (!context->has[FRAME_REFERENCE]) {
        draw_text(ui.body, box.take_top(px(20)), left_align, dim, "This frame has none; --reference gives one.");
        return;
    }
    static const char *const names[] = {"Noisy", "Gather", "Splat"};
    static const char *const columns[] = {"SMAPE", "relMSE", "PSNR dB"};
    const metrics *const rows[] = {facts->noisy, facts->gather, facts->splat};
    char figures[3][3][32];
    int best[3] = {0, 0, 0};
    for (int i = 0; i < 3 && rows[0]; i++) {
        std::snprintf(figures[i][0], 32, "%.4f", rows[i]->smape);
        std::snprintf(figures[i][1], 32, "%.4f", rows[i]->rel_mse);
        std::snprintf(figures[i][2], 32, "%.2f", rows[i]->psnr);
        best[0] = rows[i]->smape < rows[best[0]]->smape ? i : best[0];
        best[1] = rows[i]->rel_mse < rows[best[1]]->rel_mse ? i : best[1];
        best[2] = rows[i]->psnr > rows[best[2]]->psnr ? i : best[2];
    }
    const float name_width = px(62), width = std::floor((box.width - name_width) / 3);
    auto cell = [&](Box row, int column) -> Box {
        return {row.x + name_width + width * (float)column, row.y, width, row.height};
    };
    Box titles = box.take_top(px(20));
    for (int c = 0; c < 3; c++)
        draw_text(ui.small, cell(titles, c), right_align, dim, columns[c]);
    for (int i = 0; i < 3; i++) {
        Box row = box.take_top(px(22));
        fill({row.x, row.y, row.width, 1}, line);
        draw_text(ui.body, row, left_align, text, names[i]);
        for (int c = 0; c < 3; c++) {
            bool stands_out = rows[0] && std::strcmp(figures[i][c], figures[best[c]][c]) == 0;
            draw_text(stands_out ? ui.strong : ui.body, cell(row, c), right_align, stands_out ? text : dim,
                      rows[0] ? figures[i][c] : "-");
        }
    }
}

/* ---- Timing ------------------------------------------------------------------------------------------------------- */

struct TimeColumns {
    float name, figure, bar;
    int figures;

    Box cell(Box row, int column) const
    {
        return {row.x + name + figure * (float)column, row.y, figure, row.height};
    }
};

void time_cell(Box cell, ImU32 color, double milliseconds, bool placeholder)
{
    if (placeholder)
        draw_text(ui.small, cell, right_align, faint, "-");
    else
        draw_format(ui.small, cell, right_align, color, "%.3f", milliseconds);
}

bool is_hand_over(const profiler_stats &stats)
{
    return std::strncmp(stats.name, "hand-over", 9) == 0;
}

/* longest: the median whose bar is full; 0: no bar. */
void time_row(Box row, const TimeColumns &columns, const profiler_stats &stats, double longest, bool placeholder)
{
    ImU32 color = is_hand_over(stats) ? amber : text;
    ImGui::GetWindowDrawList()->AddCircleFilled(ImVec2(row.x + px(3), row.y + row.height / 2), px(2.5f),
                                                track_colors[stats.track], 12);
    draw_text(ui.small, {row.x + px(12), row.y, columns.name, row.height}, left_align, color, stats.name);
    const double figures[] = {stats.current_ms, stats.median_ms, stats.p95_ms, stats.p99_ms, stats.max_ms};
    for (int i = 0; i < columns.figures; i++)
        time_cell(columns.cell(row, i), color, figures[i], placeholder);
    if (longest <= 0)
        return;
    float x = row.right() - columns.bar;
    float length = placeholder ? 0 : (float)(stats.median_ms / longest) * columns.bar;
    fill({x, row.y + px(5), columns.bar, row.height - px(10)}, IM_COL32(255, 255, 255, 10));
    fill({x, row.y + px(5), length, row.height - px(10)}, track_colors[stats.track]);
}

bool is_named(const profiler_stats &stats, const char *name)
{
    return std::strcmp(stats.name, name) == 0;
}

/* Stages in their order, then what contains them: the node, with its hand-overs' part of it, and the frame. */
void build_timing(const ui_facts *facts, Box box)
{
    const float row_height = px(15);
    Box titles = box.take_top(px(22));
    draw_text(ui.strong, titles, left_align, text, "Timing, ms");
    TimeColumns columns = {px(112), px(66), 0, box.width < px(560) ? 3 : 5};
    columns.bar = std::max(box.width - columns.name - columns.figure * (float)columns.figures - px(14), 0.0f);
    static const char *const names[] = {"current", "median", "p95", "p99", "max"};
    for (int i = 0; i < columns.figures; i++)
        draw_text(ui.small, columns.cell(titles, i), right_align, dim, names[i]);

    profiler_stats node = {}, frame = {};
    double longest = 0, hand_over = 0;
    for (int i = 0; i < profiler_count(facts->times); i++) {
        profiler_stats stats = profiler_get(facts->times, i);
        if (is_named(stats, "frame"))
            frame = stats;
        else if (is_named(stats, "node"))
            node = stats;
        else
            longest = std::max(longest, stats.median_ms);
        if (is_hand_over(stats))
            hand_over += stats.median_ms;
    }
    for (int i = 0; i < profiler_count(facts->times); i++) {
        profiler_stats stats = profiler_get(facts->times, i);
        if (stats.n > 0 && !is_named(stats, "frame") && !is_named(stats, "node"))
            time_row(box.take_top(row_height), columns, stats, longest, facts->placeholders);
    }
    fill({box.x, box.y + px(1), box.width, 1}, line);
    box.take_top(px(2));
    Box rows[] = {box.take_top(row_height), box.take_top(row_height)};
    if (node.n > 0)
        time_row(rows[0], columns, node, 0, facts->placeholders);
    if (frame.n > 0)
        time_row(rows[1], columns, frame, 0, facts->placeholders);
    if (facts->placeholders)
        return;
    if (node.n > 0)
        draw_format(ui.small, rows[0], right_align, amber, "hand-over %.1f %%", 100 * hand_over / node.median_ms);
    if (frame.n > 0)
        draw_format(ui.small, rows[1], right_align, text, "%.1f fps", 1000 / frame.median_ms);
}

/* ---- Sequence and status ------------------------------------------------------------------------------------------ */

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
    if (ImGui::IsItemActive()) {
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
    track((float)facts->frames_loaded / (float)context->frame_count, faint);
    float at = (float)view->frame / (float)last;
    track(at, accent);
    list->AddCircleFilled(ImVec2(box.x + at * box.width, y), px(6), ImGui::IsItemHovered() ? accent : text, 24);
}

void build_transport(const ui_facts *facts, view *view, const view_context *context, Box box)
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
    box.width -= px(262);
    draw_format(ui.body, count, right_align, dim, "%s", facts->frame_name);
    char words[64];
    bool loading = facts->frames_loaded < context->frame_count;
    std::snprintf(words, sizeof words, loading ? "%d / %d, %d loaded" : "%d / %d", view->frame + 1,
                  context->frame_count, facts->frames_loaded);
    draw_text(ui.body, count, left_align, text, words);
    frame_slider(facts, view, context, box.inset(px(10), 0));
}

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
    rest.width -= draw_text(ui.small, box, right_align, dim, place) + gap;
    float width = draw_text(ui.small, rest, left_align, dim, words) + gap;
    if (facts->notice)
        draw_text(ui.small, {box.x + width, box.y, box.width - width - px(220), box.height}, left_align,
                  facts->is_warning ? amber : text, facts->notice);
}

void list_keys(const char *const (*keys)[2])
{
    for (; (*keys)[0]; keys++) {
        ImGui::TextUnformatted((*keys)[0]);
        ImGui::SameLine(px(190));
        ImGui::PushStyleColor(ImGuiCol_Text, dim);
        ImGui::TextUnformatted((*keys)[1]);
        ImGui::PopStyleColor();
    }
}

void build_help(view *view, const view_context *context)
{
    if (!view->help)
        return;
    ImGui::SetNextWindowPos(ImVec2(ui.size.x / 2, ui.size.y / 2), ImGuiCond_Always, ImVec2(0.5f, 0.5f));
    ImGui::PushStyleVar(ImGuiStyleVar_WindowPadding, ImVec2(px(20), px(16)));
    ImGui::Begin("keys", nullptr,
                 ImGuiWindowFlags_NoTitleBar | ImGuiWindowFlags_NoResize | ImGuiWindowFlags_NoMove |
                     ImGuiWindowFlags_AlwaysAutoResize | ImGuiWindowFlags_NoSavedSettings | ImGuiWindowFlags_NoNav);
    ImGui::PushFont(ui.strong);
    ImGui::TextUnformatted("Mouse and keys");
    ImGui::PopFont();
    ImGui::Spacing();
    list_keys(context->is_live ? view_live_keys : view_mouse);
    list_keys(view_keys);
    if (ImGui::IsMouseClicked(ImGuiMouseButton_Left) && !ImGui::IsWindowAppearing())
        view->help = false;
    ImGui::End();
    ImGui::PopStyleVar();
}

/* ---- Whole view --------------------------------------------------------------------------------------------------- */

/* The sections of the dock that fit, most useful first to stay. */
void build_dock(const ui_facts *facts, view *view, const view_context *context, Box box)
{
    fill(box, ground);
    fill({box.x, box.y, box.width, 1}, line);
    box = box.inset(px(14), px(7));
    enum { filter, looks, quality, timing, count };
    float widths[count] = {px(252), px(208), px(252), px(396)};
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
        build_view(view, context, cells[looks]);
    if (widths[quality] > 0)
        build_quality(facts, context, cells[quality]);
    if (widths[timing] > 0)
        build_timing(facts, cells[timing]);
}

void build_all(const ui_facts *facts, view *view, view_context *context, ui_layout *layout)
{
    Box area = {0, 0, ui.size.x, ui.size.y};
    Box status = area.take_bottom(px(24));
    bool dock = view->panels && area.height > px(440) && area.width > px(300);
    bool transport = view->panels && context->frame_count > 1 && area.height > px(200);
    Box dock_box = area.take_bottom(dock ? px(220) : 0);
    Box transport_box = area.take_bottom(transport ? px(34) : 0);
    build_panes(facts, view, context, layout, area);
    fly(view);
    if (transport)
        build_transport(facts, view, context, transport_box);
    if (dock)
        build_dock(facts, view, context, dock_box);
    build_status(facts, context, layout, status);
}

/* ---- Life --------------------------------------------------------------------------------------------------------- */

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
    if (ui.scale == 0)
        return;
    ImGui_ImplVulkan_Shutdown();
    vkResetDescriptorPool(ui.gpu->handle, ui.pool, 0);
    ui.scale = 0;
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

bool ui_resize(uint32_t width, uint32_t height, error *error)
{
    ui.size = ImVec2((float)width, (float)height);
    float scale = scale_for(height);
    if (scale == ui.scale)
        return true;
    stop_renderer();
    ui.scale = scale;
    set_style();
    add_fonts();
    return start_renderer(error);
}

void ui_build(const ui_facts *facts, view *view, view_context *context, ui_layout *layout)
{
    ImGui_ImplVulkan_NewFrame();
    if (ui.window)
        ImGui_ImplGlfw_NewFrame();
    ImGuiIO &io = ImGui::GetIO();
    io.DisplaySize = ui.size;
    io.DisplayFramebufferScale = ImVec2(1, 1);
    if (!ui.window)
        io.DeltaTime = 1.0f / 60;
    ImGui::NewFrame();
    bool was_open = ImGui::IsPopupOpen("", ImGuiPopupFlags_AnyPopupId | ImGuiPopupFlags_AnyPopupLevel);
    *layout = {};
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
    layout->takes_keys = io.WantTextInput || was_open || view->flying;
    ImGui::Render();
}

void ui_draw(VkCommandBuffer commands)
{
    ImGui_ImplVulkan_RenderDrawData(ImGui::GetDrawData(), commands);
}
