/* Figures of every pixel's kernel. */
#include "cpu.h"
#include "summary.h"

static float weight_at(const wf_summary_call *call, int tap, int64_t y, int64_t x)
{
    return wf_cpu_load(&call->weight, tap, y, x);
}

static void add(wf_summary *summary, float weight, int is_softmax, float largest, float square)
{
    const float logarithm = is_softmax ? wf_summary_exponent(weight, largest) : wf_summary_log2(weight);
    wf_summary_add(summary, is_softmax ? exp2f(logarithm) : weight, logarithm, square);
}

/* Of the taps that lie inside. */
static wf_summary summarize(const wf_summary_call *call, int64_t y, int64_t x)
{
    const wf_filter *filter = &call->filter;
    const int64_t height = call->weight.size[2], width = call->weight.size[3];
    const int sign = call->landing ? -1 : 1, is_softmax = filter->mode == WF_SOFTMAX;
    float largest = -FLT_MAX;
    wf_summary summary = {0};
    for (int pass = !is_softmax; pass < 2; pass++) {
        for (int t = 0; t < wf_summary_rows(call) * filter->kernel_width; t++) {
            const int dy = wf_tap_offset(t / filter->kernel_width, filter->kernel_height, filter->dilation);
            const int dx = wf_tap_offset(t % filter->kernel_width, filter->kernel_width, filter->dilation);
            const int64_t other_y = y + sign * dy, other_x = x + sign * dx;
            if (other_y < 0 || other_y >= height || other_x < 0 || other_x >= width)
                continue;
            const float weight = call->landing ? weight_at(call, t, other_y, other_x) : weight_at(call, t, y, x);
            if (pass == 0)
                largest = fmaxf(largest, weight);
            else
                add(&summary, weight, is_softmax, largest, (float)(dy * dy + dx * dx));
        }
    }
    return summary;
}

static float blend_at(const wf_summary_call *call, int64_t y, int64_t x)
{
    if (!wf_present(&call->alpha))
        return 0;
    const float alpha = wf_cpu_load(&call->alpha, 0, y, x);
    return call->alpha_is_logit ? 1 / (1 + expf(-alpha)) : alpha;
}

/* A pixel of the level is a square of the output. */
static void fill(const wf_summary_call *call, float *output, int64_t y, int64_t x, float value)
{
    const int64_t side = (int64_t)1 << call->level;
    for (int64_t to_y = y * side; to_y < (y + 1) * side && to_y < call->height; to_y++)
        for (int64_t to_x = x * side; to_x < (x + 1) * side && to_x < call->width; to_x++)
            output[to_y * call->width + to_x] = value;
}

wf_result wf_cpu_summarize(wf_device *device, wf_stream stream, const wf_summary_call *call)
{
    (void)device, (void)stream;
    const int64_t width = call->weight.size[3], count = call->weight.size[2] * width;
#pragma omp parallel for schedule(static)
    for (int64_t i = 0; i < count; i++) {
        const int64_t y = i / width, x = i % width;
        const wf_summary s = summarize(call, y, x);
        const float divisor = wf_summary_divisor(&s, call->filter.mode == WF_LINEAR, WF_MIN_SUM);
        const float figures[WF_FIGURE_COUNT] = {[WF_FIGURE_SUM] = s.sum / divisor,
                                                [WF_FIGURE_ENTROPY] = wf_summary_entropy(&s),
                                                [WF_FIGURE_RADIUS] = wf_summary_radius(&s),
                                                [WF_FIGURE_OWN] = s.own / divisor,
                                                [WF_FIGURE_BLEND] = blend_at(call, y, x)};
        for (int figure = 0; figure < WF_FIGURE_COUNT; figure++)
            if (call->outputs[figure])
                fill(call, call->outputs[figure], y, x, figures[figure]);
    }
    return WF_OK;
}
