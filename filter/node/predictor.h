/* predictor.h -- where a frame's weights come from and how they are applied. Private to filter/node.
 *
 * A kind of predictor is a file predictor_NAME.c: a struct that begins with a node_predictor, a node_predictor_kind
 * that says what it does, and the public call that hands its arguments to wf_node_set_predictor. Nothing else in the
 * node knows which kind runs. An operator has a predictor of its own, or shares one with the other operator. */
#ifndef WF_NODE_PREDICTOR_H
#define WF_NODE_PREDICTOR_H

#include "node.h"

enum { NODE_SCRATCH_COUNT = 4 };

/* Bits of a set of operators. */
enum { NODE_GATHER = 1 << WF_GATHER, NODE_SPLAT = 1 << WF_SPLAT, NODE_BOTH = NODE_GATHER | NODE_SPLAT };

/* A filter for every pixel. */
typedef struct node_weights {
    wf_filter filter;
    wf_tensor tensor; /* 1 x Kh*Kw x height x width */
} node_weights;

typedef struct node_kernels {
    wf_tensor weight;
    wf_tensor alpha; /* absent at the coarsest level */
    int alpha_is_logit;
} node_kernels;

/* All return after reporting why they failed. */
typedef struct node_predictor_kind {
    const char *name; /* for messages */
    size_t size;      /* of the struct that begins with a node_predictor; it is zeroed before prepare */

    /* Roles, 1 << role each. A frame without an image of one that is needed is refused; color is always there. What is
     * read is unpacked where it is bound, and what is needed always. */
    unsigned needs, reads;

    /* Checks what the public call was given, and fills the predictor for these operators: it compiles what they need,
     * and says what device memory there is to be (wf_node_reserve). What the operators had is still in use. */
    wf_result (*prepare)(node_predictor *predictor, const void *arguments, unsigned operators);

    /* Refuses a slot whose frames it has nothing for. NULL: there is none. */
    wf_result (*check)(const node_predictor *predictor, uint32_t slot);

    /* What a slot's frame reads beside its images; NULL where that is nothing, and for kinds that never do. */
    const node_buffer *(*buffer)(const node_predictor *predictor, uint32_t slot);

    /* The inspector opens: takes the memory that kernels need, once. NULL: none. */
    wf_result (*open)(node_predictor *predictor);

    /* For the inspector: a slot's levels and their filters; one operator's kernels of a level, of which it may
     * have to enqueue what is looked at, in memory until those of another level or operator are asked for. NULL,
     * both: predictor->weights are all. */
    int (*levels)(const node_predictor *predictor, uint32_t slot, wf_filter filters[WF_PYRAMID_MAX_LEVELS]);
    wf_result (*kernels)(node_predictor *predictor, const node_turn *turn, wf_operator op, int level,
                         const wf_look *look, node_kernels *found);

    /* The memory is there: writes what stays the same in every frame. NULL: nothing does. */
    wf_result (*load)(node_predictor *predictor, const void *arguments);

    /* More operators share the predictor: compiles what all of these need. */
    wf_result (*compile)(node_predictor *predictor, unsigned operators);

    /* Each frame, once for all operators: enqueues the prediction. NULL: there is none. */
    wf_result (*record)(node_predictor *predictor, const node_turn *turn);

    /* Each frame: enqueues the filter of one operator, from the planes of inputs to the planes of outputs; of both
     * where they share the predictor and are to be one stage. */
    wf_result (*filter)(node_predictor *predictor, node_turn *turn, unsigned operators);

    /* Frees what the kind made itself, also after a prepare or load that failed; not the
       memory reserved. NULL: nothing. */
    void (*destroy)(node_predictor *predictor);
} node_predictor_kind;

struct node_predictor {
    const node_predictor_kind *kind;
    wf_node *node;
    node_weights weights; /* of kinds with a filter a pixel, which have the two functions below as compile and filter */
    wf_tensor *scratch[NODE_SCRATCH_COUNT]; /* tensors that are given memory between prepare and load */
    int scratch_count;
};

/* The kind's compile and filter where predictor->weights is all that they need. */
wf_result wf_node_compile_weights(node_predictor *predictor, unsigned operators);
wf_result wf_node_filter_weights(node_predictor *predictor, node_turn *turn, unsigned operators);

/* In prepare: the tensor is to have memory. At most NODE_SCRATCH_COUNT. */
void wf_node_reserve(node_predictor *predictor, wf_tensor *tensor);

/* Slots may have this further layer, too: what predictors compiled is for so many. -1: none, nothing. */
wf_result wf_node_prepare_layer(wf_node *node, int layer);

/* A slot's levels and their filters. */
int wf_node_levels_of(const node_predictor *predictor, uint32_t slot, wf_filter filters[WF_PYRAMID_MAX_LEVELS]);

/* The operators that have the predictor. */
unsigned wf_node_operators_of(const node_predictor *predictor);

/* What a slot's frame reads beside its images: the number of them. */
int wf_node_buffers_of(const wf_node *node, uint32_t slot, const node_buffer *buffers[WF_OPERATOR_COUNT]);

/* A frame of the slot is under way: said, and refused. */
wf_result wf_node_check_idle(const wf_node *node, uint32_t slot, const char *what);

/* Leaves an operator without; a predictor that the other one has, too, lives on. */
void wf_node_drop_predictor(wf_node *node, wf_operator op);

/* Gives these operators a new predictor of that kind, in place of what they had; waits for the node's work. Where
 * prepare refuses they keep what they had; where anything else fails they have none. */
wf_result wf_node_set_predictor(wf_node *node, const node_predictor_kind *kind, const void *arguments,
                                unsigned operators);

#endif
