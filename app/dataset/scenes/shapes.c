#include "shapes.h"

#include <math.h>

#define MAX_RING 64

/* ---- Round about y ----------------------------------------------------------------------------------------------- */

typedef struct round_shape {
    vec3 size;         /* half axes */
    float power;       /* of a superellipsoid's sines and cosines; 1: an ellipsoid */
    uint32_t seed;     /* of a blob */
    float bumps, bump; /* how many, and how high; 0: none */
} round_shape;

static float signed_power(float x, float power)
{
    return copysignf(powf(fabsf(x), power), x);
}

static vec3 round_point(const void *shape, float u, float v)
{
    const round_shape *round = shape;
    float around = TAU * u, down = TAU / 2 * v;
    float from_axis = fmaxf(sinf(down), 0); /* not below, by rounding */
    vec3 direction = {from_axis * sinf(around), cosf(down), from_axis * cosf(around)};
    vec3 p = direction;
    if (round->power != 1) {
        float radius = powf(from_axis, round->power);
        p = (vec3){radius * signed_power(sinf(around), round->power), signed_power(cosf(down), round->power),
                   radius * signed_power(cosf(around), round->power)};
    }
    if (round->bump > 0) {
        vec3 at = vec3_add(vec3_scale(direction, round->bumps), (vec3){64, 64, 64});
        p = vec3_scale(p, 1 + round->bump * (2 * noise_space(round->seed, at, 3) - 1));
    }
    return (vec3){round->size.x * p.x, round->size.y * p.y, round->size.z * p.z};
}

static void add_round(mesh *mesh, const round_shape *shape, int columns, int rows)
{
    mesh_surface(mesh, round_point, shape, columns, rows, TAU * shape->size.x, TAU / 2 * shape->size.y);
}

static vec3 random_half_axes(rng *rng)
{
    if (rng_chance(rng, 0.5f))
        return (vec3){0.5f, 0.5f, 0.5f};
    return (vec3){rng_uniform(rng, 0.2f, 0.5f), rng_uniform(rng, 0.2f, 0.5f), rng_uniform(rng, 0.2f, 0.5f)};
}

static void add_sphere(mesh *mesh, rng *rng)
{
    add_round(mesh, &(round_shape){.size = random_half_axes(rng), .power = 1}, 40, 20);
}

static void add_cushion(mesh *mesh, rng *rng)
{
    float power = rng_chance(rng, 0.75f) ? rng_uniform(rng, 0.15f, 0.6f) : rng_uniform(rng, 1.5f, 2.5f);
    add_round(mesh, &(round_shape){.size = random_half_axes(rng), .power = power}, 48, 32);
}

static void add_blob(mesh *mesh, rng *rng)
{
    add_round(mesh,
              &(round_shape){
                  .size = random_half_axes(rng),
                  .power = 1,
                  .seed = (uint32_t)rng_bits(rng),
                  .bumps = rng_log_uniform(rng, 1, 5),
                  .bump = rng_uniform(rng, 0.15f, 0.5f),
              },
              56, 36);
}

void shape_ball(mesh *mesh, vec3 center, float radius)
{
    pose kept = mesh->pose;
    mesh->pose = pose_join(kept, pose_at(center, radius));
    add_round(mesh, &(round_shape){.size = {1, 1, 1}, .power = 1}, 20, 10);
    mesh->pose = kept;
}

/* ---- Profiles turned about y ------------------------------------------------------------------------------------- */

enum { PROFILE_MAX = 8 };

/* From the top down; the first and the last lie on the axis. */
typedef struct profile {
    float radius[PROFILE_MAX], y[PROFILE_MAX];
    int count;
    int first, last; /* the part that a surface covers */
    bool curved;
} profile;

static float spline(const float *values, int count, float at)
{
    int i = (int)at < 0 ? 0 : (int)at > count - 2 ? count - 2 : (int)at;
    float t = at - (float)i, a = values[i > 0 ? i - 1 : 0], b = values[i], c = values[i + 1],
          d = values[i + 2 < count ? i + 2 : count - 1];
    return b + t * ((c - a) / 2 + t * (a - 2.5f * b + 2 * c - d / 2 + t * ((d - a) / 2 + 1.5f * (b - c))));
}

static vec3 profile_point(const void *shape, float u, float v)
{
    const profile *p = shape;
    float at = (float)p->first + v * (float)(p->last - p->first), radius, y;
    if (p->curved) {
        radius = fmaxf(spline(p->radius, p->count, at), 0);
        y = spline(p->y, p->count, at);
    } else {
        int i = p->first;
        radius = p->radius[i] + (at - (float)i) * (p->radius[i + 1] - p->radius[i]);
        y = p->y[i] + (at - (float)i) * (p->y[i + 1] - p->y[i]);
    }
    return (vec3){radius * sinf(TAU * u), y, radius * cosf(TAU * u)};
}

/* Edges stay sharp: a surface for each segment. */
static void add_angular(mesh *mesh, profile *profile, int columns)
{
    for (int i = 0; i + 1 < profile->count; i++) {
        profile->first = i, profile->last = i + 1;
        float width = TAU * fmaxf(profile->radius[i], profile->radius[i + 1]);
        float height = hypotf(profile->radius[i] - profile->radius[i + 1], profile->y[i] - profile->y[i + 1]);
        mesh_surface(mesh, profile_point, profile, columns, 1, width, height);
    }
}

static void add_cylinder(mesh *mesh, rng *rng)
{
    float height = rng_chance(rng, 0.2f) ? rng_uniform(rng, 0.02f, 0.08f) : rng_uniform(rng, 0.2f, 0.5f);
    float bottom = rng_uniform(rng, 0.2f, 0.5f), top = rng_chance(rng, 0.6f) ? bottom : rng_uniform(rng, 0, bottom);
    add_angular(mesh, &(profile){{0, top, bottom, 0}, {height, height, -height, -height}, 4, 0, 0, false}, 40);
}

static void add_vase(mesh *mesh, rng *rng)
{
    profile profile = {.count = rng_integer(rng, 5, PROFILE_MAX), .curved = true};
    profile.last = profile.count - 1;
    float width = rng_uniform(rng, 0.25f, 0.5f);
    for (int i = 0; i < profile.count; i++) {
        bool end = i == 0 || i == profile.last;
        profile.radius[i] = end ? 0 : width * rng_uniform(rng, 0.25f, 1);
        profile.y[i] = 0.5f - (float)i / (float)profile.last;
    }
    mesh_surface(mesh, profile_point, &profile, 40, 6 * profile.last, TAU * width, 1);
}

static void add_spindle(mesh *mesh, rng *rng)
{
    profile profile = {.count = rng_integer(rng, 4, PROFILE_MAX)};
    for (int i = 0; i < profile.count; i++) {
        bool end = i == 0 || i == profile.count - 1;
        profile.radius[i] = end ? 0 : rng_uniform(rng, 0.1f, 0.45f);
        profile.y[i] = i == 0                   ? 0.5f
                       : i == profile.count - 1 ? -0.5f
                                                : 0.5f - ((float)i - 0.5f) / ((float)profile.count - 2);
    }
    add_angular(mesh, &profile, rng_chance(rng, 0.5f) ? rng_integer(rng, 3, 10) : 40);
}

typedef struct bowl {
    float radius, depth;
} bowl;

static vec3 bowl_point(const void *shape, float u, float v)
{
    const bowl *bowl = shape;
    float down = TAU / 4 * (1 + v), radius = bowl->radius * fmaxf(sinf(down), 0);
    return (vec3){radius * sinf(TAU * u), bowl->depth * (cosf(down) + 0.5f), radius * cosf(TAU * u)};
}

static void add_bowl(mesh *mesh, rng *rng)
{
    bowl bowl = {0.5f, rng_uniform(rng, 0.15f, 0.6f)};
    mesh_surface(mesh, bowl_point, &bowl, 40, 12, TAU / 2, 0.5f);
}

/* ---- Tubes ------------------------------------------------------------------------------------------------------- */

/* A closed curve on a torus: p times round the axis while q times round the ring. p = 1, q = 0: the ring itself. */
typedef struct ring {
    int p, q;
    float major, minor;     /* of the torus */
    float radius, flatness; /* of the tube; flatness: its height over its width */
} ring;

static vec3 ring_center(const ring *ring, float t)
{
    float around = TAU * (float)ring->p * t, across = TAU * (float)ring->q * t;
    float radius = ring->major + ring->minor * cosf(across);
    return (vec3){radius * sinf(around), ring->q ? ring->minor * sinf(across) : 0, radius * cosf(around)};
}

static vec3 ring_point(const void *shape, float u, float v)
{
    const ring *ring = shape;
    vec3 center = ring_center(ring, u);
    vec3 along = vec3_normalize(vec3_subtract(ring_center(ring, u + 1e-3f), ring_center(ring, u - 1e-3f)));
    vec3 outward = (vec3){center.x, 0, center.z};
    vec3 up = vec3_normalize(vec3_cross(outward, along));
    outward = vec3_cross(along, up);
    float angle = -TAU * v;
    return vec3_add(center, vec3_add(vec3_scale(outward, ring->radius * cosf(angle)),
                                     vec3_scale(up, ring->radius * ring->flatness * sinf(angle))));
}

static void add_torus(mesh *mesh, rng *rng)
{
    float radius = rng_uniform(rng, 0.04f, 0.2f);
    ring ring = {1, 0, 0.5f - radius, 0, radius, rng_chance(rng, 0.6f) ? 1 : rng_uniform(rng, 0.3f, 3)};
    mesh_surface(mesh, ring_point, &ring, 56, 18, TAU * ring.major, TAU * radius);
}

static void add_knot(mesh *mesh, rng *rng)
{
    static const int turns[][2] = {{2, 3}, {3, 2}, {2, 5}, {3, 4}, {1, 4}};
    const int *pq = turns[rng_integer(rng, 0, 4)];
    ring ring = {pq[0], pq[1], 0.3f, 0.14f, rng_uniform(rng, 0.03f, 0.07f), 1};
    mesh_surface(mesh, ring_point, &ring, 180, 10, 3 * TAU * ring.major, TAU * ring.radius);
}

/* Rings of points, each with its own frame, carried along the line with as little turning as possible. */
typedef struct tube {
    const vec3 *points;
    const float *radii;
    vec3 across[MAX_RING]; /* square to the line */
    int count;
} tube;

static vec3 tube_along(const tube *tube, int i)
{
    vec3 along = vec3_subtract(tube->points[i + 1 < tube->count ? i + 1 : i], tube->points[i > 0 ? i - 1 : 0]);
    return vec3_scale(along, 1 / fmaxf(vec3_length(along), 1e-12f));
}

static vec3 tube_point(const void *shape, float u, float v)
{
    const tube *tube = shape;
    float at = fminf(fmaxf(v, 0), 1) * (float)(tube->count - 1);
    int i = (int)at < tube->count - 2 ? (int)at : tube->count - 2;
    float t = at - (float)i;
    vec3 center = vec3_add(vec3_scale(tube->points[i], 1 - t), vec3_scale(tube->points[i + 1], t));
    vec3 along = vec3_add(vec3_scale(tube_along(tube, i), 1 - t), vec3_scale(tube_along(tube, i + 1), t));
    vec3 across = vec3_add(vec3_scale(tube->across[i], 1 - t), vec3_scale(tube->across[i + 1], t));
    vec3 other = vec3_cross(along, across);
    float radius = (1 - t) * tube->radii[i] + t * tube->radii[i + 1];
    return vec3_add(
        center, vec3_scale(vec3_add(vec3_scale(across, cosf(TAU * u)), vec3_scale(other, -sinf(TAU * u))), -radius));
}

static vec3 square_to(vec3 v, vec3 along)
{
    v = vec3_subtract(v, vec3_scale(along, vec3_dot(v, along)));
    float length = vec3_length(v);
    if (length > 1e-4f)
        return vec3_scale(v, 1 / length);
    return vec3_normalize(vec3_cross(along, fabsf(along.x) < 0.9f ? (vec3){1, 0, 0} : (vec3){0, 1, 0}));
}

static void add_tube_end(mesh *mesh, const tube *tube, float v, int sides)
{
    vec3 ring[MAX_RING];
    for (int i = 0; i < sides; i++)
        ring[i] = tube_point(tube, (v == 0 ? (float)(sides - i) : (float)i) / (float)sides, v);
    mesh_fan(mesh, ring, sides);
}

void shape_tube(mesh *mesh, const vec3 *points, const float *radii, int count, int sides)
{
    tube tube = {.points = points, .radii = radii, .count = count < MAX_RING ? count : MAX_RING};
    float length = 0, widest = 0;
    for (int i = 0; i < tube.count; i++) {
        tube.across[i] = square_to(i > 0 ? tube.across[i - 1] : (vec3){0.3f, 0.1f, 1}, tube_along(&tube, i));
        length += i > 0 ? vec3_length(vec3_subtract(points[i], points[i - 1])) : 0;
        widest = fmaxf(widest, radii[i]);
    }
    mesh_surface(mesh, tube_point, &tube, sides, tube.count - 1, TAU * widest, length);
    add_tube_end(mesh, &tube, 0, sides);
    add_tube_end(mesh, &tube, 1, sides);
}

static void add_spring(mesh *mesh, rng *rng)
{
    vec3 points[MAX_RING];
    float radii[MAX_RING], turns = rng_uniform(rng, 1.5f, 4.5f), narrowing = rng_uniform(rng, 0, 0.8f);
    float thickness = rng_uniform(rng, 0.02f, 0.06f);
    for (int i = 0; i < MAX_RING; i++) {
        float t = (float)i / (MAX_RING - 1), radius = 0.4f * (1 - narrowing * t);
        points[i] = (vec3){radius * cosf(TAU * turns * t), t - 0.5f, radius * sinf(TAU * turns * t)};
        radii[i] = thickness;
    }
    shape_tube(mesh, points, radii, MAX_RING, 10);
}

/* ---- Extruded ---------------------------------------------------------------------------------------------------- */

/* Radii of an outline, star-shaped around its middle. */
static int random_outline(rng *rng, float radii[MAX_RING])
{
    int kind = rng_integer(rng, 0, 2), count = kind == 0 ? rng_integer(rng, 3, 9) : 4 * rng_integer(rng, 3, 12);
    if (kind == 1)
        count = 2 * rng_integer(rng, 4, 12);
    float inner = rng_uniform(rng, 0.2f, 0.4f);
    for (int i = 0; i < count; i++)
        radii[i] = kind == 0 ? 0.5f : kind == 1 ? (i % 2 ? inner : 0.5f) : (i % 4 < 2 ? 0.5f : 0.8f * 0.5f);
    return count;
}

static void add_prism(mesh *mesh, rng *rng)
{
    float radii[MAX_RING], half = rng_uniform(rng, 0.05f, 0.5f);
    int count = random_outline(rng, radii);
    vec3 low[MAX_RING], side = {0, 2 * half, 0};
    for (int i = 0; i < count; i++) {
        float angle = TAU * (float)i / (float)count;
        low[i] = (vec3){radii[i] * sinf(angle), -half, radii[i] * cosf(angle)};
    }
    for (int i = 0; i < count; i++) {
        vec3 a = low[i], b = low[(i + 1) % count];
        mesh_quad(mesh, a, vec3_subtract(b, a), side);
        mesh_fan(mesh, (vec3[]){{0, half, 0}, vec3_add(a, side), vec3_add(b, side)}, 3);
        mesh_fan(mesh, (vec3[]){{0, -half, 0}, b, a}, 3);
    }
}

typedef struct twist {
    float half, turn; /* half the width; turn over the whole height, in radians */
    int side;
} twist;

static vec3 twist_point(const void *shape, float u, float v)
{
    const twist *twist = shape;
    float angle = twist->turn * v + TAU / 4 * (float)twist->side, across = twist->half * (2 * u - 1);
    return (vec3){across * cosf(angle) + twist->half * sinf(angle), 0.5f - v,
                  twist->half * cosf(angle) - across * sinf(angle)};
}

static void add_twist(mesh *mesh, rng *rng)
{
    twist twist = {rng_uniform(rng, 0.06f, 0.25f), rng_uniform(rng, 1, 6), 0};
    for (; twist.side < 4; twist.side++)
        mesh_surface(mesh, twist_point, &twist, 2, 24, 2 * twist.half, 1);
    for (int end = 0; end < 2; end++) {
        vec3 corners[4];
        for (int i = 0; i < 4; i++) {
            twist.side = end ? 3 - i : i;
            corners[i] = twist_point(&twist, end ? 1 : 0, (float)end);
        }
        mesh_fan(mesh, corners, 4);
    }
}

/* ---- Sheets ------------------------------------------------------------------------------------------------------ */

typedef struct sheet {
    uint32_t seed;
    float size, amplitude, frequency;
    vec3 wave; /* amplitudes of folds: along u, along v, of noise */
} sheet;

static vec3 cloth_point(const void *shape, float u, float v)
{
    const sheet *sheet = shape;
    float depth = sheet->wave.x * sinf(TAU * sheet->frequency * u) + sheet->wave.y * sinf(TAU * sheet->frequency * v) +
                  sheet->wave.z * (noise_space(sheet->seed, (vec3){8 + 4 * u, 8 + 4 * v, 0.5f}, 3) - 0.5f);
    return (vec3){u - 0.5f, 0.5f - v, depth};
}

static void add_cloth(mesh *mesh, rng *rng)
{
    sheet sheet = {.seed = (uint32_t)rng_bits(rng), .frequency = rng_uniform(rng, 1, 5)};
    sheet.wave = (vec3){rng_uniform(rng, 0, 0.07f), rng_uniform(rng, 0, 0.02f), rng_uniform(rng, 0, 0.3f)};
    mesh_surface(mesh, cloth_point, &sheet, 48, 24, 1, 1);
}

float shape_terrain_height(uint32_t seed, float half, float amplitude, float bumps, float x, float z)
{
    vec3 at = {bumps * (x / half + 4), 0.5f, bumps * (z / half + 4)};
    return amplitude * (noise_space(seed, at, 5) - 0.5f);
}

static vec3 terrain_point(const void *shape, float u, float v)
{
    const sheet *sheet = shape;
    float x = sheet->size * (2 * u - 1), z = sheet->size * (2 * v - 1);
    return (vec3){x, shape_terrain_height(sheet->seed, sheet->size, sheet->amplitude, sheet->frequency, x, z), z};
}

void shape_terrain(mesh *mesh, uint32_t seed, float half, float amplitude, float bumps, int cells)
{
    sheet sheet = {.seed = seed, .size = half, .amplitude = amplitude, .frequency = bumps};
    mesh_surface(mesh, terrain_point, &sheet, cells, cells, 2 * half, 2 * half);
}

/* ---- All --------------------------------------------------------------------------------------------------------- */

static void add_box(mesh *mesh, rng *rng)
{
    vec3 half = random_half_axes(rng);
    mesh_box(mesh, vec3_scale(half, -1), half);
}

void shape_add(mesh *mesh, shape_kind kind, rng *rng)
{
    static void (*const add[SHAPE_COUNT])(struct mesh *, struct rng *) = {
        [SHAPE_BOX] = add_box,         [SHAPE_SPHERE] = add_sphere,     [SHAPE_CUSHION] = add_cushion,
        [SHAPE_BLOB] = add_blob,       [SHAPE_CYLINDER] = add_cylinder, [SHAPE_VASE] = add_vase,
        [SHAPE_SPINDLE] = add_spindle, [SHAPE_TORUS] = add_torus,       [SHAPE_KNOT] = add_knot,
        [SHAPE_SPRING] = add_spring,   [SHAPE_PRISM] = add_prism,       [SHAPE_TWIST] = add_twist,
        [SHAPE_CLOTH] = add_cloth,     [SHAPE_BOWL] = add_bowl,
    };
    add[kind](mesh, rng);
}
