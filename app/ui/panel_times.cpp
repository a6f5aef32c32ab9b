#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "parts.h"

namespace parts
{

namespace
{

const int bins = 24;

double samples[PROFILER_WINDOW];

const float figure_width = 52;
const int figures_shown = 5; /* n, median, p95, p99, max: at the right of a row */

Box cell_of(Box row, int column)
{
    return {row.right() - px(figure_width) * (float)(figures_shown - column), row.y, px(figure_width), row.height};
}

void draw_names(Box row)
{
    static const char *const names[figures_shown] = {"n", "median", "p95", "p99", "max"};
    for (int i = 0; i < figures_shown; i++)
        draw_text(look.small, cell_of(row, i), right_align, dim, names[i]);
}

void draw_figures(Box row, const profiler_stats &stats, bool placeholders)
{
    const double figures[] = {stats.median_ms, stats.p95_ms, stats.p99_ms, stats.max_ms};
    draw_stage_name({row.x, row.y, row.width - px(figure_width) * figures_shown, row.height}, stats, text);
    if (placeholders) {
        for (int i = 0; i < figures_shown; i++)
            draw_text(look.small, cell_of(row, i), right_align, dim, "-");
        return;
    }
    draw_format(look.small, cell_of(row, 0), right_align, dim, "%lld", (long long)stats.n);
    for (int i = 1; i < figures_shown; i++)
        draw_format(look.small, cell_of(row, i), right_align, text, figures[i - 1] < 100 ? "%.3f" : "%.1f",
                    figures[i - 1]);
}

/* The latest samples from left to right, from 0 to the largest; the median as a line. */
void draw_plot(Box box, const profiler_stats &stats, int count)
{
    fill(box, trough);
    if (count == 0 || stats.max_ms <= 0)
        return;
    const int columns = std::min((int)box.width, count);
    auto height = [&](double ms) { return (float)(ms / stats.max_ms) * box.height; };
    for (int x = 0; x < columns; x++) {
        const int from = count * x / columns, to = std::max(from + 1, count * (x + 1) / columns);
        const float tall = std::max(1.0f, std::floor(height(*std::max_element(samples + from, samples + to))));
        const float left = box.x + std::floor(box.width * (float)x / (float)columns);
        const float right = box.x + std::floor(box.width * (float)(x + 1) / (float)columns);
        fill({left, box.bottom() - tall, std::max(1.0f, right - left), tall},
             (track_colors[stats.track] & 0xffffff) | 150u << 24);
    }
    fill({box.x, std::floor(box.bottom() - height(stats.median_ms)), box.width, 1}, text);
}

/* How many samples take how long, from 0 to the largest. */
void draw_histogram(Box box, const profiler_stats &stats, int count)
{
    int counts[bins] = {}, most = 0;
    fill(box, trough);
    for (int i = 0; i < count && stats.max_ms > 0; i++) {
        const int bin = std::min((int)(samples[i] / stats.max_ms * bins), bins - 1);
        most = std::max(most, ++counts[bin]);
    }
    for (int i = 0; i < bins && most > 0; i++) {
        const float left = std::floor(box.width * (float)i / bins),
                    right = std::floor(box.width * (float)(i + 1) / bins);
        const float tall = std::ceil(box.height * (float)counts[i] / (float)most);
        fill({box.x + left, box.bottom() - tall, right - left - 1, tall}, track_colors[stats.track]);
    }
}

void draw_stage(const ui_facts *facts, const profiler_stats &stats, int index, int window, Box box)
{
    draw_figures(box.take_top(px(15)), stats, facts->placeholders);
    box.height -= px(3);
    const float part = std::floor(box.width * 0.72f);
    const int count = facts->placeholders ? 0 : profiler_latest(facts->times, index, window, samples);
    draw_plot({box.x, box.y, part, box.height}, stats, count);
    draw_histogram({box.x + part + px(6), box.y, box.width - part - px(6), box.height}, stats, count);
}

void choose_window(view *view, Box row)
{
    const float width = std::floor((row.width - VIEW_TIMES_WINDOWS * px(4)) / (VIEW_TIMES_WINDOWS + 1));
    for (int i = 0; i < VIEW_TIMES_WINDOWS; i++) {
        char name[16];
        const Box cell = {row.x + (float)i * (width + px(4)), row.y, width, row.height};
        std::snprintf(name, sizeof name, "%d", view_times_windows[i]);
        const bool is_chosen = view->times_window == i;
        if (is_chosen)
            ImGui::PushStyleColor(ImGuiCol_Button, ImGui::ColorConvertU32ToFloat4(IM_COL32(45, 84, 108, 255)));
        if (button(cell, name))
            view->times_window = i;
        if (is_chosen)
            ImGui::PopStyleColor();
    }
    if (button({row.right() - width, row.y, width, row.height}, view->times_pause ? "Go on" : "Pause"))
        view->times_pause = !view->times_pause;
}

/* "hand-over": what becomes of images between the renderer's queue and the filters; then how far both are. */
void describe_hand_over(const ui_facts *facts, Box box)
{
    const hand_over_facts &now = facts->hand_over;
    auto row = [&](const char *name, const char *words) {
        const Box line = box.take_top(px(16));
        draw_text(look.small, {line.x, line.y, px(96), line.height}, left_align, dim, name);
        draw_text(look.small, {line.x + px(96), line.y, line.width - px(96), line.height}, left_align, text, words);
    };
    char words[256];
    row("Hand-over", now.path);
    row("since", facts->placeholders ? "-" : facts->choice ? facts->choice : now.reason);
    if (facts->placeholders)
        std::snprintf(words, sizeof words, "-");
    else if (now.has_timeline)
        std::snprintf(words, sizeof words, "%llu reached, inputs %llu, outputs %llu", (unsigned long long)now.reached,
                      (unsigned long long)now.ready, (unsigned long long)now.done);
    else
        std::snprintf(words, sizeof words, "none: frames are done when the call returns");
    row("Timeline", words);
    std::snprintf(words, sizeof words, facts->placeholders ? "-" : "%d of %d", now.in_flight, now.slots);
    row("In flight", words);
    std::snprintf(words, sizeof words,
                  facts->placeholders ? "-" : "CLOCK_MONOTONIC; the node's spans to \u00b1%.1f \u00b5s",
                  (double)now.uncertainty_ns * 1e-3);
    row("Clock", words);
}

} // namespace

float times_width()
{
    return px(430);
}

void build_times(const ui_facts *facts, view *view, Box box)
{
    fill(box, ground);
    fill({box.x, box.y, 1, box.height}, line);
    box = box.inset(px(14), px(5));
    Box title = box.take_top(px(22));
    draw_text(look.strong, title, left_align, text, "Times, ms");
    draw_text(look.small, title, right_align, view->times_pause ? amber : dim,
              view->times_pause ? "paused" : "of the latest samples");
    choose_window(view, box.take_top(px(24)));
    draw_names(box.take_top(px(18)));
    Box hand_over = box.take_bottom(px(86));
    fill({hand_over.x, hand_over.y, hand_over.width, 1}, line);
    hand_over.take_top(px(4));
    describe_hand_over(facts, hand_over);
    const int window = view_times_windows[view->times_window];
    int shown = 0;
    for (int i = 0; i < profiler_count(facts->times); i++)
        shown += profiler_get(facts->times, i).n > 0;
    const float height = std::min(px(64), std::floor((box.height - px(4)) / (float)std::max(shown, 1)));
    for (int i = 0; i < profiler_count(facts->times); i++) {
        const profiler_stats stats = profiler_get_latest(facts->times, i, window);
        if (stats.n > 0)
            draw_stage(facts, stats, i, window, box.take_top(height));
    }
}

} // namespace parts
