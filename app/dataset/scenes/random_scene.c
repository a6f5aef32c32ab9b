#include "random_scene.h"

#include <stdlib.h>
#include <string.h>

#include "camera.h"
#include "exposure.h"

#define ATTEMPTS       32
#define PLACE_ATTEMPTS 8    /* before another place is tried: those that often fail are to keep their part */
#define MOST_NOISE     0.5f /* of a probe: where light is found by chance alone, no reference converges */

static place pick_place(rng *rng)
{
    static const float weights[PLACE_COUNT] = {
        [PLACE_ROOM] = 2.2f,   [PLACE_HALL] = 0.8f,   [PLACE_BOX] = 1.6f,   [PLACE_TABLE] = 1.8f, [PLACE_STUDIO] = 1.2f,
        [PLACE_GROUND] = 1.8f, [PLACE_STREET] = 1.2f, [PLACE_SPACE] = 1.2f, [PLACE_CAVE] = 0.6f,
    };
    return (place)rng_pick(rng, weights, PLACE_COUNT);
}

static void measure(scene *scene)
{
    scene->minimum = scene->maximum = scene->vertices[0].position;
    for (uint32_t i = 1; i < scene->vertex_count; i++) {
        scene->minimum = vec3_minimum(scene->minimum, scene->vertices[i].position);
        scene->maximum = vec3_maximum(scene->maximum, scene->vertices[i].position);
    }
}

/* Memory that was meant for the largest scene. */
static void shrink(scene *scene)
{
    vertex *vertices = realloc(scene->vertices, scene->vertex_count * sizeof *vertices);
    triangle *triangles = realloc(scene->triangles, scene->triangle_count * sizeof *triangles);
    scene->vertices = vertices ? vertices : scene->vertices;
    scene->triangles = triangles ? triangles : scene->triangles;
}

static void scale_camera(camera *camera, float scale)
{
    camera->eye = vec3_scale(camera->eye, scale);
    camera->target = vec3_scale(camera->target, scale);
    camera->focus *= scale;
    camera->aperture *= scale;
}

/* Another unit of length: light stays the same. */
static void change_unit(random_scene *out, float scale)
{
    for (uint32_t i = 0; i < out->scene.vertex_count; i++)
        out->scene.vertices[i].position = vec3_scale(out->scene.vertices[i].position, scale);
    for (uint32_t i = 0; i < out->bvh.node_count; i++) {
        out->bvh.nodes[i].minimum = vec3_scale(out->bvh.nodes[i].minimum, scale);
        out->bvh.nodes[i].maximum = vec3_scale(out->bvh.nodes[i].maximum, scale);
    }
    scale_camera(&out->scene.camera, scale);
    scale_camera(&out->previous, scale);
}

static bool build(world *world, random_scene *out, error *error)
{
    if (!mesh_begin(&world->mesh, &out->scene, error))
        return false;
    if (!paint_begin(&world->paint, &out->scene, rng_chance(&world->rng, 0.5f), &world->rng))
        return error_set(error, "no memory for a scene's materials");
    if (!place_build(world, out->place, error))
        return false;
    return !world->paint.failed || error_set(error, "no memory for a scene's textures");
}

/* Whether the scene is worth a picture; false with an empty message: it is not. */
static bool finish(world *world, random_scene *out, error *error)
{
    float luminance[EXPOSURE_GRID * EXPOSURE_GRID], noise;
    rng *rng = &world->rng;
    scene *scene = &out->scene;
    if (scene->triangle_count == 0)
        return false;
    shrink(scene);
    if (!bvh_build(scene, &out->bvh, error) || !camera_random(world, &out->bvh, &scene->camera))
        return false;
    if (!exposure_probe(scene, &out->bvh, &scene->camera, rng, luminance, &noise, error) || noise > MOST_NOISE)
        return false;
    bool dark = rng_chance(rng, 0.2f); /* a night, or a window in a dark room */
    float key = dark ? rng_uniform(rng, 0.05f, 0.2f) : rng_uniform(rng, 0.15f, 0.42f);
    float scale = exposure_scale(luminance, key, dark ? 0.8f : 0.4f);
    if (scale == 0)
        return false;
    exposure_apply(scene, scale);
    scene->has_camera = true;
    out->previous = camera_before(&scene->camera, rng);
    change_unit(out, rng_log_uniform(rng, 0.2f, 10));
    measure(scene);
    return true;
}

bool random_scene_create(uint64_t seed, uint32_t index, const assets *assets, random_scene *out, error *error)
{
    error->message[0] = '\0';
    for (uint64_t attempt = 0; attempt < ATTEMPTS; attempt++) {
        rng places = rng_stream(seed, index, ATTEMPTS + attempt / PLACE_ATTEMPTS);
        *out = (random_scene){.place = pick_place(&places)};
        world world = {.rng = rng_stream(seed, index, attempt), .assets = assets};
        if (build(&world, out, error) && finish(&world, out, error))
            return true;
        random_scene_free(out);
        if (error->message[0])
            return false;
    }
    return error_set(error, "scene %u of seed %llu: nothing to see in %d attempts", index, (unsigned long long)seed,
                     ATTEMPTS);
}

void random_scene_free(random_scene *scene)
{
    scene_free(&scene->scene);
    bvh_free(&scene->bvh);
    *scene = (random_scene){0};
}
