#include "lights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "shapes.h"

#define IMAGE_WIDTH 128
#define SOFT_BOXES  6

/* ---- Surroundings ------------------------------------------------------------------------------------------------ */

typedef struct glow {
    vec3 direction;
    float color[3], cosine; /* of its half angle */
} glow;

/* Colors from the ground over the horizon to the zenith, glowing places, clouds. */
typedef struct backdrop {
    float ground[3], horizon[3], zenith[3];
    glow glows[SOFT_BOXES];
    int glow_count;
    bool hard; /* glows with edges */
    float clouds;
    uint32_t seed;
} backdrop;

static float glow_strength(const glow *glow, vec3 direction, bool hard)
{
    float cosine = vec3_dot(glow->direction, direction);
    if (hard)
        return cosine > glow->cosine ? 1 : 0;
    return expf((cosine - 1) / (1 - glow->cosine));
}

static void backdrop_radiance(const backdrop *b, vec3 direction, float rgb[3])
{
    float up = sqrtf(fabsf(direction.y));
    const float *far = direction.y < 0 ? b->ground : b->zenith;
    for (int c = 0; c < 3; c++)
        rgb[c] = b->horizon[c] + up * (far[c] - b->horizon[c]);
    for (int i = 0; i < b->glow_count; i++)
        for (int c = 0; c < 3; c++)
            rgb[c] += b->glows[i].color[c] * glow_strength(&b->glows[i], direction, b->hard);
}

static void add_clouds(const backdrop *b, vec3 direction, float rgb[3])
{
    if (b->clouds <= 0 || direction.y <= 0)
        return;
    vec3 at = {4 * direction.x / (direction.y + 0.2f) + 64, 0, 4 * direction.z / (direction.y + 0.2f) + 64};
    float cover = fminf(fmaxf(4 * (noise_space(b->seed, at, 4) - 1 + b->clouds), 0), 1);
    float white = 0.6f * (rgb[0] + rgb[1] + rgb[2]);
    for (int c = 0; c < 3; c++)
        rgb[c] += cover * (white - rgb[c]);
}

static bool allocate(image *image, error *error)
{
    int height = IMAGE_WIDTH / 2;
    *image = (struct image){IMAGE_WIDTH, height, 3, malloc(IMAGE_WIDTH * (size_t)height * 3 * sizeof(float))};
    return image->pixels || error_set(error, "no memory for an environment of %d x %d texels", IMAGE_WIDTH, height);
}

static vec3 texel_direction(int x, int y)
{
    return equirectangular_direction(((float)x + 0.5f) / IMAGE_WIDTH, ((float)y + 0.5f) / (IMAGE_WIDTH / 2));
}

static bool paint_backdrop(environment *environment, const backdrop *backdrop, error *error)
{
    environment->kind = ENVIRONMENT_IMAGE;
    if (!allocate(&environment->image, error))
        return false;
    float *rgb = environment->image.pixels;
    for (int y = 0; y < IMAGE_WIDTH / 2; y++) {
        for (int x = 0; x < IMAGE_WIDTH; x++, rgb += 3) {
            backdrop_radiance(backdrop, texel_direction(x, y), rgb);
            add_clouds(backdrop, texel_direction(x, y), rgb);
        }
    }
    return true;
}

static vec3 above_horizon(rng *rng, float low, float high)
{
    float elevation = rng_uniform(rng, low, high), around = rng_uniform(rng, 0, TAU);
    return (vec3){cosf(elevation) * sinf(around), sinf(elevation), cosf(elevation) * cosf(around)};
}

/* The same light from a larger disc. */
static sun widened(sun sun, float degrees)
{
    float solid_angle = TAU * (1 - cosf(degrees * TAU / 360));
    for (int c = 0; c < 3; c++)
        sun.radiance[c] *= sun.solid_angle / solid_angle;
    sun.cos_radius = cosf(degrees * TAU / 360);
    sun.solid_angle = solid_angle;
    return sun;
}

static bool surround_sky(world *world, environment *environment, error *error)
{
    rng *rng = &world->rng;
    sky sky;
    vec3 direction = above_horizon(rng, 0.08f, 1.4f);
    if (!sky_create(direction, rng_uniform(rng, SKY_MIN_TURBIDITY, SKY_MAX_TURBIDITY), &sky, error) ||
        !sky_image(&sky, IMAGE_WIDTH, IMAGE_WIDTH / 2, &environment->image, error))
        return false;
    environment->kind = ENVIRONMENT_IMAGE;
    environment->sun = sky_sun(&sky);
    if (world->paint.allows_glass)
        environment->sun = widened(environment->sun, rng_uniform(rng, 3, 8));
    else if (rng_chance(rng, 0.5f))
        environment->sun = widened(environment->sun, rng_uniform(rng, 0.3f, 3));
    backdrop clouds = {.clouds = rng_chance(rng, 0.5f) ? rng_uniform(rng, 0.3f, 0.75f) : 0,
                       .seed = (uint32_t)rng_bits(rng)};
    float *rgb = environment->image.pixels;
    for (int y = 0; y < IMAGE_WIDTH / 2; y++)
        for (int x = 0; x < IMAGE_WIDTH; x++, rgb += 3)
            add_clouds(&clouds, texel_direction(x, y), rgb);
    return true;
}

static backdrop random_overcast(rng *rng)
{
    backdrop b = {.clouds = rng_chance(rng, 0.5f) ? rng_uniform(rng, 0.4f, 0.9f) : 0, .seed = (uint32_t)rng_bits(rng)};
    float hue = rng_uniform(rng, 0.5f, 0.7f);
    color_from_hsv(hue, rng_uniform(rng, 0, 0.3f), rng_uniform(rng, 0.05f, 0.4f), b.ground);
    color_from_hsv(hue, rng_uniform(rng, 0, 0.3f), rng_uniform(rng, 0.3f, 0.8f), b.horizon);
    color_from_hsv(hue, rng_uniform(rng, 0, 0.4f), rng_uniform(rng, 0.5f, 1.2f), b.zenith);
    return b;
}

static backdrop random_sunset(rng *rng)
{
    backdrop b = {.clouds = rng_uniform(rng, 0, 0.7f), .seed = (uint32_t)rng_bits(rng), .glow_count = 1};
    float hue = rng_uniform(rng, 0, 1), strength = rng_log_uniform(rng, 2, 30);
    color_from_hsv(hue + 0.5f, 0.3f, 0.1f, b.ground);
    color_from_hsv(hue, rng_uniform(rng, 0.2f, 0.75f), 0.8f, b.horizon);
    color_from_hsv(hue + rng_uniform(rng, 0.2f, 0.6f), rng_uniform(rng, 0.2f, 0.7f), rng_uniform(rng, 0.1f, 0.5f),
                   b.zenith);
    b.glows[0] = (glow){above_horizon(rng, 0, 0.6f), {0}, rng_uniform(rng, 0.9f, 0.99f)};
    color_from_hsv(hue + 0.05f, rng_uniform(rng, 0.2f, 0.7f), strength, b.glows[0].color);
    return b;
}

static backdrop random_studio(rng *rng)
{
    backdrop b = {.glow_count = rng_integer(rng, 1, SOFT_BOXES), .hard = rng_chance(rng, 0.6f)};
    float saturation = rng_chance(rng, 0.25f) ? 0.7f : 0.12f;
    color_from_hsv(rng_uniform(rng, 0, 1), saturation, rng_log_uniform(rng, 0.02f, 0.4f), b.horizon);
    color_from_hsv(rng_uniform(rng, 0, 1), saturation, rng_log_uniform(rng, 0.02f, 0.4f), b.zenith);
    color_from_hsv(rng_uniform(rng, 0, 1), saturation, rng_log_uniform(rng, 0.01f, 0.2f), b.ground);
    for (int i = 0; i < b.glow_count; i++) {
        b.glows[i] = (glow){above_horizon(rng, -0.2f, 1.5f), {0}, rng_uniform(rng, 0.85f, 0.985f)};
        color_from_hsv(rng_uniform(rng, 0, 1), saturation * rng_uniform(rng, 0, 1), rng_log_uniform(rng, 1, 12),
                       b.glows[i].color);
    }
    return b;
}

/* One of the user's, turned about y, from either side. */
static bool surround_picture(world *world, environment *environment, error *error)
{
    const assets *assets = world->assets;
    const image *from = &assets->environments[rng_integer(&world->rng, 0, assets->environment_count - 1)];
    const int width = from->width, height = from->height, shift = rng_integer(&world->rng, 0, width - 1);
    const bool mirrored = rng_chance(&world->rng, 0.5f);
    image *image = &environment->image;
    environment->kind = ENVIRONMENT_IMAGE;
    *image = (struct image){width, height, 3, malloc((size_t)width * (size_t)height * 3 * sizeof(float))};
    if (!image->pixels)
        return error_set(error, "no memory for an environment of %d x %d texels", width, height);
    for (int i = 0; i < width * height; i++) {
        int column = (i % width + shift) % width, row = i - i % width;
        memcpy(image->pixels + 3 * i, from->pixels + 3 * (row + (mirrored ? width - 1 - column : column)),
               3 * sizeof(float));
    }
    return true;
}

bool lights_surround(world *world, surroundings kind, error *error)
{
    environment *environment = &world->mesh.scene->environment;
    backdrop backdrop;
    const assets *assets = world->assets;
    if (assets && assets->environment_count > 0 && kind != SURROUNDINGS_DARK && rng_chance(&world->rng, 0.5f))
        return surround_picture(world, environment, error);
    switch (kind) {
    case SURROUNDINGS_SKY:
        return surround_sky(world, environment, error);
    case SURROUNDINGS_OVERCAST:
        backdrop = random_overcast(&world->rng);
        break;
    case SURROUNDINGS_SUNSET:
        backdrop = random_sunset(&world->rng);
        break;
    case SURROUNDINGS_STUDIO:
        backdrop = random_studio(&world->rng);
        break;
    default:
        environment->kind = ENVIRONMENT_CONSTANT;
        if (rng_chance(&world->rng, 0.7f))
            color_from_hsv(rng_uniform(&world->rng, 0.5f, 0.75f), 0.5f, rng_log_uniform(&world->rng, 0.002f, 0.05f),
                           environment->color);
        return true;
    }
    return paint_backdrop(environment, &backdrop, error);
}

/* ---- Lamps ------------------------------------------------------------------------------------------------------- */

/* Warm to cool white, or a color. */
static void random_light_color(rng *rng, float strength, float rgb[3])
{
    if (rng_chance(rng, 0.2f)) {
        color_from_hsv(rng_uniform(rng, 0, 1), rng_uniform(rng, 0.2f, 0.85f), strength, rgb);
        return;
    }
    float warm = rng_uniform(rng, -0.3f, 1);
    rgb[0] = strength * fminf(1 + 0.4f * warm, 1);
    rgb[1] = strength * (1 - 0.3f * fabsf(warm));
    rgb[2] = strength * fminf(1 - 0.7f * warm, 1);
}

static void shine(world *world, float power, float area)
{
    float rgb[3];
    random_light_color(&world->rng, power / area, rgb);
    world->mesh.material =
        rng_chance(&world->rng, 0.1f) ? paint_screen(&world->paint, rgb, &world->rng) : paint_light(&world->paint, rgb);
    world->mesh.density = 1;
}

static void add_panel(world *world, vec3 center, float size, float power)
{
    rng *rng = &world->rng;
    float width = size * rng_uniform(rng, 0.5f, 1), depth = size * rng_uniform(rng, 0.2f, 1);
    shine(world, power, width * depth);
    world->mesh.pose = pose_turned(center, 1, rng_chance(rng, 0.7f) ? 0 : rng_uniform(rng, 0, TAU));
    if (rng_chance(rng, 0.25f))
        world->mesh.pose = pose_random(rng, center, 1);
    mesh_box(&world->mesh, (vec3){-width / 2, -0.02f, -depth / 2}, (vec3){width / 2, 0.02f, depth / 2});
}

static void add_bulb(world *world, vec3 center, float size, float power)
{
    shine(world, power, 2 * TAU * size * size / 4);
    world->mesh.pose = pose_at((vec3){0, 0, 0}, 1);
    shape_ball(&world->mesh, center, size / 2);
}

static void add_tube(world *world, vec3 center, float size, float power)
{
    vec3 half = rng_direction(&world->rng);
    half.y *= 0.3f;
    half = vec3_scale(half, size);
    float radius = 0.05f * size;
    shine(world, power, TAU * radius * 2 * size);
    world->mesh.pose = pose_at(center, 1);
    shape_tube(&world->mesh, (vec3[]){vec3_scale(half, -1), half}, (float[]){radius, radius}, 2, 10);
}

/* A ball under a shade. */
static void add_lantern(world *world, vec3 center, float size, float power)
{
    world->mesh.material = paint_surface(&world->paint, &world->rng);
    world->mesh.density = 2;
    world->mesh.pose = pose_turned(center, 1.6f * size, 0);
    world->mesh.pose.z = (vec3){0, 0, -1}; /* open below */
    world->mesh.pose.y = (vec3){0, -1, 0};
    shape_add(&world->mesh, SHAPE_BOWL, &world->rng);
    add_bulb(world, center, 0.6f * size, power);
}

void lights_lamp(world *world, vec3 center, float size, float power)
{
    static void (*const add[])(struct world *, vec3, float, float) = {add_panel, add_bulb, add_tube, add_lantern};
    float detail = world->mesh.detail;
    world->mesh.detail = 0.5f;
    add[rng_pick(&world->rng, (float[]){1, 1, 0.7f, 0.8f}, 4)](world, center, size, power);
    world->mesh.detail = detail;
}

void lights_hang(world *world, vec3 half, float height)
{
    rng *rng = &world->rng;
    bool wide = world->paint.allows_glass;
    int count = rng_chance(rng, 0.25f) ? rng_integer(rng, 5, 20) : rng_integer(rng, 1, 4);
    for (int i = 0; i < count; i++) {
        float size = wide ? rng_uniform(rng, 0.3f, 0.9f) * fminf(half.x, half.z) : rng_log_uniform(rng, 0.1f, 0.8f);
        float drop = rng_chance(rng, 0.5f) ? 0.06f : rng_uniform(rng, 0.1f, 0.5f) * height;
        vec3 center = {rng_uniform(rng, -0.8f, 0.8f) * half.x, height - drop - size / 2,
                       rng_uniform(rng, -0.8f, 0.8f) * half.z};
        lights_lamp(world, center, size, rng_log_uniform(rng, 0.3f, 3));
    }
}

void lights_panel(world *world, vec3 center, float width, float depth, float power)
{
    shine(world, power, width * depth);
    world->mesh.pose = pose_at(center, 1);
    mesh_box(&world->mesh, (vec3){-width / 2, -0.01f, -depth / 2}, (vec3){width / 2, 0.01f, depth / 2});
}

static vec3 within(rng *rng, vec3 low, vec3 high)
{
    return (vec3){rng_uniform(rng, low.x, high.x), rng_uniform(rng, low.y, high.y), rng_uniform(rng, low.z, high.z)};
}

bool lights_strings(world *world, vec3 low, vec3 high)
{
    rng *rng = &world->rng;
    if (world->paint.allows_glass || !rng_chance(rng, 0.25f))
        return false;
    int count = rng_integer(rng, 12, 120);
    float reach = vec3_length(vec3_subtract(high, low)), size = reach * rng_log_uniform(rng, 0.002f, 0.008f);
    float detail = world->mesh.detail, power = rng_log_uniform(rng, 0.3f, 2) / (float)count;
    uint32_t colors[4];
    vec3 from = within(rng, low, high);
    for (int i = 0; i < 4; i++) {
        float rgb[3];
        random_light_color(rng, power / (2 * TAU * size * size / 4), rgb);
        colors[i] = paint_light(&world->paint, rgb);
    }
    world->mesh.detail = 0.15f;
    world->mesh.pose = pose_at((vec3){0, 0, 0}, 1);
    for (int done = 0; done < count;) {
        int length = rng_integer(rng, 5, 30);
        vec3 to = within(rng, low, high);
        float sag = rng_uniform(rng, 0, 0.1f) * reach;
        for (int i = 0; i < length && done < count; i++, done++) {
            float t = ((float)i + 0.5f) / (float)length;
            vec3 at = vec3_add(vec3_scale(from, 1 - t), vec3_scale(to, t));
            at.y = fmaxf(at.y - 4 * sag * t * (1 - t), low.y);
            world->mesh.material = colors[rng_integer(rng, 0, 3)];
            shape_ball(&world->mesh, at, size / 2);
        }
        from = to;
    }
    world->mesh.detail = detail;
    return true;
}
