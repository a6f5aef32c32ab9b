#include "places.h"

#include <math.h>

#include "lights.h"
#include "shapes.h"

#define TAU 6.2831853f

static void use_surface_paint(world *world, float low, float high)
{
    world->mesh.material = paint_surface(&world->paint, &world->rng);
    world->mesh.density = rng_log_uniform(&world->rng, low, high);
}

static void at_origin(world *world)
{
    world->mesh.pose = pose_at((vec3){0, 0, 0}, 1);
}

static surroundings pick_outdoor_light(rng *rng)
{
    return (surroundings)rng_pick(rng, (float[]){0, 1.2f, 0.6f, 0.6f, 0.15f}, SURROUNDINGS_COUNT);
}

/* ---- Rooms -------------------------------------------------------------------------------------------------------- */

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
        use_surface_paint(world, 0.5f, 2);
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
    at_origin(world);
    use_surface_paint(world, 0.25f, 1.5f);
    mesh_quad(&world->mesh, (vec3){-half.x, 0, half.z}, (vec3){2 * half.x, 0, 0}, (vec3){0, 0, -2 * half.z});
    use_surface_paint(world, 0.25f, 1.5f);
    mesh_quad(&world->mesh, (vec3){-half.x, height, -half.z}, (vec3){2 * half.x, 0, 0}, (vec3){0, 0, 2 * half.z});
    return any;
}

static void add_beams(world *world, vec3 half)
{
    rng *rng = &world->rng;
    use_surface_paint(world, 0.5f, 2);
    at_origin(world);
    float step = rng_uniform(rng, 0.5f, 1.5f), wide = rng_uniform(rng, 0.04f, 0.15f);
    for (float x = -half.x + step / 2; x < half.x; x += step)
        mesh_box(&world->mesh, (vec3){x - wide, half.y - 2 * wide, -half.z}, (vec3){x + wide, half.y, half.z});
}

static void add_rug(world *world, vec3 half)
{
    rng *rng = &world->rng;
    use_surface_paint(world, 0.3f, 1);
    world->mesh.pose =
        pose_turned((vec3){rng_uniform(rng, -0.4f, 0.4f) * half.x, 0, rng_uniform(rng, -0.4f, 0.4f) * half.z}, 1,
                    rng_uniform(rng, 0, TAU));
    float x = rng_uniform(rng, 0.3f, 0.6f) * half.x, z = rng_uniform(rng, 0.3f, 0.6f) * half.z;
    mesh_box(&world->mesh, (vec3){-x, 0.002f, -z}, (vec3){x, 0.015f, z});
}

static void add_furniture(world *world, vec3 at)
{
    rng *rng = &world->rng;
    float angle = rng_uniform(rng, 0, TAU);
    switch (rng_integer(rng, 0, 9)) {
    case 0:
    case 1:
        object_table(world, at, angle);
        break;
    case 2:
        object_chair(world, at, angle);
        break;
    case 3:
        object_shelf(world, at, angle);
        break;
    case 4:
        object_plant(world, at, rng_uniform(rng, 0.5f, 1.4f));
        break;
    case 5:
        object_group(world, at, rng_uniform(rng, 0.3f, 0.8f), rng_uniform(rng, 0.12f, 0.4f));
        break;
    case 6:
        object_lattice(world, at, rng_uniform(rng, 0.4f, 1.2f));
        break;
    case 7:
        object_letters(world, at, angle, rng_uniform(rng, 0.6f, 1.6f));
        break;
    default:
        object_thing(world, at, rng_uniform(rng, 0.3f, 1.2f));
    }
}

static void set_reach(world *world, vec3 low, vec3 high)
{
    world->low = low;
    world->high = high;
}

/* Daylight through windows, lamps, or both. */
static bool light_indoors(world *world, vec3 half, bool has_windows, error *error)
{
    rng *rng = &world->rng;
    bool day = has_windows && rng_chance(rng, 0.8f);
    if (!day || rng_chance(rng, 0.4f))
        lights_hang(world, half, half.y);
    return lights_surround(world, day ? pick_outdoor_light(rng) : SURROUNDINGS_DARK, error);
}

static bool build_room(world *world, error *error)
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
        add_furniture(world, (vec3){rng_uniform(rng, -0.8f, 0.8f) * half.x, 0, rng_uniform(rng, -0.8f, 0.8f) * half.z});
    set_reach(world, (vec3){0.1f - half.x, 0.3f, 0.1f - half.z}, (vec3){half.x - 0.1f, half.y - 0.2f, half.z - 0.1f});
    return light_indoors(world, half, windows, error);
}

static bool build_hall(world *world, error *error)
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
        add_furniture(world, (vec3){rng_uniform(rng, -0.6f, 0.6f) * half.x, 0, rng_uniform(rng, -0.8f, 0.8f) * half.z});
    set_reach(world, (vec3){0.2f - half.x, 0.4f, 0.2f - half.z}, (vec3){half.x - 0.2f, 0.7f * half.y, half.z - 0.2f});
    return light_indoors(world, half, windows, error);
}

/* ---- Near --------------------------------------------------------------------------------------------------------- */

/* Lamps around, or an environment that lights. */
static bool light_stage(world *world, float reach, error *error)
{
    rng *rng = &world->rng;
    bool lamps = rng_chance(rng, 0.6f);
    for (int i = lamps ? rng_integer(rng, 1, 4) : 0; i > 0; i--) {
        vec3 out = rng_direction(rng);
        out.y = 0.4f + fabsf(out.y);
        float size = reach * (world->paint.allows_glass ? rng_uniform(rng, 0.5f, 1.2f) : rng_log_uniform(rng, 0.1f, 1));
        lights_lamp(world, vec3_scale(out, 2 * reach), size, reach * reach * rng_log_uniform(rng, 0.5f, 5));
    }
    surroundings kind = (surroundings)rng_pick(rng, (float[]){lamps ? 1 : 0, 0.4f, 0.4f, 0.4f, 1}, SURROUNDINGS_COUNT);
    return lights_surround(world, kind, error);
}

static bool build_table(world *world, error *error)
{
    rng *rng = &world->rng;
    float half = rng_uniform(rng, 0.4f, 1);
    use_surface_paint(world, 1, 6);
    at_origin(world);
    mesh_box(&world->mesh, (vec3){-2 * half, -0.06f, -2 * half}, (vec3){2 * half, 0, 2 * half});
    world->mesh.detail = 0.8f;
    if (rng_chance(rng, 0.5f)) { /* a wall behind */
        use_surface_paint(world, 0.5f, 3);
        mesh_quad(&world->mesh, (vec3){-4 * half, -half, -2 * half}, (vec3){8 * half, 0, 0}, (vec3){0, 5 * half, 0});
    }
    if (rng_chance(rng, 0.7f))
        object_group(world, (vec3){0, 0, 0}, half * rng_uniform(rng, 0.3f, 0.8f),
                     half * rng_uniform(rng, 0.12f, 0.35f));
    for (int i = rng_integer(rng, 3, 12); i > 0; i--) {
        vec3 at = {rng_uniform(rng, -1, 1) * half, 0, rng_uniform(rng, -1, 1) * half};
        switch (rng_integer(rng, 0, 9)) {
        case 0:
            object_fur(world, at, half * rng_uniform(rng, 0.2f, 0.6f));
            break;
        case 1:
            object_letters(world, at, rng_uniform(rng, 0, TAU), half * rng_uniform(rng, 0.3f, 1));
            break;
        case 2:
            object_plant(world, at, half * rng_uniform(rng, 0.3f, 0.8f));
            break;
        case 3:
            object_lattice(world, at, half * rng_uniform(rng, 0.2f, 0.5f));
            break;
        default:
            object_thing(world, at, half * rng_log_uniform(rng, 0.12f, 0.7f));
        }
    }
    set_reach(world, (vec3){-2 * half, 0.05f * half, -1.9f * half}, (vec3){2 * half, 1.8f * half, 2.5f * half});
    return light_stage(world, half, error);
}

typedef struct sweep {
    float half, bend;
} sweep;

/* A floor that bends up into a wall. */
static vec3 sweep_point(const void *shape, float u, float v)
{
    const sweep *sweep = shape;
    float x = sweep->half * (2 * u - 1), along = 3 * (1 - v), r = sweep->bend;
    if (along < 1)
        return (vec3){x, 0, sweep->half - (2 * sweep->half - r) * along};
    if (along < 2)
        return (vec3){x, r - r * cosf(TAU / 4 * (along - 1)), r - sweep->half - r * sinf(TAU / 4 * (along - 1))};
    return (vec3){x, r + (2 * sweep->half - r) * (along - 2), -sweep->half};
}

static bool build_studio(world *world, error *error)
{
    rng *rng = &world->rng;
    sweep sweep = {4, rng_uniform(rng, 0.5f, 2.5f)};
    use_surface_paint(world, 0.2f, 1);
    at_origin(world);
    mesh_surface(&world->mesh, sweep_point, &sweep, 2, 36, 8, 14);
    for (int i = rng_integer(rng, 2, 8); i > 0; i--) {
        vec3 at = {rng_uniform(rng, -1.5f, 1.5f), 0, rng_uniform(rng, -1.5f, 1.5f)};
        if (rng_chance(rng, 0.3f)) { /* a plinth */
            use_surface_paint(world, 0.5f, 2);
            float height = rng_uniform(rng, 0.1f, 0.8f), wide = rng_uniform(rng, 0.2f, 0.5f);
            world->mesh.pose = pose_turned(at, 1, rng_uniform(rng, 0, TAU));
            mesh_box(&world->mesh, (vec3){-wide, 0, -wide}, (vec3){wide, height, wide});
            at.y = height;
        }
        if (rng_chance(rng, 0.12f))
            object_fur(world, at, rng_uniform(rng, 0.4f, 1.2f));
        else
            object_thing(world, at, rng_log_uniform(rng, 0.3f, 1.6f));
    }
    if (rng_chance(rng, 0.3f))
        object_group(world, (vec3){rng_uniform(rng, -1, 1), 0, rng_uniform(rng, -1, 1)}, 0.7f,
                     rng_uniform(rng, 0.15f, 0.35f));
    set_reach(world, (vec3){-3.5f, 0.15f, -2}, (vec3){3.5f, 3.5f, 5});
    return light_stage(world, 1.5f, error);
}

static bool build_space(world *world, error *error)
{
    rng *rng = &world->rng;
    float half = 3, wide = rng_uniform(rng, 0.4f, 1);
    int count = rng_integer(rng, 15, 60);
    world->mesh.detail = count > 20 ? 0.45f : 0.8f;
    for (int i = 0; i < count; i++) {
        vec3 at = vec3_scale(rng_direction(rng), half * cbrtf(rng_uniform(rng, 0, 1)));
        at.y *= wide;
        if (rng_chance(rng, 0.08f))
            object_fur(world, at, rng_uniform(rng, 0.5f, 1.5f));
        else
            object_floating(world, at, rng_log_uniform(rng, 0.4f, 9 / sqrtf((float)count)));
    }
    if (rng_chance(rng, 0.35f)) { /* a wall or a floor */
        use_surface_paint(world, 0.1f, 0.6f);
        world->mesh.pose = pose_at((vec3){0, rng_chance(rng, 0.5f) ? -3.5f : 0, -4}, 1);
        mesh_box(&world->mesh, (vec3){-12, -0.1f, -12}, (vec3){12, 0, 12});
    }
    if (rng_chance(rng, 0.5f))
        for (int i = rng_integer(rng, 1, 5); i > 0; i--)
            lights_lamp(world, vec3_scale(rng_direction(rng), 1.2f * half), rng_uniform(rng, 0.5f, 1.5f),
                        rng_log_uniform(rng, 2, 20));
    set_reach(world, (vec3){-5, -3, -5}, (vec3){5, 3, 5});
    surroundings kind = (surroundings)rng_pick(rng, (float[]){0, 0.4f, 0.5f, 0.8f, 1}, SURROUNDINGS_COUNT);
    return lights_surround(world, kind, error);
}

/* ---- Outside ------------------------------------------------------------------------------------------------------ */

typedef struct land {
    uint32_t seed;
    float half, amplitude, bumps;
} land;

static vec3 on_land(const land *land, float x, float z)
{
    return (vec3){x, shape_terrain_height(land->seed, land->half, land->amplitude, land->bumps, x, z) - 0.02f, z};
}

static void add_to_land(world *world, vec3 at)
{
    rng *rng = &world->rng;
    switch (rng_integer(rng, 0, 9)) {
    case 0:
    case 1:
        object_tree(world, at, rng_uniform(rng, 1.5f, 6));
        break;
    case 2:
        object_grass(world, at, rng_uniform(rng, 0.5f, 2), rng_uniform(rng, 0.1f, 0.6f), 500);
        break;
    case 3:
        object_fence(world, at, vec3_add(at, (vec3){rng_uniform(rng, -6, 6), 0, rng_uniform(rng, 2, 5)}),
                     rng_uniform(rng, 0.6f, 1.6f));
        break;
    case 4:
        object_group(world, at, rng_uniform(rng, 0.8f, 2), rng_uniform(rng, 0.3f, 1));
        break;
    case 5:
        object_house(world, at, (vec3){rng_uniform(rng, 2, 5), rng_uniform(rng, 2, 7), rng_uniform(rng, 2, 5)});
        break;
    case 6:
        object_letters(world, at, rng_uniform(rng, 0, TAU), rng_uniform(rng, 1, 4));
        break;
    case 7:
        object_lattice(world, at, rng_uniform(rng, 1, 3));
        break;
    default:
        object_thing(world, at, rng_log_uniform(rng, 0.4f, 3));
    }
}

static bool build_ground(world *world, error *error)
{
    rng *rng = &world->rng;
    land land = {(uint32_t)rng_bits(rng), 40, rng_chance(rng, 0.4f) ? 0 : rng_log_uniform(rng, 0.5f, 9),
                 rng_uniform(rng, 2, 6)};
    use_surface_paint(world, 0.08f, 0.7f);
    at_origin(world);
    if (land.amplitude > 0)
        shape_terrain(&world->mesh, land.seed, land.half, land.amplitude, land.bumps, 110);
    else
        mesh_box(&world->mesh, (vec3){-60, -1, -60}, (vec3){60, 0, 60});
    if (land.amplitude > 2 && rng_chance(rng, 0.4f)) { /* water */
        world->mesh.material = paint_glass(&world->paint, rng);
        mesh_box(&world->mesh, (vec3){-40, -6, -40}, (vec3){40, -0.1f * land.amplitude, 40});
    }
    world->mesh.detail = 0.7f;
    for (int i = rng_integer(rng, 5, 16); i > 0; i--) {
        float away = 9 * sqrtf(rng_uniform(rng, 0, 1)), angle = rng_uniform(rng, 0, TAU);
        add_to_land(world, on_land(&land, away * sinf(angle), away * cosf(angle)));
    }
    vec3 middle = on_land(&land, 0, 0);
    set_reach(world, (vec3){-11, middle.y + 0.1f, -11}, (vec3){11, middle.y + 5, 11});
    bool night = rng_chance(rng, 0.15f);
    for (int i = night ? rng_integer(rng, 3, 10) : 0; i > 0; i--) {
        vec3 at = on_land(&land, rng_uniform(rng, -6, 6), rng_uniform(rng, -6, 6));
        at.y += rng_uniform(rng, 0.4f, 3);
        lights_lamp(world, at, rng_uniform(rng, 0.3f, 0.8f), rng_log_uniform(rng, 2, 15));
    }
    return lights_surround(world, night ? SURROUNDINGS_DARK : pick_outdoor_light(rng), error);
}

static void add_street_lamps(world *world, float side, float reach)
{
    rng *rng = &world->rng;
    uint32_t metal = paint_object(&world->paint, rng);
    float height = rng_uniform(rng, 2.5f, 4.5f), power = rng_log_uniform(rng, 3, 15);
    for (float z = -reach; z < reach; z += 7) {
        vec3 foot = {z > 0 ? side : -side, 0, z};
        world->mesh.material = metal;
        world->mesh.pose = pose_at(foot, 1);
        shape_tube(&world->mesh, (vec3[]){{0, 0, 0}, {0, height, 0}}, (float[]){0.06f, 0.04f}, 2, 8);
        lights_lamp(world, (vec3){foot.x, height + 0.25f, z}, 0.5f, power);
    }
}

static void add_car(world *world, vec3 ground)
{
    rng *rng = &world->rng;
    world->mesh.pose = pose_at(ground, 1);
    world->mesh.density = 0.3f;
    world->mesh.material = paint_object(&world->paint, rng);
    mesh_box(&world->mesh, (vec3){-0.8f, 0.3f, -1.8f}, (vec3){0.8f, 0.8f, 1.8f});
    mesh_box(&world->mesh, (vec3){-0.65f, 1.25f, -0.9f}, (vec3){0.65f, 1.35f, 0.8f});
    uint32_t glass = paint_glass(&world->paint, rng), tire = paint_surface(&world->paint, rng);
    world->mesh.material = glass;
    mesh_box(&world->mesh, (vec3){-0.62f, 0.82f, -0.85f}, (vec3){0.62f, 1.23f, 0.75f});
    world->mesh.material = tire;
    for (int i = 0; i < 4; i++) {
        vec3 hub = {i & 1 ? 0.72f : -0.72f, 0.3f, i & 2 ? 1.1f : -1.1f};
        shape_tube(&world->mesh, (vec3[]){vec3_add(hub, (vec3){-0.1f, 0, 0}), vec3_add(hub, (vec3){0.1f, 0, 0})},
                   (float[]){0.3f, 0.3f}, 2, 20);
    }
    world_look_at(world, vec3_add(ground, (vec3){0, 0.7f, 0}), 1.5f);
}

static bool build_street(world *world, error *error)
{
    rng *rng = &world->rng;
    float side = rng_uniform(rng, 3, 6), reach = 18;
    use_surface_paint(world, 0.1f, 0.8f);
    at_origin(world);
    mesh_box(&world->mesh, (vec3){-50, -1, -50}, (vec3){50, 0, 50});
    use_surface_paint(world, 0.3f, 2);
    for (int i = -1; i <= 1; i += 2) {
        float inner = 0.7f * side, x = (float)i * (inner + side + 8) / 2, half = (side + 8 - inner) / 2;
        mesh_box(&world->mesh, (vec3){x - half, 0, -50}, (vec3){x + half, 0.12f, 50});
    }
    world->mesh.detail = 0.6f;
    for (int i = -1; i <= 1; i += 2) {
        for (float z = -reach; z < reach;) {
            vec3 size = {rng_uniform(rng, 4, 8), rng_log_uniform(rng, 3, 14), rng_uniform(rng, 4, 9)};
            if (rng_chance(rng, 0.85f))
                object_house(world, (vec3){(float)i * (side + 1 + size.x / 2), 0.12f, z + size.z / 2}, size);
            else
                object_tree(world, (vec3){(float)i * (side + 3), 0.12f, z + size.z / 2}, 5);
            z += size.z + rng_uniform(rng, 0.2f, 2);
        }
    }
    for (int i = rng_integer(rng, 2, 8); i > 0; i--) {
        vec3 at = {rng_uniform(rng, -0.65f, 0.65f) * side, 0, rng_uniform(rng, -0.7f, 0.7f) * reach};
        if (rng_chance(rng, 0.5f))
            add_car(world, at);
        else
            add_to_land(world, (vec3){at.x > 0 ? side : -side, 0.12f, at.z});
    }
    bool night = rng_chance(rng, 0.3f);
    if (night)
        add_street_lamps(world, 0.8f * side, reach);
    set_reach(world, (vec3){-side, 0.4f, -reach}, (vec3){side, 5, reach});
    return lights_surround(world, night ? SURROUNDINGS_DARK : pick_outdoor_light(rng), error);
}

typedef struct hollow {
    vec3 half;
    uint32_t seed;
    float bumps, depth;
} hollow;

/* Seen from inside: u runs the other way round. */
static vec3 hollow_point(const void *shape, float u, float v)
{
    const hollow *hollow = shape;
    float around = -TAU * u, down = TAU / 2 * v, level = fmaxf(sinf(down), 0);
    vec3 d = {level * sinf(around), cosf(down), level * cosf(around)};
    vec3 at = vec3_add(vec3_scale(d, hollow->bumps), (vec3){64, 64, 64});
    float r = 1 + hollow->depth * (noise_space(hollow->seed, at, 4) - 0.5f);
    return (vec3){r * hollow->half.x * d.x, r * hollow->half.y * (d.y + 0.6f), r * hollow->half.z * d.z};
}

static bool build_cave(world *world, error *error)
{
    rng *rng = &world->rng;
    hollow hollow = {{rng_uniform(rng, 2.5f, 6), rng_uniform(rng, 2, 4), rng_uniform(rng, 2.5f, 6)},
                     (uint32_t)rng_bits(rng),
                     rng_uniform(rng, 2, 6),
                     rng_uniform(rng, 0.2f, 0.9f)};
    vec3 half = hollow.half;
    use_surface_paint(world, 0.1f, 0.6f);
    at_origin(world);
    mesh_surface(&world->mesh, hollow_point, &hollow, 110, 70, 3 * half.x, 3 * half.y);
    use_surface_paint(world, 0.2f, 1);
    mesh_quad(&world->mesh, (vec3){-9, 0, 9}, (vec3){18, 0, 0}, (vec3){0, 0, -18});
    world->mesh.detail = 0.7f;
    for (int i = rng_integer(rng, 4, 10); i > 0; i--)
        add_furniture(world, (vec3){rng_uniform(rng, -0.6f, 0.6f) * half.x, 0, rng_uniform(rng, -0.6f, 0.6f) * half.z});
    lights_hang(world, vec3_scale(half, 0.6f), 0.9f * half.y);
    set_reach(world, (vec3){-0.7f * half.x, 0.3f, -0.7f * half.z}, (vec3){0.7f * half.x, half.y, 0.7f * half.z});
    return lights_surround(world, SURROUNDINGS_DARK, error);
}

bool place_build(world *world, place place, error *error)
{
    static bool (*const build[PLACE_COUNT])(struct world *, struct error *) = {
        [PLACE_ROOM] = build_room,     [PLACE_HALL] = build_hall,     [PLACE_TABLE] = build_table,
        [PLACE_STUDIO] = build_studio, [PLACE_GROUND] = build_ground, [PLACE_STREET] = build_street,
        [PLACE_SPACE] = build_space,   [PLACE_CAVE] = build_cave,
    };
    return build[place](world, error);
}
