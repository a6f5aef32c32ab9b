#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "app/frames/frame.h"

const char options_manual[] =
    "wfview -- applies each pixel's predicted filter to rendered frames, as gather and as splat, side by side\n"
    "\n"
    "usage: wfview [options] FRAME.exr | DIRECTORY | PATTERN ...\n"
    "       wfview [options] --scene FILE\n"
    "       wfview --dataset OUT [--seed S] [--count N] [--render-size WxH] [--spp N] [--reference-spp M]\n"
    "\n"
    "Frames are OpenEXR files as Blender, Mitsuba and OIDN write them, or with plain channel names (R, albedo.R,\n"
    "normal.X, Z, motion.X). A directory stands for its frames, a pattern (shot.*.exr, shot.%04d.exr) for the files\n"
    "that match, both in natural order.\n"
    "\n"
    "Weights\n"
    "  --weights FILE           predicted weights from .npy, .npz or .safetensors: (K*K,H,W) or (1,K*K,H,W),\n"
    "                           float16 or float32\n"
    "  --splat-weights FILE     weights for the splat where they differ from --weights\n"
    "  --weight-mode MODE       linear (default for files), normalized or softmax\n"
    "  --predictor NAME         bilateral (analytic; default where no --weights are given) or kpn (not built yet)\n"
    "  --kernel-size K|KhxKw    for predictors that take one, and for files whose kernels are not square\n"
    "\n"
    "Frames\n"
    "  --reference FILE.exr     shows differences, reports metrics against it; without it a file of the same name in\n"
    "                           a folder \"reference\" beside the frame, or NAME.ref.exr or NAME_ref.exr, is taken\n"
    "  --channel LAYER=NAME     the channels of a layer where their name is not recognized: color=Beauty stands for\n"
    "                           Beauty.R, Beauty.G, Beauty.B; depth=my.V for that channel. Layers: color, albedo,\n"
    "                           normal, depth, motion, reference\n"
    "\n"
    "Live frames\n"
    "  --scene FILE             path-trace a .gltf, .glb or .obj instead of reading frames\n"
    "  --render-size WxH        resolution of live frames in pixels (default 1280x720)\n"
    "  --spp N                  samples a pixel and frame, 1 to 64 (default 1)\n"
    "  --accumulate N           accumulate N samples a pixel, --spp at a time, with a resting camera, then show and\n"
    "                           save that\n"
    "  --environment E          what rays that leave the scene see: R,G,B (radiance), sky or FILE.exr "
    "(equirectangular);\n"
    "                           default: nothing, or sky where the scene has no light\n"
    "  --camera-path FILE       a repeatable camera path, as JSON; app/trace/camera_path.h describes it\n"
    "\n"
    "Data sets\n"
    "  --dataset OUT            write training pairs of random scenes, without a window: OUT.npy is one file that "
    "numpy\n"
    "                           maps, any other OUT a folder of EXR files; a data set that is not finished is "
    "continued.\n"
    "                           --render-size is 256x256 here by default\n"
    "  --seed S                 which scenes, from 0 (default 0)\n"
    "  --count N                pairs (default 1000)\n"
    "  --reference-spp M        samples a pixel of the references (default 1024); --spp those of the noisy pictures\n"
    "\n"
    "Running\n"
    "  --backend NAME           auto (default: the first of cuda, vulkan, cpu that works), cuda, vulkan or cpu\n"
    "  --headless               no window, no display server needed\n"
    "  --size WxH               size of the window or screenshot in pixels (default 1280x720)\n"
    "  --frames N               end after N measured frames (headless default: each frame once; one of a\n"
    "                           resting camera)\n"
    "  --warmup N               run N frames before those (default 0)\n"
    "\n"
    "Results\n"
    "  --screenshot FILE.png    the whole view\n"
    "  --save DIR               gather.exr and splat.exr (R,G,B float32, linear), numbered where there are several\n"
    "                           frames; for live frames also frame.exr: R,G,B, albedo, normal, Z and motion, which\n"
    "                           wfview reads as a frame\n"
    "  --report FILE.json       device, backend, per stage n, median, p95, p99, max in ms; metrics against the\n"
    "                           reference\n"
    "  --trace FILE.json        Chrome trace (opens in Perfetto) of CPU, CUDA and Vulkan work on one clock\n"
    "  --timing-placeholders    dashes for times and device names, for pictures that are compared\n"
    "\n"
    "  --help, --version\n"
    "\n"
    "exit status: 0 done, 1 failed (one line on stderr says why), 2 wrong usage\n";

#define MAX_SIZE   16384
#define MIN_SIZE   64
#define MAX_FRAMES 1000000
#define MAX_SPP    64

#define MAX_RADIANCE 1e9f /* of surroundings; sums of samples stay far from a float's end */

#define DATASET_SIZE          256 /* of pairs, where nothing else is asked for */
#define DATASET_COUNT         1000
#define DATASET_REFERENCE_SPP 1024

typedef enum option_id {
    OPTION_WEIGHTS = 1,
    OPTION_SPLAT_WEIGHTS,
    OPTION_WEIGHT_MODE,
    OPTION_PREDICTOR,
    OPTION_KERNEL_SIZE,
    OPTION_REFERENCE,
    OPTION_CHANNEL,
    OPTION_BACKEND,
    OPTION_HEADLESS,
    OPTION_SIZE,
    OPTION_FRAMES,
    OPTION_WARMUP,
    OPTION_SCREENSHOT,
    OPTION_SAVE,
    OPTION_REPORT,
    OPTION_TRACE,
    OPTION_PLACEHOLDERS,
    OPTION_SCENE,
    OPTION_RENDER_SIZE,
    OPTION_SPP,
    OPTION_ACCUMULATE,
    OPTION_ENVIRONMENT,
    OPTION_CAMERA_PATH,
    OPTION_DATASET,
    OPTION_SEED,
    OPTION_COUNT,
    OPTION_REFERENCE_SPP,
    OPTION_HELP,
    OPTION_VERSION
} option_id;

static const struct option long_options[] = {
    {"weights", required_argument, NULL, OPTION_WEIGHTS},
    {"splat-weights", required_argument, NULL, OPTION_SPLAT_WEIGHTS},
    {"weight-mode", required_argument, NULL, OPTION_WEIGHT_MODE},
    {"predictor", required_argument, NULL, OPTION_PREDICTOR},
    {"kernel-size", required_argument, NULL, OPTION_KERNEL_SIZE},
    {"reference", required_argument, NULL, OPTION_REFERENCE},
    {"channel", required_argument, NULL, OPTION_CHANNEL},
    {"backend", required_argument, NULL, OPTION_BACKEND},
    {"headless", no_argument, NULL, OPTION_HEADLESS},
    {"size", required_argument, NULL, OPTION_SIZE},
    {"frames", required_argument, NULL, OPTION_FRAMES},
    {"warmup", required_argument, NULL, OPTION_WARMUP},
    {"screenshot", required_argument, NULL, OPTION_SCREENSHOT},
    {"save", required_argument, NULL, OPTION_SAVE},
    {"report", required_argument, NULL, OPTION_REPORT},
    {"trace", required_argument, NULL, OPTION_TRACE},
    {"timing-placeholders", no_argument, NULL, OPTION_PLACEHOLDERS},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {"scene", required_argument, NULL, OPTION_SCENE},
    {"render-size", required_argument, NULL, OPTION_RENDER_SIZE},
    {"spp", required_argument, NULL, OPTION_SPP},
    {"accumulate", required_argument, NULL, OPTION_ACCUMULATE},
    {"environment", required_argument, NULL, OPTION_ENVIRONMENT},
    {"camera-path", required_argument, NULL, OPTION_CAMERA_PATH},
    {"dataset", required_argument, NULL, OPTION_DATASET},
    {"seed", required_argument, NULL, OPTION_SEED},
    {"count", required_argument, NULL, OPTION_COUNT},
    {"reference-spp", required_argument, NULL, OPTION_REFERENCE_SPP},
    {NULL, 0, NULL, 0},
};

/* What the command line said that decides only when all of it is known. */
typedef struct parse {
    options *options;
    error *error;
    bool mode_given, predictor_given, size_given;
    /* The first options of these kinds, NULL: none. */
    const char *live;     /* needs --scene */
    const char *rendered; /* needs --scene or --dataset */
    const char *data;     /* needs --dataset */
    const char *other;    /* cannot go with --dataset */
    error not_built;      /* the first request for something that is not built */
} parse;

/* One decimal number without sign or space at *text, advanced past it. */
static bool read_number(const char **text, long *value)
{
    if (**text < '0' || **text > '9')
        return false;
    char *end;
    errno = 0;
    *value = strtol(*text, &end, 10);
    *text = end;
    return errno == 0;
}

static bool parse_count(const char *name, const char *text, int least, int most, int *value, error *error)
{
    const char *rest = text;
    long number;
    if (!read_number(&rest, &number) || *rest || number < least || number > most)
        return error_set(error, "--%s %s: expected a number from %d to %d", name, text, least, most);
    *value = (int)number;
    return true;
}

static bool parse_seed(const char *text, uint64_t *seed, error *error)
{
    const char *rest = text;
    long number;
    if (!read_number(&rest, &number) || *rest)
        return error_set(error, "--seed %s: expected a number from 0 to %ld", text, LONG_MAX);
    *seed = (uint64_t)number;
    return true;
}

/* "AxB" with both from least to most. */
static bool read_pair(const char *text, int least, int most, int *first, int *second)
{
    long a, b;
    if (!read_number(&text, &a) || *text++ != 'x' || !read_number(&text, &b) || *text)
        return false;
    *first = (int)a;
    *second = (int)b;
    return a >= least && a <= most && b >= least && b <= most;
}

static bool parse_size(const char *name, const char *text, int least, int *width, int *height, error *error)
{
    return read_pair(text, least, MAX_SIZE, width, height) ||
           error_set(error, "--%s %s: expected WxH, both from %d to %d", name, text, least, MAX_SIZE);
}

/* "R,G,B", each from 0 to MAX_RADIANCE. */
static bool read_color(const char *text, float color[3])
{
    for (int i = 0; i < 3; i++) {
        char *end;
        if (!strchr("0123456789.", *text))
            return false;
        color[i] = strtof(text, &end);
        if (end == text || !(color[i] <= MAX_RADIANCE) || *end != (i < 2 ? ',' : 0))
            return false;
        text = end + 1;
    }
    return true;
}

static bool parse_environment(const char *text, options *options, error *error)
{
    const char *extension = strrchr(text, '.');
    options->environment_file = text;
    if (strcmp(text, "sky") == 0)
        options->environment = OPTIONS_SURROUNDINGS_SKY;
    else if (read_color(text, options->environment_color))
        options->environment = OPTIONS_SURROUNDINGS_COLOR;
    else if (extension && strcasecmp(extension, ".exr") == 0)
        options->environment = OPTIONS_SURROUNDINGS_FILE;
    else
        return error_set(error, "--environment %s: expected R,G,B with numbers from 0 to %g, sky or FILE.exr", text,
                         (double)MAX_RADIANCE);
    return true;
}

static bool parse_kernel_size(const char *text, options *options, error *error)
{
    const char *rest = text;
    long size;
    if (read_number(&rest, &size) && !*rest && size >= 1 && size <= WF_MAX_KERNEL) {
        options->kernel_height = options->kernel_width = (int)size;
        return true;
    }
    return read_pair(text, 1, WF_MAX_KERNEL, &options->kernel_height, &options->kernel_width) ||
           error_set(error, "--kernel-size %s: expected K or KhxKw, from 1 to %d", text, WF_MAX_KERNEL);
}

static bool parse_mode(const char *text, options *options, error *error)
{
    for (int mode = 0; mode < WF_MODE_COUNT; mode++) {
        if (strcmp(text, wf_mode_name(mode)) == 0) {
            options->mode = mode;
            return true;
        }
    }
    return error_set(error, "--weight-mode %s: expected linear, normalized or softmax", text);
}

static bool parse_backend(const char *text, options *options, error *error)
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
    return error_set(error, "--backend %s: expected auto, cuda, vulkan or cpu", text);
}

/* At most one mapping a layer: a later one replaces an earlier one. */
static bool parse_channel(const char *text, options *options, error *error)
{
    static const char *channels[FRAME_LAYER_COUNT];
    const char *equals = strchr(text, '=');
    size_t length = equals ? (size_t)(equals - text) : 0;
    bool known = false;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        const char *name = frame_layer_name(layer);
        known = known || (strlen(name) == length && strncmp(text, name, length) == 0);
    }
    if (!known || !equals[1])
        return error_set(error,
                         "--channel %s: expected LAYER=NAME with LAYER one of color, albedo, normal, depth, motion, "
                         "reference",
                         text);
    int index = 0;
    while (index < options->channel_count && strncmp(channels[index], text, length + 1) != 0)
        index++;
    channels[index] = text;
    options->channels = channels;
    if (index == options->channel_count)
        options->channel_count++;
    return true;
}

static void request_not_built(parse *parse, const char *name, const char *what)
{
    if (!*parse->not_built.message)
        error_set(&parse->not_built, "--%s: %s are not built yet", name, what);
}

static bool parse_predictor(const char *text, parse *parse)
{
    parse->predictor_given = true;
    if (strcmp(text, "kpn") == 0)
        request_not_built(parse, "predictor kpn", "trained networks");
    else if (strcmp(text, "bilateral") != 0)
        return error_set(parse->error, "--predictor %s: expected bilateral or kpn", text);
    return true;
}

static bool parse_live_option(option_id id, const char *name, const char *value, parse *parse)
{
    options *options = parse->options;
    switch (id) {
    case OPTION_RENDER_SIZE:
        parse->size_given = true;
        return parse_size(name, value, 1, &options->render_width, &options->render_height, parse->error);
    case OPTION_SPP:
        return parse_count(name, value, 1, MAX_SPP, &options->spp, parse->error);
    case OPTION_ACCUMULATE:
        return parse_count(name, value, 1, MAX_FRAMES, &options->accumulate, parse->error);
    case OPTION_ENVIRONMENT:
        return parse_environment(value, options, parse->error);
    case OPTION_CAMERA_PATH:
        options->camera_path = value;
        return true;
    default:
        options->scene = value;
        return true;
    }
}

static bool parse_data_option(option_id id, const char *name, const char *value, parse *parse)
{
    options *options = parse->options;
    switch (id) {
    case OPTION_SEED:
        return parse_seed(value, &options->seed, parse->error);
    case OPTION_COUNT:
        return parse_count(name, value, 1, MAX_FRAMES, &options->count, parse->error);
    case OPTION_REFERENCE_SPP:
        return parse_count(name, value, 1, MAX_FRAMES, &options->reference_spp, parse->error);
    default:
        options->dataset = value;
        return true;
    }
}

static void keep_first(const char **first, const char *name)
{
    *first = *first ? *first : name;
}

/* What decides whether options fit together. */
static void note_kind(option_id id, const char *name, parse *parse)
{
    switch (id) {
    case OPTION_RENDER_SIZE:
    case OPTION_SPP:
        keep_first(&parse->rendered, name);
        return;
    case OPTION_SEED:
    case OPTION_COUNT:
    case OPTION_REFERENCE_SPP:
        keep_first(&parse->data, name);
        return;
    case OPTION_DATASET:
    case OPTION_HEADLESS:
        return;
    case OPTION_ACCUMULATE:
    case OPTION_ENVIRONMENT:
    case OPTION_CAMERA_PATH:
        keep_first(&parse->live, name);
        break;
    default:
        break;
    }
    keep_first(&parse->other, name);
}

static bool parse_option(option_id id, const char *name, const char *value, parse *parse)
{
    options *options = parse->options;
    switch (id) {
    case OPTION_WEIGHTS:
        options->weights = value;
        return true;
    case OPTION_SPLAT_WEIGHTS:
        options->splat_weights = value;
        return true;
    case OPTION_WEIGHT_MODE:
        parse->mode_given = true;
        return parse_mode(value, options, parse->error);
    case OPTION_PREDICTOR:
        return parse_predictor(value, parse);
    case OPTION_KERNEL_SIZE:
        return parse_kernel_size(value, options, parse->error);
    case OPTION_REFERENCE:
        options->reference = value;
        return true;
    case OPTION_CHANNEL:
        return parse_channel(value, options, parse->error);
    case OPTION_BACKEND:
        return parse_backend(value, options, parse->error);
    case OPTION_HEADLESS:
        options->headless = true;
        return true;
    case OPTION_SIZE:
        return parse_size(name, value, MIN_SIZE, &options->width, &options->height, parse->error);
    case OPTION_FRAMES:
        return parse_count(name, value, 1, MAX_FRAMES, &options->frames, parse->error);
    case OPTION_WARMUP:
        return parse_count(name, value, 0, MAX_FRAMES, &options->warmup, parse->error);
    case OPTION_SCREENSHOT:
        options->screenshot = value;
        return true;
    case OPTION_SAVE:
        options->save = value;
        return true;
    case OPTION_REPORT:
        options->report = value;
        return true;
    case OPTION_TRACE:
        options->trace = value;
        return true;
    case OPTION_PLACEHOLDERS:
        options->placeholders = true;
        return true;
    case OPTION_HELP:
        options->help = true;
        return true;
    case OPTION_VERSION:
        options->version = true;
        return true;
    case OPTION_SCENE:
    case OPTION_RENDER_SIZE:
    case OPTION_SPP:
    case OPTION_ACCUMULATE:
    case OPTION_ENVIRONMENT:
    case OPTION_CAMERA_PATH:
        return parse_live_option(id, name, value, parse);
    case OPTION_DATASET:
    case OPTION_SEED:
    case OPTION_COUNT:
    case OPTION_REFERENCE_SPP:
        return parse_data_option(id, name, value, parse);
    }
    return false;
}

static bool check_dataset(const parse *parse)
{
    options *options = parse->options;
    if (options->path_count > 0)
        return error_set(parse->error, "--dataset %s: not together with frames (%s)", options->dataset,
                         options->paths[0]);
    if (parse->other)
        return error_set(parse->error, "--%s: not together with --dataset", parse->other);
    if (!parse->size_given)
        options->render_width = options->render_height = DATASET_SIZE;
    return true;
}

/* Where frames come from. */
static bool check_source(const parse *parse)
{
    const options *options = parse->options;
    error *error = parse->error;
    if (options->dataset)
        return check_dataset(parse);
    if (parse->data)
        return error_set(error, "--%s: needs --dataset", parse->data);
    if (!options->scene && parse->live)
        return error_set(error, "--%s: needs --scene", parse->live);
    if (!options->scene && parse->rendered)
        return error_set(error, "--%s: needs --scene or --dataset", parse->rendered);
    if (!options->scene && options->path_count == 0)
        return error_set(error,
                         "no frames given: expected FRAME.exr, DIRECTORY, PATTERN or --scene FILE; --help explains");
    for (int i = 0; i < options->path_count; i++)
        if (!*options->paths[i])
            return error_set(error, "an empty name where FRAME.exr, DIRECTORY or PATTERN was expected");
    if (!options->scene)
        return true;
    if (options->path_count > 0)
        return error_set(error, "--scene %s: not together with frames (%s)", options->scene, options->paths[0]);
    if (options->channel_count > 0 && !options->reference)
        return error_set(error, "--channel %s: not together with --scene", options->channels[0]);
    if (options->accumulate && options->camera_path)
        return error_set(error,
                         "--accumulate %d: not together with --camera-path %s, on which the camera does not rest",
                         options->accumulate, options->camera_path);
    if (options->accumulate && options->frames)
        return error_set(error, "--accumulate %d: not together with --frames %d, it ends by itself",
                         options->accumulate, options->frames);
    return true;
}

/* Rules that join several options. */
static bool check(const parse *parse)
{
    const options *options = parse->options;
    error *error = parse->error;
    if (!check_source(parse))
        return false;
    if (options->splat_weights && !options->weights)
        return error_set(error, "--splat-weights %s: needs --weights too", options->splat_weights);
    if (parse->predictor_given && options->weights)
        return error_set(error, "--predictor: not together with --weights %s", options->weights);
    if (parse->mode_given && !options->weights && options->mode != WF_NORMALIZED)
        return error_set(error, "--weight-mode %s: needs --weights; predicted weights are always normalized",
                         wf_mode_name(options->mode));
    return true;
}

/* getopt has set optopt: 0 for an unknown long option, the letter of a short one, else one of ours. */
static void describe_misuse(bool value_missing, const char *argument, error *error)
{
    if (value_missing)
        error_set(error, "%s: expected a value", argument);
    else if (optopt > OPTION_VERSION)
        error_set(error, "-%c: unknown option; --help lists them", optopt);
    else if (optopt)
        error_set(error, "%s: this option takes no value", argument);
    else
        error_set(error, "%s: unknown option; --help lists them", argument);
}

options_result options_parse(int argc, char **argv, options *options, error *error)
{
    memset(options, 0, sizeof *options);
    options->automatic = true;
    options->width = 1280;
    options->height = 720;
    options->render_width = 1280;
    options->render_height = 720;
    options->spp = 1;
    options->count = DATASET_COUNT;
    options->reference_spp = DATASET_REFERENCE_SPP;
    parse parse = {.options = options, .error = error};
    opterr = 0;
    optind = 0; /* GNU getopt: start anew */
    int id, index = 0;
    while ((id = getopt_long(argc, argv, ":", long_options, &index)) != -1) {
        if (id == '?' || id == ':') {
            describe_misuse(id == ':', argv[optind - 1], error);
            return OPTIONS_USAGE;
        }
        if (optarg && !*optarg) {
            error_set(error, "--%s: expected a value", long_options[index].name);
            return OPTIONS_USAGE;
        }
        note_kind((option_id)id, long_options[index].name, &parse);
        if (!parse_option((option_id)id, long_options[index].name, optarg, &parse))
            return OPTIONS_USAGE;
    }
    options->paths = (const char *const *)(argv + optind);
    options->path_count = argc - optind;
    if (options->help || options->version)
        return OPTIONS_OK;
    if (*parse.not_built.message) {
        *error = parse.not_built;
        return OPTIONS_NOT_BUILT;
    }
    return check(&parse) ? OPTIONS_OK : OPTIONS_USAGE;
}
