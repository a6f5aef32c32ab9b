#include "scene.h"

#include <errno.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/wait.h>
#include <unistd.h>

#include "app/files/input.h"
#include "import.h"

const material material_white = {
    .base_color = {1, 1, 1},
    .roughness = 1,
    .ior = 1,
    .base_color_texture = -1,
    .metallic_roughness_texture = -1,
    .normal_texture = -1,
    .emission_texture = -1,
    .normal_scale = 1,
    .base_color_mapping = TEXTURE_MAPPING_PLAIN,
    .metallic_roughness_mapping = TEXTURE_MAPPING_PLAIN,
    .normal_mapping = TEXTURE_MAPPING_PLAIN,
    .emission_mapping = TEXTURE_MAPPING_PLAIN,
};

/* The most bytes of one write or read: some kernels take no more than 2 GiB at once. */
#define MAX_TRANSFER (1u << 30)

#define MAX_SECONDS 600 /* of an import: damaged files may keep assimp busy, or waiting, for ever */

void scene_free(scene *scene)
{
    for (uint32_t i = 0; i < scene->texture_count; i++)
        free(scene->textures[i].rgba);
    image_free(&scene->environment.image);
    free(scene->vertices);
    free(scene->colors);
    free(scene->triangles);
    free(scene->materials);
    free(scene->textures);
    free(scene->warnings);
    memset(scene, 0, sizeof *scene);
}

void scene_warn(scene *scene, const char *format, ...)
{
    error sentence;
    va_list arguments;
    va_start(arguments, format);
    char text[sizeof sentence.message];
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    error_set(&sentence, "%s", text); /* without control characters */

    char *warnings;
    if (asprintf(&warnings, "%s%s\n", scene->warnings ? scene->warnings : "", sentence.message) < 0)
        return;
    free(scene->warnings);
    scene->warnings = warnings;
}

/* ---- From the importing process to this one ---------------------------------------------------------------------- */

static bool send(int pipe, const void *data, size_t size)
{
    for (const char *next = data; size > 0;) {
        ssize_t sent = write(pipe, next, size < MAX_TRANSFER ? size : MAX_TRANSFER);
        if (sent < 0 && errno == EINTR)
            continue;
        if (sent <= 0)
            return false;
        next += sent;
        size -= (size_t)sent;
    }
    return true;
}

static bool receive(int pipe, void *data, size_t size)
{
    for (char *next = data; size > 0;) {
        ssize_t received = read(pipe, next, size < MAX_TRANSFER ? size : MAX_TRANSFER);
        if (received < 0 && errno == EINTR)
            continue;
        if (received <= 0)
            return false;
        next += received;
        size -= (size_t)received;
    }
    return true;
}

static size_t texture_bytes(const texture *texture)
{
    return (size_t)texture->width * (size_t)texture->height * 4;
}

static bool send_scene(int pipe, const scene *scene)
{
    uint64_t warnings = strlen(scene->warnings) + 1;
    bool sent = send(pipe, scene, sizeof *scene) &&
                send(pipe, scene->vertices, scene->vertex_count * sizeof *scene->vertices) &&
                (!scene->colors || send(pipe, scene->colors, scene->vertex_count * sizeof *scene->colors)) &&
                send(pipe, scene->triangles, scene->triangle_count * sizeof *scene->triangles) &&
                send(pipe, scene->materials, scene->material_count * sizeof *scene->materials) &&
                send(pipe, scene->textures, scene->texture_count * sizeof *scene->textures) &&
                send(pipe, &warnings, sizeof warnings) && send(pipe, scene->warnings, warnings);
    for (uint32_t i = 0; i < scene->texture_count && sent; i++)
        sent = send(pipe, scene->textures[i].rgba, texture_bytes(&scene->textures[i]));
    return sent;
}

/* One more than there are, so that none is not NULL. */
static bool receive_array(int pipe, void **array, uint64_t count, size_t size)
{
    *array = calloc(count + 1, size);
    return *array && receive(pipe, *array, count * size);
}

/* The pointers that come are the other process's own. */
static bool receive_scene(int pipe, scene *scene)
{
    struct scene sent;
    uint64_t warnings;
    if (!receive(pipe, &sent, sizeof sent))
        return false;
    *scene = sent;
    scene->vertices = NULL, scene->colors = NULL, scene->triangles = NULL, scene->materials = NULL,
    scene->textures = NULL, scene->warnings = NULL;
    scene->texture_count = 0;
    bool received =
        receive_array(pipe, (void **)&scene->vertices, sent.vertex_count, sizeof *scene->vertices) &&
        (!sent.colors || receive_array(pipe, (void **)&scene->colors, sent.vertex_count, sizeof *scene->colors)) &&
        receive_array(pipe, (void **)&scene->triangles, sent.triangle_count, sizeof *scene->triangles) &&
        receive_array(pipe, (void **)&scene->materials, sent.material_count, sizeof *scene->materials) &&
        receive_array(pipe, (void **)&scene->textures, sent.texture_count, sizeof *scene->textures) &&
        receive(pipe, &warnings, sizeof warnings) && receive_array(pipe, (void **)&scene->warnings, warnings, 1);
    for (uint32_t i = 0; i < sent.texture_count && received; i++) {
        texture *texture = &scene->textures[i];
        scene->texture_count = i + 1; /* what scene_free sees */
        received = receive_array(pipe, (void **)&texture->rgba, texture_bytes(texture), 1);
    }
    return received;
}

/* ---- Loading ----------------------------------------------------------------------------------------------------- */

/* The importing process: an error, empty or not, goes ahead of the scene. */
static void import(int pipe, const char *path)
{
    signal(SIGALRM, SIG_DFL);
    alarm(MAX_SECONDS);
    scene scene = {.warnings = strdup("")};
    error error = {""};
    bool imported = scene.warnings ? scene_import(path, &scene, &error) : error_set(&error, "not enough memory");
    bool sent = send(pipe, &error, sizeof error) && (!imported || send_scene(pipe, &scene));
    _exit(sent ? EXIT_SUCCESS : EXIT_FAILURE);
}

static bool receive_import(int pipe, pid_t process, scene *scene, error *error)
{
    struct error reason;
    int status = 0;
    bool answered = receive(pipe, &reason, sizeof reason);
    bool received = answered && !reason.message[0] && receive_scene(pipe, scene);
    close(pipe); /* ends a process that still writes */
    while (waitpid(process, &status, 0) < 0 && errno == EINTR)
        ;
    if (received)
        return true;
    if (answered && reason.message[0])
        return error_set(error, "%s", reason.message);
    if (WIFSIGNALED(status) && WTERMSIG(status) == SIGALRM)
        return error_set(error, "reading it takes more than %d seconds", MAX_SECONDS);
    if (WIFSIGNALED(status) && WTERMSIG(status) != SIGPIPE)
        return error_set(error, "the file is corrupt: it crashed the importer (%s)", strsignal(WTERMSIG(status)));
    if (!answered)
        return error_set(error, "the file is corrupt: it ended the importer (status %d)", WEXITSTATUS(status));
    return error_set(error, "not enough memory for the scene");
}

static bool known_extension(const char *path)
{
    const char *extension = strrchr(path, '.');
    return extension && (strcasecmp(extension, ".gltf") == 0 || strcasecmp(extension, ".glb") == 0 ||
                         strcasecmp(extension, ".obj") == 0);
}

static bool can_open(const char *path, error *error)
{
    input input;
    if (!input_open(&input, path, error))
        return false;
    bool full = input.size > 0 || error_set(error, "the file is empty");
    input_close(&input);
    return full;
}

static bool load(const char *path, scene *scene, error *error)
{
    int pipes[2];
    if (!known_extension(path))
        return error_set(error, "scenes are .gltf, .glb or .obj");
    if (!can_open(path, error))
        return false;
    if (pipe(pipes) != 0)
        return error_set(error, "cannot start the importer: %s", strerror(errno));
    pid_t process = fork();
    if (process == 0) {
        close(pipes[0]);
        import(pipes[1], path);
    }
    close(pipes[1]);
    if (process < 0) {
        close(pipes[0]);
        return error_set(error, "cannot start the importer: %s", strerror(errno));
    }
    return receive_import(pipes[0], process, scene, error);
}

bool scene_load(const char *path, scene *scene, error *error)
{
    struct error reason = {""};
    memset(scene, 0, sizeof *scene);
    if (load(path, scene, &reason))
        return true;
    scene_free(scene);
    return error_set(error, "%s: %.900s", path, reason.message);
}
