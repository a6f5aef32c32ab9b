#include "places.h"

#include <math.h>

#include "place_parts.h"
#include "shapes.h"

void place_surface_paint(world *world, float low, float high)
{
    world->mesh.material = paint_surface(&world->paint, &world->rng);
    world->mesh.density = rng_log_uniform(&world->rng, low, high);
}

void place_at_origin(world *world)
{
    world->mesh.pose = pose_at((vec3){0, 0, 0}, 1);
}

surroundings place_daylight(rng *rng)
{
    return (surroundings)rng_pick(rng, (float[]){0, 1.2f, 0.6f, 0.6f, 0.15f}, SURROUNDINGS_COUNT);
}

void place_furniture(world *world, vec3 at)
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

void place_set_reach(world *world, vec3 low, vec3 high)
{
    world->low = low;
    world->high = high;
}

bool place_build(world *world, place place, error *error)
{
    static bool (*const build[PLACE_COUNT])(struct world *, struct error *) = {
        [PLACE_ROOM] = build_room,     [PLACE_HALL] = build_hall,     [PLACE_BOX] = build_box,
        [PLACE_TABLE] = build_table,   [PLACE_STUDIO] = build_studio, [PLACE_GROUND] = build_ground,
        [PLACE_STREET] = build_street, [PLACE_SPACE] = build_space,   [PLACE_CAVE] = build_cave,
    };
    return build[place](world, error);
}
