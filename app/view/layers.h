/* layers.h -- everything a pane can show, a row each: the layers of a frame, then what the node makes of them. Beside
 * those that are always called the same there are further ones, which --also names. */
#ifndef WFVIEW_LAYERS_H
#define WFVIEW_LAYERS_H

#include <stdbool.h>
#include <stdint.h>

/* number, name, word, key, channels, role of the node, shown, error; saved as: group, letters; mapped to */
#define FRAME_LAYERS(LAYER)                                                                                            \
    /* Noisy radiance, linear r,g,b; alpha. */                                                                         \
    LAYER(FRAME_COLOR, "color", "noisy", 'n', 4, WF_NODE_COLOR, PANE_RADIANCE, true, "", "RGB", "RGB|XYZ")             \
    /* r,g,b; alpha 1. */                                                                                              \
    LAYER(FRAME_ALBEDO, "albedo", "albedo", 'a', 4, WF_NODE_ALBEDO, PANE_ALBEDO, false, "albedo", "RGB", "RGB|XYZ")    \
    /* x,y,z as the renderer wrote them (camera or world space); 0. */                                                 \
    LAYER(FRAME_NORMAL, "normal", "normal", 'o', 4, WF_NODE_NORMAL, PANE_NORMAL, false, "normal", "XYZ", "XYZ|RGB")    \
    /* Distance, in scene units. */                                                                                    \
    LAYER(FRAME_DEPTH, "depth", "depth", 'd', 1, WF_NODE_DEPTH, PANE_DEPTH, false, "", "Z", "Z|V|T|Y|R")               \
    /* x,y in pixels, previous - current. */                                                                           \
    LAYER(FRAME_MOTION, "motion", "motion", 'm', 2, NO_ROLE, PANE_MOTION, false, "motion", "XY", "XY|RG|UV")           \
    /* Converged radiance, linear r,g,b; alpha 1. It comes from a file of its own. */                                  \
    LAYER(FRAME_REFERENCE, "reference", "reference", 'r', 4, NO_ROLE, PANE_RADIANCE, false, "", "", "RGB|XYZ")

#define OUTPUT_LAYERS(LAYER)                                                                                           \
    LAYER(LAYER_GATHER, "gather", "gather", 'g', 4, WF_NODE_GATHER, PANE_RADIANCE, true, "", "", "")                   \
    LAYER(LAYER_SPLAT, "splat", "splat", 's', 4, WF_NODE_SPLAT, PANE_RADIANCE, true, "", "", "")

/* Figures of every pixel's kernel (wf_node_inspect.h), of one level of a pyramid, whose `of` is at the end of the name:
 * there while something shows them. MAP_GATHER_SUM is "gather-sum", and so on. */
#define MAP_LAYERS(LAYER, level, of)                                                                                   \
    MAPS_OF_OPERATOR(LAYER, level, of, GATHER, "gather") MAPS_OF_OPERATOR(LAYER, level, of, SPLAT, "splat")

#define MAPS_OF_OPERATOR(LAYER, level, of, op, op_name)                                                                \
    MAP_LAYER(LAYER, level, of, op, op_name, SUM, "sum")                                                               \
    MAP_LAYER(LAYER, level, of, op, op_name, ENTROPY, "entropy")                                                       \
    MAP_LAYER(LAYER, level, of, op, op_name, RADIUS, "radius")                                                         \
    MAP_LAYER(LAYER, level, of, op, op_name, OWN, "own")                                                               \
    MAP_LAYER(LAYER, level, of, op, op_name, BLEND, "blend")

#define MAP_LAYER(LAYER, level, of, op, op_name, figure, name)                                                         \
    LAYER(level, MAP_##op##_##figure, op_name "-" name of, op_name " " name of, 0, 1, MAP_ROLE(op, level, figure),     \
          PANE_ERROR, false, "", "", "")

#define MAX_FURTHER 16 /* further layers: pictures that take the color's kernels; r,g,b and alpha 1 */

#define LAYER_NUMBER(number, ...)      number,
#define MAP_NUMBER(level, number, ...) number,
#define MAP_LEVELS                     8 /* of a pyramid, at most */

typedef enum frame_layer {
    FRAME_LAYERS(LAYER_NUMBER) FRAME_FURTHER, /* the first of MAX_FURTHER */
    FRAME_LAYER_COUNT = FRAME_FURTHER + MAX_FURTHER
} frame_layer;

/* Where a layer is an int, it is a frame_layer or one of these. */
enum {
    LAYER_LAST_OF_FRAME = FRAME_LAYER_COUNT - 1,
    OUTPUT_LAYERS(LAYER_NUMBER) LAYER_FURTHER_GATHER, /* the first of as many, and so is the next one */
    LAYER_FURTHER_SPLAT = LAYER_FURTHER_GATHER + MAX_FURTHER,
    LAYER_LAST_FURTHER = LAYER_FURTHER_SPLAT + MAX_FURTHER - 1,
    MAP_LAYERS(MAP_NUMBER, 0, "") LAYER_AFTER_LEVEL,
    LAYER_MAPS = LAYER_LAST_FURTHER + 1,        /* the first map */
    MAP_COUNT = LAYER_AFTER_LEVEL - LAYER_MAPS, /* of one level: those of the next one follow */
    LAYER_COUNT = LAYER_MAPS + MAP_COUNT * MAP_LEVELS
};

typedef struct layer_row {
    const char *name;    /* on the command line, in messages and in files' names; of further layers in mappings only */
    const char *word;    /* in the view, and in reports; NULL: as layer_word says */
    char key;            /* shows it in a pane; 0: none does */
    int channels;        /* of its images, float32 */
    int role;            /* a wf_node_role; -1: the node does not know it */
    int shown;           /* a PANE_ of shaders/display/pane.h */
    bool has_error;      /* it is a picture that is compared with the reference */
    const char *group;   /* as whose channels a saved frame has it: GROUP.L for each of the letters, or L */
    const char *letters; /* none: it is no part of the file */
    const char *mapped;  /* letters after the name that --channel gives, | between alternatives; R first: a color */
} layer_row;

extern const layer_row layer_rows[LAYER_COUNT];

/* Sequences beside each other have all of these layers each. Where a layer is one of those that can be shown, it is
 * this number, of a sequence from 0; the first one's are the layers as above. */
#define SEQUENCES 4
enum { SHOWN_LAYERS = SEQUENCES * LAYER_COUNT };

/* Those that have an error, of all sequences, have a place each among what is compared with the reference. */
enum { COMPARED_LAYERS = 3, COMPARED_COUNT = SEQUENCES * COMPARED_LAYERS };
int layer_compared(int place);

static inline int layer_of_sequence(int sequence, int layer)
{
    return sequence * LAYER_COUNT + layer;
}

static inline int layer_sequence(int layer)
{
    return layer / LAYER_COUNT;
}

static inline int layer_own(int layer)
{
    return layer % LAYER_COUNT;
}

static inline const layer_row *layer_row_of(int layer)
{
    return &layer_rows[layer_own(layer)];
}

typedef struct layer_set {
    bool has[SHOWN_LAYERS];
} layer_set;

static inline bool layer_is_map(int layer)
{
    return layer_own(layer) >= LAYER_MAPS;
}

/* Of a map: the level of its kernels, and which wf_figure it is. */
int layer_map_level(int layer);
int layer_map_figure(int layer);

/* What --also calls further layer `index`, from 0, from now on; until then they have no names. Long ones are cut. */
void layers_name_further(int index, const char *name);

/* Of other sequences than the first one with its number from 2 in front: "2:gather". */
const char *layer_word(int layer);
const char *frame_layer_name(frame_layer layer); /* for messages and reports */
int frame_layer_channels(frame_layer layer);

/* Of the first sequence: the layer of a frame that an output is made of, or the layer itself. */
int layer_input(int layer);

#endif
