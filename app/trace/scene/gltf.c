#include "gltf.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

#define GLB_HEADER  12 /* bytes: magic, version, length */
#define CHUNK       8  /* bytes before a chunk's: length, type */
#define MAX_FILE    ((uint64_t)1 << 32)
#define JSON_CHUNK  0x4e4f534a
#define GLB_VERSION 2

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static uint32_t little_endian(const uint8_t *bytes)
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

static void put_little_endian(uint8_t *bytes, uint32_t value)
{
    for (int i = 0; i < 4; i++)
        bytes[i] = (uint8_t)(value >> 8 * i);
}

static bool is_binary(const gltf *gltf)
{
    return gltf->size >= GLB_HEADER + CHUNK && memcmp(gltf->bytes, "glTF", 4) == 0;
}

/* All of a .gltf, the first chunk of a .glb, whose second is gltf->binary. */
static void parse(gltf *gltf)
{
    if (!is_binary(gltf)) {
        gltf->json = cJSON_ParseWithLength((const char *)gltf->bytes, gltf->size);
        return;
    }
    const uint8_t *text = gltf->bytes + GLB_HEADER + CHUNK;
    const size_t left = gltf->size - GLB_HEADER - CHUNK, length = little_endian(gltf->bytes + GLB_HEADER);
    if (length > left)
        return;
    gltf->json = cJSON_ParseWithLength((const char *)text, length);
    if (left - length < CHUNK)
        return;
    const uint32_t size = little_endian(text + length);
    gltf->binary = text + length + CHUNK;
    gltf->binary_size = size <= left - length - CHUNK ? size : left - length - CHUNK;
}

/* ---- Nodes ------------------------------------------------------------------------------------------------------- */

static bool count_parents(const cJSON *nodes, int count, uint8_t *parents, error *error)
{
    const cJSON *node, *child;
    cJSON_ArrayForEach(node, nodes)
    {
        cJSON_ArrayForEach(child, cJSON_GetObjectItemCaseSensitive(node, "children"))
        {
            if (!cJSON_IsNumber(child) || child->valueint < 0 || child->valueint >= count)
                continue; /* assimp says so */
            if (parents[child->valueint]++)
                return error_set(error, "node %d is a child more than once", child->valueint);
        }
    }
    return true;
}

static bool check_nodes(const cJSON *json, error *error)
{
    const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(json, "nodes");
    int count = cJSON_GetArraySize(nodes);
    uint8_t *parents = calloc((size_t)count + 1, 1);
    bool ok = parents ? count_parents(nodes, count, parents, error) : error_set(error, "not enough memory");
    free(parents);
    return ok;
}

/* ---- The copy that assimp reads ---------------------------------------------------------------------------------- */

/* Assimp sorts materials anew and keeps their names alone. */
static bool name_materials(const cJSON *json)
{
    int index = 0;
    cJSON *material;
    cJSON_ArrayForEach(material, cJSON_GetObjectItemCaseSensitive(json, "materials"))
    {
        char name[16];
        snprintf(name, sizeof name, "%d", index++);
        cJSON_DeleteItemFromObjectCaseSensitive(material, "name");
        if (cJSON_IsObject(material) && !cJSON_AddStringToObject(material, "name", name))
            return false;
    }
    return true;
}

/* The text, as the file's first chunk where that is a .glb. */
static bool write_plain(gltf *gltf, const char *text)
{
    const size_t length = strlen(text);
    if (!is_binary(gltf)) {
        gltf->plain = (uint8_t *)strdup(text);
        gltf->plain_size = length;
        return gltf->plain;
    }
    const size_t start = GLB_HEADER + CHUNK, padded = (length + 3) / 4 * 4;
    const size_t behind = start + little_endian(gltf->bytes + GLB_HEADER);
    const size_t size = start + padded + gltf->size - behind;
    if (size > UINT32_MAX || !(gltf->plain = malloc(size)))
        return false;
    memcpy(gltf->plain, "glTF", 4);
    put_little_endian(gltf->plain + 4, GLB_VERSION);
    put_little_endian(gltf->plain + 8, (uint32_t)size);
    put_little_endian(gltf->plain + GLB_HEADER, (uint32_t)padded);
    put_little_endian(gltf->plain + GLB_HEADER + 4, JSON_CHUNK);
    memcpy(gltf->plain + start, text, length);
    memset(gltf->plain + start + length, ' ', padded - length);
    memcpy(gltf->plain + start + padded, gltf->bytes + behind, gltf->size - behind);
    gltf->plain_size = size;
    return true;
}

static bool make_plain(gltf *gltf, error *error)
{
    char *text = name_materials(gltf->json) ? cJSON_PrintUnformatted(gltf->json) : NULL;
    bool written = text && write_plain(gltf, text);
    cJSON_free(text);
    return written || error_set(error, "not enough memory");
}

bool gltf_open(const char *path, gltf *gltf, scene *scene, error *error)
{
    const char *slash = strrchr(path, '/');
    *gltf = (struct gltf){.path = path};
    gltf->bytes = scene_file_read(path, slash ? slash + 1 : path, MAX_FILE, &gltf->size, error);
    if (!gltf->bytes)
        return false;
    parse(gltf);
    if (!gltf->json)
        return true;
    if (!check_nodes(gltf->json, error) || !gltf_check_extensions(gltf->json, error))
        return false;
    gltf_warn(gltf->json, scene);
    return gltf_convert_attributes(gltf, error) && make_plain(gltf, error);
}

void gltf_close(gltf *gltf)
{
    cJSON_Delete(gltf->json);
    free(gltf->bytes);
    free(gltf->plain);
    free(gltf->floats);
    *gltf = (struct gltf){0};
}

bool gltf_is(const gltf *gltf)
{
    return gltf->bytes;
}

/* ---- Materials --------------------------------------------------------------------------------------------------- */

static const cJSON *extension_of(const cJSON *object, const char *name)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(object, "extensions"), name);
}

static double number_of(const cJSON *object, const char *name, double otherwise)
{
    const cJSON *number = cJSON_GetObjectItemCaseSensitive(object, name);
    return cJSON_IsNumber(number) && fabs(number->valuedouble) <= SCENE_REACH ? number->valuedouble : otherwise;
}

static double element(const cJSON *object, const char *name, int index, double otherwise)
{
    const cJSON *number = cJSON_GetArrayItem(cJSON_GetObjectItemCaseSensitive(object, name), index);
    return cJSON_IsNumber(number) && fabs(number->valuedouble) <= SCENE_REACH ? number->valuedouble : otherwise;
}

static void multiply_emission(const cJSON *from, material *material)
{
    const cJSON *extension = extension_of(from, "KHR_materials_emissive_strength");
    double strength = number_of(extension, "emissiveStrength", 1);
    for (int c = 0; c < 3 && strength >= 0; c++) {
        double emission = material->emission[c] * strength;
        material->emission[c] = emission < SCENE_REACH ? (float)emission : SCENE_REACH;
    }
}

/* KHR_texture_transform: scaled, then turned counter-clockwise in a picture whose v is downwards, then moved. */
static void transform(const cJSON *extension, texture_mapping *mapping)
{
    double angle = number_of(extension, "rotation", 0), sine = sin(angle), cosine = cos(angle);
    double across = element(extension, "scale", 0, 1), down = element(extension, "scale", 1, 1);
    mapping->u[0] = (float)(cosine * across), mapping->u[1] = (float)(sine * down);
    mapping->v[0] = (float)(-sine * across), mapping->v[1] = (float)(cosine * down);
    mapping->u[2] = (float)element(extension, "offset", 0, 0);
    mapping->v[2] = (float)element(extension, "offset", 1, 0);
}

/* Returns whether it had to be left out. */
static bool complete_texture(const cJSON *from, int *texture, texture_mapping *mapping)
{
    const cJSON *extension = extension_of(from, "KHR_texture_transform");
    if (extension)
        transform(extension, mapping);
    if (*texture < 0 || number_of(extension, "texCoord", number_of(from, "texCoord", 0)) == 0)
        return false;
    *texture = -1;
    return true;
}

static int complete_material(const cJSON *from, material *material)
{
    const cJSON *model = cJSON_GetObjectItemCaseSensitive(from, "pbrMetallicRoughness");
    const cJSON *color = cJSON_GetObjectItemCaseSensitive(model, "baseColorTexture");
    const cJSON *rough = cJSON_GetObjectItemCaseSensitive(model, "metallicRoughnessTexture");
    const cJSON *normal = cJSON_GetObjectItemCaseSensitive(from, "normalTexture");
    const cJSON *emission = cJSON_GetObjectItemCaseSensitive(from, "emissiveTexture");
    multiply_emission(from, material);
    return complete_texture(color, &material->base_color_texture, &material->base_color_mapping) +
           complete_texture(rough, &material->metallic_roughness_texture, &material->metallic_roughness_mapping) +
           complete_texture(normal, &material->normal_texture, &material->normal_mapping) +
           complete_texture(emission, &material->emission_texture, &material->emission_mapping);
}

void gltf_complete_materials(const gltf *gltf, const struct aiScene *from, scene *scene)
{
    const cJSON *materials = cJSON_GetObjectItemCaseSensitive(gltf->json, "materials");
    int left_out = 0;
    for (uint32_t i = 0; materials && i < scene->material_count; i++) {
        struct aiString name = {0};
        char *end;
        aiGetMaterialString(from->mMaterials[i], AI_MATKEY_NAME, &name);
        long index = strtol(name.data, &end, 10);
        if (end != name.data && *end == '\0')
            left_out += complete_material(cJSON_GetArrayItem(materials, (int)index), &scene->materials[i]);
    }
    if (left_out > 0)
        scene_warn(
            scene,
            "%d textures are placed by other texture coordinates than the first set: their factors alone are used",
            left_out);
}
