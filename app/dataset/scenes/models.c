#include "models.h"

/* Where the scene has them; -1: not yet. */
typedef struct places {
    int textures[RANDOM_MAX_TEXTURES];
} places;

/* The index of a copy of a model's texture; -1: no room. */
static int take_texture(world *world, const scene *model, int texture, places *places)
{
    if (texture < 0 || texture >= RANDOM_MAX_TEXTURES)
        return -1;
    if (places->textures[texture] < 0)
        places->textures[texture] = paint_copy_texture(&world->paint, &model->textures[texture]);
    return places->textures[texture];
}

/* Its own paint, or at times a new one. */
static uint32_t take_material(world *world, const scene *model, uint32_t index, places *places)
{
    material material = model->materials[index];
    bool glass = material.transmission > 0 && !world->paint.allows_glass;
    if (glass || rng_chance(&world->rng, 0.3f))
        return paint_object(&world->paint, &world->rng);
    material.base_color_texture = take_texture(world, model, material.base_color_texture, places);
    material.metallic_roughness_texture = take_texture(world, model, material.metallic_roughness_texture, places);
    material.normal_texture = take_texture(world, model, material.normal_texture, places);
    material.emission_texture = -1;
    if (material.base_color_texture < 0)
        material.alpha_cutoff = 0;
    if (material.roughness < 0.15f && !world->paint.allows_glass)
        material.roughness = 0.15f;
    return paint_copy(&world->paint, &material);
}

bool models_add(world *world, pose pose)
{
    const assets *assets = world->assets;
    if (!assets || assets->model_count == 0 || !rng_chance(&world->rng, 0.5f))
        return false;
    const scene *model = &assets->models[rng_integer(&world->rng, 0, assets->model_count - 1)];
    uint32_t materials[RANDOM_MAX_MATERIALS];
    places places;
    if (!mesh_has_room(&world->mesh, model->vertex_count, model->triangle_count) ||
        model->material_count > RANDOM_MAX_MATERIALS)
        return false;
    for (int i = 0; i < RANDOM_MAX_TEXTURES; i++)
        places.textures[i] = -1;
    for (uint32_t i = 0; i < model->material_count; i++)
        materials[i] = take_material(world, model, i, &places);
    world->mesh.pose = pose;
    mesh_copy(&world->mesh, model, materials);
    return true;
}
