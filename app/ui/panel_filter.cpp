#include <cstdio>
#include <cstring>

#include "parts.h"

namespace parts
{

namespace
{

void choose_backend(const ui_facts *facts, view *view)
{
    const bool open = begin_combo("##backend", backend_name(facts->node.backend));
    if (facts->choice && ImGui::IsItemHovered())
        ImGui::SetTooltip("%.*s", static_cast<int>(std::strcspn(facts->choice, "\n")), facts->choice);
    if (!open)
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
    if (!begin_combo("##predictor", predictor_name(facts, view->predictor.row)))
        return;
    for (int row = 0; row < predictor_count; row++) {
        const char *name = predictor_name(facts, row);
        if (name && ImGui::Selectable(name, view->predictor.row == row))
            view->predictor.row = row;
    }
    close_on_escape();
    ImGui::EndCombo();
}

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
            predictor_rows[view->predictor.row].set_kernel(&view->predictor, size, size);
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

} // namespace

void build_filter(const ui_facts *facts, view *view, Box box)
{
    label(&box, "Filter on", look.strong, text);
    choose_backend(facts, view);
    label(&box, "Weights");
    choose_predictor(facts, view);
    const predictor_row &row = predictor_rows[view->predictor.row];
    if (view->predictor.row == PREDICTOR_FILES) {
        label(&box, "Mode");
        choose_mode(view);
    }
    if (row.runs_network)
        draw_text(look.body, box.take_top(px(22.5f)), left_align, dim, facts->network_origin);
    if (row.set_kernel) {
        label(&box, "Kernel");
        choose_kernel(facts, view);
    }
    for (int i = 0; i < row.parameter_count; i++) {
        const predictor_parameter &each = row.parameters[i];
        float *value = reinterpret_cast<float *>(reinterpret_cast<char *>(&view->predictor) + each.place);
        parameter(&box, each.label, value, each.least, each.most, each.format);
    }
}

} // namespace parts
