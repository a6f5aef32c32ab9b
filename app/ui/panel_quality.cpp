#include <cmath>
#include <cstdio>
#include <cstring>

#include "parts.h"

namespace parts
{

/* Three figures of a picture; the best of a column, to the digits shown, stand out. Lower is better for SMAPE and relMSE,
 * higher for PSNR. */
void build_quality(const ui_facts *facts, const view_context *context, Box box)
{
    if (facts->feed.reference_samples > 0 && facts->noisy)
        draw_format(look.small, {box.x, box.y, box.width, px(22)}, right_align, dim, "%d spp", facts->measured_samples);
    heading(&box, "Against the reference");
    if (!context->has[FRAME_REFERENCE]) {
        draw_text(look.body, box.take_top(px(20)), left_align, dim, "This frame has none; --reference gives one.");
        return;
    }
    static const char *const names[] = {"Noisy", "Gather", "Splat"};
    static const char *const columns[] = {"SMAPE", "relMSE", "PSNR dB"};
    const metrics *const rows[] = {facts->noisy, facts->gather, facts->splat};
    char figures[3][3][32];
    int best[3] = {0, 0, 0};
    for (int i = 0; i < 3 && rows[0]; i++) {
        std::snprintf(figures[i][0], 32, "%.4f", rows[i]->smape);
        std::snprintf(figures[i][1], 32, "%.4f", rows[i]->rel_mse);
        std::snprintf(figures[i][2], 32, "%.2f", rows[i]->psnr);
        best[0] = rows[i]->smape < rows[best[0]]->smape ? i : best[0];
        best[1] = rows[i]->rel_mse < rows[best[1]]->rel_mse ? i : best[1];
        best[2] = rows[i]->psnr > rows[best[2]]->psnr ? i : best[2];
    }
    const float name_width = px(62), width = std::floor((box.width - name_width) / 3);
    auto cell = [&](Box row, int column) -> Box {
        return {row.x + name_width + width * (float)column, row.y, width, row.height};
    };
    Box titles = box.take_top(px(20));
    for (int c = 0; c < 3; c++)
        draw_text(look.small, cell(titles, c), right_align, dim, columns[c]);
    for (int i = 0; i < 3; i++) {
        Box row = box.take_top(px(22));
        fill({row.x, row.y, row.width, 1}, line);
        draw_text(look.body, row, left_align, text, names[i]);
        for (int c = 0; c < 3; c++) {
            bool stands_out = rows[0] && std::strcmp(figures[i][c], figures[best[c]][c]) == 0;
            draw_text(stands_out ? look.strong : look.body, cell(row, c), right_align, stands_out ? text : dim,
                      rows[0] ? figures[i][c] : "-");
        }
    }
}

} // namespace parts
