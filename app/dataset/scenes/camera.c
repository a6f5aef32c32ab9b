#include "camera.h"

#include <float.h>
#include <math.h>

#define CANDIDATES   24
#define GRID         16 /* rays along a side of a view */
#define AROUND       32 /* rays about a point */
#define LEAST_RATING 1.3f
#define BUCKETS      64 /* kinds of surfaces that a view tells apart */

vec3 camera_direction(const camera *camera, float x, float y)
{
    vec3 forward = vec3_normalize(vec3_subtract(camera->target, camera->eye));
    vec3 right = vec3_normalize(vec3_cross(forward, camera->up)), up = vec3_cross(right, forward);
    float slope = tanf(camera->fov_y / 2);
    return vec3_normalize(vec3_add(forward, vec3_add(vec3_scale(right, slope * x), vec3_scale(up, slope * y))));
}

bool camera_is_enclosed(const scene *scene, const bvh *bvh, vec3 point)
{
    rng rng = {1};
    int backs = 0;
    for (int i = 0; i < AROUND; i++) {
        vec3 direction = rng_direction(&rng);
        ray_hit hit;
        if (bvh_ray(scene, bvh, point, direction, FLT_MAX, &hit))
            backs += vec3_dot(ray_hit_geometric_normal(scene, &hit), direction) > 0;
    }
    return 2 * backs > AROUND;
}

/* ---- How good a view is ------------------------------------------------------------------------------------------ */

typedef struct view {
    float missed;                   /* part of the rays that leave the scene */
    float nearest;                  /* distance */
    float mean_depth, depth_spread; /* mean logarithm of distances, and their spread */
    float buckets[BUCKETS];         /* parts of the rays, by material and side */
} view;

static int bucket_of(const scene *scene, const ray_hit *hit)
{
    vec3 n = ray_hit_geometric_normal(scene, hit);
    uint32_t side = (n.x > 0.3f) + 2u * (n.y > 0.3f) + 3u * (n.z > 0.3f);
    return (int)((7 * scene->triangles[hit->triangle].material + side) % BUCKETS);
}

static view look(const scene *scene, const bvh *bvh, const camera *camera)
{
    view view = {.nearest = FLT_MAX};
    float part = 1.0f / (GRID * GRID), sum = 0, squares = 0;
    int hits = 0;
    for (int i = 0; i < GRID * GRID; i++) {
        float x = 2 * ((float)(i % GRID) + 0.5f) / GRID - 1, y = 2 * ((float)i / GRID + 0.5f) / GRID - 1;
        ray_hit hit;
        if (!bvh_ray(scene, bvh, camera->eye, camera_direction(camera, x, y), FLT_MAX, &hit)) {
            view.missed += part;
            continue;
        }
        view.nearest = fminf(view.nearest, hit.distance);
        view.buckets[bucket_of(scene, &hit)] += part;
        float depth = logf(hit.distance);
        sum += depth, squares += depth * depth, hits++;
    }
    if (hits > 0) {
        view.mean_depth = sum / (float)hits;
        view.depth_spread = sqrtf(fmaxf(squares / (float)hits - view.mean_depth * view.mean_depth, 0));
    }
    return view;
}

/* Above 0: the more the better; 0: not worth a picture. */
static float rate(const view *view, float least_distance)
{
    float entropy = 0, largest = view->missed;
    for (int i = 0; i < BUCKETS; i++) {
        if (view->buckets[i] > 0)
            entropy -= view->buckets[i] * logf(view->buckets[i]);
        largest = fmaxf(largest, view->buckets[i]);
    }
    if (view->missed > 0.6f || view->nearest < least_distance || largest > 0.8f)
        return 0;
    float rating = entropy + 0.6f * fminf(view->depth_spread, 1.5f);
    return rating > LEAST_RATING ? rating : 0;
}

/* ---- Cameras ----------------------------------------------------------------------------------------------------- */

/* Straight up with a roll at times; y where that would be along the view. */
static vec3 random_up(rng *rng, vec3 forward)
{
    vec3 right = vec3_cross(forward, (vec3){0, 1, 0});
    if (vec3_length(right) < 0.05f)
        return vec3_normalize(vec3_cross((vec3){1, 0, 0}, forward));
    float roll = rng_chance(rng, 0.25f) ? rng_uniform(rng, -0.5f, 0.5f) : 0;
    return vec3_normalize(vec3_add((vec3){0, cosf(roll), 0}, vec3_scale(vec3_normalize(right), sinf(roll))));
}

static bool is_within(const world *world, vec3 p)
{
    return p.x >= world->low.x && p.y >= world->low.y && p.z >= world->low.z && p.x <= world->high.x &&
           p.y <= world->high.y && p.z <= world->high.z;
}

static vec3 random_point(world *world)
{
    rng *rng = &world->rng;
    return (vec3){rng_uniform(rng, world->low.x, world->high.x), rng_uniform(rng, world->low.y, world->high.y),
                  rng_uniform(rng, world->low.z, world->high.z)};
}

/* From anywhere, or from where the thing it looks at fills a part of the picture. */
static bool draw_camera(world *world, float fov, camera *camera)
{
    rng *rng = &world->rng;
    interest interest = world->interests[rng_integer(rng, 0, world->interest_count - 1)];
    vec3 target = vec3_add(interest.center, vec3_scale(rng_direction(rng), 0.5f * interest.radius));
    vec3 eye = random_point(world);
    if (rng_chance(rng, 0.6f)) {
        vec3 out = rng_direction(rng);
        out.y = 0.7f * fabsf(out.y) - 0.05f;
        float distance = interest.radius / (tanf(fov / 2) * rng_log_uniform(rng, 0.3f, 1.4f));
        eye = vec3_add(interest.center, vec3_scale(vec3_normalize(out), distance));
    }
    vec3 span = vec3_subtract(target, eye);
    float distance = vec3_length(span);
    if (!is_within(world, eye) || distance < 1e-3f)
        return false;
    *camera = (struct camera){.eye = eye,
                              .target = target,
                              .up = random_up(rng, vec3_scale(span, 1 / distance)),
                              .fov_y = fov,
                              .focus = distance};
    return true;
}

static float random_fov(rng *rng)
{
    static const float low[] = {12, 28, 50, 75}, high[] = {28, 50, 75, 105};
    int kind = rng_pick(rng, (float[]){0.8f, 2, 2, 0.6f}, 4);
    return rng_uniform(rng, low[kind], high[kind]) * TAU / 360;
}

/* Sharp where the middle of the picture is, or before or behind it. */
static void add_lens(const scene *scene, const bvh *bvh, camera *camera, rng *rng)
{
    ray_hit hit;
    if (bvh_ray(scene, bvh, camera->eye, camera_direction(camera, 0, 0), FLT_MAX, &hit))
        camera->focus = hit.distance * (rng_chance(rng, 0.3f) ? rng_log_uniform(rng, 0.5f, 2) : 1);
    camera->aperture = camera->focus * rng_log_uniform(rng, 0.004f, 0.05f);
}

bool camera_random(world *world, const bvh *bvh, camera *camera)
{
    const scene *scene = world->mesh.scene;
    float least = 0.02f * vec3_length(vec3_subtract(world->high, world->low)), best = 0;
    for (int i = 0; i < CANDIDATES && world->interest_count > 0; i++) {
        struct camera candidate;
        if (!draw_camera(world, random_fov(&world->rng), &candidate))
            continue;
        view view = look(scene, bvh, &candidate);
        float rating = rate(&view, least);
        if (rating > best && !camera_is_enclosed(scene, bvh, candidate.eye)) {
            best = rating;
            *camera = candidate;
        }
    }
    if (best > 0 && rng_chance(&world->rng, 0.25f))
        add_lens(scene, bvh, camera, &world->rng);
    return best > 0;
}

camera camera_before(const camera *camera, rng *rng)
{
    struct camera before = *camera;
    if (rng_chance(rng, 0.15f))
        return before;
    float distance = vec3_length(vec3_subtract(camera->target, camera->eye));
    vec3 shift = vec3_scale(rng_direction(rng), distance * rng_log_uniform(rng, 0.001f, 0.05f));
    vec3 turn = vec3_scale(rng_direction(rng), distance * rng_log_uniform(rng, 0.001f, 0.05f));
    before.eye = vec3_add(before.eye, shift);
    before.target = vec3_add(before.target, vec3_add(shift, turn));
    return before;
}
