#include "place_parts.h"

#include <math.h>

#include "lights.h"
#include "shapes.h"

/* ---- Rooms ------------------------------------------------------------------------------------------------------- */

/* A wall's pose: x along it, y up, z into the room. */
static void walls_of(vec3 half, pose walls[4], float lengths[4])
{
    static const vec3 up = {0, 1, 0};
    const vec3 corners[4] = {{-half.x, 0, -half.z}, {half.x, 0, half.z}, {-half.x, 0, half.z}, {half.x, 0, -half.z}};
    const vec3 along[4] = {{1, 0, 0}, {-1, 0, 0}, {0, 0, -1}, {0, 0, 1}};
    for (int i = 0; i < 4; i++) {
        walls[i] = (pose){along[i], up, vec3_cross(along[i], up), {1, 1, 1}, corners[i]};
        lengths[i] = i < 2 ? 2 * half.x : 2 * half.z;
    }
}

static void patch(world *world, float left, float bottom, float right, float top)
{
    mesh_quad(&world->mesh, (vec3){left, bottom, 0}, (vec3){right - left, 0, 0}, (vec3){0, top - bottom, 0});
}

static void add_window(world *world, float left, float bottom, float right, float top, uint32_t frame)
{
    uint32_t wall = world->mesh.material;
    const float bar = 0.04f;
    world->mesh.material = frame;
    mesh_box(&world->mesh, (vec3){left - bar, bottom - bar, -0.15f}, (vec3){right + bar, bottom, 0.1f});
    mesh_box(&world->mesh, (vec3){left - bar, top, -0.15f}, (vec3){right + bar, top + bar, 0.05f});
    mesh_box(&world->mesh, (vec3){left - bar, bottom, -0.15f}, (vec3){left, top, 0.05f});
    mesh_box(&world->mesh, (vec3){right, bottom, -0.15f}, (vec3){right + bar, top, 0.05f});
    int bars = (int)((right - left) / 0.5f);
    for (int i = 1; i <= bars; i++) {
        float x = left + (right - left) * (float)i / (float)(bars + 1);
        mesh_box(&world->mesh, (vec3){x - 0.02f, bottom, -0.08f}, (vec3){x + 0.02f, top, -0.04f});
    }
    world->mesh.material = wall;
}

static void add_wall(world *world, float length, float height, int windows, uint32_t frame)
{
    if (windows == 0) {
        patch(world, 0, 0, length, height);
        return;
    }
    float wide = length / (float)windows, opening = rng_uniform(&world->rng, 0.3f, 0.85f) * wide;
    float bottom = height * rng_uniform(&world->rng, 0, 0.4f), top = height * rng_uniform(&world->rng, 0.7f, 0.95f);
    patch(world, 0, 0, length, bottom);
    patch(world, 0, top, length, height);
    for (int i = 0; i < windows; i++) {
        float left = ((float)i + 0.5f) * wide - opening / 2, right = left + opening;
        patch(world, (float)i * wide, bottom, left, top);
        patch(world, right, bottom, ((float)i + 1) * wide, top);
        add_window(world, left, bottom, right, top, frame);
    }
}

static void add_picture(world *world, float length, float height)
{
    rng *rng = &world->rng;
    float width = rng_uniform(rng, 0.15f, 0.6f), tall = rng_uniform(rng, 0.15f, 0.45f);
    float x = rng_uniform(rng, 0.7f, fmaxf(length - 0.7f, 0.8f)), y = height * rng_uniform(rng, 0.45f, 0.65f);
    world->mesh.material = paint_object(&world->paint, rng);
    mesh_box(&world->mesh, (vec3){x - width, y - tall, 0.005f}, (vec3){x + width, y + tall, 0.03f});
    world->mesh.material = paint_object(&world->paint, rng);
    world->mesh.density = 0.5f / width;
    width -= 0.05f, tall -= 0.05f;
    mesh_box(&world->mesh, (vec3){x - width, y - tall, 0.02f}, (vec3){x + width, y + tall, 0.035f});
}

static void add_curtain(world *world, pose wall, float length, float height)
{
    rng *rng = &world->rng;
    float width = rng_uniform(rng, 0.4f, 1.2f), x = rng_uniform(rng, 0.6f, fmaxf(length - 0.6f, 0.7f));
    pose hung = pose_join(wall, pose_at((vec3){x, 0.5f * height, 0.15f}, 1));
    hung.scale = (vec3){width, 0.95f * height, 1};
    world->mesh.pose = hung;
    world->mesh.material = paint_surface(&world->paint, rng);
    shape_add(&world->mesh, SHAPE_CLOTH, rng);
}

static void decorate_wall(world *world, pose wall, float length, float height)
{
    rng *rng = &world->rng;
    float angle = atan2f(wall.z.x, wall.z.z);
    vec3 at = {rng_uniform(rng, 0.25f, 0.75f) * length, 0, 0.17f};
    if (rng_chance(rng, 0.5f)) {
        world->mesh.pose = wall;
        add_picture(world, length, height);
    }
    if (rng_chance(rng, 0.35f))
        object_shelf(world, pose_point(&wall, at), angle);
    if (rng_chance(rng, 0.2f))
        add_curtain(world, wall, length, height);
    if (rng_chance(rng, 0.25f)) { /* panelling */
        world->mesh.pose = wall;
        place_surface_paint(world, 0.5f, 2);
        mesh_box(&world->mesh, (vec3){0, 0, -0.02f}, (vec3){length, rng_uniform(rng, 0.1f, 0.4f) * height, 0.03f});
    }
}

/* half.y is the height. Walls, floor and ceiling. Whether there are windows. */
static bool add_shell(world *world, vec3 half, int most_windows)
{
    rng *rng = &world->rng;
    pose walls[4];
    float lengths[4], height = half.y;
    uint32_t common = paint_surface(&world->paint, rng), frame = paint_surface(&world->paint, rng);
    float density = rng_log_uniform(rng, 0.25f, 1.5f);
    bool any = false;
    walls_of(half, walls, lengths);
    for (int i = 0; i < 4; i++) {
        int windows = most_windows > 0 && rng_chance(rng, 0.4f) ? rng_integer(rng, 1, most_windows) : 0;
        any = any || windows > 0;
        world->mesh.material = rng_chance(rng, 0.7f) ? common : paint_surface(&world->paint, rng);
        world->mesh.density = density;
        world->mesh.pose = walls[i];
        add_wall(world, lengths[i], height, windows, frame);
        if (windows == 0)
            decorate_wall(world, walls[i], lengths[i], height);
    }
    place_at_origin(world);
    place_surface_paint(world, 0.25f, 1.5f);
    mesh_quad(&world->mesh, (vec3){-half.x, 0, half.z}, (vec3){2 * half.x, 0, 0}, (vec3){0, 0, -2 * half.z});
    place_surface_paint(world, 0.25f, 1.5f);
    mesh_quad(&world->mesh, (vec3){-half.x, height, -half.z}, (vec3){2 * half.x, 0, 0}, (vec3){0, 0, 2 * half.z});
    return any;
}

static void add_beams(world *world, vec3 half)
{
    rng *rng = &world->rng;
    place_surface_paint(world, 0.5f, 2);
    place_at_origin(world);
    float step = rng_uniform(rng, 0.5f, 1.5f), wide = rng_uniform(rng, 0.04f, 0.15f);
    for (float x = -half.x + step / 2; x < half.x; x += step)
        mesh_box(&world->mesh, (vec3){x - wide, half.y - 2 * wide, -half.z}, (vec3){x + wide, half.y, half.z});
}

static void add_rug(world *world, vec3 half)
{
    rng *rng = &world->rng;
    place_surface_paint(world, 0.3f, 1);
    world->mesh.pose =
        pose_turned((vec3){rng_uniform(rng, -0.4f, 0.4f) * half.x, 0, rng_uniform(rng, -0.4f, 0.4f) * half.z}, 1,
                    rng_uniform(rng, 0, TAU));
    float x = rng_uniform(rng, 0.3f, 0.6f) * half.x, z = rng_uniform(rng, 0.3f, 0.6f) * half.z;
    mesh_box(&world->mesh, (vec3){-x, 0.002f, -z}, (vec3){x, 0.015f, z});
}

/* Daylight through windows, lamps, or both. */
static bool light_indoors(world *world, vec3 half, bool has_windows, error *error)
{
    rng *rng = &world->rng;
    bool day = has_windows && rng_chance(rng, 0.8f);
    bool strings = lights_strings(world, (vec3){-0.9f * half.x, 0.5f * half.y, -0.9f * half.z},
                                  (vec3){0.9f * half.x, 0.95f * half.y, 0.9f * half.z});
    if ((!day && !strings) || rng_chance(rng, 0.4f))
        lights_hang(world, half, half.y);
    return lights_surround(world, day ? place_daylight(rng) : SURROUNDINGS_DARK, error);
}

bool build_room(world *world, error *error)
{
    rng *rng = &world->rng;
    vec3 half = {rng_log_uniform(rng, 1.2f, 5), rng_uniform(rng, 2.2f, 4), rng_log_uniform(rng, 1.2f, 6)};
    world->mesh.detail = 0.7f;
    bool windows = add_shell(world, half, rng_chance(rng, 0.6f) ? 3 : 0);
    if (rng_chance(rng, 0.2f))
        add_beams(world, half);
    if (rng_chance(rng, 0.4f))
        add_rug(world, half);
    int count = 2 + (int)(half.x * half.z * rng_uniform(rng, 0.3f, 1));
    for (int i = 0; i < (count < 14 ? count : 14); i++)
        place_furniture(world,
                        (vec3){rng_uniform(rng, -0.8f, 0.8f) * half.x, 0, rng_uniform(rng, -0.8f, 0.8f) * half.z});
    place_set_reach(world, (vec3){0.1f - half.x, 0.3f, 0.1f - half.z},
                    (vec3){half.x - 0.1f, half.y - 0.2f, half.z - 0.1f});
    return light_indoors(world, half, windows, error);
}

bool build_hall(world *world, error *error)
{
    rng *rng = &world->rng;
    vec3 half = {rng_uniform(rng, 2, 6), rng_uniform(rng, 3, 9), rng_uniform(rng, 6, 16)};
    world->mesh.detail = 0.6f;
    bool windows = add_shell(world, half, rng_chance(rng, 0.75f) ? 7 : 0);
    uint32_t material = paint_object(&world->paint, rng);
    int columns = rng_integer(rng, 2, 6);
    float inset = rng_uniform(rng, 0.5f, 0.85f) * half.x, radius = rng_uniform(rng, 0.12f, 0.4f);
    world->mesh.density = rng_log_uniform(rng, 0.3f, 1);
    for (int i = 0; i < 2 * columns; i++) {
        float z = half.z * (2 * ((float)(i / 2) + 0.5f) / (float)columns - 1);
        object_column(world, (vec3){i % 2 ? inset : -inset, 0, z}, half.y, radius, material);
    }
    if (rng_chance(rng, 0.4f))
        object_stairs(world, (vec3){0, 0, half.z * 0.5f}, 0, rng_integer(rng, 4, 10));
    for (int i = rng_integer(rng, 2, 8); i > 0; i--)
        place_furniture(world,
                        (vec3){rng_uniform(rng, -0.6f, 0.6f) * half.x, 0, rng_uniform(rng, -0.8f, 0.8f) * half.z});
    place_set_reach(world, (vec3){0.2f - half.x, 0.4f, 0.2f - half.z},
                    (vec3){half.x - 0.2f, 0.7f * half.y, half.z - 0.2f});
    return light_indoors(world, half, windows, error);
}

/* Checks, bricks or another pattern on one wall and the floor; plain colors, often of two kinds, elsewhere. */
static void add_box_walls(world *world, vec3 half)
{
    static const pattern_kind patterns[] = {PATTERN_BRICKS, PATTERN_CHECKS, PATTERN_STRIPES, PATTERN_MOSAIC};
    rng *rng = &world->rng;
    pose walls[4];
    float lengths[4];
    uint32_t sides[2] = {paint_plain(&world->paint, rng), paint_plain(&world->paint, rng)};
    uint32_t white = paint_plain(&world->paint, rng);
    uint32_t decor = paint_patterned(&world->paint, patterns[rng_integer(rng, 0, 3)], rng);
    uint32_t floor = rng_chance(rng, 0.7f) ? paint_patterned(&world->paint, patterns[rng_integer(rng, 0, 3)], rng)
                                           : paint_surface(&world->paint, rng);
    walls_of(half, walls, lengths);
    for (int i = 0; i < 4; i++) {
        world->mesh.material = i < 2 ? (i == 0 || rng_chance(rng, 0.5f) ? decor : white) : sides[i - 2];
        world->mesh.density = rng_log_uniform(rng, 0.3f, 1.2f);
        world->mesh.pose = walls[i];
        mesh_quad(&world->mesh, (vec3){0, 0, 0}, (vec3){lengths[i], 0, 0}, (vec3){0, half.y, 0});
    }
    place_at_origin(world);
    world->mesh.density = rng_log_uniform(rng, 0.3f, 1.2f);
    world->mesh.material = floor;
    mesh_quad(&world->mesh, (vec3){-half.x, 0, half.z}, (vec3){2 * half.x, 0, 0}, (vec3){0, 0, -2 * half.z});
    world->mesh.material = white;
    mesh_quad(&world->mesh, (vec3){-half.x, half.y, -half.z}, (vec3){2 * half.x, 0, 0}, (vec3){0, 0, 2 * half.z});
}

static void add_box_lamp(world *world, vec3 half)
{
    rng *rng = &world->rng;
    float wide = rng_uniform(rng, 0.2f, 0.6f) * half.x, deep = rng_uniform(rng, 0.2f, 0.6f) * half.z;
    lights_panel(world,
                 (vec3){rng_uniform(rng, -0.4f, 0.4f) * half.x, half.y - 0.03f, rng_uniform(rng, -0.4f, 0.4f) * half.z},
                 wide, deep, 1);
}

bool build_box(world *world, error *error)
{
    rng *rng = &world->rng;
    vec3 half = {rng_uniform(rng, 1, 3), rng_uniform(rng, 1.6f, 3.5f), rng_uniform(rng, 1, 3)};
    world->paint.allows_glass = world->paint.allows_glass || rng_chance(rng, 0.5f);
    world->mesh.detail = 0.9f;
    add_box_walls(world, half);
    for (int i = rng_integer(rng, 2, 6); i > 0; i--) {
        vec3 at = {rng_uniform(rng, -0.7f, 0.7f) * half.x, 0, rng_uniform(rng, -0.7f, 0.7f) * half.z};
        float size = rng_uniform(rng, 0.25f, 0.6f) * fminf(half.x, half.z);
        if (rng_chance(rng, 0.15f))
            object_fur(world, at, size);
        else
            object_shining(world, at, size);
    }
    add_box_lamp(world, half);
    place_set_reach(world, (vec3){0.1f - half.x, 0.2f, 0.1f - half.z},
                    (vec3){half.x - 0.1f, half.y - 0.2f, half.z - 0.1f});
    return lights_surround(world, SURROUNDINGS_DARK, error);
}
