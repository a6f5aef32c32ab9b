/* The report's keys. Times are milliseconds unless the key says otherwise; null stands for a number that is not finite
 * and for what is not known. Text is UTF-8: of names that are not the other bytes are U+FFFD.
 *
 *     version                  of wfview
 *     device, driver           what filtered
 *     vulkan_device, vulkan_driver   what drew; null without Vulkan
 *     backend                  "cuda", "vulkan" or "cpu": the one used
 *     requested_backend        the same or "auto"
 *     predictor                "file" or "bilateral (analytic)": labels of predictor.c
 *     mode                     "linear", "normalized" or "softmax"
 *     layers                   which channels were taken: color, albedo, ... and "ViewLayer.Combined.R,G,B"; of the
 *                              frame shown last, empty for live frames
 *     kernel                   [height, width]
 *     size                     [width, height] of the last frame, in pixels
 *     scene, triangles         path and size of the scene; null for recorded frames, as are the next two
 *     spp                      samples a pixel and frame
 *     samples                  a pixel in the color shown last: more than spp where a resting camera accumulates
 *     frames, warmup           measured, and run before
 *     frames_in_flight
 *     first_picture            from main, behind the loading of libraries, to the first finished picture
 *     node_clock_uncertainty_ns
 *     stages[]                 name, clock ("cpu", "vulkan", "node" or "loader"), n, median, p95, p99, max
 *     display_transform        what psnr is computed on
 *     metrics[]                one a frame with a reference: frame (path), and noisy, gather, splat:
 *                              layers of layers.h that have an error
 *     metrics[].gather         smape, rel_mse, psnr (dB; null for equal pictures): the keys of metrics.c
 *     inspect[]                the kernels of pixels asked for with --pixel, in the frame shown last; empty without:
 *     inspect[].pixel          [x, y], as asked for
 *     inspect[].operator       "gather" or "splat"
 *     inspect[].level          of a kernel pyramid, 0: full resolution; null: what all levels
 *                              make together at full resolution
 *     inspect[].mode           that normalized the factors; null for the kernel of all levels
 *     inspect[].kernel         [height, width] of factors
 *     inspect[].place          [x, y] of the pixel in the level; first: of factors[0][0], step:
 *                              to the next, as inspected.h has it
 *     inspect[].alpha          blend towards the coarser levels; null where there is none
 *     inspect[].factors        [row][column], what the pixels of the picture are multiplied with
 *     inspect[].sum, entropy (bits), effective_radius (pixels of the level)
 *     inspect[].footprint      of splat what the pixel itself writes: first, kernel, factors (what its neighbors have
 *                              of it), sum, entropy, effective_radius, as above; null for gather, and for kernels too
 *                              large (WF_NODE_FOOTPRINT_WEIGHTS)
 *     in_common                gather, splat: how much the kernels of two inspected pixels are alike
 *                              (inspected_overlap), 0 to 1; empty for less than two
 *     measured[]               what --measure asks for, one a frame: frame (path), layer, against (null:
 *                              nothing), region [x, y, width, height]
 *     measured[].difference    null without against, else the keys of metrics.c: smape ... flip
 *                              (its mean), absolute, signed (means)
 *     measured[].channels[]    count (of finite values, which the rest is of), nan, infinite, min, max, mean, deviation
 *     measured[].channels[].quantiles   "0.01" ... "0.99": the least value that this share of the values is not above
 *     histogram[]              of the layer measured last, in the frame shown last, one a channel: [from, to, count] of
 *                              each bin that has any; 8 bins an octave of either sign
 *     notes[]                  why "auto" passed over a backend or took one (milliseconds of
 *                              both), or nothing was drawn: sentences
 *     problems[]               one a frame that had any: frame (path), problem, skipped (it could
 *                              not be read; else it was mended)
 */
#include "report.h"

#include <cjson/cJSON.h>
#include <stdio.h>
#include <string.h>

#include "app/files/output.h"
#include "report_measured.h"

/* cJSON's Add functions return NULL without memory; the tree is checked once, when it is
   printed, so results are dropped. */

static void add_text(cJSON *object, const char *key, const char *text)
{
    if (text)
        cJSON_AddStringToObject(object, key, text);
    else
        cJSON_AddNullToObject(object, key);
}

static void add_pair(cJSON *object, const char *key, int first, int second)
{
    cJSON_AddItemToObject(object, key, cJSON_CreateIntArray((int[]){first, second}, 2));
}

static void add_stage(cJSON *stages, const profiler_stats *stats)
{
    cJSON *stage = cJSON_CreateObject();
    add_text(stage, "name", stats->name);
    add_text(stage, "clock", profiler_clock(stats->track));
    cJSON_AddNumberToObject(stage, "n", (double)stats->n);
    cJSON_AddNumberToObject(stage, "median", stats->median_ms);
    cJSON_AddNumberToObject(stage, "p95", stats->p95_ms);
    cJSON_AddNumberToObject(stage, "p99", stats->p99_ms);
    cJSON_AddNumberToObject(stage, "max", stats->max_ms);
    cJSON_AddItemToArray(stages, stage);
}

static void add_metrics(cJSON *frame, const char *key, const metrics *metrics)
{
    cJSON *object = cJSON_AddObjectToObject(frame, key);
    for (int i = 0; i < METRICS_SUMMARY; i++) /* cJSON prints null for NaN and infinity */
        cJSON_AddNumberToObject(object, metric_rows[i].key, metrics->values[i]);
}

static void add_frame(cJSON *list, const report_metrics *entry)
{
    cJSON *frame = cJSON_CreateObject();
    add_text(frame, "frame", entry->frame);
    for (int place = 0; place < COMPARED_COUNT; place++)
        if (entry->has >> place & 1)
            add_metrics(frame, layer_word(layer_compared(place)), &entry->compared[place]);
    cJSON_AddItemToArray(list, frame);
}

static void add_problem(cJSON *list, const report_problem *problem)
{
    char text[1024];
    size_t length = strlen(problem->sentences);
    snprintf(text, sizeof text, "%.*s", (int)(length > 0 ? length - 1 : 0), problem->sentences);
    cJSON *object = cJSON_CreateObject();
    add_text(object, "frame", problem->frame);
    add_text(object, "problem", text);
    cJSON_AddBoolToObject(object, "skipped", problem->skipped);
    cJSON_AddItemToArray(list, object);
}

static void add_live(cJSON *root, const report_live *live)
{
    static const char *const keys[] = {"triangles", "spp", "samples"};
    const int values[] = {live ? live->triangles : 0, live ? live->spp : 0, live ? live->samples : 0};
    add_text(root, "scene", live ? live->scene : NULL);
    for (int i = 0; i < 3; i++)
        cJSON_AddItemToObject(root, keys[i], live ? cJSON_CreateNumber(values[i]) : cJSON_CreateNull());
}

static void add_layers(cJSON *root, char *const *layers)
{
    cJSON *object = cJSON_AddObjectToObject(root, "layers");
    for (int layer = 0; layers && layer < FRAME_LAYER_COUNT; layer++)
        if (layers[layer])
            add_text(object, frame_layer_name((frame_layer)layer), layers[layer]);
}

static void add_network(cJSON *root, const wf_network_info *network)
{
    if (!network)
        return;
    cJSON *object = cJSON_AddObjectToObject(root, "network");
    add_text(object, "name", network->name);
    add_text(object, "origin", network->origin);
    add_text(object, "licence", network->licence);
    cJSON_AddNumberToObject(object, "parameters", (double)network->parameters);
    cJSON_AddNumberToObject(object, "flop_per_pixel", network->flop_per_pixel);
}

static cJSON *describe_factors(const inspected_kernel *kernel)
{
    cJSON *rows = cJSON_CreateArray();
    for (int i = 0; i < kernel->height; i++)
        cJSON_AddItemToArray(rows, cJSON_CreateFloatArray(kernel->factors + i * kernel->width, kernel->width));
    return rows;
}

static void add_factors(cJSON *object, const inspected_kernel *kernel)
{
    add_pair(object, "kernel", kernel->height, kernel->width);
    add_pair(object, "first", kernel->first_x, kernel->first_y);
    cJSON_AddItemToObject(object, "factors", describe_factors(kernel));
    cJSON_AddNumberToObject(object, "sum", kernel->sum);
    cJSON_AddNumberToObject(object, "entropy", kernel->entropy);
    cJSON_AddNumberToObject(object, "effective_radius", kernel->effective_radius);
}

static void add_kernel(cJSON *list, const inspected_pixel *pixel, const inspected_kernel *kernel)
{
    const inspected_footprint *footprint = &pixel->footprints[kernel - pixel->kernels];
    const bool effective = kernel->level == INSPECTED_EFFECTIVE;
    cJSON *object = cJSON_CreateObject();
    add_pair(object, "pixel", pixel->x, pixel->y);
    add_text(object, "operator", wf_operator_name(kernel->op));
    cJSON_AddItemToObject(object, "level", effective ? cJSON_CreateNull() : cJSON_CreateNumber(kernel->level));
    add_text(object, "mode", effective ? NULL : wf_mode_name(kernel->mode));
    add_pair(object, "place", kernel->x, kernel->y);
    cJSON_AddNumberToObject(object, "step", kernel->step);
    cJSON_AddItemToObject(object, "alpha",
                          kernel->has_alpha ? cJSON_CreateNumber((double)kernel->alpha) : cJSON_CreateNull());
    add_factors(object, kernel);
    if (footprint->factors)
        add_factors(cJSON_AddObjectToObject(object, "footprint"), footprint);
    else
        cJSON_AddNullToObject(object, "footprint");
    cJSON_AddItemToArray(list, object);
}

static void add_inspected(cJSON *root, const inspected_pixel *pixels, int count)
{
    cJSON *list = cJSON_AddArrayToObject(root, "inspect");
    for (int i = 0; i < count; i++)
        for (int k = 0; k < pixels[i].count; k++)
            add_kernel(list, &pixels[i], &pixels[i].kernels[k]);
    cJSON *common = cJSON_AddObjectToObject(root, "in_common");
    for (wf_operator op = 0; op < WF_OPERATOR_COUNT && count == 2; op++) {
        const inspected_kernel *kernels[] = {inspected_whole(&pixels[0], op), inspected_whole(&pixels[1], op)};
        if (kernels[0] && kernels[1])
            cJSON_AddNumberToObject(common, wf_operator_name(op), inspected_overlap(kernels[0], kernels[1]));
    }
}

static void add_notes(cJSON *root, const char *sentences)
{
    cJSON *list = cJSON_AddArrayToObject(root, "notes");
    char sentence[2048];
    for (const char *line = sentences; line && *line; line = strchr(line, '\n') + 1) {
        snprintf(sentence, sizeof sentence, "%.*s", (int)strcspn(line, "\n"), line);
        cJSON_AddItemToArray(list, cJSON_CreateString(sentence));
    }
}

cJSON *report_build(const report *report)
{
    cJSON *root = cJSON_CreateObject();
    add_text(root, "version", WF_VERSION);
    add_text(root, "device", report->node.name);
    add_text(root, "driver", report->node.driver);
    add_text(root, "vulkan_device", report->vulkan_device);
    add_text(root, "vulkan_driver", report->vulkan_driver);
    add_text(root, "backend", wf_backend_name(report->node.backend));
    add_text(root, "requested_backend", report->requested_backend);
    add_text(root, "predictor", report->predictor);
    add_network(root, report->network);
    add_text(root, "mode", report->mode);
    add_layers(root, report->layers);
    add_pair(root, "kernel", report->kernel_height, report->kernel_width);
    add_pair(root, "size", report->width, report->height);
    add_live(root, report->live);
    cJSON_AddNumberToObject(root, "frames", report->frames);
    cJSON_AddNumberToObject(root, "warmup", report->warmup);
    cJSON_AddNumberToObject(root, "frames_in_flight", report->slots);
    cJSON_AddNumberToObject(root, "first_picture", report->first_picture_ms);
    cJSON_AddNumberToObject(root, "node_clock_uncertainty_ns", (double)report->uncertainty_ns);
    cJSON *stages = cJSON_AddArrayToObject(root, "stages");
    for (int i = 0; i < profiler_count(report->profiler); i++) {
        profiler_stats stats = profiler_get(report->profiler, i);
        if (stats.n > 0)
            add_stage(stages, &stats);
    }
    add_text(root, "display_transform", METRICS_DISPLAY_TRANSFORM);
    cJSON *list = cJSON_AddArrayToObject(root, "metrics");
    for (int i = 0; i < report->metrics_count; i++)
        add_frame(list, &report->metrics[i]);
    add_inspected(root, report->inspected, report->inspected_count);
    report_add_measured(root, report);
    add_notes(root, report->notes);
    cJSON *problems = cJSON_AddArrayToObject(root, "problems");
    for (int i = 0; i < report->problem_count; i++)
        add_problem(problems, &report->problems[i]);
    return root;
}

/* Bytes of the UTF-8 character that text begins with (RFC 3629); 0: it is none. */
static int utf8_length(const char *text)
{
    const unsigned char *b = (const unsigned char *)text;
    const int length = b[0] < 0x80 ? 1 : b[0] < 0xc2 ? 0 : b[0] < 0xe0 ? 2 : b[0] < 0xf0 ? 3 : b[0] < 0xf5 ? 4 : 0;
    for (int i = 1; i < length; i++)
        if ((b[i] & 0xc0) != 0x80)
            return 0;
    const bool fits = length < 3 || (b[0] == 0xe0   ? b[1] >= 0xa0
                                     : b[0] == 0xed ? b[1] < 0xa0
                                     : b[0] == 0xf0 ? b[1] >= 0x90
                                     : b[0] == 0xf4 ? b[1] < 0x90
                                                    : true);
    return fits ? length : 0;
}

/* Files may have any names, JSON is UTF-8: other bytes become U+FFFD. */
static void write_json(FILE *to, const char *text)
{
    while (*text) {
        const int length = utf8_length(text);
        if (length > 0)
            fwrite(text, 1, (size_t)length, to);
        else
            fputs("\\ufffd", to);
        text += length > 0 ? length : 1;
    }
}

bool report_write(const char *path, const report *report, error *error)
{
    cJSON *root = report_build(report);
    char *text = cJSON_Print(root);
    cJSON_Delete(root);
    if (!text)
        return error_set(error, "%s: not enough memory to write the report", path);
    output output;
    bool opened = output_open(&output, path, error);
    if (opened) {
        write_json(output.file, text);
        fputc('\n', output.file);
    }
    cJSON_free(text);
    return opened && output_close(&output, true, error);
}
