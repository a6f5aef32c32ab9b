/* role.h -- what the node's roles are: a row each. Private to filter/node. */
#ifndef WF_NODE_ROLE_H
#define WF_NODE_ROLE_H

#include "wf_node.h"

typedef struct node_role {
    const char *name;
    int channels;  /* that the node reads or writes of its images: the first ones */
    int is_output; /* else an input */
} node_role;

extern const node_role wf_node_roles[WF_NODE_ROLE_COUNT];

static inline int node_is_input(wf_node_role role)
{
    return !wf_node_roles[role].is_output;
}

/* Where an operator's results go. */
static inline wf_node_role node_output_of(wf_operator op)
{
    return op == WF_SPLAT ? WF_NODE_SPLAT : WF_NODE_GATHER;
}

#endif
