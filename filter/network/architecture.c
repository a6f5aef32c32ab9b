#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "json.h"
#include "network.h"

#define FAMILY "kernel-pyramid-unet"

static const struct {
    const char *name;
    int planes;
} features[WF_FEATURE_COUNT] = {[WF_FEATURE_COLOR] = {"color", 3},
                                [WF_FEATURE_DEMODULATED] = {"demodulated", 3},
                                [WF_FEATURE_ALBEDO] = {"albedo", 3},
                                [WF_FEATURE_NORMAL] = {"normal", 3},
                                [WF_FEATURE_DEPTH] = {"depth", 1}};

/* ---- JSON to the struct ------------------------------------------------------------------------------------------ */

/* Numbers as they stand in the file; the rules are checked when all is read. */
typedef struct numbers {
    double values[WF_NETWORK_MAX_LEVELS];
    int count; /* may be larger than what is kept */
} numbers;

typedef enum field {
    FIELD_FAMILY,
    FIELD_CHANNELS,
    FIELD_ENCODER,
    FIELD_DECODER,
    FIELD_KERNELS,
    FIELD_ALBEDO_KERNEL,
    FIELD_EPSILON,
    FIELD_FEATURES,
    FIELD_COUNT
} field;

static const char *const field_names[FIELD_COUNT] = {"family",  "channels",      "encoder", "decoder",
                                                     "kernels", "albedo_kernel", "epsilon", "features"};

typedef struct description {
    char family[64];
    numbers lists[FIELD_COUNT]; /* of those that are lists or a number */
    char features[WF_FEATURE_COUNT][32];
    double scale[WF_FEATURE_COUNT], gain[WF_FEATURE_COUNT];
    int feature_count;
    int found[FIELD_COUNT];
    char unknown[64]; /* a key that there is none of */
} description;

static void read_list(json_reader *json, numbers *list)
{
    for (wf_json_begin(json, '['); wf_json_next(json); list->count++) {
        const double value = wf_json_number(json);
        if (list->count < WF_NETWORK_MAX_LEVELS)
            list->values[list->count] = value;
    }
}

static void read_feature(json_reader *json, description *d)
{
    const int kept = d->feature_count < WF_FEATURE_COUNT ? d->feature_count : WF_FEATURE_COUNT - 1;
    char key[64];
    d->features[kept][0] = '\0';
    d->scale[kept] = d->gain[kept] = 1;
    for (wf_json_begin(json, '{'); wf_json_next_key(json, key, sizeof key);) {
        if (!strcmp(key, "name")) {
            wf_json_string(json, d->features[kept], sizeof d->features[kept]);
        } else if (!strcmp(key, "scale")) {
            d->scale[kept] = wf_json_number(json);
        } else if (!strcmp(key, "gain")) {
            d->gain[kept] = wf_json_number(json);
        } else {
            snprintf(d->unknown, sizeof d->unknown, "%.40s", key);
            wf_json_skip(json);
        }
    }
    d->feature_count++;
}

static void read_field(json_reader *json, field f, description *d)
{
    switch (f) {
    case FIELD_FAMILY:
        wf_json_string(json, d->family, sizeof d->family);
        break;
    case FIELD_FEATURES:
        for (wf_json_begin(json, '['); wf_json_next(json);)
            read_feature(json, d);
        break;
    case FIELD_ALBEDO_KERNEL:
    case FIELD_EPSILON:
        d->lists[f].values[0] = wf_json_number(json);
        d->lists[f].count = 1;
        break;
    default:
        read_list(json, &d->lists[f]);
    }
}

static int read_description(const char *text, size_t length, description *d)
{
    json_reader json = wf_json_read(text, length);
    char key[64];
    for (wf_json_begin(&json, '{'); wf_json_next_key(&json, key, sizeof key);) {
        int f = 0;
        while (f < FIELD_COUNT && (strcmp(key, field_names[f]) || d->found[f]))
            f++;
        if (f < FIELD_COUNT) {
            d->found[f] = 1;
            read_field(&json, (field)f, d);
        } else {
            snprintf(d->unknown, sizeof d->unknown, "%.40s", key);
            wf_json_skip(&json);
        }
    }
    wf_json_end(&json);
    return !json.failed;
}

/* ---- Rules ------------------------------------------------------------------------------------------------------- */

#define SAY(...) (snprintf(message, size, __VA_ARGS__), message)

static const char *take_integers(const numbers *list, const char *name, int least, int most, int low, int high, int *to,
                                 char *message, size_t size)
{
    if (list->count < least || list->count > most)
        return least == most
                   ? SAY("the architecture's %s have %d levels, there are %d", name, list->count, most)
                   : SAY("the architecture's %s have %d levels, there are %d to %d", name, list->count, least, most);
    for (int i = 0; i < list->count; i++) {
        const double value = list->values[i];
        if (value != floor(value) || value < low || value > high)
            return SAY("the architecture's %s have %g, they are integers of %d to %d", name, value, low, high);
        to[i] = (int)value;
    }
    return NULL;
}

static const char *take_number(double value, const char *name, double low, double high, float *to, char *message,
                               size_t size)
{
    if (!(value >= low && value <= high))
        return SAY("the architecture's %s is %g, it is a number of %g to %g", name, value, low, high);
    *to = (float)value;
    return NULL;
}

static const char *take_feature(const description *d, int i, network_architecture *a, char *message, size_t size)
{
    int feature = 0;
    while (feature < WF_FEATURE_COUNT && strcmp(d->features[i], features[feature].name))
        feature++;
    if (feature == WF_FEATURE_COUNT)
        return SAY("the architecture has a feature '%s', there are color, demodulated, albedo, normal, depth",
                   d->features[i]);
    if (a->scale[feature] > 0)
        return SAY("the architecture has the feature %s twice", features[feature].name);
    a->features[i] = (wf_feature)feature;
    const char *wrong = take_number(d->scale[i], "scale of a feature", 1e-3, 1e3, &a->scale[feature], message, size);
    return wrong ? wrong : take_number(d->gain[i], "gain of a feature", 1e-3, 1e3, &a->gain[feature], message, size);
}

static const char *take_features(const description *d, network_architecture *a, char *message, size_t size)
{
    if (d->feature_count < 1 || d->feature_count > WF_FEATURE_COUNT)
        return SAY("the architecture has %d features, there are 1 to %d", d->feature_count, WF_FEATURE_COUNT);
    a->feature_count = d->feature_count;
    const char *wrong = NULL;
    for (int i = 0; i < a->feature_count && !wrong; i++)
        wrong = take_feature(d, i, a, message, size);
    return wrong;
}

static const char *take_levels(const description *d, network_architecture *a, char *message, size_t size)
{
    const numbers *lists = d->lists;
    const char *wrong = take_integers(&lists[FIELD_CHANNELS], "channels", 1, WF_NETWORK_MAX_LEVELS, WF_CHANNEL_MULTIPLE,
                                      NETWORK_MAX_CHANNELS, a->channels, message, size);
    if (wrong)
        return wrong;
    a->levels = lists[FIELD_CHANNELS].count;
    for (int level = 0; level < a->levels; level++) {
        if (a->channels[level] % WF_CHANNEL_MULTIPLE)
            return SAY("the architecture's channels have %d, they are multiples of %d", a->channels[level],
                       WF_CHANNEL_MULTIPLE);
    }
    wrong = take_integers(&lists[FIELD_ENCODER], "encoder", a->levels, a->levels, 1, NETWORK_MAX_CONVOLUTIONS,
                          a->encoder, message, size);
    if (!wrong)
        wrong = take_integers(&lists[FIELD_DECODER], "decoder", a->levels - 1, a->levels - 1, 1,
                              NETWORK_MAX_CONVOLUTIONS, a->decoder, message, size);
    if (!wrong)
        wrong = take_integers(&lists[FIELD_KERNELS], "kernels", 1, a->levels, 1, WF_NETWORK_MAX_KERNEL, a->kernels,
                              message, size);
    a->kernel_levels = lists[FIELD_KERNELS].count;
    return wrong;
}

const char *wf_network_read_architecture(const char *text, size_t length, network_architecture *a, char *message,
                                         size_t size)
{
    description d = {0};
    *a = (network_architecture){0};
    if (!read_description(text, length, &d))
        return "the architecture is no JSON of its kind";
    if (strcmp(d.family, FAMILY))
        return SAY("the architecture's family is '%s', it is '%s'", d.family, FAMILY);
    for (int f = 0; f < FIELD_COUNT; f++) {
        if (!d.found[f])
            return SAY("the architecture has no %s", field_names[f]);
    }
    if (d.unknown[0])
        return SAY("the architecture has '%s', which this version does not know", d.unknown);
    const char *wrong = take_levels(&d, a, message, size);
    if (!wrong)
        wrong = take_integers(&d.lists[FIELD_ALBEDO_KERNEL], "albedo_kernel", 1, 1, 0, WF_NETWORK_MAX_KERNEL,
                              &a->albedo_kernel, message, size);
    if (!wrong)
        wrong = take_number(d.lists[FIELD_EPSILON].values[0], "epsilon", 1e-4, 1, &a->epsilon, message, size);
    return wrong ? wrong : take_features(&d, a, message, size);
}

/* ---- What follows from it ---------------------------------------------------------------------------------------- */

static int planes(const network_architecture *a)
{
    int sum = 0;
    for (int i = 0; i < a->feature_count; i++)
        sum += features[a->features[i]].planes;
    return sum;
}

int wf_network_plane(const network_architecture *a, int i)
{
    int which = 0, place = 0;
    while (i >= features[a->features[which]].planes)
        i -= features[a->features[which++]].planes;
    for (int f = 0; f < (int)a->features[which]; f++)
        place += features[f].planes;
    return place + i;
}

wf_head wf_network_head(const network_architecture *a, int level)
{
    const int kernel = a->kernels[level], albedo = level == 0 ? a->albedo_kernel : 0;
    const int alphas = level < a->kernel_levels - 1 ? WF_ALPHA_CHANNELS : 0;
    return (wf_head){.inputs = a->channels[level],
                     .outputs = 2 * kernel * kernel + albedo * albedo + alphas,
                     .kernel = kernel,
                     .albedo_kernel = albedo,
                     .alphas = alphas,
                     .is_finest = level == 0};
}

static void add(wf_network *network, network_part part, int level, int place, int coarse, int inputs, int outputs)
{
    static const char *const names[] = {"encoder", "decoder", "head"};
    network_layer *layer = &network->layers[network->layer_count++];
    *layer = (network_layer){.part = part,
                             .level = level,
                             .place = place,
                             .coarse = coarse,
                             .inputs = inputs,
                             .outputs = outputs,
                             .size = part == PART_HEAD ? 1 : 3,
                             .weight = network->parameter_count};
    snprintf(layer->name, sizeof layer->name, part == PART_HEAD ? "%s.%d" : "%s.%d.%d", names[part], level, place);
    layer->bias = layer->weight + (size_t)outputs * (size_t)((coarse + inputs) * layer->size * layer->size);
    network->parameter_count = layer->bias + (size_t)outputs;
}

int wf_network_list_layers(wf_network *network)
{
    enum { MOST = WF_NETWORK_MAX_LEVELS * (2 * NETWORK_MAX_CONVOLUTIONS + 1) };
    const network_architecture *a = &network->architecture;
    network->layers = calloc(MOST, sizeof *network->layers);
    if (!network->layers)
        return 0;
    for (int level = 0; level < a->levels; level++) {
        const int before = level == 0 ? planes(a) : a->channels[level - 1];
        for (int i = 0; i < a->encoder[level]; i++)
            add(network, PART_ENCODER, level, i, 0, i == 0 ? before : a->channels[level], a->channels[level]);
    }
    for (int level = a->levels - 2; level >= 0; level--) {
        for (int i = 0; i < a->decoder[level]; i++)
            add(network, PART_DECODER, level, i, i == 0 ? a->channels[level + 1] : 0, a->channels[level],
                a->channels[level]);
    }
    for (int level = 0; level < a->kernel_levels; level++)
        add(network, PART_HEAD, level, 0, 0, a->channels[level], wf_network_head(a, level).outputs);
    return 1;
}
