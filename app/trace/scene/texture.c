#include <ctype.h>
#include <stb_image.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/input.h"
#include "import.h"

/* stb_image counts bytes in int. */
#define MAX_FILE (1u << 30)

/* The name with %20 and its like resolved, in place. */
static void decode_percent(char *name)
{
    char *to = name;
    for (const char *from = name; *from; from++, to++) {
        unsigned code;
        bool escaped = *from == '%' && isxdigit((unsigned char)from[1]) && isxdigit((unsigned char)from[2]);
        if (escaped && sscanf(from + 1, "%2x", &code) == 1) {
            *to = (char)code;
            from += 2;
        } else {
            *to = *from;
        }
    }
    *to = '\0';
}

/* A file's place: relative to the scene's folder, with / between folders. */
static char *beside(const char *scene_path, const char *name)
{
    const char *slash = strrchr(scene_path, '/');
    int folder = slash && name[0] != '/' ? (int)(slash + 1 - scene_path) : 0;
    char *path;
    if (asprintf(&path, "%.*s%s", folder, scene_path, name) < 0)
        return NULL;
    for (char *c = path + folder; *c; c++)
        if (*c == '\\')
            *c = '/';
    return path;
}

/* The opened file; URIs of glTF escape characters, names in .mtl do not. */
static bool open_beside(const char *scene_path, const char *name, input *input, error *error)
{
    char *path = beside(scene_path, name);
    if (!path)
        return error_set(error, "not enough memory");
    bool opened = input_open(input, path, error);
    if (!opened && strchr(name, '%')) {
        decode_percent(path + strlen(path) - strlen(name));
        opened = input_open(input, path, error);
    }
    free(path);
    return opened;
}

static bool decode(const uint8_t *bytes, size_t size, texture *texture, error *error)
{
    int width, height, channels;
    if (size > MAX_FILE)
        return error_set(error, "it has %zu bytes, %u is the limit", size, MAX_FILE);
    if (!stbi_info_from_memory(bytes, (int)size, &width, &height, &channels))
        return error_set(error, "%s", stbi_failure_reason());
    if (width < 1 || height < 1 || width > SCENE_MAX_TEXTURE || height > SCENE_MAX_TEXTURE)
        return error_set(error, "it is %dx%d, %dx%d is the limit", width, height, SCENE_MAX_TEXTURE, SCENE_MAX_TEXTURE);
    texture->rgba = stbi_load_from_memory(bytes, (int)size, &texture->width, &texture->height, &channels, 4);
    return texture->rgba || error_set(error, "%s", stbi_failure_reason());
}

static bool read_file(const char *scene_path, const char *name, texture *texture, error *error)
{
    input input;
    if (!open_beside(scene_path, name, &input, error))
        return false;
    uint8_t *bytes = input.size <= MAX_FILE ? malloc(input.size + 1) : NULL;
    int64_t size = bytes ? input_read(&input, bytes, input.size, 0, error) : -1;
    bool read = size >= 0 && decode(bytes, (size_t)size, texture, error);
    if (!bytes)
        error_set(error, "it has %llu bytes, %u is the limit", (unsigned long long)input.size, MAX_FILE);
    free(bytes);
    input_close(&input);
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
