#include <stb_image.h>
#include <stdlib.h>
#include <string.h>

#include "import.h"

/* stb_image counts bytes in int. */
#define MAX_FILE (1u << 30)

static bool decode(const uint8_t *bytes, size_t size, texture *texture, error *error)
{
    int width, height, channels;
    if (size > MAX_FILE)
        return error_set(error, "it has %zu bytes, %u is the limit", size, MAX_FILE);
    if (stbi_is_hdr_from_memory(bytes, (int)size)) /* stb_image never ends on some that are cut off */
        return error_set(error, "Radiance HDR is not read as a texture");
    if (!stbi_info_from_memory(bytes, (int)size, &width, &height, &channels))
        return error_set(error, "%s", stbi_failure_reason());
    if (width < 1 || height < 1 || width > SCENE_MAX_TEXTURE || height > SCENE_MAX_TEXTURE)
        return error_set(error, "it is %dx%d, %dx%d is the limit", width, height, SCENE_MAX_TEXTURE, SCENE_MAX_TEXTURE);
    texture->rgba = stbi_load_from_memory(bytes, (int)size, &texture->width, &texture->height, &channels, 4);
    return texture->rgba || error_set(error, "%s", stbi_failure_reason());
}

static bool read_file(const char *scene_path, const char *name, texture *texture, error *error)
{
    size_t size;
    uint8_t *bytes = scene_file_read(scene_path, name, MAX_FILE, &size, error);
    bool read = bytes && decode(bytes, size, texture, error);
    free(bytes);
    return read;
}

/* Compressed as a file would be, where its height is 0, or plain texels. */
static bool read_embedded(const struct aiTexture *from, texture *texture, error *error)
{
    if (from->mHeight == 0)
        return decode((const uint8_t *)from->pcData, from->mWidth, texture, error);
    return error_set(error, "it is not compressed");
}

/* Embedded textures are named "*INDEX". */
static const struct aiTexture *find_embedded(const struct aiScene *from, const char *name)
{
    unsigned long index = name[0] == '*' ? strtoul(name + 1, NULL, 10) : from->mNumTextures;
    return index < from->mNumTextures ? from->mTextures[index] : NULL;
}

static bool append(scene *scene, const texture *texture)
{
    struct texture *textures = realloc(scene->textures, (scene->texture_count + 1) * sizeof *textures);
    if (!textures)
        return false;
    textures[scene->texture_count++] = *texture;
    scene->textures = textures;
    return true;
}

int scene_import_texture(const char *path, const struct aiScene *from, const char *name, bool srgb, scene *scene)
{
    texture texture = {.srgb = srgb};
    error error = {""};
    const struct aiTexture *embedded = find_embedded(from, name);
    bool read = embedded ? read_embedded(embedded, &texture, &error) : read_file(path, name, &texture, &error);
    if (read && append(scene, &texture))
        return (int)scene->texture_count - 1;
    scene_warn(scene, "texture %.200s: %s; its factor alone is used", name, read ? "not enough memory" : error.message);
    stbi_image_free(texture.rgba);
    return -1;
}
