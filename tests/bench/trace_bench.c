/* trace_bench -- times the path tracer on the machine's Vulkan device.
 *
 *     trace_bench [--size WxH] [--spp N] [--bounces N] [--repeats N] [--warmup N] [--json FILE] SCENE...
 *
 * A frame is everything that tracer_render records, by the device's own timestamps; a frame of more than
 * TRACER_MAX_SAMPLES samples is several of them. Frames of a scene differ in their noise only. Scenes
 * without light get a sky. Before a scene is timed its picture is looked at: one that is black or has values
 * that are not finite ends the program.
 *
 * JSON: {device, driver, date, commit, width, height, samples, bounces, scenes: [{scene, triangles, load_milliseconds,
 * create_milliseconds, mean_radiance, frames, milliseconds: {median, minimum, maximum}, paths_per_second}]}. load:
 * reading the scene and building its hierarchy; create: copying it to the device and compiling the shaders. */
#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "app/trace/render.h"
#include "commit.h"

#define MAX_REPEATS 1000

typedef struct options {
    int width, height, samples, bounces, repeats, warmup;
    const char *json; /* NULL: no file */
    char **scenes;
    int scene_count;
} options;

typedef struct bench {
    device device;
    options options;
    VkQueryPool pool;
    double period_ns;
    cJSON *rows;
} bench;

static const char manual[] = "usage: trace_bench [--size WxH] [--spp N] [--bounces N] [--repeats N] [--warmup N] "
                             "[--json FILE] SCENE...\n";

/* ---- Command line ------------------------------------------------------------------------------------------------ */

static bool parse_number(const char *text, int least, int most, int *number)
{
    char *end;
    long value = strtol(text, &end, 10);
    *number = (int)value;
    return *text && !*end && value >= least && value <= most;
}

static bool parse_option(const char *name, const char *value, options *options)
{
    char rest;
    if (strcmp(name, "--size") == 0)
        return sscanf(value, "%dx%d%c", &options->width, &options->height, &rest) == 2 && options->width > 0 &&
               options->height > 0 && options->width <= 16384 && options->height <= 16384;
    if (strcmp(name, "--json") == 0)
        return options->json = value, true;
    if (strcmp(name, "--spp") == 0)
        return parse_number(value, 1, 1 << 20, &options->samples);
    if (strcmp(name, "--bounces") == 0)
        return parse_number(value, 0, 1024, &options->bounces);
    if (strcmp(name, "--repeats") == 0)
        return parse_number(value, 1, MAX_REPEATS, &options->repeats);
    return strcmp(name, "--warmup") == 0 && parse_number(value, 0, MAX_REPEATS, &options->warmup);
}

static bool parse(int argc, char **argv, options *options)
{
    *options = (struct options){1920, 1080, 1, TRACER_DEFAULT_BOUNCES, 30, 10, NULL, NULL, 0};
    int i = 1;
    for (; i < argc && strncmp(argv[i], "--", 2) == 0; i += 2)
        if (i + 1 >= argc || !parse_option(argv[i], argv[i + 1], options))
            return false;
    options->scenes = argv + i;
    options->scene_count = argc - i;
    return options->scene_count > 0;
}

/* ---- Frames ------------------------------------------------------------------------------------------------------ */

static double now_milliseconds(void)
{
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    return 1e3 * (double)now.tv_sec + 1e-6 * (double)now.tv_nsec;
}

static tracer_frame describe(const bench *bench, const scene *scene, uint32_t seed)
{
    return (tracer_frame){.camera = scene->camera,
                          .previous = scene->camera,
                          .seed = seed,
                          .samples = (uint32_t)bench->options.samples,
                          .max_bounces = bench->options.bounces};
}

/* The frame's mean, after it has been found to be a picture. */
static bool look(const bench *bench, render *render, const scene *scene, double *mean, error *error)
{
    tracer_frame wanted = describe(bench, scene, 0);
    frame frame;
    if (!render_frame(render, &wanted, &frame, error))
        return false;
    const image *color = &frame.layers[FRAME_COLOR];
    const size_t count = (size_t)color->width * (size_t)color->height;
    bool finite = true;
    *mean = 0;
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < 3; c++) {
            finite = finite && isfinite(color->pixels[4 * i + c]);
            *mean += color->pixels[4 * i + c] / (3.0 * (double)count);
        }
    }
    frame_free(&frame);
    if (!finite)
        return error_set(error, "the picture has values that are not finite");
    return *mean > 0 || error_set(error, "the picture is black");
}

static bool time_frame(const bench *bench, render *render, const scene *scene, uint32_t seed, double *milliseconds,
                       error *error)
{
    const device *device = &bench->device;
    tracer_frame part = describe(bench, scene, seed);
    const uint32_t samples = part.samples;
    uint64_t ticks[2];
    if (!commands_begin(render->commands, error))
        return false;
    vkCmdResetQueryPool(render->commands, bench->pool, 0, 2);
    vkCmdWriteTimestamp(render->commands, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT, bench->pool, 0);
    for (uint32_t done = 0; done < samples; done += part.samples) {
        part.samples = samples - done < TRACER_MAX_SAMPLES ? samples - done : TRACER_MAX_SAMPLES;
        part.first_sample = done;
        part.accumulate = done > 0;
        tracer_render(&render->tracer, render->commands, 0, &part);
    }
    vkCmdWriteTimestamp(render->commands, VK_PIPELINE_STAGE_BOTTOM_OF_PIPE_BIT, bench->pool, 1);
    if (!commands_finish(device, render->commands, error) ||
        !vk_ok(vkGetQueryPoolResults(device->handle, bench->pool, 0, 2, sizeof ticks, ticks, sizeof *ticks,
                                     VK_QUERY_RESULT_64_BIT | VK_QUERY_RESULT_WAIT_BIT),
               "vkGetQueryPoolResults", error))
        return false;
    *milliseconds = 1e-6 * bench->period_ns * (double)(ticks[1] - ticks[0]);
    return true;
}

static int compare(const void *a, const void *b)
{
    double left = *(const double *)a, right = *(const double *)b;
    return (left > right) - (left < right);
}

/* ---- Scenes ------------------------------------------------------------------------------------------------------ */

static bool load(const char *path, scene *scene, bvh *bvh, error *error)
{
    if (!scene_load(path, scene, error))
        return false;
    if (!scene->has_lights) {
        scene->environment.kind = ENVIRONMENT_SKY;
        scene->environment.sun_direction = (vec3){0.48f, 0.64f, 0.6f};
    }
    if (bvh_build(scene, bvh, error))
        return true;
    scene_free(scene);
    return false;
}

static void add_row(bench *bench, cJSON *row, double *milliseconds)
{
    const options *options = &bench->options;
    qsort(milliseconds, (size_t)options->repeats, sizeof *milliseconds, compare);
    double median = milliseconds[options->repeats / 2];
    double paths = (double)options->width * options->height * options->samples / median * 1e3;
    cJSON *spread = cJSON_AddObjectToObject(row, "milliseconds");
    cJSON_AddNumberToObject(row, "frames", options->repeats);
    cJSON_AddNumberToObject(spread, "median", median);
    cJSON_AddNumberToObject(spread, "minimum", milliseconds[0]);
    cJSON_AddNumberToObject(spread, "maximum", milliseconds[options->repeats - 1]);
    cJSON_AddNumberToObject(row, "paths_per_second", paths);
    cJSON_AddItemToArray(bench->rows, row);
    printf("%-40s %8.0f triangles %10.3f ms (%.3f to %.3f) %9.1f million paths/s\n",
           cJSON_GetObjectItem(row, "scene")->valuestring, cJSON_GetObjectItem(row, "triangles")->valuedouble, median,
           milliseconds[0], milliseconds[options->repeats - 1], 1e-6 * paths);
    fflush(stdout);
}

static bool time_scene(bench *bench, const char *path, error *error)
{
    const options *options = &bench->options;
    const double started = now_milliseconds();
    scene scene;
    bvh bvh;
    if (!load(path, &scene, &bvh, error))
        return false;
    const double loaded = now_milliseconds();
    double mean = 0, milliseconds[MAX_REPEATS];
    render render;
    bool ok = render_create(&bench->device, &scene, &bvh, TRACER_FIRST_HIT, (uint32_t)options->width,
                            (uint32_t)options->height, &render, error);
    const double created = now_milliseconds();
    ok = ok && look(bench, &render, &scene, &mean, error);
    for (int i = 0; ok && i < options->warmup + options->repeats; i++)
        ok = time_frame(bench, &render, &scene, (uint32_t)i,
                        &milliseconds[i < options->warmup ? 0 : i - options->warmup], error);
    if (ok) {
        cJSON *row = cJSON_CreateObject();
        cJSON_AddStringToObject(row, "scene", path);
        cJSON_AddNumberToObject(row, "triangles", scene.triangle_count);
        cJSON_AddNumberToObject(row, "load_milliseconds", loaded - started);
        cJSON_AddNumberToObject(row, "create_milliseconds", created - loaded);
        cJSON_AddNumberToObject(row, "mean_radiance", mean);
        add_row(bench, row, milliseconds);
    }
    render_destroy(&render);
    bvh_free(&bvh);
    scene_free(&scene);
    return ok;
}

/* ---- All --------------------------------------------------------------------------------------------------------- */

static bool open_device(bench *bench, error *error)
{
    if (!device_create_instance(&bench->device, NULL, 0, error) ||
        !device_create(&bench->device, VK_NULL_HANDLE, error))
        return false;
    VkPhysicalDeviceProperties properties;
    vkGetPhysicalDeviceProperties(bench->device.physical, &properties);
    bench->period_ns = (double)properties.limits.timestampPeriod;
    return vk_ok(vkCreateQueryPool(bench->device.handle,
                                   &(VkQueryPoolCreateInfo){
                                       .sType = VK_STRUCTURE_TYPE_QUERY_POOL_CREATE_INFO,
                                       .queryType = VK_QUERY_TYPE_TIMESTAMP,
                                       .queryCount = 2,
                                   },
                                   NULL, &bench->pool),
                 "vkCreateQueryPool", error);
}

static bool write_json(const bench *bench, cJSON *root, error *error)
{
    char date[32];
    time_t now = time(NULL);
    strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%SZ", gmtime(&now));
    cJSON_AddStringToObject(root, "device", bench->device.name);
    cJSON_AddStringToObject(root, "driver", bench->device.driver);
    cJSON_AddStringToObject(root, "date", date);
    cJSON_AddStringToObject(root, "commit", WF_COMMIT);
    cJSON_AddNumberToObject(root, "width", bench->options.width);
    cJSON_AddNumberToObject(root, "height", bench->options.height);
    cJSON_AddNumberToObject(root, "samples", bench->options.samples);
    cJSON_AddNumberToObject(root, "bounces", bench->options.bounces);
    cJSON_AddItemReferenceToObject(root, "scenes", bench->rows);
    char *text = cJSON_Print(root);
    FILE *file = text ? fopen(bench->options.json, "w") : NULL;
    bool written = file && fprintf(file, "%s\n", text) > 0;
    if (file && fclose(file))
        written = false;
    free(text);
    return written || error_set(error, "cannot write %s: %s", bench->options.json, strerror(errno));
}

static bool run(bench *bench, error *error)
{
    if (!open_device(bench, error))
        return false;
    printf("%s, %s, %d x %d, %d samples\n", bench->device.name, bench->device.driver, bench->options.width,
           bench->options.height, bench->options.samples);
    for (int i = 0; i < bench->options.scene_count; i++)
        if (!time_scene(bench, bench->options.scenes[i], error))
            return false;
    if (!bench->options.json)
        return true;
    cJSON *root = cJSON_CreateObject();
    bool ok = write_json(bench, root, error);
    cJSON_Delete(root);
    return ok;
}

int main(int argc, char **argv)
{
    static bench bench;
    error error;
    if (!parse(argc, argv, &bench.options)) {
        fputs(manual, stderr);
        return 2;
    }
    bench.rows = cJSON_CreateArray();
    bool ok = run(&bench, &error);
    if (!ok)
        fprintf(stderr, "trace_bench: %s\n", error.message);
    cJSON_Delete(bench.rows);
    if (bench.device.handle)
        vkDestroyQueryPool(bench.device.handle, bench.pool, NULL);
    ok = ok && bench.device.validation_messages == 0;
    device_destroy(&bench.device);
    return ok ? 0 : 1;
}
