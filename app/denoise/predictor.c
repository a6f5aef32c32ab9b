#include "predictor.h"

#include "app/files/weights.h"
#include "wf_node.h"

/* ---- Files ------------------------------------------------------------------------------------------------------- */

static wf_result set_weights(wf_node *node, wf_operator op, wf_mode mode, const weights *weights)
{
    wf_filter filter = {weights->kernel_height, weights->kernel_width, 1, mode, 1};
    wf_tensor tensor =
        wf_dense(weights->data, weights->half ? WF_FLOAT16 : WF_FLOAT32, 1,
                 (int64_t)weights->kernel_height * weights->kernel_width, weights->height, weights->width);
    return wf_node_set_weights(node, op, &filter, &tensor);
}

static wf_result apply_files(wf_node *node, const predictor_options *options, const predictor_inputs *inputs)
{
    wf_result result = set_weights(node, WF_GATHER, options->mode, inputs->gather);
    if (result != WF_OK)
        return result;
    return inputs->splat ? set_weights(node, WF_SPLAT, options->mode, inputs->splat)
                         : wf_node_share_weights(node, WF_GATHER, WF_SPLAT);
}

/* ---- Bilateral --------------------------------------------------------------------------------------------------- */

#define PLACE(field) offsetof(predictor_options, bilateral.field)

static const predictor_parameter bilateral_parameters[] = {
    {"Distance", "%.1f px", PLACE(sigma_space), 0.5f, 20}, {"Color", "%.3f", PLACE(sigma_color), 0.01f, 2},
    {"Albedo", "%.3f", PLACE(sigma_albedo), 0.01f, 2},     {"Normal", "%.3f", PLACE(sigma_normal), 0.01f, 4},
    {"Depth", "%.3f", PLACE(sigma_depth), 0.001f, 2},      {"Fireflies", "%.1f", PLACE(firefly_ratio), 1, 1000},
};

static void get_bilateral_kernel(const predictor_options *options, int *height, int *width)
{
    *height = options->bilateral.kernel_height;
    *width = options->bilateral.kernel_width;
}

static void set_bilateral_kernel(predictor_options *options, int height, int width)
{
    options->bilateral = wf_bilateral_default(height, width);
}

static wf_result apply_bilateral(wf_node *node, const predictor_options *options, const predictor_inputs *inputs)
{
    (void)inputs;
    return wf_node_set_bilateral(node, &options->bilateral);
}

/* ---- Network ----------------------------------------------------------------------------------------------------- */

static void get_network_kernel(const predictor_options *options, int *height, int *width)
{
    *height = *width = options->network_kernel;
}

static wf_result apply_network(wf_node *node, const predictor_options *options, const predictor_inputs *inputs)
{
    (void)options;
    return wf_node_set_network(node, inputs->network);
}

/* ---- Rows -------------------------------------------------------------------------------------------------------- */

const predictor_row predictor_rows[] = {
    [PREDICTOR_FILES] = {.label = "file", .apply = apply_files},
    [PREDICTOR_NETWORK] = {.name = "kpn",
                           .label = "kpn (network)",
                           .mode = WF_SOFTMAX,
                           .runs_network = true,
                           .get_kernel = get_network_kernel,
                           .apply = apply_network},
    [PREDICTOR_BILATERAL] = {.name = "bilateral",
                             .label = "bilateral (analytic)",
                             .mode = WF_NORMALIZED,
                             .parameters = bilateral_parameters,
                             .parameter_count = sizeof bilateral_parameters / sizeof *bilateral_parameters,
                             .get_kernel = get_bilateral_kernel,
                             .set_kernel = set_bilateral_kernel,
                             .apply = apply_bilateral},
};

const int predictor_count = sizeof predictor_rows / sizeof *predictor_rows;

static float number_of(const predictor_options *options, const predictor_parameter *parameter)
{
    return *(const float *)((const char *)options + parameter->place);
}

bool predictor_same(const predictor_options *a, const predictor_options *b)
{
    const predictor_row *row = &predictor_rows[a->row];
    int height[2] = {0}, width[2] = {0};
    bool same = a->row == b->row && a->mode == b->mode && a->together == b->together;
    if (row->get_kernel) {
        row->get_kernel(a, &height[0], &width[0]);
        row->get_kernel(b, &height[1], &width[1]);
    }
    for (int i = 0; i < row->parameter_count; i++)
        same = same && number_of(a, &row->parameters[i]) == number_of(b, &row->parameters[i]);
    return same && height[0] == height[1] && width[0] == width[1];
}
