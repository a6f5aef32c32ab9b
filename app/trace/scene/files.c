#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "import.h"

#define MAX_FILE ((uint64_t)1 << 34)

/* ---- Names ------------------------------------------------------------------------------------------------------- */

/* Resolves %20 and its like, in place. */
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

static size_t folder_length(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? (size_t)(slash + 1 - path) : 0;
}

static bool find_file(const char *scene_path, const char *name, input *input, error *error)
{
    size_t folder = name[0] != '/' ? folder_length(scene_path) : 0;
    char *path;
    struct error reason; /* what went well leaves *error alone */
    if (asprintf(&path, "%.*s%s", (int)folder, scene_path, name) < 0)
        return error_set(error, "not enough memory");
    for (char *c = path + folder; *c; c++)
        if (*c == '\\')
            *c = '/';
    bool opened = input_open(input, path, &reason);
    if (!opened && strchr(name, '%')) {
        decode_percent(path + folder);
        opened = input_open(input, path, &reason);
    }
    if (!opened)
        *error = reason;
    free(path);
    return opened;
}

uint8_t *scene_file_read(const char *scene_path, const char *name, uint64_t limit, size_t *size, error *error)
{
    input input;
    if (!find_file(scene_path, name, &input, error))
        return NULL;
    uint8_t *bytes = input.size <= limit ? malloc(input.size + 1) : NULL;
    int64_t length = bytes ? input_read(&input, bytes, input.size, 0, error) : -1;
    if (!bytes)
        error_set(error, "it has %llu bytes, %llu is the limit", (unsigned long long)input.size,
                  (unsigned long long)limit);
    input_close(&input);
    if (length < 0) {
        free(bytes);
        return NULL;
    }
    bytes[length] = 0;
    *size = (size_t)length;
    return bytes;
}

/* ---- What assimp reads from -------------------------------------------------------------------------------------- */

typedef struct open_file {
    uint8_t *own; /* to be freed; NULL: bytes are the scene's */
    const uint8_t *bytes;
    size_t size, position;
} open_file;

static size_t read_items(struct aiFile *file, char *to, size_t size, size_t count)
{
    open_file *open = (open_file *)file->UserData;
    size_t left = size > 0 ? (open->size - open->position) / size : 0;
    count = count < left ? count : left;
    memcpy(to, open->bytes + open->position, size * count);
    open->position += size * count;
    return count;
}

static size_t write_nothing(struct aiFile *file, const char *from, size_t size, size_t count)
{
    (void)file, (void)from, (void)size, (void)count;
    return 0;
}

static size_t tell(struct aiFile *file)
{
    return ((open_file *)file->UserData)->position;
}

static size_t size_of(struct aiFile *file)
{
    return ((open_file *)file->UserData)->size;
}

static enum aiReturn seek(struct aiFile *file, size_t offset, enum aiOrigin origin)
{
    open_file *open = (open_file *)file->UserData;
    size_t from = origin == aiOrigin_SET ? 0 : origin == aiOrigin_CUR ? open->position : open->size;
    size_t position = from + offset; /* back by wrapping around */
    if (position > open->size)
        return aiReturn_FAILURE;
    open->position = position;
    return aiReturn_SUCCESS;
}

static void flush(struct aiFile *file)
{
    (void)file;
}

/* What a scene says of itself, without a file. */
static bool open_plain(const scene_files *files, const char *name, open_file *open)
{
    const gltf *gltf = files->gltf;
    if (!gltf_is(gltf))
        return false;
    const uint8_t *bytes = gltf->plain ? gltf->plain : gltf->bytes;
    size_t size = gltf->plain ? gltf->plain_size : gltf->size;
    if (strcmp(name, files->path) == 0)
        *open = (open_file){NULL, bytes, size, 0};
    else if (strcmp(name + folder_length(name), GLTF_FLOATS) == 0)
        *open = (open_file){NULL, (const uint8_t *)gltf->floats, gltf->float_count * sizeof(float), 0};
    else
        return false;
    return true;
}

/* Assimp tries another name where there is no .mtl: the first one is what the scene asks for. */
static void note_missing(scene_files *files, const char *name, const error *error)
{
    const char *extension = strrchr(name, '.');
    if (files->missing || !extension || strcasecmp(extension, ".mtl") != 0)
        return;
    files->missing = true;
    scene_warn(files->scene, "material file %.200s: %s; its materials are replaced", name, error->message);
}

/* Assimp passes over how an .mtl scales and moves its textures. */
static void note_options(const scene_files *files, const char *name, const uint8_t *bytes)
{
    const char *extension = strrchr(name, '.');
    int count = 0;
    if (!extension || strcasecmp(extension, ".mtl") != 0)
        return;
    for (const char *line = (const char *)bytes; line; line = strchr(line, '\n') ? strchr(line, '\n') + 1 : NULL) {
        const size_t length = strcspn(line, "\r\n");
        const char *scale = memmem(line, length, " -s ", 4), *offset = memmem(line, length, " -o ", 4);
        count += strncmp(line + strspn(line, " \t"), "map_", 4) == 0 && (scale || offset);
    }
    if (count > 0)
        scene_warn(files->scene, "material file %.200s: the scale (-s) and offset (-o) of %d textures are left out",
                   name, count);
}

static struct aiFile *open_file_of(struct aiFileIO *io, const char *path, const char *mode)
{
    scene_files *files = (scene_files *)io->UserData;
    size_t folder = folder_length(files->path);
    const char *name = strncmp(path, files->path, folder) == 0 ? path + folder : path;
    error error;
    open_file open = {0};
    if (strchr(mode, 'w'))
        return NULL;
    if (!open_plain(files, path, &open)) {
        open.own = scene_file_read(files->path, name, MAX_FILE, &open.size, &error);
        open.bytes = open.own;
        if (!open.own) {
            note_missing(files, name, &error);
            return NULL;
        }
        note_options(files, name, open.own);
    }
    struct aiFile *file = malloc(sizeof *file);
    open_file *kept = malloc(sizeof *kept);
    if (!file || !kept) {
        free(file), free(kept), free(open.own);
        return NULL;
    }
    *kept = open;
    *file = (struct aiFile){read_items, write_nothing, tell, size_of, seek, flush, (aiUserData)kept};
    return file;
}

static void close_file(struct aiFileIO *io, struct aiFile *file)
{
    (void)io;
    free(((open_file *)file->UserData)->own);
    free(file->UserData);
    free(file);
}

struct aiFileIO scene_files_io(scene_files *files)
{
    return (struct aiFileIO){open_file_of, close_file, (aiUserData)files};
}
