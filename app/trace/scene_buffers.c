#include "scene_buffers.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "ggx_tables.h"
#include "lights.h"

#define TEXEL_SIZE 4 /* bytes */

_Static_assert(sizeof(vertex) == sizeof(struct trace_vertex), "vertices are uploaded as they are");
_Static_assert(sizeof(material) == sizeof(struct trace_material), "materials are uploaded as they are");
_Static_assert(sizeof(vertex) % 16 == 0 && sizeof(material) % 16 == 0 && sizeof(trace_corners) % 16 == 0 &&
                   sizeof(trace_triangle) % 16 == 0 && sizeof(trace_choice) % 16 == 0,
               "shaders read rows of 16 bytes");

/* What the device has, by TRACER_NODES ... TRACER_GLASS. */
typedef struct array {
    const void *data; /* of TRACER_TEXELS: NULL, each texture has its own */
    size_t size;
} array;

/* What is made for the device alone. */
typedef struct copies {
    lights lights;
    trace_triangle *triangles;
    trace_corners *corners;
    trace_texture *textures;
    size_t texels;
} copies;

static bool make_triangles(const scene *scene, copies *copies, error *error)
{
    const uint32_t count = scene->triangle_count;
    const lights *lights = &copies->lights;
    copies->triangles = malloc(count * sizeof *copies->triangles);
    copies->corners = malloc(count * sizeof *copies->corners);
    if (!copies->triangles || !copies->corners)
        return error_set(error, "no memory for %u triangles", count);
    for (uint32_t i = 0; i < count; i++) {
        const triangle *from = &scene->triangles[i];
        copies->triangles[i] = (trace_triangle){.material = from->material};
        memcpy(copies->triangles[i].vertices, from->vertices, sizeof from->vertices);
        copies->corners[i] = (trace_corners){
            .a = scene->vertices[from->vertices[0]].position,
            .b = scene->vertices[from->vertices[1]].position,
            .c = scene->vertices[from->vertices[2]].position,
            .has_holes = scene->materials[from->material].alpha_cutoff > 0,
        };
    }
    for (uint32_t i = 0; i < lights->emitter_count; i++)
        copies->corners[lights->emitters[i].item].light_density = lights->emitters[i].density;
    return true;
}

static bool make_textures(const scene *scene, copies *copies, error *error)
{
    copies->textures = calloc(scene->texture_count + 1, sizeof *copies->textures);
    if (!copies->textures)
        return error_set(error, "no memory for %u textures", scene->texture_count);
    for (uint32_t i = 0; i < scene->texture_count; i++) {
        const texture *from = &scene->textures[i];
        copies->textures[i] = (trace_texture){(uint32_t)copies->texels, from->width, from->height, from->srgb};
        copies->texels += (size_t)from->width * (size_t)from->height;
    }
    return copies->texels <= UINT32_MAX ||
           error_set(error, "the scene's textures have %.0f million texels, 4294 at most",
                     (double)copies->texels / 1e6);
}

static bool make_copies(const scene *scene, copies *copies, error *error)
{
    *copies = (struct copies){0};
    return lights_create(scene, &copies->lights, error) && make_triangles(scene, copies, error) &&
           make_textures(scene, copies, error);
}

static void free_copies(copies *copies)
{
    lights_free(&copies->lights);
    free(copies->triangles);
    free(copies->corners);
    free(copies->textures);
}

/* In place of what the buffers had. */
static bool reserve_buffers(tracer *tracer, const array arrays[TRACER_SCENE_BUFFERS], error *error)
{
    for (int i = 0; i < TRACER_SCENE_BUFFERS; i++)
        if (!device_buffer_reserve(tracer->device, arrays[i].size, &tracer->scene[i], error))
            return false;
    return true;
}

static bool fill_buffers(tracer *tracer, const array arrays[TRACER_SCENE_BUFFERS], const scene *scene,
                         const copies *copies, error *error)
{
    const uint32_t count = TRACER_SCENE_BUFFERS + scene->texture_count;
    device_write *writes = calloc(count, sizeof *writes);
    if (!writes)
        return error_set(error, "no memory for %u textures", scene->texture_count);
    for (int i = 0; i < TRACER_SCENE_BUFFERS; i++)
        if (arrays[i].data)
            writes[i] = (device_write){&tracer->scene[i], 0, arrays[i].data, arrays[i].size};
    for (uint32_t i = 0; i < scene->texture_count; i++) {
        const texture *texture = &scene->textures[i];
        writes[TRACER_SCENE_BUFFERS + i] =
            (device_write){&tracer->scene[TRACER_TEXELS], TEXEL_SIZE * (VkDeviceSize)copies->textures[i].first,
                           texture->rgba, TEXEL_SIZE * (VkDeviceSize)texture->width * (VkDeviceSize)texture->height};
    }
    bool ok = device_buffers_write(tracer->device, &tracer->staging, writes, count, error);
    free(writes);
    return ok;
}

static void share_choices(trace_params *params, const lights *lights)
{
    bool has_triangles = lights->emitter_count > 0, has_environment = lights->environment_choices;
    bool has_sun = lights->sun.radiance[0] + lights->sun.radiance[1] + lights->sun.radiance[2] > 0;
    float share = 1 / fmaxf((float)(has_triangles + has_environment + has_sun), 1);
    params->choose_triangles = has_triangles ? share : 0;
    params->choose_environment = has_environment ? share : 0;
    params->choose_sun = has_sun ? share : 0;
    params->emitter_count = lights->emitter_count;
    params->environment_width = lights->environment.width;
    params->environment_height = lights->environment.height;
    params->sun_direction = lights->sun.direction;
    params->sun_radiance = (vec3){lights->sun.radiance[0], lights->sun.radiance[1], lights->sun.radiance[2]};
    float below = lights->sun.solid_angle / (2 * (float)M_PI); /* 1 - cosine, without the loss of that difference */
    params->sun_sine_squared = below * (2 - below);
    params->sun_solid_angle = lights->sun.solid_angle;
}

static bool upload(tracer *tracer, const scene *scene, const bvh *bvh, const copies *copies, error *error)
{
    const lights *lights = &copies->lights;
    const size_t texels = (size_t)lights->environment.width * (size_t)lights->environment.height;
    const size_t choices = lights->environment_choices ? texels : 0;
    const array arrays[TRACER_SCENE_BUFFERS] = {
        [TRACER_NODES] = {bvh->nodes, bvh->node_count * sizeof *bvh->nodes},
        [TRACER_CORNERS] = {copies->corners, scene->triangle_count * sizeof *copies->corners},
        [TRACER_TRIANGLES] = {copies->triangles, scene->triangle_count * sizeof *copies->triangles},
        [TRACER_COLORS] = {scene->colors, scene->colors ? scene->vertex_count * sizeof *scene->colors : 0},
        [TRACER_VERTICES] = {scene->vertices, scene->vertex_count * sizeof *scene->vertices},
        [TRACER_MATERIALS] = {scene->materials, scene->material_count * sizeof *scene->materials},
        [TRACER_TEXTURES] = {copies->textures, scene->texture_count * sizeof *copies->textures},
        [TRACER_TEXELS] = {NULL, TEXEL_SIZE * copies->texels},
        [TRACER_EMITTERS] = {lights->emitters, lights->emitter_count * sizeof *lights->emitters},
        [TRACER_ENVIRONMENT] = {lights->environment.pixels, texels * 3 * sizeof(float)},
        [TRACER_CHOICES] = {lights->environment_choices, choices * sizeof *lights->environment_choices},
        [TRACER_ALBEDO] = {ggx_reflected, sizeof ggx_reflected},
        [TRACER_GLASS] = {ggx_glass, sizeof ggx_glass},
    };
    return reserve_buffers(tracer, arrays, error) && fill_buffers(tracer, arrays, scene, copies, error);
}

static void set_addresses(tracer *tracer, bool has_colors)
{
    const device_buffer *scene = tracer->scene;
    trace_params *params = &tracer->fixed;
    params->nodes = scene[TRACER_NODES].address;
    params->corners = scene[TRACER_CORNERS].address;
    params->triangles = scene[TRACER_TRIANGLES].address;
    params->vertices = scene[TRACER_VERTICES].address;
    params->colors = has_colors ? scene[TRACER_COLORS].address : 0;
    params->materials = scene[TRACER_MATERIALS].address;
    params->textures = scene[TRACER_TEXTURES].address;
    params->texels = scene[TRACER_TEXELS].address;
    params->emitters = scene[TRACER_EMITTERS].address;
    params->environment = scene[TRACER_ENVIRONMENT].address;
    params->environment_choices = scene[TRACER_CHOICES].address;
    params->albedo_table = scene[TRACER_ALBEDO].address;
    params->glass_table = scene[TRACER_GLASS].address;
}

static bool is_placed(int texture, const texture_mapping *mapping)
{
    static const texture_mapping plain = TEXTURE_MAPPING_PLAIN;
    return texture >= 0 && memcmp(mapping, &plain, sizeof plain) != 0;
}

bool scene_is_painted(const scene *scene)
{
    bool painted = scene->colors;
    for (uint32_t i = 0; i < scene->material_count && !painted; i++) {
        const material *m = &scene->materials[i];
        painted = is_placed(m->base_color_texture, &m->base_color_mapping) ||
                  is_placed(m->metallic_roughness_texture, &m->metallic_roughness_mapping) ||
                  is_placed(m->normal_texture, &m->normal_mapping) ||
                  is_placed(m->emission_texture, &m->emission_mapping);
    }
    return painted;
}

bool scene_buffers_fill(tracer *tracer, const scene *scene, const bvh *bvh, error *error)
{
    copies copies;
    bool ok = make_copies(scene, &copies, error) && upload(tracer, scene, bvh, &copies, error);
    if (ok) {
        share_choices(&tracer->fixed, &copies.lights);
        set_addresses(tracer, scene->colors);
    }
    tracer->accumulated = 0;
    free_copies(&copies);
    return ok;
}
