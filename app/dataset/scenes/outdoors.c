#include "place_parts.h"

#include <math.h>

#include "lights.h"
#include "shapes.h"

/* ---- Outside ----------------------------------------------------------------------------------------------------- */

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

bool build_ground(world *world, error *error)
{
    rng *rng = &world->rng;
    land land = {(uint32_t)rng_bits(rng), 40, rng_chance(rng, 0.4f) ? 0 : rng_log_uniform(rng, 0.5f, 9),
                 rng_uniform(rng, 2, 6)};
    place_surface_paint(world, 0.08f, 0.7f);
    place_at_origin(world);
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
    place_set_reach(world, (vec3){-11, middle.y + 0.1f, -11}, (vec3){11, middle.y + 5, 11});
    bool night = rng_chance(rng, 0.2f);
    if (night)
        lights_strings(world, (vec3){-6, middle.y + 0.5f, -6}, (vec3){6, middle.y + 4, 6});
    for (int i = night ? rng_integer(rng, 3, 10) : 0; i > 0; i--) {
        vec3 at = on_land(&land, rng_uniform(rng, -6, 6), rng_uniform(rng, -6, 6));
        at.y += rng_uniform(rng, 0.4f, 3);
        lights_lamp(world, at, rng_uniform(rng, 0.3f, 0.8f), rng_log_uniform(rng, 2, 15));
    }
    return lights_surround(world, night ? SURROUNDINGS_DARK : place_daylight(rng), error);
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

bool build_street(world *world, error *error)
{
    rng *rng = &world->rng;
    float side = rng_uniform(rng, 3, 6), reach = 18;
    place_surface_paint(world, 0.1f, 0.8f);
    place_at_origin(world);
    mesh_box(&world->mesh, (vec3){-50, -1, -50}, (vec3){50, 0, 50});
    place_surface_paint(world, 0.3f, 2);
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
    if (night) {
        lights_strings(world, (vec3){-side, 2, -reach}, (vec3){side, 6, reach});
        add_street_lamps(world, 0.8f * side, reach);
    }
    place_set_reach(world, (vec3){-side, 0.4f, -reach}, (vec3){side, 5, reach});
    return lights_surround(world, night ? SURROUNDINGS_DARK : place_daylight(rng), error);
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

bool build_cave(world *world, error *error)
{
    rng *rng = &world->rng;
    hollow hollow = {{rng_uniform(rng, 2.5f, 6), rng_uniform(rng, 2, 4), rng_uniform(rng, 2.5f, 6)},
                     (uint32_t)rng_bits(rng),
                     rng_uniform(rng, 2, 6),
                     rng_uniform(rng, 0.2f, 0.9f)};
    vec3 half = hollow.half;
    place_surface_paint(world, 0.1f, 0.6f);
    place_at_origin(world);
    mesh_surface(&world->mesh, hollow_point, &hollow, 110, 70, 3 * half.x, 3 * half.y);
    place_surface_paint(world, 0.2f, 1);
    mesh_quad(&world->mesh, (vec3){-9, 0, 9}, (vec3){18, 0, 0}, (vec3){0, 0, -18});
    world->mesh.detail = 0.7f;
    for (int i = rng_integer(rng, 4, 10); i > 0; i--)
        place_furniture(world,
                        (vec3){rng_uniform(rng, -0.6f, 0.6f) * half.x, 0, rng_uniform(rng, -0.6f, 0.6f) * half.z});
    lights_hang(world, vec3_scale(half, 0.6f), 0.9f * half.y);
    place_set_reach(world, (vec3){-0.7f * half.x, 0.3f, -0.7f * half.z}, (vec3){0.7f * half.x, half.y, 0.7f * half.z});
    return lights_surround(world, SURROUNDINGS_DARK, error);
}
