#include "option_readers.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/files/frame_file.h"
#include "app/ipc/server.h"
#include "app/view/commands.h"

#define MAX_RADIANCE 1e9f /* of surroundings; sums of samples stay far from a float's end */

static void *place_of(options *options, size_t offset)
{
    return (char *)options + offset;
}

/* ---- Words ------------------------------------------------------------------------------------------------------- */

void option_list_words(const char *(*word)(int), const char *last, char list[OPTION_LIST])
{
    int length = 0;
    list[0] = 0;
    for (int i = 0; word(i) && length < OPTION_LIST; i++)
        length += snprintf(list + length, OPTION_LIST - (size_t)length, "%s%s",
                           i == 0        ? ""
                           : word(i + 1) ? ", "
                                         : last,
                           word(i));
}

bool option_read_flag(const option_row *row, const char *text, options *options, error *error)
{
    (void)text, (void)error;
    *(bool *)place_of(options, row->place) = true;
    return true;
}

bool option_read_text(const option_row *row, const char *text, options *options, error *error)
{
    (void)error;
    *(const char **)place_of(options, row->place) = text;
    return true;
}

bool option_read_save(const option_row *row, const char *text, options *options, error *error)
{
    static const char *const places[] = {"{layer}", "{name}", "{number}"};
    size_t length = strlen(text);
    for (const char *brace = strchr(text, '{'); brace; brace = strchr(brace + 1, '{')) {
        bool known = false;
        for (int i = 0; i < 3; i++)
            known = known || strncmp(brace, places[i], strlen(places[i])) == 0;
        if (!known)
            return error_set(error, "--%s %s: expected {layer}, {name} or {number} where %.16s is", row->name, text,
                             brace);
    }
    if (strchr(text, '{') && (!strstr(text, "{layer}") || length < 4 || strcasecmp(text + length - 4, ".exr") != 0))
        return error_set(error, "--%s %s: expected {layer} in a pattern, and .exr at its end", row->name, text);
    const frame_format *format = strchr(text, '{') ? NULL : frame_file_format(text);
    if (format)
        return error_set(error,
                         "--%s %s: expected a folder, or a pattern such as %.*s.{layer}.exr: gather and splat are "
                         "a file each",
                         row->name, text, (int)(length - strlen(format->extension)), text);
    return option_read_text(row, text, options, error);
}

bool option_read_png(const option_row *row, const char *text, options *options, error *error)
{
    const char *slash = strrchr(text, '/'), *name = slash ? slash + 1 : text, *dot = strrchr(name, '.');
    if (dot && dot != name && strcasecmp(dot, ".png") != 0)
        return error_set(error, "--%s %s: expected a name that ends in .png: screenshots are PNG files, not %s",
                         row->name, text, dot + 1);
    return option_read_text(row, text, options, error);
}

bool option_read_word(const option_row *row, const char *text, options *options, error *error)
{
    char list[OPTION_LIST];
    for (int i = 0; row->word(i); i++) {
        if (strcmp(text, row->word(i)) == 0) {
            *(int *)place_of(options, row->place) = i;
            return true;
        }
    }
    option_list_words(row->word, " or ", list);
    return error_set(error, "--%s %s: expected %s", row->name, text, list);
}

bool option_read_ipc(const option_row *row, const char *text, options *options, error *error)
{
    int port;
    struct error reason;
    options->ipc = text;
    return ipc_check_address(text, &port, &reason) || error_set(error, "--%s %s: %s", row->name, text, reason.message);
}

bool option_read_do(const option_row *row, const char *text, options *options, error *error)
{
    char unknown[COMMAND_TEXT];
    if (!commands_known(text, unknown))
        return error_set(error, "--%s %s: no command is called \"%s\"; --help lists them", row->name, text, unknown);
    if (options->do_count == OPTIONS_MOST_DO)
        return error_set(error, "--%s %s: given more than %d times", row->name, text, OPTIONS_MOST_DO);
    options->do_names[options->do_count++] = text;
    return true;
}

bool option_read_backend(const option_row *row, const char *text, options *options, error *error)
{
    options->automatic = strcmp(text, "auto") == 0;
    if (options->automatic)
        return true;
    for (int backend = 0; backend < WF_BACKEND_COUNT; backend++) {
        if (strcmp(text, wf_backend_name(backend)) == 0) {
            options->backend = backend;
            return true;
        }
    }
    return error_set(error, "--%s %s: expected auto, cuda, vulkan or cpu", row->name, text);
}

/* Adds LAYER=NAME, LAYER of so many characters. At most one a layer: a later one replaces an earlier one. */
static void add_mapping(options *options, const char *text, size_t length)
{
    static const char *channels[FRAME_LAYER_COUNT];
    int index = 0;
    while (index < options->channel_count && strncmp(channels[index], text, length + 1) != 0)
        index++;
    channels[index] = text;
    options->channels = channels;
    if (index == options->channel_count)
        options->channel_count++;
}

bool option_read_channel(const option_row *row, const char *text, options *options, error *error)
{
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : 0;
    bool known = false;
    for (int i = 0; row->word(i); i++)
        known = known || (strlen(row->word(i)) == length && strncmp(text, row->word(i), length) == 0);
    if (!known || !equals[1]) {
        char list[OPTION_LIST];
        option_list_words(row->word, ", ", list);
        return error_set(error, "--%s %s: expected LAYER=NAME with LAYER one of %s", row->name, text, list);
    }
    add_mapping(options, text, length);
    return true;
}

/* One further layer of those in the text. */
static bool add_further(const option_row *row, const char *text, const char *name, size_t length, options *options,
                        error *error)
{
    static char mappings[MAX_FURTHER][300];
    static const char plain[] = "=plain";
    const size_t tail = strlen(plain);
    const bool is_plain = length > tail && strncmp(name + length - tail, plain, tail) == 0;
    const int index = options->further_count;
    if (index == MAX_FURTHER)
        return error_set(error, "--%s %.*s: more than %d layers", row->name, (int)length, name, MAX_FURTHER);
    length -= is_plain ? tail : 0;
    const char *key = layer_rows[FRAME_FURTHER + index].name;
    char *mapping = mappings[index], *own = mapping + strlen(key) + 1;
    if (length == 0 || length + strlen(key) + 2 > sizeof *mappings || memchr(name, '=', length))
        return error_set(error,
                         "--%s %s: expected names of layers with commas between them, each perhaps with %s behind",
                         row->name, text, plain);
    snprintf(mapping, sizeof *mappings, "%s=%.*s", key, (int)length, name);
    for (int other = 0; other < index; other++)
        if (strcmp(own, strchr(mappings[other], '=') + 1) == 0)
            return error_set(error, "--%s %s: twice", row->name, own);
    add_mapping(options, mapping, strlen(key));
    layers_name_further(index, own);
    options->plain |= (unsigned)(is_plain || exr_lacks_albedo(own)) << index;
    options->further_count++;
    return true;
}

bool option_read_also(const option_row *row, const char *text, options *options, error *error)
{
    for (const char *name = text;; name++) {
        const size_t length = strcspn(name, ",");
        if (!add_further(row, text, name, length, options, error))
            return false;
        name += length;
        if (!*name)
            return true;
    }
}

/* ---- Numbers ----------------------------------------------------------------------------------------------------- */

/* One decimal number without sign or space at *text, advanced past it. */
static bool read_digits(const char **text, long *value)
{
    if (**text < '0' || **text > '9')
        return false;
    char *end;
    errno = 0;
    *value = strtol(*text, &end, 10);
    *text = end;
    return errno == 0;
}

bool option_read_number(const option_row *row, const char *text, options *options, error *error)
{
    const char *rest = text;
    long number;
    if (!read_digits(&rest, &number) || *rest || number < row->least || number > row->most)
        return error_set(error, "--%s %s: expected a number from %d to %d", row->name, text, row->least, row->most);
    *(int *)place_of(options, row->place) = (int)number;
    return true;
}

bool option_read_seed(const option_row *row, const char *text, options *options, error *error)
{
    const char *rest = text;
    long number;
    if (!read_digits(&rest, &number) || *rest)
        return error_set(error, "--%s %s: expected a number from 0 to %ld", row->name, text, LONG_MAX);
    options->seed = (uint64_t)number;
    return true;
}

/* "AxB" with both from least to most. */
static bool read_pair(const option_row *row, const char *text, options *options)
{
    long a, b;
    if (!read_digits(&text, &a) || *text++ != 'x' || !read_digits(&text, &b) || *text || a < row->least ||
        a > row->most || b < row->least || b > row->most)
        return false;
    *(int *)place_of(options, row->place) = (int)a;
    *(int *)place_of(options, row->second) = (int)b;
    return true;
}

bool option_read_size(const option_row *row, const char *text, options *options, error *error)
{
    return read_pair(row, text, options) ||
           error_set(error, "--%s %s: expected WxH, both from %d to %d", row->name, text, row->least, row->most);
}

bool option_read_kernel_size(const option_row *row, const char *text, options *options, error *error)
{
    const char *rest = text;
    long size;
    if (read_digits(&rest, &size) && !*rest && size >= row->least && size <= row->most) {
        options->kernel_height = options->kernel_width = (int)size;
        return true;
    }
    return read_pair(row, text, options) ||
           error_set(error, "--%s %s: expected K or KhxKw, from %d to %d", row->name, text, row->least, row->most);
}

bool option_read_pixel(const option_row *row, const char *text, options *options, error *error)
{
    const char *rest = text;
    long x, y;
    if (!read_digits(&rest, &x) || *rest++ != ',' || !read_digits(&rest, &y) || *rest || x > row->most || y > row->most)
        return error_set(error, "--%s %s: expected X,Y, both from 0 to %d", row->name, text, row->most);
    if (options->pixel_count == WF_NODE_MAX_PIXELS)
        return error_set(error, "--%s %s: more than %d pixels", row->name, text, WF_NODE_MAX_PIXELS);
    options->pixels[options->pixel_count++] = (wf_node_pixel){(uint32_t)x, (uint32_t)y};
    return true;
}

bool option_read_region(const option_row *row, const char *text, options *options, error *error)
{
    const char *rest = text;
    long numbers[4] = {0};
    bool ok = true;
    for (int i = 0; i < 4 && ok; i++)
        ok = read_digits(&rest, &numbers[i]) && numbers[i] >= i / 2 && numbers[i] <= row->most &&
             *rest++ == (i < 3 ? ',' : 0);
    if (!ok)
        return error_set(error, "--%s %s: expected X,Y,W,H, all up to %d, W and H at least 1", row->name, text,
                         row->most);
    options->region = (frame_region){(int)numbers[0], (int)numbers[1], (int)numbers[2], (int)numbers[3]};
    return true;
}

/* Up to `count` numbers from 0 to `most`, with commas between them; returns how many, 0
   where the text is no such list. */
static int read_decimals(const char *text, float most, float *values, int count)
{
    for (int i = 0; i < count; i++) {
        char *end;
        if (!strchr("0123456789.", *text))
            return 0;
        values[i] = strtof(text, &end);
        if (end == text || !(values[i] <= most) || (*end && *end != ','))
            return 0;
        if (!*end)
            return i + 1;
        text = end + 1;
    }
    return 0;
}

bool option_read_decimal(const option_row *row, const char *text, options *options, error *error)
{
    const bool is_negative = *text == '-';
    const float most = (float)(is_negative ? -row->least : row->most), least = is_negative ? 0 : (float)row->least;
    float size;
    if (read_decimals(text + is_negative, most, &size, 1) != 1 || size < least || (is_negative && row->least >= 0))
        return error_set(error, "--%s %s: expected a number from %d to %d", row->name, text, row->least, row->most);
    *(float *)place_of(options, row->place) = is_negative ? -size : size;
    return true;
}

bool option_read_view(const option_row *row, const char *text, options *options, error *error)
{
    return place_read(text, &options->place) ||
           error_set(error, "--%s %s: expected fit, or X,Y,ZOOM with a zoom from 1/64 to %g", row->name, text,
                     PLACE_MOST_ZOOM);
}

bool option_read_tolerance(const option_row *row, const char *text, options *options, error *error)
{
    return read_decimals(text, 1, options->tolerance, 2) > 0 ||
           error_set(error, "--%s %s: expected MEAN or MEAN,SHARE with numbers from 0 to 1", row->name, text);
}

bool option_read_environment(const option_row *row, const char *text, options *options, error *error)
{
    options->environment_file = text;
    if (strcmp(text, "sky") == 0)
        options->environment = OPTIONS_SURROUNDINGS_SKY;
    else if (read_decimals(text, MAX_RADIANCE, options->environment_color, 3) == 3)
        options->environment = OPTIONS_SURROUNDINGS_COLOR;
    else if (frame_file_format(text))
        options->environment = OPTIONS_SURROUNDINGS_FILE;
    else
        return error_set(error, "--%s %s: expected R,G,B with numbers from 0 to %g, sky or FILE.exr", row->name, text,
                         (double)MAX_RADIANCE);
    return true;
}

bool option_read_beside(const option_row *row, const char *text, options *options, error *error)
{
    if (options->beside_count == SEQUENCES - 1)
        return error_set(error, "--%s %s: more than %d sequences beside the first one", row->name, text, SEQUENCES - 1);
    options->beside[options->beside_count++] = text;
    return true;
}

static bool have_sequences(const options *options, const pane *pane, error *error)
{
    const int layer = layer_sequence(pane->layer), against = pane_is_compared(pane) ? layer_sequence(pane->against) : 0;
    const int last = layer > against ? layer : against;
    if (last <= options->beside_count)
        return true;
    return error_set(error, "%s: %s", layer_word(layer > against ? pane->layer : pane->against),
                     options->beside_count == 0   ? "there is one sequence, --beside gives more"
                     : options->beside_count == 1 ? "there are two sequences"
                                                  : "there are three sequences");
}

bool options_read_panes(const options *options, const int levels[2], pane panes[VIEW_PANES], int *count, error *error)
{
    struct error why;
    *count = 0;
    if (options->pane_list &&
        !panes_read(options->pane_list, levels ? levels : (int[]){1, 1}, VIEW_PANES, panes, count, &why))
        return error_set(error, "--panes %s: %s", options->pane_list, why.message);
    for (int i = 0; i < *count; i++)
        if (!have_sequences(options, &panes[i], &why))
            return error_set(error, "--panes %s: %s", options->pane_list, why.message);
    if (!levels && options->pane_list && strstr(options->pane_list, "/*"))
        return true;
    const int shown = options->pane_list ? *count : VIEW_DEFAULT_PANES;
    if (options->solo > shown)
        return error_set(error, "--solo %d: there are %d panes", options->solo, shown);
    if (options->wipe >= 0 && shown < 2)
        return error_set(error, "--wipe %g: needs two panes, --panes %s is one", (double)options->wipe,
                         options->pane_list);
    return true;
}

bool options_check_layers(options *options, error *error)
{
    pane panes[VIEW_PANES];
    struct error why;
    int count;
    if (!options_read_panes(options, NULL, panes, &count, error))
        return false;
    if (!options->measure)
        return true;
    if (!panes_read(options->measure, (int[]){1, 1}, 1, &options->measured, &count, &why) ||
        !have_sequences(options, &options->measured, &why))
        return error_set(error, "--measure %s: %s", options->measure, why.message);
    if (!pane_is_plain(options->measure))
        return error_set(error, "--measure %s: expected LAYER or LAYER-LAYER", options->measure);
    return true;
}
