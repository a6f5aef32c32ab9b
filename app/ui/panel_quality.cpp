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
    char figures[COMPARED_COUNT][32];
    int best;
};

Column column_of(const metrics *metrics, unsigned has, int index)
{
    const metric &metric = metric_rows[index];
    Column column = {{}, -1};
    for (int place = 0; place < COMPARED_COUNT; place++) {
        if (!(has >> place & 1))
            continue;
        double value = metrics[place].values[index];
        std::snprintf(column.figures[place], 32, "%.*f", metric.decimals, value);
        double best = column.best < 0 ? value : metrics[column.best].values[index];
        if (column.best < 0 || (metric.higher_is_better ? value > best : value < best))
            column.best = place;
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
            columns[c] = column_of(facts->quality, facts->has_quality, c);
    }
    const float height = px(context->sequences > 2 ? 17 : 22);
    for (int place = 0; place < COMPARED_LAYERS * context->sequences && box.height >= height; place++) {
        const bool is_known = facts->has_quality >> place & 1;
        Box row = box.take_top(height);
        char label[64];
        layer_label(layer_compared(place), label);
        fill({row.x, row.y, row.width, 1}, line);
        draw_text(look.body, row, left_align, text, label);
        for (int c = 0; c < METRICS_SUMMARY; c++) {
            const Column &column = columns[c];
            bool stands_out = is_known && std::strcmp(column.figures[place], column.figures[column.best]) == 0;
            draw_text(stands_out ? look.strong : look.body, cell(row, c), right_align, stands_out ? text : dim,
                      is_known ? column.figures[place] : "-");
        }
    }
}

} // namespace parts
