#include <assimp/GltfMaterial.h>
#include <assimp/ObjMaterial.h>
#include <assimp/material.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

/* A texture that some material has named already. */
typedef struct known_texture {
    char *name;
    bool srgb;
    int index;
} known_texture;

typedef struct importer {
    const char *path;
    const struct aiScene *from;
    scene *scene;
    known_texture *known;
    size_t known_count;
    bool failed; /* no memory */
} importer;

static int find_texture(importer *importer, const char *name, bool srgb)
{
    for (size_t i = 0; i < importer->known_count; i++)
        if (importer->known[i].srgb == srgb && strcmp(importer->known[i].name, name) == 0)
            return importer->known[i].index;
    known_texture *known = realloc(importer->known, (importer->known_count + 1) * sizeof *known);
    char *copy = strdup(name);
    importer->known = known ? known : importer->known;
    if (!known || !copy) {
        free(copy);
        importer->failed = true;
        return -1;
    }
    int index = scene_import_texture(importer->path, importer->from, name, srgb, importer->scene);
    known[importer->known_count++] = (known_texture){copy, srgb, index};
    return index;
}

static int wrap(enum aiTextureMapMode mode)
{
    return mode == aiTextureMapMode_Wrap     ? TRACE_WRAP_REPEAT
           : mode == aiTextureMapMode_Mirror ? TRACE_WRAP_MIRROR
                                             : TRACE_WRAP_CLAMP;
}

static int read_texture(importer *importer, const struct aiMaterial *from, enum aiTextureType type, bool srgb,
                        texture_mapping *mapping)
{
    struct aiString name;
    enum aiTextureMapMode modes[3] = {aiTextureMapMode_Wrap, aiTextureMapMode_Wrap, aiTextureMapMode_Wrap};
    *mapping = (texture_mapping)TEXTURE_MAPPING_PLAIN;
    if (aiGetMaterialTexture(from, type, 0, &name, NULL, NULL, NULL, NULL, modes, NULL) != aiReturn_SUCCESS ||
        !name.length)
        return -1;
    mapping->wrap_u = wrap(modes[0]);
    mapping->wrap_v = wrap(modes[1]);
    return find_texture(importer, name.data, srgb);
}

static float clamp(float value, float low, float high)
{
    return value >= low ? value <= high ? value : high : low; /* NaN becomes low */
}

static bool has_number(const struct aiMaterial *from, const char *key, unsigned type, unsigned index, float *value)
{
    return aiGetMaterialFloatArray(from, key, type, index, value, NULL) == aiReturn_SUCCESS;
}

static float number(const struct aiMaterial *from, const char *key, unsigned type, unsigned index, float otherwise)
{
    float value;
    return has_number(from, key, type, index, &value) ? value : otherwise;
}

static bool has_color(const struct aiMaterial *from, const char *key, unsigned type, unsigned index,
                      struct aiColor4D *color)
{
    return aiGetMaterialColor(from, key, type, index, color) == aiReturn_SUCCESS;
}

/* Roughness of a Blinn-Phong exponent: that of the Beckmann lobe as wide, squared as glTF has it (alpha =
 * roughness^2). Without a highlight: 1. */
static float roughness_of_exponent(const struct aiMaterial *from)
{
    struct aiColor4D specular = {0, 0, 0, 0};
    has_color(from, AI_MATKEY_COLOR_SPECULAR, &specular);
    float exponent = number(from, AI_MATKEY_SHININESS, 0);
    if (specular.r + specular.g + specular.b <= 0 || !(exponent > 0))
        return 1;
    return sqrtf(sqrtf(2 / (exponent + 2)));
}

/* What .mtl says: d below 1 is glass where illum asks for refraction or transparency. */
static float transmission_of_opacity(const struct aiMaterial *from)
{
    int model = 0;
    aiGetMaterialIntegerArray(from, AI_MATKEY_OBJ_ILLUM, &model, NULL);
    bool glass = model == 4 || model == 6 || model == 7 || model == 9;
    return glass ? 1 - number(from, AI_MATKEY_OPACITY, 1) : 0;
}

/* Assimp folds the factor's alpha into nothing; alpha * factor < cutoff is alpha < cutoff / factor. */
static float alpha_cutoff(const struct aiMaterial *from, float alpha_factor)
{
    struct aiString mode = {0};
    aiGetMaterialString(from, AI_MATKEY_GLTF_ALPHAMODE, &mode);
    bool mask = strcmp(mode.data, "MASK") == 0;
    if (!mask && strcmp(mode.data, "BLEND") != 0)
        return 0;
    float cutoff = mask ? clamp(number(from, AI_MATKEY_GLTF_ALPHACUTOFF, 0.5f), 0, 2) : 0.5f;
    return alpha_factor > 0 ? cutoff / alpha_factor : cutoff > 0 ? 2 : 0;
}

static void read_factors(const struct aiMaterial *from, material *material)
{
    struct aiColor4D color = {0.8f, 0.8f, 0.8f, 1}, emission = {0, 0, 0, 1};
    float transmission;
    if (!has_color(from, AI_MATKEY_BASE_COLOR, &color))
        has_color(from, AI_MATKEY_COLOR_DIFFUSE, &color);
    has_color(from, AI_MATKEY_COLOR_EMISSIVE, &emission);
    if (!has_number(from, AI_MATKEY_TRANSMISSION_FACTOR, &transmission))
        transmission = transmission_of_opacity(from);
    *material = (struct material){
        .base_color = {clamp(color.r, 0, 1), clamp(color.g, 0, 1), clamp(color.b, 0, 1)},
        .metallic = clamp(number(from, AI_MATKEY_METALLIC_FACTOR, 0), 0, 1),
        .roughness = clamp(number(from, AI_MATKEY_ROUGHNESS_FACTOR, roughness_of_exponent(from)), 0, 1),
        .transmission = clamp(transmission, 0, 1),
        .ior = clamp(number(from, AI_MATKEY_REFRACTI, 1.5f), 1, 10),
        .emission = {clamp(emission.r, 0, SCENE_REACH), clamp(emission.g, 0, SCENE_REACH),
                     clamp(emission.b, 0, SCENE_REACH)},
        .normal_scale = clamp(number(from, AI_MATKEY_GLTF_TEXTURE_SCALE(aiTextureType_NORMALS, 0), 1), -10, 10),
        .alpha_cutoff = alpha_cutoff(from, clamp(color.a, 0, 1)),
    };
}

static void read_textures(importer *importer, const struct aiMaterial *from, material *material)
{
    texture_mapping *color = &material->base_color_mapping;
    material->base_color_texture = read_texture(importer, from, aiTextureType_BASE_COLOR, true, color);
    if (material->base_color_texture < 0)
        material->base_color_texture = read_texture(importer, from, aiTextureType_DIFFUSE, true, color);
    material->metallic_roughness_texture =
        read_texture(importer, from, aiTextureType_UNKNOWN, false, &material->metallic_roughness_mapping);
    material->normal_texture = read_texture(importer, from, aiTextureType_NORMALS, false, &material->normal_mapping);
    material->emission_texture =
        read_texture(importer, from, aiTextureType_EMISSIVE, true, &material->emission_mapping);
}

/* What a material may have beside the textures that are read: ambient occlusion, which tracing
   finds by itself, does not count. */
static void warn_of_textures(const struct aiScene *from, scene *scene)
{
    static const struct {
        enum aiTextureType type;
        const char *name;
    } kinds[] = {{aiTextureType_OPACITY, "opacity"},           {aiTextureType_HEIGHT, "height"},
                 {aiTextureType_DISPLACEMENT, "displacement"}, {aiTextureType_SPECULAR, "specular color"},
                 {aiTextureType_SHININESS, "shininess"},       {aiTextureType_REFLECTION, "reflection"},
                 {aiTextureType_TRANSMISSION, "transmission"}};
    for (size_t k = 0; k < sizeof kinds / sizeof *kinds; k++) {
        unsigned count = 0;
        for (unsigned i = 0; i < from->mNumMaterials; i++)
            count += aiGetMaterialTextureCount(from->mMaterials[i], kinds[k].type) > 0;
        if (count > 0)
            scene_warn(scene, "%u textures of %s are left out", count, kinds[k].name);
    }
}

bool scene_import_materials(const char *path, const struct aiScene *from, scene *scene, error *error)
{
    importer importer = {.path = path, .from = from, .scene = scene};
    scene->materials = calloc(from->mNumMaterials, sizeof *scene->materials);
    if (!scene->materials)
        return error_set(error, "not enough memory for %u materials", from->mNumMaterials);
    scene->material_count = from->mNumMaterials;
    for (uint32_t i = 0; i < scene->material_count; i++) {
        read_factors(from->mMaterials[i], &scene->materials[i]);
        read_textures(&importer, from->mMaterials[i], &scene->materials[i]);
    }
    warn_of_textures(from, scene);
    for (size_t i = 0; i < importer.known_count; i++)
        free(importer.known[i].name);
    free(importer.known);
    return !importer.failed || error_set(error, "not enough memory for the names of textures");
}
