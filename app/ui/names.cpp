#include <cctype>
#include <cstdio>

#include "parts.h"

namespace parts
{

void layer_label(int layer, char (&label)[64])
{
    std::snprintf(label, 32, "%s", layer_rows[layer].word);
    label[0] = (char)std::toupper(label[0]);
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

} // namespace parts
