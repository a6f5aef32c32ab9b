#include <string.h>

#include "gltf.h"
#include "import.h"

const char *const gltf_extensions[] = {
    "KHR_draco_mesh_compression",
    "KHR_materials_emissive_strength",
    "KHR_materials_ior",
    "KHR_materials_transmission",
    "KHR_mesh_quantization",
    "KHR_texture_transform",
    NULL,
};

/* What warnings of their own tell of. */
static const char *const told[] = {"EXT_texture_webp", "KHR_lights_punctual", "KHR_texture_basisu", "MSFT_texture_dds",
                                   NULL};

static bool is_among(const char *name, const char *const *names)
{
    for (int i = 0; names[i]; i++)
        if (strcmp(name, names[i]) == 0)
            return true;
    return false;
}

bool gltf_check_extensions(const cJSON *json, error *error)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(json, "extensionsRequired"))
    {
        if (cJSON_IsString(name) && !is_among(name->valuestring, gltf_extensions))
            return error_set(error, "it requires the extension %.200s, which is not supported", name->valuestring);
    }
    return true;
}

static void warn_of_extensions(const cJSON *json, scene *scene)
{
    const cJSON *name;
    cJSON_ArrayForEach(name, cJSON_GetObjectItemCaseSensitive(json, "extensionsUsed"))
    {
        if (cJSON_IsString(name) && !is_among(name->valuestring, gltf_extensions) && !is_among(name->valuestring, told))
            scene_warn(scene, "the extension %.200s is not supported: what it says is left out", name->valuestring);
    }
}

/* Textures that another extension than KHR_texture_transform gives an image; those with an image that everyone reads
 * beside it are as their makers mean them. */
static void warn_of_textures(const cJSON *json, scene *scene)
{
    const cJSON *texture;
    int count = 0;
    const char *format = NULL;
    cJSON_ArrayForEach(texture, cJSON_GetObjectItemCaseSensitive(json, "textures"))
    {
        const cJSON *extension = cJSON_GetObjectItemCaseSensitive(texture, "extensions");
        if (cJSON_GetObjectItemCaseSensitive(texture, "source") || !extension || !extension->child)
            continue;
        format = count++ > 0 ? format : extension->child->string;
    }
    if (count > 0)
        scene_warn(scene, "%d textures are in a format that is not read (%.200s): their factors alone are used", count,
                   format);
}

static void warn_of_materials(const cJSON *json, scene *scene)
{
    const cJSON *material;
    int count = 0;
    cJSON_ArrayForEach(material, cJSON_GetObjectItemCaseSensitive(json, "materials"))
    {
        const cJSON *mode = cJSON_GetObjectItemCaseSensitive(material, "alphaMode");
        count += cJSON_IsString(mode) && strcmp(mode->valuestring, "BLEND") == 0;
    }
    if (count > 0)
        scene_warn(scene, "%d materials blend, which is not supported: they are cut where alpha is below 1/2", count);
}

static bool has_targets(const cJSON *json)
{
    const cJSON *mesh, *primitive;
    cJSON_ArrayForEach(mesh, cJSON_GetObjectItemCaseSensitive(json, "meshes"))
    {
        cJSON_ArrayForEach(primitive, cJSON_GetObjectItemCaseSensitive(mesh, "primitives"))
        {
            if (cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(primitive, "targets")) > 0)
                return true;
        }
    }
    return false;
}

static int size_of(const cJSON *json, const char *name)
{
    return cJSON_GetArraySize(cJSON_GetObjectItemCaseSensitive(json, name));
}

void gltf_warn(const cJSON *json, scene *scene)
{
    warn_of_extensions(json, scene);
    warn_of_textures(json, scene);
    warn_of_materials(json, scene);
    if (size_of(json, "animations") > 0)
        scene_warn(scene, "%d animations are left out", size_of(json, "animations"));
    if (size_of(json, "skins") > 0)
        scene_warn(scene, "%d skins are left out: meshes are as they rest", size_of(json, "skins"));
    if (has_targets(json))
        scene_warn(scene, "morph targets are left out");
}
