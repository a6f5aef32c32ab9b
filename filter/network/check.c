/* The synthetic frame of the Python package's network/reference.py, and a network's answer to it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "network.h"

enum { LAYERS = 4, IMAGES = 2, RGB = 3, MOST_EXTENT = 4096, MOST_PIXELS = 1 << 16 };

/* ---- The file's reference ---------------------------------------------------------------------------------------- */

#define SAY(...) (snprintf(message, size, __VA_ARGS__), message)

static int read_points(json_reader *json, network_reference *r)
{
    int count = 0;
    for (wf_json_begin(json, '['); wf_json_next(json); count++) {
        int axis = 0;
        for (wf_json_begin(json, '['); wf_json_next(json); axis++) {
            const double value = wf_json_number(json);
            if (count < NETWORK_MAX_POINTS && axis < 2)
                r->point[count][axis] = value >= 0 && value < MOST_EXTENT ? (int)value : MOST_EXTENT;
        }
        count = axis == 2 ? count : NETWORK_MAX_POINTS + 1;
    }
    return count;
}

static int read_values(json_reader *json, double to[][RGB])
{
    int count = 0;
    for (wf_json_begin(json, '['); wf_json_next(json); count++) {
        int channel = 0;
        for (wf_json_begin(json, '['); wf_json_next(json); channel++) {
            const double value = wf_json_number(json);
            if (count < NETWORK_MAX_POINTS && channel < RGB)
                to[count][channel] = value;
        }
        count = channel == RGB ? count : NETWORK_MAX_POINTS + 1;
    }
    return count;
}

static int read_extent(json_reader *json)
{
    const double value = wf_json_number(json);
    return value >= 1 && value < MOST_EXTENT ? (int)value : 0;
}

const char *wf_network_read_reference(const char *text, size_t length, network_reference *r, char *message, size_t size)
{
    json_reader json = wf_json_read(text, length);
    char key[32];
    int counts[WF_OPERATOR_COUNT] = {-1, -1};
    *r = (network_reference){0};
    for (wf_json_begin(&json, '{'); wf_json_next_key(&json, key, sizeof key);) {
        if (!strcmp(key, "width"))
            r->width = read_extent(&json);
        else if (!strcmp(key, "height"))
            r->height = read_extent(&json);
        else if (!strcmp(key, "points"))
            r->points = read_points(&json, r);
        else if (!strcmp(key, wf_operator_name(WF_GATHER)))
            counts[WF_GATHER] = read_values(&json, r->value[WF_GATHER]);
        else if (!strcmp(key, wf_operator_name(WF_SPLAT)))
            counts[WF_SPLAT] = read_values(&json, r->value[WF_SPLAT]);
        else
            wf_json_skip(&json);
    }
    wf_json_end(&json);
    if (json.failed)
        return "the reference is no JSON of its kind";
    if (r->width < 1 || r->height < 1 || r->width * r->height > MOST_PIXELS)
        return SAY("the reference is of %dx%d pixels, they are 1 to %d", r->width, r->height, MOST_PIXELS);
    if (r->points < 1 || r->points > NETWORK_MAX_POINTS || counts[WF_GATHER] != r->points ||
        counts[WF_SPLAT] != r->points)
        return SAY("the reference's points, gather and splat are not as many pairs and triples, of 1 to %d",
                   NETWORK_MAX_POINTS);
    for (int i = 0; i < r->points; i++) {
        if (r->point[i][0] >= r->width || r->point[i][1] >= r->height)
            return SAY("the reference has the point %d,%d, its frame is %dx%d", r->point[i][0], r->point[i][1],
                       r->width, r->height);
    }
    return NULL;
}

/* ---- The synthetic frame ----------------------------------------------------------------------------------------- */

/* Number k of the frame, in 0 ... 1. */
static float synthetic(uint32_t k)
{
    const uint32_t s = k * 747796405u + 2891336453u;
    const uint32_t w = ((s >> ((s >> 28) + 4)) ^ s) * 277803737u;
    return (float)(((w >> 22) ^ w) >> 8) * 0x1p-24f;
}

/* r, g, b of color and albedo, x, y, z of normal, depth. */
static void fill(float *planes, int count)
{
    for (int i = 0; i < 10 * count; i++) {
        const float v = synthetic((uint32_t)i);
        const int plane = i / count;
        planes[i] = plane < 3 ? 4 * v * v * v * v : plane < 6 ? v : plane < 9 ? 2 * v - 1 : v < 0.125f ? 0 : 1 + 9 * v;
    }
}

/* ---- The check --------------------------------------------------------------------------------------------------- */

/* The frame and its two images, ten and six planes, in host and in device memory. */
typedef struct check {
    const network_reference *reference;
    int pixels;
    float *host;
    void *memory;
    wf_tensor layers[LAYERS + IMAGES];
    wf_frame frame;
} check;

static void lay_out(check *c)
{
    static const int channels[LAYERS + IMAGES] = {3, 3, 3, 1, 3, 3};
    float *at = c->memory;
    for (int i = 0; i < LAYERS + IMAGES; at += channels[i++] * c->pixels)
        c->layers[i] = wf_dense(at, WF_FLOAT32, 1, channels[i], c->reference->height, c->reference->width);
    c->frame = (wf_frame){&c->layers[0], &c->layers[1], &c->layers[2], &c->layers[3], &c->layers[4], &c->layers[5]};
}

static wf_result denoise(wf_device *device, const wf_network *network, const check *c)
{
    wf_denoiser *denoiser;
    wf_stream stream;
    WF_TRY(wf_denoiser_create(device, network, c->reference->width, c->reference->height, &denoiser));
    wf_result result = wf_begin(device, &stream);
    if (result == WF_OK) {
        result = wf_denoise(denoiser, stream, &c->frame);
        const wf_result finished = wf_finish(device, stream);
        result = result == WF_OK ? finished : result;
    }
    wf_denoiser_destroy(denoiser);
    return result;
}

static double largest_difference(const check *c)
{
    const network_reference *r = c->reference;
    double difference = 0, largest = 0;
    for (int op = 0; op < WF_OPERATOR_COUNT; op++) {
        for (int i = 0; i < RGB * r->points; i++) {
            const int channel = i % RGB, *point = r->point[i / RGB];
            const int pixel = point[1] * r->width + point[0];
            const double value = c->host[(10 + RGB * op + channel) * c->pixels + pixel];
            const double expected = r->value[op][i / RGB][channel];
            largest = fmax(largest, fabs(expected));
            difference = isnan(value) ? INFINITY : fmax(difference, fabs(value - expected));
        }
    }
    return difference / largest;
}

static wf_result run(wf_device *device, const wf_network *network, check *c)
{
    const size_t size = 16 * (size_t)c->pixels * sizeof(float);
    c->host = calloc(1, size);
    if (!c->host)
        return wf_fail(&device->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a frame");
    fill(c->host, c->pixels);
    WF_TRY(wf_alloc(device, size, &c->memory));
    WF_TRY(wf_upload(device, c->memory, c->host, size));
    lay_out(c);
    WF_TRY(denoise(device, network, c));
    return wf_download(device, c->host, c->memory, size);
}

wf_result wf_network_check(wf_device *device, const wf_network *network, double *difference)
{
    if (!device)
        return WF_ERROR_INVALID_ARGUMENT;
    if (!network || !difference)
        return WF_INVALID(&device->log, "%s is NULL", network ? "difference" : "network");
    *difference = NAN;
    if (network->reference.points == 0)
        return WF_OK;
    check c = {.reference = &network->reference, .pixels = network->reference.width * network->reference.height};
    const wf_result result = run(device, network, &c);
    if (result == WF_OK)
        *difference = largest_difference(&c);
    wf_free(device, c.memory);
    free(c.host);
    return result;
}
