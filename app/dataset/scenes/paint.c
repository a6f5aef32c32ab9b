#include "paint.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#define MAX_ALBEDO 0.92f

void color_from_hsv(float hue, float saturation, float value, float rgb[3])
{
    for (int c = 0; c < 3; c++) {
        float k = fmodf(6 * (hue - floorf(hue)) + (c == 0 ? 5.0f : c == 1 ? 3.0f : 1.0f), 6);
        rgb[c] = value * (1 - saturation * fmaxf(0, fminf(fminf(k, 4 - k), 1)));
    }
}

/* Hues: one, neighbors, opposites, three apart, or any. */
static palette palette_random(rng *rng)
{
    palette palette = {.count = rng_integer(rng, 3, PALETTE_MAX)};
    int scheme = rng_integer(rng, 0, 4);
    float base = rng_uniform(rng, 0, 1), saturation = rng_uniform(rng, 0, 0.85f);
    float darkest = rng_chance(rng, 0.3f) ? 0.03f : 0.12f;
    for (int i = 0; i < palette.count; i++) {
        float near = rng_uniform(rng, -0.05f, 0.05f), far = rng_uniform(rng, 0, 1);
        float steps[] = {near, 3 * near, near + 0.5f * (float)(i % 2), near + (float)(i % 3) / 3, far};
        float strength = fminf(fmaxf(saturation + rng_uniform(rng, -0.4f, 0.3f), 0), 0.97f);
        strength *= rng_chance(rng, 0.35f) ? 0.15f : 1; /* a near gray */
        float value = rng_chance(rng, 0.25f) ? MAX_ALBEDO : rng_log_uniform(rng, darkest, MAX_ALBEDO);
        color_from_hsv(base + steps[scheme], strength, value, palette.colors[i]);
    }
    return palette;
}

bool paint_begin(paint *paint, scene *scene, bool allows_glass, rng *rng)
{
    *paint = (struct paint){
        .scene = scene,
        .palette = palette_random(rng),
        .allows_glass = allows_glass,
        .textured = rng_chance(rng, 0.2f) ? 0.1f : rng_uniform(rng, 0.3f, 0.9f),
        .metallic = rng_chance(rng, 0.15f) ? 3 : rng_uniform(rng, 0.2f, 1.5f),
        .texture_size = 128 << rng_integer(rng, 0, 1),
    };
    scene->materials = malloc(RANDOM_MAX_MATERIALS * sizeof *scene->materials);
    scene->textures = malloc(RANDOM_MAX_TEXTURES * sizeof *scene->textures);
    return scene->materials && scene->textures;
}

/* ---- Parts ------------------------------------------------------------------------------------------------------- */

static uint32_t add(paint *paint, const material *material)
{
    scene *scene = paint->scene;
    if (scene->material_count == RANDOM_MAX_MATERIALS)
        return RANDOM_MAX_MATERIALS / 2;
    scene->materials[scene->material_count] = *material;
    return scene->material_count++;
}

static bool has_texture_room(const paint *paint)
{
    return paint->scene->texture_count < RANDOM_MAX_TEXTURES;
}

/* The new texture's index, whose picture a call has just made; -1: it could not. */
static int keep_texture(paint *paint, bool made)
{
    if (made)
        return (int)paint->scene->texture_count++;
    paint->failed = true;
    return -1;
}

static texture *next_texture(paint *paint)
{
    return &paint->scene->textures[paint->scene->texture_count];
}

/* Grayer by that part. */
static void any_color(const paint *paint, float muted, rng *rng, float rgb[3])
{
    const float *color = paint->palette.colors[rng_integer(rng, 0, paint->palette.count - 1)];
    float gray = (color[0] + color[1] + color[2]) / 3;
    for (int c = 0; c < 3; c++)
        rgb[c] = color[c] + muted * (gray - color[c]);
}

static ramp random_ramp(const paint *paint, float muted, rng *rng)
{
    ramp ramp = {.count = rng_integer(rng, 2, 3)};
    for (int i = 0; i < ramp.count; i++)
        any_color(paint, muted, rng, ramp.colors[i]);
    if (rng_chance(rng, 0.35f)) /* else two may be the same, which is a plain surface */
        color_from_hsv(rng_uniform(rng, 0, 1), (1 - muted) * rng_uniform(rng, 0, 0.9f),
                       rng_uniform(rng, 0.05f, MAX_ALBEDO), ramp.colors[0]);
    return ramp;
}

static material plain(const paint *paint, float muted, rng *rng)
{
    material material = material_white;
    any_color(paint, muted, rng, material.base_color);
    return material;
}

static void put_pattern(paint *paint, float muted, rng *rng, material *material)
{
    pattern pattern = pattern_random(rng);
    ramp ramp = random_ramp(paint, muted, rng);
    int size = paint->texture_size;
    if (rng_chance(rng, 0.85f) && has_texture_room(paint)) {
        material->base_color_texture = keep_texture(paint, texture_color(&pattern, &ramp, size, next_texture(paint)));
        for (int c = 0; c < 3; c++)
            material->base_color[c] = 1;
    }
    if (rng_chance(rng, 0.4f) && has_texture_room(paint))
        material->normal_texture =
            keep_texture(paint, texture_normals(&pattern, rng_log_uniform(rng, 0.2f, 2), size, next_texture(paint)));
    if (rng_chance(rng, 0.35f) && has_texture_room(paint))
        material->metallic_roughness_texture =
            keep_texture(paint, texture_roughness(&pattern, rng_uniform(rng, 0.3f, 1), rng_uniform(rng, 0.3f, 1), size,
                                                  next_texture(paint)));
}

/* ---- Kinds ------------------------------------------------------------------------------------------------------- */

static void make_matte(const paint *paint, rng *rng, material *material)
{
    (void)paint;
    material->roughness = rng_uniform(rng, 0.6f, 1);
    material->ior = rng_chance(rng, 0.5f) ? 1 : 1.5f;
}

static void make_coated(const paint *paint, rng *rng, material *material)
{
    bool mirrors = paint->allows_glass && rng_chance(rng, 0.25f);
    material->roughness = mirrors ? 0 : rng_uniform(rng, paint->allows_glass ? 0.06f : 0.15f, 0.6f);
    material->ior = rng_uniform(rng, 1.35f, 1.8f);
}

static void make_metal(const paint *paint, rng *rng, material *material)
{
    static const float metals[][3] = {{0.95f, 0.93f, 0.88f}, {1, 0.71f, 0.29f},     {0.95f, 0.64f, 0.54f},
                                      {0.56f, 0.57f, 0.58f}, {0.91f, 0.92f, 0.92f}, {0.54f, 0.5f, 0.45f}};
    material->metallic = 1;
    material->roughness =
        paint->allows_glass && rng_chance(rng, 0.3f) ? 0 : rng_uniform(rng, paint->allows_glass ? 0.06f : 0.18f, 0.7f);
    material->ior = 1.5f;
    if (rng_chance(rng, 0.7f))
        memcpy(material->base_color, metals[rng_integer(rng, 0, 5)], sizeof material->base_color);
}

static void make_glass(const paint *paint, rng *rng, material *material)
{
    (void)paint;
    material->transmission = 1;
    material->ior = rng_uniform(rng, 1.2f, 1.9f);
    material->roughness = rng_chance(rng, 0.75f) ? 0 : rng_uniform(rng, 0.08f, 0.4f);
    float tint = rng_chance(rng, 0.5f) ? 0 : rng_uniform(rng, 0.2f, 0.9f);
    color_from_hsv(rng_uniform(rng, 0, 1), tint, rng_uniform(rng, 0.85f, 1), material->base_color);
}

static void make_glow(const paint *paint, rng *rng, material *material)
{
    make_matte(paint, rng, material);
    float strength = rng_log_uniform(rng, 0.05f, 1.5f);
    for (int c = 0; c < 3; c++)
        material->emission[c] = strength * material->base_color[c];
}

static uint32_t paint_any(paint *paint, float muted, rng *rng, const float weights[5])
{
    static void (*const make[])(const struct paint *, struct rng *,
                                struct material *) = {make_matte, make_coated, make_metal, make_glass, make_glow};
    material material = plain(paint, muted, rng);
    int kind = rng_pick(rng, weights, 5);
    make[kind](paint, rng, &material);
    if (material.transmission == 0 && rng_chance(rng, paint->textured))
        put_pattern(paint, muted, rng, &material);
    return add(paint, &material);
}

uint32_t paint_object(paint *paint, rng *rng)
{
    return paint_any(paint, 0, rng, (float[]){1, 1, 0.7f * paint->metallic, paint->allows_glass ? 0.6f : 0, 0.04f});
}

uint32_t paint_surface(paint *paint, rng *rng)
{
    return paint_any(paint, rng_uniform(rng, 0, 0.9f), rng, (float[]){1.4f, 0.6f, 0.08f * paint->metallic, 0, 0});
}

uint32_t paint_glass(paint *paint, rng *rng)
{
    return paint_any(paint, 0, rng, (float[]){0, paint->allows_glass ? 0 : 1, 0, paint->allows_glass ? 1 : 0, 0});
}

uint32_t paint_shining(paint *paint, rng *rng)
{
    return paint_any(paint, 0, rng, (float[]){0.2f, 0.6f, 1, paint->allows_glass ? 1 : 0, 0});
}

uint32_t paint_plain(paint *paint, rng *rng)
{
    material material = plain(paint, rng_uniform(rng, 0, 0.5f), rng);
    make_matte(paint, rng, &material);
    return add(paint, &material);
}

uint32_t paint_patterned(paint *paint, pattern_kind kind, rng *rng)
{
    pattern pattern = {kind, (uint32_t)rng_bits(rng), 2 * rng_integer(rng, 1, 5)};
    material material = plain(paint, 0.5f, rng);
    (rng_chance(rng, 0.6f) ? make_matte : make_coated)(paint, rng, &material);
    if (has_texture_room(paint)) {
        ramp ramp = random_ramp(paint, 0.5f, rng);
        if (rng_chance(rng, 0.5f)) /* black or gray, and white */
            color_from_hsv(0, 0, rng_uniform(rng, 0.02f, 0.3f), ramp.colors[0]);
        material.base_color_texture =
            keep_texture(paint, texture_color(&pattern, &ramp, paint->texture_size, next_texture(paint)));
        for (int c = 0; c < 3; c++)
            material.base_color[c] = 1;
    }
    return add(paint, &material);
}

static uint32_t paint_cut(paint *paint, rng *rng, bool leaf)
{
    static const pattern_kind kinds[] = {PATTERN_NOISE, PATTERN_STRIPES, PATTERN_WAVES};
    pattern pattern = {kinds[rng_integer(rng, 0, 2)], (uint32_t)rng_bits(rng), 2 * rng_integer(rng, 1, 4)};
    material material = plain(paint, 0, rng);
    make_matte(paint, rng, &material);
    if (!has_texture_room(paint))
        return add(paint, &material);
    ramp ramp = {.count = 2};
    float hue = leaf && rng_chance(rng, 0.7f) ? rng_uniform(rng, 0.17f, 0.4f) : rng_uniform(rng, 0, 1);
    for (int i = 0; i < 2; i++)
        color_from_hsv(hue + rng_uniform(rng, -0.04f, 0.04f), rng_uniform(rng, 0.3f, 0.9f),
                       rng_uniform(rng, 0.1f, 0.7f), ramp.colors[i]);
    bool made = leaf ? texture_leaf(&pattern, &ramp, 64, next_texture(paint))
                     : texture_net(&pattern, &ramp, 128, next_texture(paint));
    material.base_color_texture = keep_texture(paint, made);
    material.alpha_cutoff = 0.5f;
    for (int c = 0; c < 3; c++)
        material.base_color[c] = 1;
    return add(paint, &material);
}

uint32_t paint_leaf(paint *paint, rng *rng)
{
    return paint_cut(paint, rng, true);
}

uint32_t paint_net(paint *paint, rng *rng)
{
    return paint_cut(paint, rng, false);
}

static material shining(const float radiance[3])
{
    material material = material_white;
    for (int c = 0; c < 3; c++)
        material.base_color[c] = 0.5f;
    memcpy(material.emission, radiance, sizeof material.emission);
    return material;
}

uint32_t paint_light(paint *paint, const float radiance[3])
{
    material material = shining(radiance);
    return add(paint, &material);
}

uint32_t paint_screen(paint *paint, const float radiance[3], rng *rng)
{
    material material = shining(radiance);
    if (has_texture_room(paint)) {
        pattern pattern = pattern_random(rng);
        ramp ramp = random_ramp(paint, 0, rng);
        material.emission_texture =
            keep_texture(paint, texture_color(&pattern, &ramp, paint->texture_size, next_texture(paint)));
    }
    return add(paint, &material);
}

uint32_t paint_copy(paint *paint, const material *material)
{
    return add(paint, material);
}

int paint_copy_texture(paint *paint, const texture *from)
{
    const size_t size = (size_t)from->width * (size_t)from->height * 4;
    if (!has_texture_room(paint))
        return -1;
    texture *texture = next_texture(paint);
    *texture = *from;
    texture->rgba = malloc(size);
    if (texture->rgba)
        memcpy(texture->rgba, from->rgba, size);
    return keep_texture(paint, texture->rgba);
}
