#include "place_parts.h"

#include <math.h>

#include "lights.h"
#include "shapes.h"

/* ---- Near -------------------------------------------------------------------------------------------------------- */

/* Lamps around, or an environment that lights. */
static bool light_stage(world *world, float reach, error *error)
{
    rng *rng = &world->rng;
    bool lamps = lights_strings(world, (vec3){-reach, 0.1f * reach, -reach}, (vec3){reach, 1.2f * reach, reach}) ||
                 rng_chance(rng, 0.6f);
    for (int i = lamps ? rng_integer(rng, 1, 4) : 0; i > 0; i--) {
        vec3 out = rng_direction(rng);
        out.y = 0.4f + fabsf(out.y);
        float size = reach * (world->paint.allows_glass ? rng_uniform(rng, 0.5f, 1.2f) : rng_log_uniform(rng, 0.1f, 1));
        lights_lamp(world, vec3_scale(out, 2 * reach), size, reach * reach * rng_log_uniform(rng, 0.5f, 5));
    }
    surroundings kind = (surroundings)rng_pick(rng, (float[]){lamps ? 1 : 0, 0.4f, 0.4f, 0.4f, 1}, SURROUNDINGS_COUNT);
    return lights_surround(world, kind, error);
}

bool build_table(world *world, error *error)
{
    rng *rng = &world->rng;
    float half = rng_uniform(rng, 0.4f, 1);
    place_surface_paint(world, 1, 6);
    place_at_origin(world);
    mesh_box(&world->mesh, (vec3){-2 * half, -0.06f, -2 * half}, (vec3){2 * half, 0, 2 * half});
    world->mesh.detail = 0.8f;
    if (rng_chance(rng, 0.5f)) { /* a wall behind */
        place_surface_paint(world, 0.5f, 3);
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
    place_set_reach(world, (vec3){-2 * half, 0.05f * half, -1.9f * half}, (vec3){2 * half, 1.8f * half, 2.5f * half});
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

bool build_studio(world *world, error *error)
{
    rng *rng = &world->rng;
    sweep sweep = {4, rng_uniform(rng, 0.5f, 2.5f)};
    place_surface_paint(world, 0.2f, 1);
    place_at_origin(world);
    mesh_surface(&world->mesh, sweep_point, &sweep, 2, 36, 8, 14);
    for (int i = rng_integer(rng, 2, 8); i > 0; i--) {
        vec3 at = {rng_uniform(rng, -1.5f, 1.5f), 0, rng_uniform(rng, -1.5f, 1.5f)};
        if (rng_chance(rng, 0.3f)) { /* a plinth */
            place_surface_paint(world, 0.5f, 2);
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
    place_set_reach(world, (vec3){-3.5f, 0.15f, -2}, (vec3){3.5f, 3.5f, 5});
    return light_stage(world, 1.5f, error);
}

bool build_space(world *world, error *error)
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
        place_surface_paint(world, 0.1f, 0.6f);
        world->mesh.pose = pose_at((vec3){0, rng_chance(rng, 0.5f) ? -3.5f : 0, -4}, 1);
        mesh_box(&world->mesh, (vec3){-12, -0.1f, -12}, (vec3){12, 0, 12});
    }
    if (rng_chance(rng, 0.5f))
        for (int i = rng_integer(rng, 1, 5); i > 0; i--)
            lights_lamp(world, vec3_scale(rng_direction(rng), 1.2f * half), rng_uniform(rng, 0.5f, 1.5f),
                        rng_log_uniform(rng, 2, 20));
    place_set_reach(world, (vec3){-5, -3, -5}, (vec3){5, 3, 5});
    surroundings kind = (surroundings)rng_pick(rng, (float[]){0, 0.4f, 0.5f, 0.8f, 1}, SURROUNDINGS_COUNT);
    return lights_surround(world, kind, error);
}
