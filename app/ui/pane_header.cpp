#include <algorithm>
#include <cmath>
#include <cstdio>
#include <cstring>

#include "parts.h"

namespace parts
{

namespace
{

/* "Gather", "Gather - splat absolute", "Gather error". */
void pane_name(const pane *pane, char (&name)[160])
{
    char label[64], against[64];
    layer_label(pane->layer, label);
    std::snprintf(name, sizeof name, "%s", label);
    if (!pane_is_compared(pane))
        return;
    const struct pane error = pane_error_of(pane->layer);
    std::snprintf(against, sizeof against, "%s", layer_word(pane->against));
    if (pane->against == error.against && pane->measure == error.measure)
        std::snprintf(name, sizeof name, "%s error", label);
    else
        std::snprintf(name, sizeof name, "%s - %s", label, against);
}

/* The channels that a layer is in its file; NULL: it is of none. */
const char *origin_of(const ui_facts *facts, const view_context *context, int layer)
{
    bool is_of_file = layer < FRAME_LAYER_COUNT && context->has[layer]; /* of the first sequence's */
    return is_of_file ? facts->origins[layer] : nullptr;
}

/* "R,G,B of noise.ref.exr": without that file's folder, unless it is a place for every frame's. */
void shorten_origin(const char *origin, char (&detail)[256])
{
    const char *of = std::strstr(origin, " of "), *slash = std::strrchr(origin, '/');
    if (of && slash && slash > of && slash[1] != '*')
        std::snprintf(detail, sizeof detail, "%.*s of %s", (int)(of - origin), origin, slash + 1);
    else
        std::snprintf(detail, sizeof detail, "%s", origin);
}

/* "Gather 11×11 · bilateral (analytic)", "Noisy R,G,B"; what follows the name is dim. */
void describe_pane(const ui_facts *facts, const view *view, const view_context *context, const pane *pane,
                   char (&name)[160], char (&detail)[256])
{
    bool filtered = layer_own(pane->layer) >= FRAME_LAYER_COUNT;
    pane_name(pane, name);
    detail[0] = 0;
    if (pane_is_compared(pane))
        return;
    if (const char *what = facts->beside[layer_sequence(pane->layer)])
        std::snprintf(detail, sizeof detail, "%s", what);
    else if (pane->layer == FRAME_COLOR && facts->feed.most_samples > 0)
        std::snprintf(detail, sizeof detail, "%d / %d spp", facts->feed.color_samples, facts->feed.most_samples);
    else if (pane->layer == FRAME_COLOR && facts->feed.color_samples > 0)
        std::snprintf(detail, sizeof detail, "%d spp", facts->feed.color_samples);
    else if (pane->layer == FRAME_REFERENCE && facts->feed.reference_samples > 0)
        std::snprintf(detail, sizeof detail, "%d spp", facts->feed.reference_samples);
    else if (const char *origin = origin_of(facts, context, pane->layer))
        shorten_origin(origin, detail);
    if (layer_is_map(pane->layer)) {
        static const char *const units[WF_FIGURE_COUNT] = {"", "bit, ", "px, ", "", ""};
        std::snprintf(detail, sizeof detail, "%slevel %d", units[layer_map_figure(pane->layer)],
                      layer_map_level(pane->layer));
        return;
    }
    if (!filtered || layer_sequence(pane->layer) > 0)
        return;
    int height, width;
    kernel_size(facts, view, &height, &width);
    std::snprintf(detail, sizeof detail, "%d\u00d7%d \u00b7 %s", height, width,
                  predictor_name(facts, view->predictor.row));
}

void offer(view *view, int index, const pane &shown)
{
    char name[160];
    pane now = view->panes[index];
    now.exposure = shown.exposure;
    pane_name(&shown, name);
    if (ImGui::Selectable(name, pane_same(&now, &shown)))
        view_show(view, index, shown);
}

/* Maps of a sequence's kernels: those of one level, or a menu for each level. */
template <typename Make> void offer_maps(const view_context *context, view *view, int index, int sequence, Make make)
{
    for (int level = 0; level < context->map_levels[sequence]; level++) {
        char name[24];
        std::snprintf(name, sizeof name, "Level %d", level);
        if (context->map_levels[sequence] > 1 && !ImGui::BeginMenu(name))
            continue;
        for (int map = 0; map < MAP_COUNT; map++)
            offer(view, index, make(layer_of_sequence(sequence, LAYER_MAPS + level * MAP_COUNT + map)));
        if (context->map_levels[sequence] > 1)
            ImGui::EndMenu();
    }
}

/* The same of another sequence. */
void offer_sequences(const view_context *context, view *view, int index)
{
    for (int sequence = 0; sequence < context->sequences; sequence++) {
        pane shown = view->panes[index];
        shown.layer = layer_of_sequence(sequence, layer_own(shown.layer));
        offer(view, index, shown);
    }
}

/* How its layer differs from each other one that it can be compared with. */
void offer_differences(const view_context *context, view *view, int index)
{
    const int shown = view->panes[index].layer, channels = layer_row_of(shown)->channels;
    const float exposure = view->panes[index].exposure;
    for (int layer = 0; layer < context->sequences * LAYER_COUNT; layer++)
        if (context->has[layer] && !layer_is_map(layer) && layer != shown && layer_row_of(layer)->channels == channels)
            offer(view, index, {shown, layer, MEASURE_SIGNED, exposure});
    if (channels == layer_row_of(LAYER_MAPS)->channels)
        offer_maps(context, view, index, layer_sequence(shown), [=](int map) -> pane {
            return {shown, map, MEASURE_SIGNED, exposure};
        });
}

void offer_measures(view *view, int index)
{
    pane shown = view->panes[index];
    for (int measure = 0; measure_name(measure); measure++)
        if (ImGui::MenuItem(measure_label(measure), nullptr, view->panes[index].measure == measure)) {
            shown.measure = measure;
            view_show(view, index, shown);
        }
}

/* What a pane can show: layers, their errors, differences, and measures of these. */
void choose_pane(const view_context *context, view *view, int index)
{
    const int sequence = layer_sequence(view->panes[index].layer), first = layer_of_sequence(sequence, 0);
    auto submenu = [](const char *name, auto offer_all) {
        if (ImGui::BeginMenu(name)) {
            offer_all();
            ImGui::EndMenu();
        }
    };
    for (int layer = first; layer < first + LAYER_MAPS; layer++)
        if (context->has[layer])
            offer(view, index, pane_of(layer));
    submenu("Kernels", [&] { offer_maps(context, view, index, sequence, pane_of); });
    if (context->sequences > 1)
        submenu("Sequence", [&] { offer_sequences(context, view, index); });
    if (context->has[FRAME_REFERENCE])
        ImGui::Separator();
    for (int layer = first; layer < first + LAYER_COUNT; layer++)
        if (context->has[FRAME_REFERENCE] && context->has[layer] && layer_row_of(layer)->has_error)
            offer(view, index, pane_error_of(layer));
    ImGui::Separator();
    submenu("Difference", [&] { offer_differences(context, view, index); });
    if (pane_is_compared(&view->panes[index]))
        submenu("Measure", [&] { offer_measures(view, index); });
    ImGui::SetNextItemWidth(px(150));
    ImGui::SliderFloat("EV of its own", &view->panes[index].exposure, -8, 8, "%+.1f");
    ImGui::Separator();
    if (ImGui::MenuItem("One more pane", nullptr, false, view->pane_count < VIEW_PANES))
        view_add_pane(view, index);
    if (ImGui::MenuItem("Without this pane", nullptr, false, view->pane_count > 1))
        view_remove_pane(view, index);
}

/* What the pane's name has no room for: "color from ViewLayer.Combined.R,G,B". */
void explain_layer(const ui_facts *facts, const view_context *context, const pane *pane, Box header)
{
    if (pane_is_compared(pane))
        return;
    const char *origin = origin_of(facts, context, pane->layer);
    ImVec2 low(header.x, header.y), high(header.right(), header.y + header.height);
    if (!origin || !ImGui::IsMouseHoveringRect(low, high) || ImGui::IsPopupOpen("layers"))
        return;
    ImGui::BeginTooltip();
    ImGui::PushTextWrapPos(px(420));
    ImGui::Text("%s from %s", frame_layer_name((frame_layer)pane->layer), origin);
    ImGui::PopTextWrapPos();
    ImGui::EndTooltip();
}

/* A label that opens the list of layers. */
void pane_menu(const ui_facts *facts, view *view, const view_context *context, int index, Box header, float right)
{
    char name[160], detail[256];
    describe_pane(facts, view, context, &view->panes[index], name, detail);
    const Box room = {header.x, header.y, std::max(right - header.x - px(19), 0.0f), header.height};
    const float width = std::min(text_width(look.strong, name), room.width);
    ImGui::SetCursorScreenPos(ImVec2(header.x - px(4), header.y + px(2)));
    if (ImGui::InvisibleButton("menu", ImVec2(width + px(22), header.height - px(4))))
        ImGui::OpenPopup("layers");
    ImU32 color = ImGui::IsItemHovered() ? accent : text;
    draw_text(look.strong, room, left_align, color, name);
    ImVec2 arrow(header.x + width + px(9), header.y + header.height / 2);
    draw_arrow(ImGui::GetWindowDrawList(), arrow, ImGui::IsItemHovered() ? accent : faint);
    float end = header.x + width + px(19);
    Box rest = {end, header.y, std::max(right - end, 0.0f), header.height};
    draw_text(look.body, rest, left_align, dim, detail);
    if (ImGui::BeginPopup("layers")) {
        choose_pane(context, view, index);
        close_on_escape();
        ImGui::EndPopup();
    }
}

/* The value under the mouse, from the right; returns its left end. */
float draw_probe(const ui_facts *facts, const pane *pane, Box header)
{
    const texel_area *area = &facts->probed.area;
    const float *value = values_at(&facts->probed, pane->layer, area->x, area->y);
    const float *other = pane_is_compared(pane) ? values_at(&facts->probed, pane->against, area->x, area->y) : nullptr;
    if (!value || (pane_is_compared(pane) && !other))
        return header.right();
    int channels = std::min(layer_row_of(pane->layer)->channels, 3);
    float width = text_width(look.small, "-00.0000") + px(4);
    for (int c = channels - 1; c >= 0; c--) {
        Box cell = {header.right() - width, header.y, width, header.height};
        float shown = value[c];
        if (other) /* of errors, too: one sees in which direction */
            shown -= other[c];
        draw_format(look.small, cell, right_align, channels == 3 ? channel_colors[c] : text,
                    std::fabs(shown) < 100 ? "%.4f" : "%.5g", (double)shown);
        header.width -= width;
    }
    return header.right();
}

/* "0 [ramp] 1  SMAPE" or "-0.25 [ramp] 0.25" at the right; returns its left end. The panes' shader fills the ramp. */
float place_ramp(const view *view, const view_context *context, const pane *pane, Box header, rectangle *ramp)
{
    float low, high;
    if (header.width < px(200) || !view_ramp(view, context, pane, &low, &high))
        return header.right();
    char measure[32] = "";
    if (pane_is_compared(pane) && pane->measure != MEASURE_SIGNED)
        std::snprintf(measure, sizeof measure, "  %s", measure_label(pane->measure));
    header.width -= draw_format(look.small, header, right_align, dim, "%.3g%s", (double)high, measure) + px(6);
    *ramp = {header.right() - px(72), header.y + std::floor((header.height - px(7)) / 2), px(72), px(7)};
    header.width -= px(72) + px(6);
    return header.right() - draw_format(look.small, header, right_align, dim, "%.3g", (double)low) - px(6);
}

} // namespace

void build_pane_header(const ui_facts *facts, view *view, const view_context *context, ui_layout *layout, int index,
                       Box header)
{
    const pane *pane = &view->panes[index];
    const bool has_layers = pane_has_layers(pane, context->has);
    Box rest = header;
    if (facts->probed.area.columns > 0 && has_layers)
        rest.width = draw_probe(facts, pane, header) - header.x - px(10);
    if (has_layers)
        rest.width = place_ramp(view, context, pane, rest, &layout->ramps[index]) - header.x;
    pane_menu(facts, view, context, index, header, rest.right() - px(6));
    explain_layer(facts, context, pane, header);
}

} // namespace parts
