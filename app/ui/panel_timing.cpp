#include <algorithm>
#include <cmath>
#include <cstring>

#include "parts.h"

namespace parts
{

namespace
{

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
        draw_text(look.small, cell, right_align, faint, "-");
    else
        draw_format(look.small, cell, right_align, color, "%.3f", milliseconds);
}

bool is_hand_over(const profiler_stats &stats)
{
    return std::strncmp(stats.name, "hand-over", 9) == 0;
}

/* longest: the median whose bar is full; 0: no bar. */
void time_row(Box row, const TimeColumns &columns, const profiler_stats &stats, double longest, bool placeholder)
{
    ImU32 color = is_hand_over(stats) ? amber : text;
    draw_stage_name({row.x, row.y, px(12) + columns.name, row.height}, stats, color);
    const double figures[] = {stats.current_ms, stats.median_ms, stats.p95_ms, stats.p99_ms, stats.max_ms};
    for (int i = 0; i < columns.figures; i++)
        time_cell(columns.cell(row, i), color, figures[i], placeholder);
    if (longest <= 0)
        return;
    float x = row.right() - columns.bar;
    float length = placeholder ? 0 : (float)(stats.median_ms / longest) * columns.bar;
    fill({x, row.y + px(5), columns.bar, row.height - px(10)}, trough);
    fill({x, row.y + px(5), length, row.height - px(10)}, track_colors[stats.track]);
}

bool is_named(const profiler_stats &stats, const char *name)
{
    return std::strcmp(stats.name, name) == 0;
}

/* What a frame's time is made of: not what holds it, nor what is done ahead of it. */
bool is_part(const profiler_stats &stats)
{
    return !is_named(stats, "frame") && !is_named(stats, "node") && stats.track != PROFILER_LOADER;
}

/* Of all stages. */
struct Totals {
    profiler_stats node, frame; /* what contains the others; n is 0 where there is none */
    double longest, hand_over;  /* medians: of the longest part of a frame, and of hand-overs together */
    int rows;
};

Totals find_totals(const profiler *times)
{
    Totals totals = {};
    totals.rows = 2; /* node and frame */
    for (int i = 0; i < profiler_count(times); i++) {
        const profiler_stats stats = profiler_get(times, i);
        if (is_named(stats, "frame"))
            totals.frame = stats;
        else if (is_named(stats, "node"))
            totals.node = stats;
        else if (is_part(stats))
            totals.longest = std::max(totals.longest, stats.median_ms);
        if (is_hand_over(stats))
            totals.hand_over += stats.median_ms;
        totals.rows += stats.n > 0 && is_part(stats);
    }
    return totals;
}

/* The node, with its hand-overs' part of it, and the frame. */
void build_totals(const ui_facts *facts, const TimeColumns &columns, const Totals &totals, Box node, Box frame)
{
    if (totals.node.n > 0)
        time_row(node, columns, totals.node, 0, facts->placeholders);
    if (totals.frame.n > 0)
        time_row(frame, columns, totals.frame, 0, facts->placeholders);
    if (totals.node.n > 0 && !facts->placeholders)
        draw_format(look.small, node, right_align, amber, "hand-over %.1f %%",
                    100 * totals.hand_over / totals.node.median_ms);
    if (totals.frame.n > 0 && !facts->placeholders)
        draw_format(look.small, frame, right_align, text, "%.1f fps", 1000 / totals.frame.median_ms);
}

} // namespace

/* Stages in their order, then what contains them. */
void build_timing(const ui_facts *facts, Box box)
{
    static const char *const names[] = {"current", "median", "p95", "p99", "max"};
    Box titles = box.take_top(px(22));
    draw_text(look.strong, titles, left_align, text, "Timing, ms");
    TimeColumns columns = {px(112), px(66), 0, box.width < px(560) ? 3 : 5};
    columns.bar = std::max(box.width - columns.name - columns.figure * (float)columns.figures - px(14), 0.0f);
    for (int i = 0; i < columns.figures; i++)
        draw_text(look.small, columns.cell(titles, i), right_align, dim, names[i]);

    const Totals totals = find_totals(facts->times);
    const float row_height = std::min(px(15), std::floor((box.height - px(2)) / (float)totals.rows));
    for (int i = 0; i < profiler_count(facts->times); i++) {
        const profiler_stats stats = profiler_get(facts->times, i);
        if (stats.n > 0 && is_part(stats))
            time_row(box.take_top(row_height), columns, stats, totals.longest, facts->placeholders);
    }
    fill({box.x, box.y + px(1), box.width, 1}, line);
    box.take_top(px(2));
    const Box node = box.take_top(row_height), frame = box.take_top(row_height);
    build_totals(facts, columns, totals, node, frame);
}

} // namespace parts
