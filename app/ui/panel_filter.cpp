#include <cstdio>

#include "parts.h"

namespace parts
{

namespace
{

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

} // namespace

void build_filter(const ui_facts *facts, view *view, Box box)
{
    label(&box, "Filter on", look.strong, text);
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

} // namespace parts
