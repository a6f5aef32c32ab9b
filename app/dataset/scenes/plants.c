#include "objects.h"

#include <math.h>

#include "shapes.h"

static void use_paint(world *world, float size)
{
    world->mesh.material = paint_object(&world->paint, &world->rng);
    world->mesh.density = rng_log_uniform(&world->rng, 0.4f, 3) / size;
}

/* A square leaf with its shape in its texture, from its stalk outwards. */
static void add_leaf(world *world, vec3 stalk, vec3 along, float size)
{
    vec3 side = vec3_cross(along, rng_direction(&world->rng));
    if (vec3_length(side) < 0.1f)
        return;
    world->mesh.pose = pose_at((vec3){0, 0, 0}, 1);
    world->mesh.density = 1 / size;
    side = vec3_scale(vec3_normalize(side), size);
    mesh_quad(&world->mesh, vec3_subtract(stalk, vec3_scale(side, 0.5f)), side, vec3_scale(along, size));
}

static void add_stalk(world *world, vec3 from, vec3 to, vec3 bend, float radius, int sides)
{
    vec3 points[6];
    float radii[6];
    for (int i = 0; i < 6; i++) {
        float t = (float)i / 5;
        points[i] = vec3_add(vec3_add(vec3_scale(from, 1 - t), vec3_scale(to, t)), vec3_scale(bend, 4 * t * (1 - t)));
        radii[i] = radius * (1 - 0.8f * t);
    }
    world->mesh.pose = pose_at((vec3){0, 0, 0}, 1);
    shape_tube(&world->mesh, points, radii, 6, sides);
}

void object_plant(world *world, vec3 ground, float size)
{
    rng *rng = &world->rng;
    vec3 pot = {ground.x, ground.y + 0.2f * size, ground.z};
    uint32_t leaf = paint_leaf(&world->paint, rng), stalk = paint_object(&world->paint, rng);
    use_paint(world, 0.3f * size);
    world->mesh.pose = pose_turned(ground, 1, 0);
    shape_tube(&world->mesh, (vec3[]){{0, 0, 0}, {0, 0.2f * size, 0}}, (float[]){0.1f * size, 0.14f * size}, 2, 20);
    for (int i = rng_integer(rng, 5, 14); i > 0; i--) {
        vec3 out = rng_direction(rng);
        out.y = 0.3f + fabsf(out.y);
        vec3 tip = vec3_add(pot, vec3_scale(out, 0.6f * size * rng_uniform(rng, 0.5f, 1)));
        world->mesh.material = stalk;
        world->mesh.density = 1 / size;
        add_stalk(world, pot, tip, (vec3){0, 0.1f * size, 0}, 0.012f * size, 5);
        world->mesh.material = leaf;
        for (int k = rng_integer(rng, 1, 5); k > 0; k--) {
            vec3 at = vec3_add(pot, vec3_scale(vec3_subtract(tip, pot), rng_uniform(rng, 0.6f, 1)));
            add_leaf(world, at, vec3_normalize(vec3_add(out, rng_direction(rng))), 0.28f * size);
        }
    }
    world_look_at(world, (vec3){ground.x, ground.y + 0.5f * size, ground.z}, 0.5f * size);
}

void object_tree(world *world, vec3 ground, float height)
{
    rng *rng = &world->rng;
    uint32_t bark = paint_surface(&world->paint, rng), leaf = paint_leaf(&world->paint, rng);
    int leaves = rng_chance(rng, 0.2f) ? 0 : rng_integer(rng, 10, 40);
    vec3 top = {ground.x + 0.1f * height * rng_uniform(rng, -1, 1), ground.y + 0.6f * height, ground.z};
    world->mesh.material = bark;
    world->mesh.density = 4 / height;
    add_stalk(world, ground, top, (vec3){0.05f * height * rng_uniform(rng, -1, 1), 0, 0}, 0.04f * height, 10);
    for (int i = rng_integer(rng, 6, 12); i > 0; i--) {
        vec3 from = vec3_add(vec3_scale(ground, 0.4f), vec3_scale(top, 0.6f)), out = rng_direction(rng);
        from = vec3_add(from, vec3_scale(vec3_subtract(top, ground), rng_uniform(rng, 0, 0.4f)));
        out.y = fabsf(out.y) + 0.1f;
        vec3 tip = vec3_add(from, vec3_scale(out, 0.35f * height));
        world->mesh.material = bark;
        world->mesh.density = 4 / height;
        add_stalk(world, from, tip, (vec3){0, -0.03f * height, 0}, 0.014f * height, 5);
        world->mesh.material = leaf;
        for (int k = 0; k < leaves; k++) {
            vec3 at = vec3_add(tip, vec3_scale(rng_direction(rng), 0.22f * height * rng_uniform(rng, 0, 1)));
            add_leaf(world, at, rng_direction(rng), 0.09f * height);
        }
    }
    world_look_at(world, (vec3){ground.x, ground.y + 0.6f * height, ground.z}, 0.5f * height);
}

/* A bent ribbon of three triangles' pairs, growing narrower. */
static void add_blade(world *world, vec3 root, vec3 up, float length, float width)
{
    rng *rng = &world->rng;
    vec3 side = vec3_cross(up, rng_direction(rng)), bend = vec3_scale(rng_direction(rng), 0.35f * length);
    if (vec3_length(side) < 0.1f)
        return;
    side = vec3_scale(vec3_normalize(side), width / 2);
    vec3 middle = vec3_add(vec3_add(root, vec3_scale(up, 0.55f * length)), vec3_scale(bend, 0.3f));
    vec3 tip = vec3_add(vec3_add(root, vec3_scale(up, length)), bend);
    vec3 a = vec3_subtract(root, side), b = vec3_add(root, side);
    vec3 c = vec3_add(middle, vec3_scale(side, 0.7f)), d = vec3_subtract(middle, vec3_scale(side, 0.7f));
    mesh_fan(&world->mesh, (vec3[]){a, b, c, d}, 4);
    mesh_fan(&world->mesh, (vec3[]){d, c, tip}, 3);
}

void object_grass(world *world, vec3 ground, float radius, float height, int blades)
{
    rng *rng = &world->rng;
    world->mesh.material = paint_object(&world->paint, rng);
    world->mesh.density = 1;
    world->mesh.pose = pose_at((vec3){0, 0, 0}, 1);
    for (int i = 0; i < blades; i++) {
        float away = radius * sqrtf(rng_uniform(rng, 0, 1)), angle = rng_uniform(rng, 0, TAU);
        vec3 root = {ground.x + away * sinf(angle), ground.y, ground.z + away * cosf(angle)};
        add_blade(world, root, (vec3){0, 1, 0}, height * rng_uniform(rng, 0.5f, 1.2f), 0.06f * height);
    }
}

void object_fur(world *world, vec3 ground, float size)
{
    rng *rng = &world->rng;
    vec3 center = {ground.x, ground.y + 0.5f * size, ground.z};
    float radius = 0.33f * size;
    use_paint(world, size);
    world->mesh.pose = pose_at((vec3){0, 0, 0}, 1);
    shape_ball(&world->mesh, center, radius);
    if (rng_chance(rng, 0.5f))
        world->mesh.material = paint_object(&world->paint, rng);
    float length = rng_uniform(rng, 0.1f, 0.3f) * size, width = rng_uniform(rng, 0.004f, 0.02f) * size;
    for (int i = rng_integer(rng, 600, 3000); i > 0; i--) {
        vec3 out = rng_direction(rng);
        add_blade(world, vec3_add(center, vec3_scale(out, 0.97f * radius)), out, length, width);
    }
    world_look_at(world, center, 0.5f * size);
}
