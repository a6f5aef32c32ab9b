#include <cctype>
#include <cstdio>

#include "parts.h"

namespace parts
{

void layer_label(int layer, char (&label)[64])
{
    std::snprintf(label, 32, "%s", layer_word(layer));
    label[0] = (char)std::toupper(label[0]);
}

const char *backend_name(wf_backend backend)
{
    static const char *const names[WF_BACKEND_COUNT] = {"CPU", "Vulkan", "CUDA"};
    return names[backend];
}

const char *predictor_name(const ui_facts *facts, int row)
{
    if (row == PREDICTOR_FILES)
        return facts->file_name;
    return predictor_rows[row].runs_network ? facts->network_label : predictor_rows[row].label;
}

void kernel_size(const ui_facts *facts, const view *view, int *height, int *width)
{
    const predictor_row &row = predictor_rows[view->predictor.row];
    *height = facts->kernel_height;
    *width = facts->kernel_width;
    if (row.get_kernel)
        row.get_kernel(&view->predictor, height, width);
}

} // namespace parts
