#include <cjson/cJSON.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/files/input.h"
#include "import.h"

#define GLB_HEADER 20 /* bytes: magic, version, length; the JSON chunk's length and type */
#define MAX_JSON   (1u << 30)

static uint32_t little_endian(const uint8_t bytes[4])
{
    return bytes[0] | (uint32_t)bytes[1] << 8 | (uint32_t)bytes[2] << 16 | (uint32_t)bytes[3] << 24;
}

/* Where the JSON lies: all of a .gltf, the first chunk of a .glb. */
static uint64_t find_json(const input *input, uint64_t *offset)
{
    uint8_t header[GLB_HEADER];
    error error;
    *offset = 0;
    if (input_read(input, header, GLB_HEADER, 0, &error) != GLB_HEADER || memcmp(header, "glTF", 4) != 0)
        return input->size;
    *offset = GLB_HEADER;
    return little_endian(header + 12);
}

static cJSON *read_json(const char *path)
{
    input input;
    error error;
    uint64_t offset;
    if (!input_open(&input, path, &error))
        return NULL;
    uint64_t size = find_json(&input, &offset);
    char *text = size <= MAX_JSON && size <= input.size ? malloc(size + 1) : NULL;
    int64_t length = text ? input_read(&input, text, size, offset, &error) : -1;
    cJSON *json = length > 0 ? cJSON_ParseWithLength(text, (size_t)length) : NULL;
    free(text);
    input_close(&input);
    return json;
}

static bool is_obj(const char *path)
{
    return strcasecmp(strrchr(path, '.'), ".obj") == 0;
}

/* ---- Nodes -------------------------------------------------------------------------------------------------------------- */

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

bool scene_import_check_nodes(const char *path, error *error)
{
    cJSON *json = is_obj(path) ? NULL : read_json(path);
    const cJSON *nodes = cJSON_GetObjectItemCaseSensitive(json, "nodes");
    int count = cJSON_GetArraySize(nodes);
    uint8_t *parents = calloc((size_t)count + 1, 1);
    bool ok = parents ? count_parents(nodes, count, parents, error) : error_set(error, "not enough memory");
    free(parents);
    cJSON_Delete(json);
    return ok;
}

/* ---- Emission ----------------------------------------------------------------------------------------------------------- */

static double emissive_strength(const cJSON *material)
{
    const cJSON *extensions = cJSON_GetObjectItemCaseSensitive(material, "extensions");
    const cJSON *extension = cJSON_GetObjectItemCaseSensitive(extensions, "KHR_materials_emissive_strength");
    const cJSON *strength = cJSON_GetObjectItemCaseSensitive(extension, "emissiveStrength");
    return cJSON_IsNumber(strength) && strength->valuedouble >= 0 ? strength->valuedouble : 1;
}

static const char *material_name(const cJSON *material)
{
    const cJSON *name = cJSON_GetObjectItemCaseSensitive(material, "name");
    return cJSON_IsString(name) ? name->valuestring : "";
}

static int count_name(const cJSON *materials, const char *name)
{
    int count = 0;
    const cJSON *material;
    cJSON_ArrayForEach(material, materials) count += strcmp(material_name(material), name) == 0;
    return count;
}

static void multiply_emission(const struct aiScene *from, const char *name, double strength, scene *scene)
{
    for (uint32_t i = 0; i < scene->material_count; i++) {
        struct aiString own = {0};
        aiGetMaterialString(from->mMaterials[i], AI_MATKEY_NAME, &own);
        for (int c = 0; c < 3 && strcmp(own.data, name) == 0; c++) {
            double emission = scene->materials[i].emission[c] * strength;
            scene->materials[i].emission[c] = emission < SCENE_REACH ? (float)emission : SCENE_REACH;
        }
    }
}

void scene_import_emissive_strength(const char *path, const struct aiScene *from, scene *scene)
{
    int nameless = 0;
    cJSON *json = is_obj(path) ? NULL : read_json(path);
    const cJSON *materials = cJSON_GetObjectItemCaseSensitive(json, "materials"), *material;
    cJSON_ArrayForEach(material, materials)
    {
        const char *name = material_name(material);
        double strength = emissive_strength(material);
        bool found = strength == 1 || (*name && count_name(materials, name) == 1);
        nameless += !found;
        if (found && strength != 1)
            multiply_emission(from, name, strength, scene);
    }
    if (nameless > 0)
        scene_warn(scene, "KHR_materials_emissive_strength of %d materials without a name of their own counts as 1",
                   nameless);
    cJSON_Delete(json);
}
