/* role.h -- what the node's roles are: a row each, and one for each kind of a further
   layer's. Private to filter/node. */
#ifndef WF_NODE_ROLE_H
#define WF_NODE_ROLE_H

#include "wf_node.h"

/* Pictures that are filtered together lie together: what goes in, and what comes out of each operator. */
typedef enum node_block {
    NODE_INPUT_BLOCK,
    NODE_GATHER_BLOCK,
    NODE_SPLAT_BLOCK,
    NODE_BLOCK_COUNT,
    NODE_NO_BLOCK = NODE_BLOCK_COUNT /* a guide */
} node_block;

typedef struct node_role {
    node_block block;
    int channels;  /* that the node reads or writes of its images, the color's alpha aside: the first ones */
    int is_output; /* else an input */
    int layer;     /* the further layer, from 0, that it is of; -1: of none */
} node_role;

node_role wf_node_role_of(wf_node_role role);

/* For messages: "color", "layer 3", "layer 3's gather". */
typedef struct node_name {
    char text[32];
} node_name;

node_name wf_node_name(wf_node_role role);

static inline int node_is_input(wf_node_role role)
{
    return !wf_node_role_of(role).is_output;
}

/* Where an operator's results go: those of the color, and those of a further layer. */
static inline wf_node_role node_output_of(wf_operator op)
{
    return op == WF_SPLAT ? WF_NODE_SPLAT : WF_NODE_GATHER;
}

/* Maps of kernels: whose, and of what. */
static inline int node_is_map(wf_node_role role)
{
    return role >= WF_NODE_MAP && role < WF_NODE_ROLE_COUNT;
}

static inline wf_operator node_map_operator(wf_node_role role)
{
    return (wf_operator)(((int)role - WF_NODE_MAP) / (WF_PYRAMID_MAX_LEVELS * WF_FIGURE_COUNT));
}

static inline int node_map_level(wf_node_role role)
{
    return ((int)role - WF_NODE_MAP) / WF_FIGURE_COUNT % WF_PYRAMID_MAX_LEVELS;
}

static inline wf_figure node_map_figure(wf_node_role role)
{
    return (wf_figure)(((int)role - WF_NODE_MAP) % WF_FIGURE_COUNT);
}

static inline wf_node_role node_layer_output_of(wf_operator op, int layer)
{
    return (wf_node_role)((op == WF_SPLAT ? WF_NODE_LAYER_SPLAT : WF_NODE_LAYER_GATHER) + layer);
}

#endif
