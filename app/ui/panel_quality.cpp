#include <cmath>
#include <cstdio>
#include <cstring>

#include "parts.h"

namespace parts
{

namespace
{

/* The values of one metric as words; `best` stands out, as does what reads like it. */
struct Column {
    char figures[LAYERS_WITH_ERROR][32];
    int best;
};

Column column_of(const metrics *metrics, int index)
{
    const metric &metric = metric_rows[index];
    Column column = {{}, -1};
    for (int layer = 0; layer < LAYERS_WITH_ERROR; layer++) {
        if (!layer_rows[layer].has_error)
            continue;
        double value = metrics[layer].values[index];
        std::snprintf(column.figures[layer], 32, "%.*f", metric.decimals, value);
        double best = column.best < 0 ? value : metrics[column.best].values[index];
        if (column.best < 0 || (metric.higher_is_better ? value > best : value < best))
            column.best = layer;
    }
    return column;
}

} // namespace

void build_quality(const ui_facts *facts, const view_context *context, Box box)
{
    if (facts->feed.reference_samples > 0 && facts->quality)
        draw_format(look.small, {box.x, box.y, box.width, px(22)}, right_align, dim, "%d spp", facts->measured_samples);
    heading(&box, "Against the reference");
    if (!context->has[FRAME_REFERENCE]) {
        draw_text(look.body, box.take_top(px(20)), left_align, dim, "This frame has none; --reference gives one.");
        return;
    }
    const float name_width = px(62), width = std::floor((box.width - name_width) / (float)METRICS_SUMMARY);
    auto cell = [&](Box row, int column) -> Box {
        return {row.x + name_width + width * (float)column, row.y, width, row.height};
    };
    Box titles = box.take_top(px(20));
    Column columns[METRICS_MOST];
    for (int c = 0; c < METRICS_SUMMARY; c++) {
        draw_text(look.small, cell(titles, c), right_align, dim, metric_rows[c].label);
        if (facts->quality)
            columns[c] = column_of(facts->quality, c);
    }
    for (int layer = 0; layer < LAYERS_WITH_ERROR; layer++) {
        if (!layer_rows[layer].has_error)
            continue;
        Box row = box.take_top(px(22));
        char label[64];
        layer_label(layer, label);
        fill({row.x, row.y, row.width, 1}, line);
        draw_text(look.body, row, left_align, text, label);
        for (int c = 0; c < METRICS_SUMMARY; c++) {
            const Column &column = columns[c];
            bool stands_out = facts->quality && std::strcmp(column.figures[layer], column.figures[column.best]) == 0;
            draw_text(stands_out ? look.strong : look.body, cell(row, c), right_align, stands_out ? text : dim,
                      facts->quality ? column.figures[layer] : "-");
        }
    }
}

} // namespace parts
