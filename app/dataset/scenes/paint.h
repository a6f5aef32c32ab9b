/* paint.h -- a scene's colors, and materials painted with them. */
#ifndef WFVIEW_TRACE_RANDOM_MATERIAL_H
#define WFVIEW_TRACE_RANDOM_MATERIAL_H

#include "pattern.h"

#define PALETTE_MAX          6
#define RANDOM_MAX_MATERIALS 256
#define RANDOM_MAX_TEXTURES  24

/* Linear colors that go together. */
typedef struct palette {
    float colors[PALETTE_MAX][3];
    int count;
} palette;

/* What a scene's materials are drawn from. */
typedef struct paint {
    scene *scene;
    palette palette;
    bool allows_glass; /* and smooth mirrors: not where lights are so small that their caustics would never converge */
    float textured;    /* the part of the materials that has textures */
    float metallic;    /* how often metal is drawn, 1: as often as is usual */
    int texture_size;
    bool failed; /* out of memory */
} paint;

/* hue 1 is a full turn; value is the largest component. */
void color_from_hsv(float hue, float saturation, float value, float rgb[3]);

/* Makes room for materials and textures and draws the scene's style. False: no memory. */
bool paint_begin(paint *paint, scene *scene, bool allows_glass, rng *rng);

/* Each adds a material and returns its index; past RANDOM_MAX_MATERIALS an earlier one's. */
uint32_t paint_object(paint *paint, rng *rng);  /* anything */
uint32_t paint_surface(paint *paint, rng *rng); /* of walls, floors, ground: mostly matte or coated, often textured */
uint32_t paint_plain(paint *paint, rng *rng);   /* matte, of one color */
uint32_t paint_patterned(paint *paint, pattern_kind kind, rng *rng);
uint32_t paint_shining(paint *paint, rng *rng); /* metal, glass where the scene allows it, or coated */
uint32_t paint_leaf(paint *paint, rng *rng);    /* leaf-shaped in each repeat of its texture */
uint32_t paint_net(paint *paint, rng *rng);     /* with meshes that are open */
uint32_t paint_glass(paint *paint, rng *rng);   /* clear or tinted where the scene allows it, else a glossy one */
uint32_t paint_light(paint *paint, const float radiance[3]);
uint32_t paint_screen(paint *paint, const float radiance[3], rng *rng); /* a picture that shines */
uint32_t paint_copy(paint *paint, const material *material);            /* its textures are the scene's */

/* The index of a copy of a texture; -1: no room. */
int paint_copy_texture(paint *paint, const texture *texture);

#endif
