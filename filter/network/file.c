/* Network files, see wf_network.h and the Python package's network/file.py. */
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "half.h"
#include "json.h"
#include "network.h"

#define FORMAT  "weighted-filter-network"
#define VERSION "1"

enum { LENGTH_BYTES = 8, AXES = 4, MESSAGE = 512 };

/* A file under way. */
typedef struct file {
    const wf_log *log;
    const char *name;
    const char *header, *data;
    size_t header_size, data_size;
    wf_network *network;
} file;

static wf_result refuse(const file *f, const char *format, ...) __attribute__((format(printf, 2, 3)));

static wf_result refuse(const file *f, const char *format, ...)
{
    char message[MESSAGE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(message, sizeof message, format, arguments);
    va_end(arguments);
    return WF_INVALID(f->log, "%s: %s", f->name, message);
}

static wf_result no_memory(const file *f)
{
    return wf_fail(f->log, WF_ERROR_OUT_OF_MEMORY, "%s: no host memory for a network", f->name);
}

/* ---- Metadata ---------------------------------------------------------------------------------------------------- */

typedef enum text {
    TEXT_FORMAT,
    TEXT_VERSION,
    TEXT_ARCHITECTURE,
    TEXT_REFERENCE,
    TEXT_NAME,
    TEXT_ORIGIN,
    TEXT_LICENCE,
    TEXT_COUNT
} text;

static const char *const text_names[TEXT_COUNT] = {"format", "version", "architecture", "reference",
                                                   "name",   "origin",  "licence"};

/* A string of the header in memory of its own. */
static char *copy_string(json_reader *json)
{
    const size_t most = (size_t)(json->end - json->at) + 1;
    char *to = malloc(most);
    if (!to)
        return NULL;
    const size_t length = wf_json_string(json, to, most);
    char *fitted = realloc(to, length + 1);
    return fitted ? fitted : to;
}

static wf_result read_metadata(const file *f, json_reader *json, char *texts[TEXT_COUNT])
{
    char key[32];
    for (wf_json_begin(json, '{'); wf_json_next_key(json, key, sizeof key);) {
        int t = 0;
        while (t < TEXT_COUNT && (strcmp(key, text_names[t]) || texts[t]))
            t++;
        if (t == TEXT_COUNT)
            wf_json_skip(json);
        else if (!(texts[t] = copy_string(json)))
            return no_memory(f);
    }
    return WF_OK;
}

static wf_result find_metadata(const file *f, char *texts[TEXT_COUNT])
{
    json_reader json = wf_json_read(f->header, f->header_size);
    char key[32];
    for (wf_json_begin(&json, '{'); wf_json_next_key(&json, key, sizeof key);) {
        if (strcmp(key, "__metadata__"))
            wf_json_skip(&json);
        else
            WF_TRY(read_metadata(f, &json, texts));
    }
    wf_json_end(&json);
    return json.failed ? refuse(f, "its header is no JSON") : WF_OK;
}

static const char *or_none(const char *value)
{
    return value ? value : "(none)";
}

static wf_result take_metadata(const file *f, char *texts[TEXT_COUNT])
{
    char message[MESSAGE];
    wf_network *network = f->network;
    if (!texts[TEXT_FORMAT] || strcmp(texts[TEXT_FORMAT], FORMAT))
        return refuse(f, "its format is '%.40s', it is '%s'", or_none(texts[TEXT_FORMAT]), FORMAT);
    if (!texts[TEXT_VERSION] || strcmp(texts[TEXT_VERSION], VERSION))
        return refuse(f, "its version is '%.40s', this reads '%s'", or_none(texts[TEXT_VERSION]), VERSION);
    const char *architecture = texts[TEXT_ARCHITECTURE], *reference = texts[TEXT_REFERENCE];
    if (!architecture)
        return refuse(f, "it has no architecture");
    const char *wrong = wf_network_read_architecture(architecture, strlen(architecture), &network->architecture,
                                                     message, sizeof message);
    if (!wrong && reference)
        wrong = wf_network_read_reference(reference, strlen(reference), &network->reference, message, sizeof message);
    return wrong ? refuse(f, "%s", wrong) : WF_OK;
}

/* The strings that the network keeps change their owner. */
static wf_result read_texts(const file *f)
{
    char *texts[TEXT_COUNT] = {0};
    wf_result result = find_metadata(f, texts);
    if (result == WF_OK)
        result = take_metadata(f, texts);
    f->network->name = texts[TEXT_NAME];
    f->network->origin = texts[TEXT_ORIGIN];
    f->network->licence = texts[TEXT_LICENCE];
    for (text t = 0; t < TEXT_NAME; t++)
        free(texts[t]);
    return result;
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

typedef struct stored {
    char dtype[8];
    double shape[AXES], offsets[2];
    int axes, offset_count;
} stored;

static int read_numbers(json_reader *json, double *to, int most)
{
    int count = 0;
    for (wf_json_begin(json, '['); wf_json_next(json); count++) {
        const double value = wf_json_number(json);
        if (count < most)
            to[count] = value;
    }
    return count;
}

static stored read_stored(json_reader *json)
{
    stored s = {.axes = 0};
    char key[32];
    for (wf_json_begin(json, '{'); wf_json_next_key(json, key, sizeof key);) {
        if (!strcmp(key, "dtype"))
            wf_json_string(json, s.dtype, sizeof s.dtype);
        else if (!strcmp(key, "shape"))
            s.axes = read_numbers(json, s.shape, AXES);
        else if (!strcmp(key, "data_offsets"))
            s.offset_count = read_numbers(json, s.offsets, 2);
        else
            wf_json_skip(json);
    }
    return s;
}

/* A tensor that the architecture has. */
typedef struct wanted {
    int shape[AXES], axes;
    size_t first, count; /* in network.parameters */
} wanted;

/* Returns the place of the tensor, counted by two a layer, or -1. */
static int find_wanted(const wf_network *network, const char *name, wanted *w)
{
    for (int i = 0; i < network->layer_count; i++) {
        const network_layer *layer = &network->layers[i];
        const size_t length = strlen(layer->name);
        const int outputs = layer->outputs, size = layer->size;
        if (strncmp(name, layer->name, length))
            continue;
        if (!strcmp(name + length, ".weight")) {
            *w = (wanted){.shape = {outputs, layer->coarse + layer->inputs, size, size},
                          .axes = AXES,
                          .first = layer->weight,
                          .count = layer->bias - layer->weight};
            return 2 * i;
        }
        if (!strcmp(name + length, ".bias")) {
            *w = (wanted){.shape = {outputs}, .axes = 1, .first = layer->bias, .count = (size_t)outputs};
            return 2 * i + 1;
        }
    }
    return -1;
}

static int same_shape(const stored *s, const wanted *w)
{
    for (int i = 0; i < w->axes && s->axes == w->axes; i++) {
        if (s->shape[i] != w->shape[i])
            return 0;
    }
    return s->axes == w->axes;
}

static const char *shape_text(char *to, size_t size, const double *shape, int axes)
{
    size_t length = 0;
    snprintf(to, size, "a number");
    for (int i = 0; i < axes && i < AXES && length < size; i++)
        length += (size_t)snprintf(to + length, size - length, "%s%g", i ? "x" : "", shape[i]);
    return to;
}

static wf_result refuse_shape(const file *f, const char *name, const stored *s, const wanted *w)
{
    char is[128], should[128];
    double shape[AXES];
    for (int i = 0; i < AXES; i++)
        shape[i] = w->shape[i];
    return refuse(f, "its %s is %s%s, the architecture's is %s", name, shape_text(is, sizeof is, s->shape, s->axes),
                  s->axes > AXES ? "x..." : "", shape_text(should, sizeof should, shape, w->axes));
}

static wf_result read_tensor(const file *f, const char *name, const stored *s, const wanted *w)
{
    const int half = !strcmp(s->dtype, "F16");
    if (!half && strcmp(s->dtype, "F32"))
        return refuse(f, "its %s is %s, it is F16 or F32", name, s->dtype);
    if (!same_shape(s, w))
        return refuse_shape(f, name, s, w);
    const size_t element = half ? sizeof(uint16_t) : sizeof(float);
    const double first = s->offsets[0], last = s->offsets[1];
    if (s->offset_count != 2 || first < 0 || first != floor(first) || last > (double)f->data_size ||
        last - first != (double)(w->count * element))
        return refuse(f, "its %s has bytes %.0f to %.0f of %zu, %zu numbers of it need %zu", name, first, last,
                      f->data_size, w->count, w->count * element);
    const char *from = f->data + (size_t)first;
    float *to = f->network->parameters + w->first;
    for (size_t i = 0; i < w->count; i++) {
        uint16_t stored_half = 0;
        if (half) {
            memcpy(&stored_half, from + i * element, sizeof stored_half);
            to[i] = wf_half_to_float(stored_half);
        } else {
            memcpy(&to[i], from + i * element, sizeof to[i]);
        }
        if (!isfinite(to[i]))
            return refuse(f, "its %s has numbers that are not finite", name);
    }
    return WF_OK;
}

static wf_result read_tensors(const file *f, unsigned char *found)
{
    json_reader json = wf_json_read(f->header, f->header_size);
    char name[2 * NETWORK_NAME];
    for (wf_json_begin(&json, '{'); wf_json_next_key(&json, name, sizeof name);) {
        wanted w;
        if (!strcmp(name, "__metadata__")) {
            wf_json_skip(&json);
            continue;
        }
        const stored s = read_stored(&json);
        const int place = json.failed ? 0 : find_wanted(f->network, name, &w);
        if (json.failed)
            break;
        if (place < 0)
            return refuse(f, "it has a tensor '%s', which its architecture has not", name);
        if (found[place]++)
            return refuse(f, "it has the tensor '%s' twice", name);
        WF_TRY(read_tensor(f, name, &s, &w));
    }
    if (json.failed)
        return refuse(f, "its header is no safetensors header");
    for (int i = 0; i < 2 * f->network->layer_count; i++) {
        if (!found[i])
            return refuse(f, "it has no tensor '%s.%s', which its architecture has", f->network->layers[i / 2].name,
                          i % 2 ? "bias" : "weight");
    }
    return WF_OK;
}

static wf_result read_parameters(const file *f)
{
    wf_network *network = f->network;
    if (!wf_network_list_layers(network))
        return no_memory(f);
    if (network->parameter_count > WF_NETWORK_MAX_BYTES / sizeof(uint16_t))
        return refuse(f, "its architecture has %zu parameters, a file holds at most %zu", network->parameter_count,
                      WF_NETWORK_MAX_BYTES / sizeof(uint16_t));
    network->parameters = malloc(network->parameter_count * sizeof *network->parameters);
    unsigned char *found = calloc((size_t)network->layer_count, 2);
    const wf_result result = network->parameters && found ? read_tensors(f, found) : no_memory(f);
    free(found);
    return result;
}

/* ---- The file ---------------------------------------------------------------------------------------------------- */

static wf_result read_parts(file *f, const unsigned char *bytes, size_t size)
{
    if (size > WF_NETWORK_MAX_BYTES)
        return refuse(f, "has %zu bytes, a network file has at most %d", size, WF_NETWORK_MAX_BYTES);
    if (size < LENGTH_BYTES)
        return refuse(f, "has %zu bytes, a safetensors file begins with %d for the length of its header", size,
                      LENGTH_BYTES);
    uint64_t length = 0;
    for (int i = LENGTH_BYTES - 1; i >= 0; i--)
        length = length << 8 | bytes[i];
    if (size > LENGTH_BYTES && bytes[LENGTH_BYTES] != '{')
        return refuse(f, "is no safetensors file: there is no header after its first %d bytes", LENGTH_BYTES);
    if (length > size - LENGTH_BYTES)
        return refuse(f, "its header has %" PRIu64 " bytes, %zu follow", length, size - LENGTH_BYTES);
    f->header = (const char *)bytes + LENGTH_BYTES;
    f->header_size = (size_t)length;
    f->data = f->header + f->header_size;
    f->data_size = size - LENGTH_BYTES - f->header_size;
    WF_TRY(read_texts(f));
    return read_parameters(f);
}

static const wf_log silent;

wf_result wf_network_read(const wf_log *log, const char *name, const void *bytes, size_t size, wf_network **network)
{
    file f = {.log = log ? log : &silent, .name = name ? name : "the network"};
    if (network)
        *network = NULL;
    if (!network || !bytes)
        return WF_INVALID(f.log, "%s: the %s is NULL", f.name, network ? "file" : "network's address");
    f.network = calloc(1, sizeof *f.network);
    if (!f.network)
        return no_memory(&f);
    const wf_result result = read_parts(&f, bytes, size);
    if (result == WF_OK)
        *network = f.network;
    else
        wf_network_close(f.network);
    return result;
}

wf_result wf_network_open(const wf_log *log, const char *path, wf_network **network)
{
    file f = {.log = log ? log : &silent, .name = path};
    if (network)
        *network = NULL;
    if (!network || !path)
        return WF_INVALID(f.log, "the %s is NULL", network ? "path of a network" : "network's address");
    if (!*path)
        return WF_INVALID(f.log, "the path of a network is empty");
    FILE *opened = fopen(path, "rb");
    if (!opened)
        return refuse(&f, "%s", strerror(errno));
    char *bytes = malloc(WF_NETWORK_MAX_BYTES + 1);
    const size_t size = bytes ? fread(bytes, 1, WF_NETWORK_MAX_BYTES + 1, opened) : 0;
    wf_result result = WF_OK;
    if (!bytes)
        result = no_memory(&f);
    else if (ferror(opened))
        result = refuse(&f, "%s", strerror(errno));
    else if (size > WF_NETWORK_MAX_BYTES)
        result = refuse(&f, "has more than the %d bytes of the largest network file", WF_NETWORK_MAX_BYTES);
    else
        result = wf_network_read(log, path, bytes, size, network);
    free(bytes);
    fclose(opened);
    return result;
}

void wf_network_close(wf_network *network)
{
    if (!network)
        return;
    free(network->name);
    free(network->origin);
    free(network->licence);
    free(network->layers);
    free(network->parameters);
    free(network);
}

static double flop_per_pixel(const wf_network *network)
{
    double sum = 0;
    for (int i = 0; i < network->layer_count; i++) {
        const network_layer *layer = &network->layers[i];
        sum += ldexp(2.0 * (double)(layer->bias - layer->weight), -2 * layer->level);
    }
    return sum;
}

wf_result wf_network_get_info(const wf_network *network, wf_network_info *info)
{
    if (!network || !info)
        return WF_ERROR_INVALID_ARGUMENT;
    const network_architecture *a = &network->architecture;
    *info = (wf_network_info){.name = network->name ? network->name : "",
                              .origin = network->origin ? network->origin : "",
                              .licence = network->licence ? network->licence : "",
                              .levels = a->levels,
                              .kernel_levels = a->kernel_levels,
                              .albedo_kernel = a->albedo_kernel,
                              .uses_albedo = a->albedo_kernel > 0 || a->scale[WF_FEATURE_ALBEDO] > 0 ||
                                             a->scale[WF_FEATURE_DEMODULATED] > 0,
                              .uses_normal = a->scale[WF_FEATURE_NORMAL] > 0,
                              .uses_depth = a->scale[WF_FEATURE_DEPTH] > 0,
                              .parameters = (int64_t)network->parameter_count,
                              .flop_per_pixel = flop_per_pixel(network)};
    memcpy(info->channels, a->channels, sizeof info->channels);
    memcpy(info->kernel_sizes, a->kernels, sizeof info->kernel_sizes);
    return WF_OK;
}
