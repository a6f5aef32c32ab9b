#include <cmath>
#include <cstdio>

#include "parts.h"

namespace parts
{

namespace
{

void choose_layer(const char *id, int *layer, const view_context *context, bool or_none, int channels)
{
    char name[64] = "nothing";
    if (*layer >= 0)
        layer_label(*layer, name);
    if (!begin_combo(id, name))
        return;
    if (or_none && ImGui::Selectable("nothing", *layer < 0))
        *layer = -1;
    for (int other = 0; other < SHOWN_LAYERS; other++) {
        if (!context->has[other] || (channels > 0 && layer_row_of(other)->channels != channels))
            continue;
        layer_label(other, name);
        if (ImGui::Selectable(name, *layer == other))
            *layer = other;
    }
    close_on_escape();
    ImGui::EndCombo();
}

/* Two columns of figures: the summary's, and the others. */
void list_metrics(const measurement *measured, Box *box)
{
    const float half = std::floor((box->width - px(24)) / 2);
    const int rows = (metric_count + 1) / 2;
    for (int i = 0; i < rows; i++) {
        Box row = box->take_top(px(18));
        for (int index = i; index < metric_count; index += rows) {
            const metric &metric = metric_rows[index];
            Box cell = {row.x + (index < rows ? 0 : half + px(24)), row.y, half, row.height};
            const double value = measured->difference.values[index];
            draw_pair(look.small, cell, metric.label, std::isnan(value) ? "-" : "%.*f", metric.decimals + 1, value);
        }
    }
}

void write_number(ImFont *font, Box cell, ImU32 color, double value)
{
    const double size = std::fabs(value);
    draw_format(font, cell, right_align, color,
                size == 0                    ? "%.0f"
                : size < 1e-3 || size >= 1e5 ? "%.2e"
                                             : "%.5g",
                value);
}

/* A row a figure, a column a channel. */
void list_statistics(const measurement *measured, Box *box)
{
    const int count = measured->channel_count;
    const float names = px(72), width = std::floor((box->width - names) / (float)MEASURED_CHANNELS);
    auto row_of = [&](const char *name, auto value) {
        Box row = box->take_top(px(17));
        draw_text(look.small, row, left_align, dim, name);
        for (int c = 0; c < count; c++)
            write_number(look.small, {row.x + names + width * (float)c, row.y, width, row.height},
                         count == 1 ? text : channel_colors[c], value(measured->channels[c]));
    };
    row_of("largest", [](const measured_channel &channel) { return channel.largest; });
    for (int q = MEASURED_QUANTILE_COUNT - 1; q >= 0; q--) {
        char name[16];
        std::snprintf(name, sizeof name, measured_quantiles[q] == 500 ? "median" : "%g %%",
                      measured_quantiles[q] / 10.0);
        row_of(name, [q](const measured_channel &channel) { return channel.quantiles[q]; });
    }
    row_of("smallest", [](const measured_channel &channel) { return channel.smallest; });
    row_of("mean", [](const measured_channel &channel) { return channel.mean; });
    row_of("deviation", [](const measured_channel &channel) { return channel.deviation; });
    row_of("NaN", [](const measured_channel &channel) { return (double)channel.nan; });
    row_of("infinite", [](const measured_channel &channel) { return (double)channel.infinite; });
}

void describe_region(const measurement *measured, const view_context *context, Box row)
{
    const frame_region &region = measured->request.region;
    if (region.width == context->image_width && region.height == context->image_height)
        draw_text(look.small, row, right_align, dim, "the whole frame");
    else
        draw_format(look.small, row, right_align, dim, "%d, %d  %d\u00d7%d", region.x, region.y, region.width,
                    region.height);
}

} // namespace

float metrics_width(const view *view)
{
    (void)view;
    return px(320);
}

void build_metrics(const ui_facts *facts, view *view, const view_context *context, Box box)
{
    fill(box, ground);
    fill({box.x, box.y, 1, box.height}, line);
    box = box.inset(px(14), px(5));
    const measurement *measured = facts->measured;
    if (measured)
        describe_region(measured, context, {box.x, box.y, box.width, px(22)});
    heading(&box, "Metrics");
    label(&box, "Layer");
    choose_layer("##measured", &view->measured, context, false, 0);
    label(&box, "Against");
    choose_layer("##against", &view->against, context, true, layer_row_of(view->measured)->channels);
    if (view->against >= 0 && layer_row_of(view->against)->channels != layer_row_of(view->measured)->channels)
        view->against = -1;
    box.take_top(px(2));
    if (!measured)
        return;
    if (measured->request.pair.against >= 0)
        list_metrics(measured, &box);
    box.take_top(px(4));
    fill({box.x, box.y, box.width, 1}, line);
    box.take_top(px(3));
    list_statistics(measured, &box);
    box.take_top(px(2));
    if (box.height > px(70))
        draw_histogram(measured, facts->histograms, {box.x, box.y, box.width, std::fmin(box.height, px(260))});
}

} // namespace parts
