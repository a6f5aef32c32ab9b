#include "options.h"

#include <getopt.h>
#include <string.h>

#include "app/dataset/store.h"
#include "app/denoise/predictor.h"
#include "app/frames/frame.h"
#include "app/view/commands.h"
#include "option_readers.h"

#define MAX_SIZE   16384
#define MIN_SIZE   64
#define MAX_FRAMES 1000000
#define MAX_SPP    64

#define MAX_FIRST 1000000000

#define DATASET_COUNT         1000
#define DATASET_REFERENCE_SPP 1024

static const char *mode_word(int mode)
{
    return mode < WF_MODE_COUNT ? wf_mode_name(mode) : NULL;
}

static const char *predictor_word(int word)
{
    int row = PREDICTOR_FILES + 1 + word;
    return row < predictor_count ? predictor_rows[row].name : NULL;
}

static const char *backend_word(int backend)
{
    return backend < WF_BACKEND_COUNT ? wf_backend_name(backend) : NULL;
}

static const char *features_word(int features)
{
    static const char *const names[] = {[OPTIONS_FIRST_HIT] = "first-hit", [OPTIONS_SAMPLED] = "sampled", NULL};
    return names[features];
}

static const char *mapped_word(int layer)
{
    return layer < FRAME_FURTHER ? frame_layer_name(layer) : NULL;
}

/* clang-format off */
const option_row option_rows[] = {
    {.help = "Weights"},
    {"weights", "FILE", VIEWER, OPTION_TEXT(weights), .file = OPTIONS_READ,
     .help = "predicted weights from .npy, .npz or .safetensors: (K*K,H,W) or (1,K*K,H,W), float16,\n"
             "bfloat16, float32 or float64; FILE:NAME is an array of that name, kernels.%04d.npy\n"
             "(or ####, $F4) a file for each frame, by its number"},
    {"splat-weights", "FILE", VIEWER, OPTION_TEXT(splat_weights), .file = OPTIONS_READ, .needs = "weights",
     .help = "weights for the splat where they differ from --weights"},
    {"weight-mode", "MODE", VIEWER, OPTION_WORD(mode), .word = mode_word,
     .help = "linear (default for files), normalized or softmax"},
    {"predictor", "NAME", VIEWER, OPTION_WORD(predictor), .word = predictor_word,
     .help = "where no --weights are given: kpn (a network; default) or bilateral (analytic; default with\n"
             "--kernel-size)"},
    {"network", "FILE", VIEWER, OPTION_TEXT(network), .file = OPTIONS_READ,
     .help = "another network for kpn than the bundled one, as weighted_filter.train writes it"},
    {"kernel-size", "K|KhxKw", VIEWER, OPTION_PAIR(kernel_height, kernel_width, option_read_kernel_size),
     .least = 1, .most = WF_MAX_KERNEL,
     .help = "for predictors that take one, and for files whose kernels are not square"},

    {.help = "Frames"},
    {"reference", "PATH", VIEWER, OPTION_TEXT(reference), .file = OPTIONS_READ,
     .help = "shows differences, reports metrics against it: a file for all frames; of a DIRECTORY the one of\n"
             "the frame's name, of ref.%04d.exr (or ####, $F4) the one of its number. Without it a file of the\n"
             "same name in a folder \"reference\" beside the frame, or NAME.ref.exr or NAME_ref.exr, is taken.\n"
             "Any format that frames have"},
    {"beside", "PATH", RECORDED, .read = option_read_beside,
     .help = "another FRAME.exr, 'PATTERN' or DIRECTORY of the same shot: with each frame the\n"
             "one of the same number is shown, or the only one; its layers are 2:noisy, 2:gather\n"
             "and so on. Up to three times: 3:noisy, 4:noisy"},
    {"beside-predictor", "NAME", RECORDED, OPTION_WORD(beside_predictor), .word = predictor_word,
     .help = "these predict with another predictor than the first sequence; without --beside they are\n"
             "the same frames: network against bilateral filter"},
    {"beside-backend", "NAME", RECORDED, OPTION_WORD(beside_backend), .word = backend_word,
     .help = "likewise are filtered with another backend: cuda, vulkan or cpu"},
    {"channel", "LAYER=NAME", VIEWER | LIST, .read = option_read_channel, .word = mapped_word,
     .help = "the channels of a layer where their name is not recognized: color=Beauty stands for\n"
             "Beauty.R, Beauty.G, Beauty.B; color=r1,g1,b1 and depth=my.V for channels of these\n"
             "names. Layers: %s"},
    {"also", "NAME[,NAME...]", RECORDED | STREAMED | LIST, .read = option_read_also,
     .help = "further layers of the frame (diffuse, specular, emission), filtered with its kernels in\n"
             "the same read and saved under their names: DiffDir stands for ViewLayer.DiffDir.R,G,B.\n"
             "Where a network divides the color by the albedo, these are, too, but for NAME=plain and\n"
             "what Cycles writes without albedo (DiffDir, GlossInd, ...)"},
    {"strict", NULL, RECORDED | STREAMED, OPTION_FLAG(strict),
     .help = "refuse frames with pixels that are NaN or infinite, or colors beyond 1e30; else such pixels of the\n"
             "color become the mean of their neighbors, those of guides 0, and that is said"},
    {"list", "PATH", LIST, OPTION_TEXT(list),
     .help = "print what is in a frame and which of its channels would be taken, and end; of a DIRECTORY or\n"
             "'PATTERN' how many frames it stands for, which are missing, and what is in the first one"},

    {"ipc", "127.0.0.1:PORT", STREAMED, .read = option_read_ipc,
     .help = "take what renderers and scripts of this machine send in tev's protocol (tev's port is 14158):\n"
             "open, reload and close images, create and update them. Images are frames, filtered again as\n"
             "tiles come; their channels' names say which layers they are, as in files. Headless, --frames N\n"
             "images (default 1) are filtered once each, when their client has closed them, or has been\n"
             "gone for half a second"},
    {"ipc-wait", "SECONDS", STREAMED, OPTION_NUMBER(ipc_wait), .least = 1, .most = 86400, .needs = "headless",
     .help = "how long to wait for each of these, before the run fails (default 60)"},

    {.help = "Live frames"},
    {"scene", "FILE", LIVE, OPTION_TEXT(scene), .file = OPTIONS_READ,
     .help = "path-trace a .gltf, .glb or .obj instead of reading frames"},
    {"render-size", "WxH", RENDERS, OPTION_PAIR(render_width, render_height, option_read_size),
     .least = 1, .most = MAX_SIZE,
     .help = "resolution of live frames in pixels (default 1280x720)"},
    {"spp", "N", RENDERS, OPTION_NUMBER(spp), .least = 1, .most = MAX_SPP,
     .help = "samples a pixel and frame, 1 to 64 (default 1)"},
    {"accumulate", "N", LIVE, OPTION_NUMBER(accumulate), .least = 1, .most = MAX_FRAMES,
     .clashes = {{"camera-path", "on which the camera does not rest"}, {"frames", "it ends by itself"}},
     .help = "accumulate N samples a pixel, --spp at a time, with a resting camera, then show and\n"
             "save that"},
    {"environment", "E", LIVE, .read = option_read_environment, .place = offsetof(options, environment_file),
     .file = OPTIONS_READ,
     .help = "what rays that leave the scene see: R,G,B (radiance), sky or FILE.exr, .hdr, .pfm (equirectangular);\n"
             "default: nothing, or sky where the scene has no light"},
    {"features", "KIND", LIVE, OPTION_WORD(features), .word = features_word,
     .help = "albedo, normal and depth: sampled (means over the frame's samples, through mirrors,\n"
             "glass and the lens; default for kpn, which was trained on such) or first-hit (of the\n"
             "pixel's middle, without noise; default else)"},
    {"camera-path", "FILE", LIVE, OPTION_TEXT(camera_path), .file = OPTIONS_READ,
     .help = "a repeatable camera path, as JSON; app/trace/camera_path.h describes it"},

    {.help = "Data sets"},
    {"dataset", "OUT", DATASET, OPTION_TEXT(dataset),
     .help = "write training pairs of random scenes, without a window: OUT.npy is one file that numpy\n"
             "maps, any other OUT a folder of EXR files; a data set that is not finished is continued.\n"
             "--render-size is 256x256 here by default"},
    {"seed", "S", DATASET, .read = option_read_seed,
     .help = "which scenes, from 0 (default 0)"},
    {"first", "F", DATASET, OPTION_NUMBER(first), .least = 0, .most = MAX_FIRST,
     .help = "a slice: the pairs from number F on (default 0); slices of one seed in one folder make\n"
             "one data set"},
    {"count", "N", DATASET, OPTION_NUMBER(count), .least = 1, .most = MAX_FRAMES,
     .help = "pairs (default 1000)"},
    {"buffers", "B", DATASET, OPTION_NUMBER(buffers), .least = 1, .most = DATASET_MAX_BUFFERS,
     .help = "noisy pictures a pair, each with noise and features of its own (default 1): the mean of\n"
             "any of them is one of more samples"},
    {"models", "DIR", DATASET, OPTION_TEXT(models),
     .help = "a folder of .gltf, .glb and .obj files that stand in the scenes beside generated things"},
    {"environments", "DIR", DATASET, OPTION_TEXT(environments),
     .help = "a folder of equirectangular .exr, .hdr and .pfm files that surround scenes beside generated ones"},
    {"device", "D", DATASET, OPTION_NUMBER(device), .least = 0, .most = 31,
     .help = "which GPU, where there are several as good as the best (default 0)"},
    {"reference-spp", "M", DATASET, OPTION_NUMBER(reference_spp), .least = 1, .most = MAX_FRAMES,
     .help = "samples a pixel of the references (default 1024); --spp those of each noisy picture"},

    {.help = "Running"},
    {"backend", "NAME", VIEWER, .read = option_read_backend,
     .help = "auto (default: of cuda and vulkan the one that was faster when both were timed, or that works;\n"
             "cpu where Vulkan has no GPU), cuda, vulkan or cpu"},
    {"headless", NULL, EVERY, OPTION_FLAG(headless),
     .help = "no window, no display server needed"},
    {"size", "WxH", VIEWER, OPTION_PAIR(width, height, option_read_size), .least = MIN_SIZE, .most = MAX_SIZE,
     .help = "size of the window or screenshot in pixels (default 1280x720)"},
    {"scale", "S", VIEWER, OPTION_DECIMAL(scale), .least = 1, .most = 8,
     .help = "how large text and controls are, 1 to 8 (default: as the display asks for, or by the height)"},
    {"frames", "N", VIEWER, OPTION_NUMBER(frames), .least = 1, .most = MAX_FRAMES,
     .help = "end after N measured frames (headless default: each frame once; one of a\n"
             "resting camera)"},
    {"warmup", "N", RECORDED | LIVE, OPTION_NUMBER(warmup), .least = 0, .most = MAX_FRAMES,
     .help = "run N frames before those (default 0)"},
    {"rate", "FPS", VIEWER, OPTION_DECIMAL(rate), .least = 1, .most = 1000,
     .help = "frames a second while playing in a window (default 24; of camera paths 30)"},
    {"pixel", "X,Y", VIEWER, .read = option_read_pixel, .most = MAX_SIZE - 1,
     .help = "inspect this pixel's kernels, from 0,0 at the top left: beside the panes,\n"
             "and in --report as \"inspect\"; twice for two pixels"},
    {"do", "NAME[,NAME...]", VIEWER, .read = option_read_do, .word = command_word,
     .help = "what the keys of these commands do, once the first picture is laid out: %s"},

    {"measure", "LAYER[-LAYER]", VIEWER, OPTION_TEXT(measure),
     .help = "metrics of a layer, against another one or the reference; its statistics and histogram: in a panel,\n"
             "in --report as \"measured\", and of the last frame of a headless run in words"},
    {"region", "X,Y,W,H", VIEWER, .read = option_read_region, .most = MAX_SIZE, .needs = "measure",
     .help = "of this part of the frame, from 0,0 at the top left"},

    {.help = "Panes"},
    {"panes", "LIST", VIEWER, OPTION_TEXT(pane_list),
     .help = "what is shown: up to 12 of LAYER or LAYER-LAYER:MEASURE with commas between them, as in\n"
             "noisy,gather,gather-splat,gather-reference:smape. Measures: signed (default), absolute,\n"
             "relative, smape, relmse, flip. LAYER@EV is brighter by EV than the others. Maps of\n"
             "kernels have a level behind them (gather-own/2; gather-own/* is a pane for each level),\n"
             "layers of sequences beside the first one a number in front (2:gather)"},
    {"columns", "N", VIEWER, OPTION_NUMBER(columns), .least = 1, .most = VIEW_PANES, .needs = "panes",
     .help = "panes beside each other (default: as many as make the pictures largest)"},
    {"solo", "N", VIEWER, OPTION_NUMBER(solo), .least = 1, .most = VIEW_PANES,
     .clashes = {{"wipe", "which shows two panes"}},
     .help = "pane N alone, from 1: a page of the flip-book (keys 1 to 9)"},
    {"wipe", "EDGE", VIEWER, OPTION_DECIMAL(wipe), .least = 0, .most = 1,
     .help = "the first two panes over each other, with an edge between them at EDGE of the width,\n"
             "0 to 1 (key W)"},
    {"view", "X,Y,ZOOM", VIEWER, .read = option_read_view,
     .help = "the texel coordinate at each pane's center, and pixels a texel; fit (default): the\n"
             "whole picture"},

    {.help = "Tone"},
    {"tone", "NAME", VIEWER, OPTION_WORD(tone.curve), .word = tone_curve_name,
     .help = "how panes show radiance: srgb (default), gamma, aces (ACES' filmic curve, Narkowicz 2015) or\n"
             "false-color (luminance on a ramp)"},
    {"exposure", "EV", VIEWER, OPTION_DECIMAL(tone.exposure), .least = -16, .most = 16,
     .help = "radiance times 2^EV (default 0)"},
    {"offset", "O", VIEWER, OPTION_DECIMAL(tone.offset), .least = -1000, .most = 1000,
     .help = "plus O (default 0)"},
    {"gamma", "G", VIEWER, OPTION_DECIMAL(tone.gamma), .least = 1, .most = 10,
     .help = "to the power of 1/G, with --tone gamma (default 2.2)"},
    {"channel-shown", "NAME", VIEWER, OPTION_WORD(tone.channels), .word = tone_channels_name,
     .help = "of radiance and albedo: %s (default all)"},
    {"mark-clipped", NULL, VIEWER, OPTION_FLAG(tone.mark_clipped),
     .help = "red where a channel is above what the curve can show, blue where one is below 0"},

    {.help = "Results"},
    {"screenshot", "FILE.png", VIEWER, .read = option_read_png, .place = offsetof(options, screenshot),
     .file = OPTIONS_WRITTEN,
     .help = "the whole view"},
    {"save", "DIR|PATTERN", VIEWER, .read = option_read_save, .place = offsetof(options, save),
     .help = "gather.exr and splat.exr (R,G,B float32, linear, with the frame's windows, attributes\n"
             "and filtered alpha), with the number that the frame's file has or its place among\n"
             "several; for live frames also frame.exr: R,G,B, albedo, normal, Z and motion, which\n"
             "wfview reads as a frame. {name}, {number} and {layer} make a pattern: out/{name}.{layer}.{number}.exr,\n"
             "in which %04d, #### and $F4 are the number, too"},
    {"compression", "NAME", VIEWER, OPTION_WORD(compression), .word = exr_compression_name, .needs = "save",
     .help = "of saved files: %s (default zip); dwaa is lossy, in kept channels called R, G, B or Y, too"},
    {"keep-channels", NULL, RECORDED, OPTION_FLAG(keep_channels), .needs = "save",
     .help = "in saved files, all other channels and parts of the frame too, as they are, and the\n"
             "filtered picture under the names of the frame's color"},
    {"report", "FILE.json", VIEWER, OPTION_TEXT(report), .file = OPTIONS_WRITTEN,
     .help = "device, backend, per stage n, median, p95, p99, max in ms; metrics against the\n"
             "reference"},
    {"trace", "FILE.json", VIEWER, OPTION_TEXT(trace), .file = OPTIONS_WRITTEN,
     .help = "Chrome trace (opens in Perfetto) of CPU, CUDA and Vulkan work on one clock"},
    {"times", "FILE.csv", VIEWER, OPTION_TEXT(times), .file = OPTIONS_WRITTEN,
     .help = "the same as a table: frame,clock,stage,begin_ns,end_ns, a line for each span"},
    {"compare", "GOLDEN.png", VIEWER, .read = option_read_png, .place = offsetof(options, compare),
     .file = OPTIONS_READ, .needs = "screenshot",
     .help = "fail where the screenshot looks other than this one (by FLIP, as of a 4K display 0.7 m away), and\n"
             "leave F.expected.png, F.actual.png and F.difference.png beside F.png"},
    {"tolerance", "MEAN[,SHARE]", VIEWER, .read = option_read_tolerance, .needs = "compare",
     .help = "what may differ: the mean of FLIP, from 0 (nothing) to 1, and the share of pixels where it is\n"
             "above 0.2 (default 0.002,0.001)"},
    {"compare-html", "FILE", VIEWER, OPTION_TEXT(compare_html), .file = OPTIONS_WRITTEN, .needs = "compare",
     .help = "one page with both, their difference and a slider, also where nothing differs"},
    {"compare-report", "OLD.json", VIEWER, OPTION_TEXT(compare_report), .file = OPTIONS_READ,
     .help = "fail where a stage's median is longer than in this report, and say which"},
    {"slower", "FACTOR", VIEWER, OPTION_DECIMAL(slower), .least = 1, .most = 1000,
     .needs = "compare-report",
     .help = "how many times as long a median may be (default 1.05)"},
    {"timing-placeholders", NULL, VIEWER, OPTION_FLAG(placeholders),
     .help = "dashes for times and device names, for pictures that are compared"},

    {"help", NULL, EVERY, OPTION_FLAG(help)},
    {"version", NULL, EVERY, OPTION_FLAG(version)},
};
/* clang-format on */

enum { ROWS = sizeof option_rows / sizeof *option_rows };

const int option_row_count = ROWS;

bool options_get_file(const options *options, options_use use, int index, options_file *file)
{
    for (int i = 0; i < ROWS; i++) {
        const option_row *row = &option_rows[i];
        if (row->file != use || index-- > 0)
            continue;
        *file = (options_file){row->name, *(const char *const *)((const char *)options + row->place)};
        return true;
    }
    return false;
}

bool options_want_views(const options *options)
{
    const bool is_timed = options->trace || options->times || options->compare_report ||
                          (options->report && (options->frames > 0 || options->warmup > 0));
    return !options->headless || !options->save || is_timed || options->screenshot || options->measure ||
           options->do_count > 0 || options->beside_count > 0;
}

/* ---- Parsing ----------------------------------------------------------------------------------------------------- */

enum { FIRST_ID = 256 }; /* what getopt returns for the first row: no letter */

static const struct option *long_options(void)
{
    static struct option list[ROWS + 1];
    struct option *next = list;
    for (int i = 0; i < ROWS; i++)
        if (option_rows[i].name)
            *next++ = (struct option){option_rows[i].name, option_rows[i].argument ? required_argument : no_argument,
                                      NULL, FIRST_ID + i};
    return list;
}

/* getopt has set optopt: 0 for an unknown long option, the letter of a short one, else one of ours. */
static void describe_misuse(bool value_missing, const char *argument, error *error)
{
    if (value_missing)
        error_set(error, "%s: expected a value", argument);
    else if (optopt >= FIRST_ID)
        error_set(error, "%s: this option takes no value", argument);
    else if (optopt)
        error_set(error, "-%c: unknown option; --help lists them", optopt);
    else
        error_set(error, "%s: unknown option; --help lists them", argument);
}

static bool read_options(option_parse *parse, int argc, char **argv)
{
    const struct option *list = long_options();
    int id;
    opterr = 0;
    optind = 0; /* GNU getopt: start anew */
    while ((id = getopt_long(argc, argv, ":", list, NULL)) != -1) {
        if (id == '?' || id == ':') {
            describe_misuse(id == ':', argv[optind - 1], parse->error);
            return false;
        }
        const option_row *row = &option_rows[id - FIRST_ID];
        if (optarg && !*optarg)
            return error_set(parse->error, "--%s: expected a value", row->name);
        if (!row->read(row, optarg, parse->options, parse->error))
            return false;
        parse->given[id - FIRST_ID] = optarg ? optarg : "";
    }
    parse->options->paths = (const char *const *)(argv + optind);
    parse->options->path_count = argc - optind;
    return true;
}

void options_each_given(const options *options, void (*see)(void *user, const char *name, const char *value),
                        void *user)
{
    int id;
    optind = 0;
    while ((id = getopt_long(options->word_count, options->words, ":", long_options(), NULL)) != -1)
        see(user, option_rows[id - FIRST_ID].name, optarg);
}

options_result options_parse(int argc, char **argv, options *options, error *error)
{
    *options = (struct options){
        .words = argv,
        .word_count = argc,
        .automatic = true,
        .width = 1280,
        .height = 720,
        .ipc_wait = 60,
        .render_width = 1280,
        .render_height = 720,
        .spp = 1,
        .count = DATASET_COUNT,
        .buffers = 1,
        .reference_spp = DATASET_REFERENCE_SPP,
        .compression = EXR_ZIP,
        .tolerance = {0.002f, 0.001f},
        .slower = 1.05f,
        .tone = tone_default(),
        .wipe = -1,
        .beside_predictor = -1,
        .beside_backend = -1,
        .place = {.fit = true},
    };
    const char *given[ROWS] = {0};
    option_parse parse = {options, error, given};
    if (!read_options(&parse, argc, argv))
        return OPTIONS_USAGE;
    if (options->help || options->version)
        return OPTIONS_OK;
    options_choose_defaults(&parse);
    return options_check(&parse) ? OPTIONS_OK : OPTIONS_USAGE;
}
