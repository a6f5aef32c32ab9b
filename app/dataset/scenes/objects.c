#include "objects.h"

#include <math.h>

#include "models.h"
#include "shapes.h"

void world_look_at(world *world, vec3 center, float radius)
{
    if (world->interest_count < WORLD_MAX_INTERESTS)
        world->interests[world->interest_count++] = (interest){center, radius};
}

static uint32_t first_vertex(const world *world)
{
    return world->mesh.scene->vertex_count;
}

/* Lets what was added from `first` on rest at that height. Returns its top. */
static float settle(world *world, uint32_t first, float height)
{
    vec3 low, high;
    if (first == first_vertex(world))
        return height;
    mesh_bounds(&world->mesh, first, &low, &high);
    mesh_move(&world->mesh, first, (vec3){0, height - low.y, 0});
    return height + high.y - low.y;
}

static void set_pose(world *world, pose pose)
{
    world->mesh.pose = pose;
}

static void stand(world *world, vec3 ground, float angle)
{
    set_pose(world, pose_turned(ground, 1, angle));
}

static void use_object_paint(world *world, float size)
{
    world->mesh.material = paint_object(&world->paint, &world->rng);
    world->mesh.density = rng_log_uniform(&world->rng, 0.4f, 3) / size;
}

static float any_angle(rng *rng)
{
    return rng_uniform(rng, 0, TAU);
}

/* ---- Single things ----------------------------------------------------------------------------------------------- */

static shape_kind random_kind(rng *rng)
{
    return (shape_kind)rng_integer(rng, 0, SHAPE_COUNT - 1);
}

/* Small parts of another material, on or through the shape: a band, a row of studs, a smaller shape. */
static void add_parts(world *world, const pose *pose)
{
    rng *rng = &world->rng;
    use_object_paint(world, pose->scale.x);
    int count = rng_integer(rng, 1, 7);
    shape_kind kind = rng_chance(rng, 0.5f) ? SHAPE_SPHERE : (shape_kind)rng_integer(rng, 0, SHAPE_SOLID_COUNT - 1);
    float radius = rng_uniform(rng, 0.2f, 0.5f), height = rng_uniform(rng, -0.3f, 0.4f);
    float size = rng_uniform(rng, 0.12f, 0.35f), detail = world->mesh.detail;
    world->mesh.detail = detail / 2;
    struct rng same = *rng;
    for (int i = 0; i < count; i++) {
        float angle = TAU * (float)i / (float)count;
        world->mesh.pose =
            pose_join(*pose, pose_turned((vec3){radius * sinf(angle), height, radius * cosf(angle)}, size, angle));
        struct rng copy = same;
        shape_add(&world->mesh, kind, &copy);
    }
    rng_bits(rng);
    world->mesh.detail = detail;
}

static void add_thing(world *world, pose pose)
{
    rng *rng = &world->rng;
    float size = pose.scale.x;
    if (models_add(world, pose))
        return;
    use_object_paint(world, size);
    set_pose(world, pose);
    shape_add(&world->mesh, random_kind(rng), rng);
    if (rng_chance(rng, 0.25f))
        add_parts(world, &pose);
}

void object_thing(world *world, vec3 ground, float size)
{
    rng *rng = &world->rng;
    uint32_t first = first_vertex(world);
    add_thing(world,
              rng_chance(rng, 0.6f) ? pose_turned(ground, size, any_angle(rng)) : pose_random(rng, ground, size));
    float top = settle(world, first, ground.y);
    world_look_at(world, (vec3){ground.x, (ground.y + top) / 2, ground.z}, 0.6f * size);
}

void object_shining(world *world, vec3 ground, float size)
{
    rng *rng = &world->rng;
    uint32_t first = first_vertex(world);
    world->mesh.material = paint_shining(&world->paint, rng);
    world->mesh.density = rng_log_uniform(rng, 0.4f, 3) / size;
    set_pose(world, rng_chance(rng, 0.6f) ? pose_turned(ground, size, any_angle(rng)) : pose_random(rng, ground, size));
    shape_add(&world->mesh, (shape_kind)rng_integer(rng, 0, SHAPE_SOLID_COUNT - 1), rng);
    float top = settle(world, first, ground.y);
    world_look_at(world, (vec3){ground.x, (ground.y + top) / 2, ground.z}, 0.8f * size);
}

void object_floating(world *world, vec3 center, float size)
{
    add_thing(world, pose_random(&world->rng, center, size));
    world_look_at(world, center, 0.6f * size);
}

/* ---- Groups ------------------------------------------------------------------------------------------------------ */

enum { HEAP = 20 };

/* How high things lie already, in a grid of HEAP * HEAP cells. */
typedef struct heap {
    vec3 corner;
    float cell;
    float tops[HEAP][HEAP];
} heap;

static int heap_cell(float position, float corner, float cell)
{
    int i = (int)((position - corner) / cell);
    return i < 0 ? 0 : i >= HEAP ? HEAP - 1 : i;
}

/* Puts what was added from `first` on onto the highest that lies below it. */
static void heap_drop(world *world, heap *heap, uint32_t first)
{
    vec3 low, high;
    float rest = heap->corner.y;
    if (first == first_vertex(world))
        return;
    mesh_bounds(&world->mesh, first, &low, &high);
    int left = heap_cell(low.x, heap->corner.x, heap->cell), right = heap_cell(high.x, heap->corner.x, heap->cell);
    int front = heap_cell(low.z, heap->corner.z, heap->cell), back = heap_cell(high.z, heap->corner.z, heap->cell);
    for (int j = front; j <= back; j++)
        for (int i = left; i <= right; i++)
            rest = fmaxf(rest, heap->tops[j][i]);
    float top = settle(world, first, rest) - 0.15f * (high.y - low.y); /* things lie between others */
    for (int j = front; j <= back; j++)
        for (int i = left; i <= right; i++)
            heap->tops[j][i] = top;
}

/* A few shapes and materials that a group repeats. */
typedef struct kit {
    int count;
    shape_kind kinds[4];
    uint32_t materials[4];
    rng shapes[4];
    float density;
    bool same; /* a shape is the same each time */
} kit;

static kit random_kit(world *world, float size)
{
    rng *rng = &world->rng;
    kit kit = {.count = rng_integer(rng, 1, 4), .same = rng_chance(rng, 0.5f)};
    kit.density = rng_log_uniform(rng, 0.4f, 3) / size;
    for (int i = 0; i < kit.count; i++) {
        kit.kinds[i] = (shape_kind)rng_integer(rng, 0, SHAPE_SOLID_COUNT - 1);
        kit.materials[i] = paint_object(&world->paint, rng);
        kit.shapes[i] = rng_stream(rng_bits(rng), 0, 0);
    }
    return kit;
}

static void add_of_kit(world *world, kit *kit, pose pose)
{
    int which = rng_integer(&world->rng, 0, kit->count - 1);
    rng copy = kit->shapes[which];
    world->mesh.material = kit->materials[rng_chance(&world->rng, 0.8f) ? which : 0];
    world->mesh.density = kit->density;
    set_pose(world, pose);
    shape_add(&world->mesh, kit->kinds[which], kit->same ? &copy : &kit->shapes[which]);
}

static void add_heap(world *world, vec3 ground, float radius, float size, kit *kit)
{
    rng *rng = &world->rng;
    heap heap = {.corner = {ground.x - radius, ground.y, ground.z - radius}, .cell = 2 * radius / HEAP};
    for (int i = 0; i < HEAP * HEAP; i++)
        heap.tops[i / HEAP][i % HEAP] = ground.y;
    for (int i = rng_integer(rng, 15, 60); i > 0; i--) {
        float away = radius * rng_uniform(rng, 0, 0.8f), angle = any_angle(rng);
        vec3 at = {ground.x + away * sinf(angle), ground.y, ground.z + away * cosf(angle)};
        uint32_t first = first_vertex(world);
        add_of_kit(world, kit, pose_random(rng, at, size * rng_uniform(rng, 0.6f, 1.3f)));
        heap_drop(world, &heap, first);
    }
}

static void add_rows(world *world, vec3 ground, float radius, float size, kit *kit)
{
    rng *rng = &world->rng;
    int columns = rng_integer(rng, 2, 8), rows = rng_integer(rng, 1, 6), layers = rng_chance(rng, 0.25f) ? 3 : 1;
    float step = fmaxf(1.15f * size, 2 * radius / (float)columns), disorder = rng_chance(rng, 0.5f) ? 0 : 0.4f;
    for (int i = 0; i < columns * rows * layers; i++) {
        float x = (float)(i % columns) - 0.5f * (float)(columns - 1);
        float z = (float)(i / columns % rows) - 0.5f * (float)(rows - 1);
        vec3 at = {ground.x + step * (x + disorder * rng_uniform(rng, -0.5f, 0.5f)),
                   ground.y + 1.1f * size * (float)(i / (columns * rows)),
                   ground.z + step * (z + disorder * rng_uniform(rng, -0.5f, 0.5f))};
        uint32_t first = first_vertex(world);
        add_of_kit(world, kit, pose_turned(at, size, disorder > 0 ? any_angle(rng) : 0));
        settle(world, first, at.y);
    }
}

static void add_ring(world *world, vec3 ground, float radius, float size, kit *kit)
{
    rng *rng = &world->rng;
    int count = rng_integer(rng, 5, 16);
    float rise = rng_chance(rng, 0.3f) ? rng_uniform(rng, 0.1f, 0.4f) * size : 0;
    for (int i = 0; i < count; i++) {
        float angle = TAU * (float)i / (float)count;
        vec3 at = {ground.x + radius * sinf(angle), ground.y + rise * (float)i, ground.z + radius * cosf(angle)};
        uint32_t first = first_vertex(world);
        add_of_kit(world, kit, pose_turned(at, size, angle));
        settle(world, first, at.y);
    }
}

static void add_tower(world *world, vec3 ground, float radius, float size, kit *kit)
{
    rng *rng = &world->rng;
    (void)radius;
    float height = ground.y;
    for (int i = rng_integer(rng, 3, 9); i > 0; i--) {
        uint32_t first = first_vertex(world);
        vec3 at = {ground.x + 0.1f * size * rng_uniform(rng, -1, 1), height,
                   ground.z + 0.1f * size * rng_uniform(rng, -1, 1)};
        add_of_kit(world, kit, pose_turned(at, size * rng_uniform(rng, 0.7f, 1.1f), any_angle(rng)));
        height = settle(world, first, height);
    }
}

static void add_scatter(world *world, vec3 ground, float radius, float size, kit *kit)
{
    rng *rng = &world->rng;
    for (int i = rng_integer(rng, 10, 60); i > 0; i--) {
        float away = radius * sqrtf(rng_uniform(rng, 0, 1)), angle = any_angle(rng);
        vec3 at = {ground.x + away * sinf(angle), ground.y, ground.z + away * cosf(angle)};
        uint32_t first = first_vertex(world);
        add_of_kit(world, kit, pose_random(rng, at, size * rng_log_uniform(rng, 0.3f, 1.2f)));
        settle(world, first, ground.y);
    }
}

void object_group(world *world, vec3 ground, float radius, float size)
{
    static void (*const add[])(struct world *, vec3, float, float, kit *) = {add_heap, add_rows, add_ring, add_tower,
                                                                             add_scatter};
    kit kit = random_kit(world, size);
    float detail = world->mesh.detail;
    world->mesh.detail = 0.45f;
    uint32_t first = first_vertex(world);
    add[rng_integer(&world->rng, 0, 4)](world, ground, radius, size, &kit);
    world->mesh.detail = detail;
    vec3 low, high;
    if (first == first_vertex(world))
        return;
    mesh_bounds(&world->mesh, first, &low, &high);
    world_look_at(world, vec3_scale(vec3_add(low, high), 0.5f), 0.4f * vec3_length(vec3_subtract(high, low)));
}

/* ---- Furniture --------------------------------------------------------------------------------------------------- */

static void box(world *world, float left, float bottom, float front, float right, float top, float back)
{
    mesh_box(&world->mesh, (vec3){left, bottom, front}, (vec3){right, top, back});
}

static void legs(world *world, float half_width, float half_depth, float height, float thickness)
{
    for (int i = 0; i < 4; i++) {
        float x = (i & 1 ? 1.0f : -1.0f) * (half_width - thickness),
              z = (i & 2 ? 1.0f : -1.0f) * (half_depth - thickness);
        box(world, x - thickness, 0, z - thickness, x + thickness, height, z + thickness);
    }
}

void object_table(world *world, vec3 ground, float angle)
{
    rng *rng = &world->rng;
    float width = rng_uniform(rng, 0.4f, 1.1f), depth = rng_uniform(rng, 0.3f, 0.6f),
          height = rng_uniform(rng, 0.4f, 1);
    world->mesh.material = paint_surface(&world->paint, rng);
    world->mesh.density = rng_log_uniform(rng, 0.5f, 2);
    stand(world, ground, angle);
    box(world, -width, height - 0.05f, -depth, width, height, depth);
    world->mesh.material = rng_chance(rng, 0.5f) ? world->mesh.material : paint_object(&world->paint, rng);
    legs(world, width, depth, height - 0.05f, 0.03f);
    world_look_at(world, (vec3){ground.x, ground.y + height, ground.z}, width);
    pose pose = pose_turned(ground, 1, angle);
    for (int i = rng_integer(rng, 1, 5); i > 0; i--) {
        vec3 at = {rng_uniform(rng, -0.8f, 0.8f) * width, height, rng_uniform(rng, -0.7f, 0.7f) * depth};
        object_thing(world, pose_point(&pose, at), rng_uniform(rng, 0.08f, 0.4f));
    }
}

void object_chair(world *world, vec3 ground, float angle)
{
    rng *rng = &world->rng;
    world->mesh.material = paint_object(&world->paint, rng);
    world->mesh.density = rng_log_uniform(rng, 0.5f, 3);
    stand(world, ground, angle);
    float width = rng_uniform(rng, 0.2f, 0.3f), seat = rng_uniform(rng, 0.35f, 0.5f);
    legs(world, width, width, seat, 0.02f);
    box(world, -width, seat, -width, width, seat + 0.05f, width);
    int slats = rng_integer(rng, 1, 5);
    for (int i = 0; i < slats; i++) {
        float bottom = seat + 0.1f + 0.5f * (float)i / (float)slats;
        box(world, -width, bottom, -width, width, bottom + 0.3f / (float)slats, -width + 0.03f);
    }
    box(world, -width, seat, -width - 0.01f, -width + 0.03f, seat + 0.6f, -width + 0.03f);
    box(world, width - 0.03f, seat, -width - 0.01f, width, seat + 0.6f, -width + 0.03f);
}

static void add_books(world *world, pose pose, float left, float right, float bottom, float room)
{
    rng *rng = &world->rng;
    uint32_t materials[4];
    for (int i = 0; i < 4; i++)
        materials[i] = paint_object(&world->paint, rng);
    set_pose(world, pose);
    for (float x = left; x < right - 0.06f;) {
        float thickness = rng_uniform(rng, 0.015f, 0.06f), height = room * rng_uniform(rng, 0.5f, 0.95f);
        world->mesh.material = materials[rng_integer(rng, 0, 3)];
        if (rng_chance(rng, 0.9f))
            box(world, x, bottom, -0.12f, x + thickness, bottom + height, 0.05f + rng_uniform(rng, 0, 0.06f));
        x += thickness + 0.003f;
    }
}

void object_shelf(world *world, vec3 ground, float angle)
{
    rng *rng = &world->rng;
    int boards = rng_integer(rng, 2, 6);
    float width = rng_uniform(rng, 0.4f, 1), room = rng_uniform(rng, 0.25f, 0.45f);
    float height = (float)boards * room;
    pose pose = pose_turned(ground, 1, angle);
    world->mesh.density = 1;
    world->mesh.material = paint_surface(&world->paint, rng);
    set_pose(world, pose);
    box(world, -width - 0.03f, 0, -0.15f, -width, height, 0.15f);
    box(world, width, 0, -0.15f, width + 0.03f, height, 0.15f);
    for (int i = 0; i < boards; i++)
        box(world, -width, (float)i * room, -0.15f, width, (float)i * room + 0.025f, 0.15f);
    for (int i = 0; i < boards; i++) {
        float bottom = (float)i * room + 0.025f;
        if (rng_chance(rng, 0.6f))
            add_books(world, pose, -width, width * rng_uniform(rng, -0.5f, 1), bottom, room - 0.03f);
        else
            object_thing(world, pose_point(&pose, (vec3){rng_uniform(rng, -0.6f, 0.6f) * width, bottom, 0}),
                         0.8f * room);
    }
    world_look_at(world, (vec3){ground.x, ground.y + height / 2, ground.z}, 0.7f * height);
}

void object_stairs(world *world, vec3 ground, float angle, int steps)
{
    world->mesh.material = paint_surface(&world->paint, &world->rng);
    world->mesh.density = 0.8f;
    stand(world, ground, angle);
    for (int i = 0; i < steps; i++)
        box(world, -0.6f, 0, 0.28f * (float)i, 0.6f, 0.18f * (float)(i + 1), 0.28f * (float)(i + 1));
}

void object_column(world *world, vec3 ground, float height, float radius, uint32_t material)
{
    world->mesh.material = material;
    stand(world, ground, 0);
    box(world, -1.3f * radius, 0, -1.3f * radius, 1.3f * radius, 0.3f * radius, 1.3f * radius);
    box(world, -1.3f * radius, height - 0.3f * radius, -1.3f * radius, 1.3f * radius, height, 1.3f * radius);
    shape_tube(&world->mesh, (vec3[]){{0, 0.3f * radius, 0}, {0, height / 2, 0}, {0, height - 0.3f * radius, 0}},
               (float[]){radius, 0.95f * radius, 0.85f * radius}, 3, 20);
}

void object_house(world *world, vec3 ground, vec3 size)
{
    rng *rng = &world->rng;
    uint32_t wall = paint_surface(&world->paint, rng), pane = paint_glass(&world->paint, rng);
    if (rng_chance(rng, 0.3f)) {
        float glow[3];
        color_from_hsv(rng_uniform(rng, 0.05f, 0.16f), rng_uniform(rng, 0.1f, 0.6f), rng_log_uniform(rng, 0.2f, 2),
                       glow);
        pane = paint_light(&world->paint, glow);
    }
    world->mesh.density = rng_log_uniform(rng, 0.15f, 0.8f);
    world->mesh.material = wall;
    stand(world, ground, 0);
    vec3 half = {size.x / 2, size.y, size.z / 2};
    box(world, -half.x, 0, -half.z, half.x, size.y, half.z);
    if (rng_chance(rng, 0.4f)) { /* a roof */
        world->mesh.material = paint_surface(&world->paint, rng);
        box(world, -half.x - 0.2f, size.y, -half.z - 0.2f, half.x + 0.2f, size.y + 0.3f, half.z + 0.2f);
    }
    world->mesh.material = pane;
    int floors = (int)fmaxf(1, size.y / 3), columns = (int)fmaxf(1, size.x / 2.2f), rows = (int)fmaxf(1, size.z / 2.2f);
    float high = size.y / (float)floors, wide = size.x / (float)columns, deep = size.z / (float)rows;
    for (int floor = 0; floor < floors; floor++) {
        float bottom = ((float)floor + 0.3f) * high, top = ((float)floor + 0.8f) * high;
        for (int i = 0; i < columns; i++) {
            float x = -half.x + ((float)i + 0.5f) * wide;
            box(world, x - 0.3f * wide, bottom, -half.z - 0.04f, x + 0.3f * wide, top, half.z + 0.04f);
        }
        for (int i = 0; i < rows; i++) {
            float z = -half.z + ((float)i + 0.5f) * deep;
            box(world, -half.x - 0.04f, bottom, z - 0.3f * deep, half.x + 0.04f, top, z + 0.3f * deep);
        }
    }
    world_look_at(world, (vec3){ground.x, ground.y + size.y / 3, ground.z}, fmaxf(size.x, size.z) / 2);
}

/* ---- Made of bars and boxes -------------------------------------------------------------------------------------- */

void object_fence(world *world, vec3 from, vec3 to, float height)
{
    rng *rng = &world->rng;
    vec3 along = vec3_subtract(to, from);
    float length = vec3_length(along), angle = atan2f(-along.z, along.x);
    bool net = rng_chance(rng, 0.35f);
    world->mesh.material = net ? paint_net(&world->paint, rng) : paint_object(&world->paint, rng);
    world->mesh.density = net ? 1 / height : 1;
    set_pose(world, pose_turned(from, 1, angle));
    if (net) {
        mesh_quad(&world->mesh, (vec3){0, 0, 0}, (vec3){length, 0, 0}, (vec3){0, height, 0});
        world->mesh.material = paint_object(&world->paint, rng);
    }
    float step = net ? 2 : rng_uniform(rng, 0.08f, 0.4f), width = net ? 0.03f : step * rng_uniform(rng, 0.08f, 0.35f);
    for (float x = 0; x <= length; x += step)
        box(world, x - width, 0, -0.02f, x + width, height, 0.02f);
    for (int i = 0; i < 2 && !net; i++)
        box(world, 0, height * (0.2f + 0.6f * (float)i), -0.04f, length, height * (0.2f + 0.6f * (float)i) + 0.05f,
            -0.02f);
    world_look_at(world, vec3_add(from, vec3_scale(along, 0.5f)), height);
}

void object_letters(world *world, vec3 ground, float angle, float size)
{
    rng *rng = &world->rng;
    int count = rng_integer(rng, 3, 9);
    float dot = size / (4 * (float)count), depth = dot * rng_uniform(rng, 0.5f, 3);
    use_object_paint(world, dot);
    if (rng_chance(rng, 0.25f)) {
        float glow[3];
        color_from_hsv(rng_uniform(rng, 0, 1), rng_uniform(rng, 0.3f, 0.95f), rng_log_uniform(rng, 1, 8), glow);
        world->mesh.material = paint_light(&world->paint, glow);
    }
    stand(world, ground, angle);
    for (int letter = 0; letter < count; letter++) {
        uint64_t dots = rng_bits(rng) | 0x20; /* at least one */
        for (int i = 0; i < 15; i++) {
            float x = dot * (float)(4 * letter + i % 3) - size / 2, y = dot * (float)(i / 3);
            if (dots >> i & 1)
                box(world, x, y, -depth / 2, x + dot, y + dot, depth / 2);
        }
    }
    world_look_at(world, (vec3){ground.x, ground.y + 2 * dot, ground.z}, size / 2);
}

void object_lattice(world *world, vec3 ground, float size)
{
    rng *rng = &world->rng;
    int cells = rng_integer(rng, 1, 4);
    float step = size / (float)cells, thick = step * rng_uniform(rng, 0.02f, 0.08f);
    use_object_paint(world, size);
    set_pose(world, pose_turned(ground, 1, any_angle(rng)));
    for (int i = 0; i <= cells; i++) {
        for (int j = 0; j <= cells; j++) {
            float a = step * (float)i - size / 2, b = step * (float)j - size / 2, half = size / 2 + thick;
            box(world, a - thick, b + size / 2 - thick, -half, a + thick, b + size / 2 + thick, half);
            box(world, a - thick, size / 2 - half, b - thick, a + thick, size / 2 + half, b + thick);
            box(world, -half, a + size / 2 - thick, b - thick, half, a + size / 2 + thick, b + thick);
        }
    }
    world_look_at(world, (vec3){ground.x, ground.y + size / 2, ground.z}, 0.7f * size);
}
