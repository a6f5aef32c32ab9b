#include "assets.h"

#include <dirent.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "app/files/frame_file.h"

typedef bool (*read_file)(const char *path, assets *assets, error *error);

/* Room for one more in an array. */
static void *grow(void *array, int count, size_t size)
{
    return realloc(array, ((size_t)count + 1) * size);
}

static bool has_extension(const char *name, const char *extensions)
{
    const char *dot = strrchr(name, '.');
    char wanted[16];
    if (!dot || strlen(dot) + 2 > sizeof wanted)
        return false;
    snprintf(wanted, sizeof wanted, "%s,", dot);
    return strcasestr(extensions, wanted) != NULL;
}

static void leave_out(const char *reason)
{
    fprintf(stderr, "wfview: %s; left out\n", reason);
}

/* ---- Folders ----------------------------------------------------------------------------------------------------- */

static int count_of(const assets *assets)
{
    return assets->model_count + assets->environment_count;
}

static bool read_folder(const char *folder, const char *extensions, read_file read, assets *assets, error *error)
{
    struct dirent **entries;
    int count = scandir(folder, &entries, NULL, alphasort);
    if (count < 0)
        return error_set(error, "%s: cannot read this folder: %s", folder, strerror(errno));
    bool ok = true;
    for (int i = 0; i < count; i++) {
        char path[4096];
        struct stat status;
        bool fits = snprintf(path, sizeof path, "%s/%s", folder, entries[i]->d_name) < (int)sizeof path;
        if (ok && fits && entries[i]->d_name[0] != '.' && stat(path, &status) == 0) {
            struct error reason;
            if (S_ISDIR(status.st_mode))
                ok = read_folder(path, extensions, read, assets, error);
            else if (has_extension(path, extensions) && !read(path, assets, &reason))
                leave_out(reason.message);
        }
        free(entries[i]);
    }
    free(entries);
    return ok;
}

static bool read_all(const char *folder, const char *extensions, const char *names, read_file read, assets *assets,
                     error *error)
{
    const int before = count_of(assets);
    if (!folder)
        return true;
    return read_folder(folder, extensions, read, assets, error) &&
           (count_of(assets) > before || error_set(error, "%s: has no %s that could be used", folder, names));
}

/* ---- Models ------------------------------------------------------------------------------------------------------ */

static void normalize(scene *model)
{
    vec3 size = vec3_subtract(model->maximum, model->minimum);
    vec3 middle = vec3_scale(vec3_add(model->maximum, model->minimum), 0.5f);
    float scale = 1 / fmaxf(size.x, fmaxf(size.y, size.z));
    for (uint32_t i = 0; i < model->vertex_count; i++)
        model->vertices[i].position = vec3_scale(vec3_subtract(model->vertices[i].position, middle), scale);
    for (uint32_t i = 0; i < model->material_count; i++)
        memset(model->materials[i].emission, 0, sizeof model->materials[i].emission);
}

/* Means over blocks of texels. */
static void reduce_texture(texture *texture)
{
    const int side = texture->width > texture->height ? texture->width : texture->height;
    if (side <= ASSETS_MAX_TEXTURE)
        return;
    int width = texture->width * ASSETS_MAX_TEXTURE / side, height = texture->height * ASSETS_MAX_TEXTURE / side;
    width = width < 1 ? 1 : width;
    height = height < 1 ? 1 : height;
    for (int y = 0; y < height; y++) { /* in place: what is read lies behind what is written */
        int top = y * texture->height / height, bottom = (y + 1) * texture->height / height;
        for (int x = 0; x < width; x++) {
            int left = x * texture->width / width, right = (x + 1) * texture->width / width;
            unsigned sums[4] = {0}, count = (unsigned)((bottom - top) * (right - left));
            for (int i = 0; i < (bottom - top) * (right - left); i++) {
                size_t row = (size_t)(top + i / (right - left)), column = (size_t)(left + i % (right - left));
                for (int c = 0; c < 4; c++)
                    sums[c] += texture->rgba[4 * (row * (size_t)texture->width + column) + (size_t)c];
            }
            for (int c = 0; c < 4; c++)
                texture->rgba[4 * (y * width + x) + c] = (uint8_t)((sums[c] + count / 2) / count);
        }
    }
    texture->width = width;
    texture->height = height;
}

static bool read_model(const char *path, assets *assets, error *error)
{
    scene model, *models = grow(assets->models, assets->model_count, sizeof *models);
    if (!models)
        return error_set(error, "%s: not enough memory", path);
    assets->models = models;
    if (!scene_load(path, &model, error))
        return false;
    if (model.triangle_count > ASSETS_MAX_TRIANGLES) {
        error_set(error, "%s: has %u triangles, models may have %d", path, model.triangle_count, ASSETS_MAX_TRIANGLES);
        scene_free(&model);
        return false;
    }
    normalize(&model);
    for (uint32_t i = 0; i < model.texture_count; i++)
        reduce_texture(&model.textures[i]);
    models[assets->model_count++] = model;
    return true;
}

/* ---- Environments ------------------------------------------------------------------------------------------------ */

/* Means over blocks of texels; what is below 0 counts as 0. */
static void reduce_environment(const image *from, image *to)
{
    for (int y = 0; y < to->height; y++) {
        int top = y * from->height / to->height, bottom = (y + 1) * from->height / to->height;
        for (int x = 0; x < to->width; x++) {
            int left = x * from->width / to->width, right = (x + 1) * from->width / to->width;
            for (int c = 0; c < 3; c++) {
                double sum = 0;
                for (int i = 0; i < (bottom - top) * (right - left); i++) {
                    size_t row = (size_t)(top + i / (right - left)), column = (size_t)(left + i % (right - left));
                    size_t texel = row * (size_t)from->width + column;
                    float value = from->pixels[texel * (size_t)from->channels + (size_t)c];
                    sum += value > 0 ? value : 0;
                }
                to->pixels[3 * ((size_t)y * (size_t)to->width + (size_t)x) + (size_t)c] =
                    (float)(sum / ((bottom - top) * (right - left)));
            }
        }
    }
}

static bool is_black(const image *image)
{
    double sum = 0;
    for (size_t i = 0; i < 3 * (size_t)image->width * (size_t)image->height; i++)
        sum += image->pixels[i];
    return !(sum > 0);
}

static bool read_environment(const char *path, assets *assets, error *error)
{
    frame file;
    image whole, *environments = grow(assets->environments, assets->environment_count, sizeof *environments);
    if (!environments)
        return error_set(error, "%s: not enough memory", path);
    assets->environments = environments;
    if (!frame_file_read_color(path, NULL, 0, &file, error) || !frame_take_sound(&file, FRAME_REFERENCE, &whole, error))
        return false;
    int width = whole.width < ASSETS_MAX_ENVIRONMENT ? whole.width : ASSETS_MAX_ENVIRONMENT;
    int height = (int)((int64_t)whole.height * width / whole.width);
    height = height < 1 ? 1 : height;
    image picture = {width, height, 3, malloc((size_t)width * (size_t)height * 3 * sizeof(float))};
    if (picture.pixels)
        reduce_environment(&whole, &picture);
    image_free(&whole);
    if (picture.pixels && !is_black(&picture)) {
        environments[assets->environment_count++] = picture;
        return true;
    }
    error_set(error, "%s: %s", path, picture.pixels ? "is black" : "not enough memory");
    image_free(&picture);
    return false;
}

/* ---- All --------------------------------------------------------------------------------------------------------- */

bool assets_load(const char *models, const char *environments, assets *assets, error *error)
{
    *assets = (struct assets){0};
    if (read_all(models, ".gltf,.glb,.obj,", "model (.gltf, .glb, .obj)", read_model, assets, error) &&
        read_all(environments, ".exr,.hdr,.pfm,", "environment (.exr, .hdr, .pfm)", read_environment, assets, error))
        return true;
    assets_free(assets);
    return false;
}

void assets_free(assets *assets)
{
    for (int i = 0; i < assets->model_count; i++)
        scene_free(&assets->models[i]);
    for (int i = 0; i < assets->environment_count; i++)
        image_free(&assets->environments[i]);
    free(assets->models);
    free(assets->environments);
    *assets = (struct assets){0};
}
