#include "role.h"

#include <stdio.h>

static const struct {
    const char *name;
    node_role role;
} rows[WF_NODE_LAYER] = {[WF_NODE_COLOR] = {"color", {NODE_INPUT_BLOCK, 3, 0, -1}},
                         [WF_NODE_ALBEDO] = {"albedo", {NODE_NO_BLOCK, 3, 0, -1}},
                         [WF_NODE_NORMAL] = {"normal", {NODE_NO_BLOCK, 3, 0, -1}},
                         [WF_NODE_DEPTH] = {"depth", {NODE_NO_BLOCK, 1, 0, -1}},
                         [WF_NODE_GATHER] = {"gather", {NODE_GATHER_BLOCK, 3, 1, -1}},
                         [WF_NODE_SPLAT] = {"splat", {NODE_SPLAT_BLOCK, 3, 1, -1}}};

/* A further layer's input, gather and splat, in the order of their roles. */
static const struct {
    const char *name;
    node_block block;
} layer_rows[] = {
    {"layer %d", NODE_INPUT_BLOCK}, {"layer %d's gather", NODE_GATHER_BLOCK}, {"layer %d's splat", NODE_SPLAT_BLOCK}};

node_role wf_node_role_of(wf_node_role role)
{
    if (role < WF_NODE_LAYER)
        return rows[role].role;
    if (node_is_map(role))
        return (node_role){NODE_NO_BLOCK, 1, 1, -1};
    const int number = (int)role - WF_NODE_LAYER, kind = number / WF_NODE_MAX_LAYERS;
    return (node_role){layer_rows[kind].block, 3, kind > 0, number % WF_NODE_MAX_LAYERS};
}

static const char *const figures[WF_FIGURE_COUNT] = {"sum", "entropy", "radius", "own", "blend"};

node_name wf_node_name(wf_node_role role)
{
    node_name name;
    if (node_is_map(role)) {
        snprintf(name.text, sizeof name.text, "%s %s map of level %d", wf_operator_name(node_map_operator(role)),
                 figures[node_map_figure(role)], node_map_level(role));
        return name;
    }
    const char *format =
        role < WF_NODE_LAYER ? rows[role].name : layer_rows[((int)role - WF_NODE_LAYER) / WF_NODE_MAX_LAYERS].name;
    snprintf(name.text, sizeof name.text, format, wf_node_role_of(role).layer);
    return name;
}
