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

#define DATASET_SIZE          256 /* of pairs, where nothing else is asked for */
#define DATASET_COUNT         1000
#define DATASET_REFERENCE_SPP 1024

/* Kinds of runs. The option that asks for one is in run_options; where several do, the last kind of these wins. */
enum {
    RECORDED = 1,
    STREAMED = 2,
    LIVE = 4,
    DATASET = 8,
    LIST = 16,
    VIEWER = RECORDED | STREAMED | LIVE,
    RENDERS = LIVE | DATASET,
    EVERY = VIEWER | DATASET | LIST
};

static const struct {
    unsigned run;
    const char *option;
} run_options[] = {{STREAMED, "ipc"}, {LIVE, "scene"}, {DATASET, "dataset"}, {LIST, "list"}};

enum { RUN_OPTIONS = sizeof run_options / sizeof *run_options };

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
static const option_row rows[] = {
    {.help = "Weights"},
    {"weights", "FILE", VIEWER, OPTION_TEXT(weights),
     .help = "predicted weights from .npy, .npz or .safetensors: (K*K,H,W) or (1,K*K,H,W), float16,\n"
             "bfloat16, float32 or float64; FILE:NAME is an array of that name, kernels.%04d.npy\n"
             "(or ####, $F4) a file for each frame, by its number"},
    {"splat-weights", "FILE", VIEWER, OPTION_TEXT(splat_weights), .needs = "weights",
     .help = "weights for the splat where they differ from --weights"},
    {"weight-mode", "MODE", VIEWER, OPTION_WORD(mode), .word = mode_word,
     .help = "linear (default for files), normalized or softmax"},
    {"predictor", "NAME", VIEWER, OPTION_WORD(predictor), .word = predictor_word,
     .help = "where no --weights are given: kpn (a network; default) or bilateral (analytic; default with\n"
             "--kernel-size)"},
    {"network", "FILE", VIEWER, OPTION_TEXT(network),
     .help = "another network for kpn than the bundled one, as weighted_filter.train writes it"},
    {"kernel-size", "K|KhxKw", VIEWER, OPTION_PAIR(kernel_height, kernel_width, option_read_kernel_size),
     .least = 1, .most = WF_MAX_KERNEL,
     .help = "for predictors that take one, and for files whose kernels are not square"},

    {.help = "Frames"},
    {"reference", "FILE", VIEWER, OPTION_TEXT(reference),
     .help = "shows differences, reports metrics against it; without it a file of the same name in\n"
             "a folder \"reference\" beside the frame, or NAME.ref.exr or NAME_ref.exr, is taken. Any format that frames have"},
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
     .help = "refuse frames with pixels that are NaN or infinite; else such pixels of the color become\n"
             "the mean of their neighbours, those of guides 0, and that is said"},
    {"list", "FRAME", LIST, OPTION_TEXT(list),
     .help = "print what is in a frame and which of its channels would be taken, and end"},

    {"ipc", "127.0.0.1:PORT", STREAMED, .read = option_read_ipc,
     .help = "take what renderers and scripts of this machine send in tev's protocol (tev's port is 14158):\n"
             "open, reload and close images, create and update them. Images are frames, filtered again as\n"
             "tiles come; their channels' names say which layers they are, as in files. Headless, --frames N\n"
             "images (default 1) are filtered once each, when their client has closed them, or has been\n"
             "gone for half a second"},
    {"ipc-wait", "SECONDS", STREAMED, OPTION_NUMBER(ipc_wait), .least = 1, .most = 86400, .needs = "headless",
     .help = "how long to wait for each of these, before the run fails (default 60)"},

    {.help = "Live frames"},
    {"scene", "FILE", LIVE, OPTION_TEXT(scene),
     .help = "path-trace a .gltf, .glb or .obj instead of reading frames"},
    {"render-size", "WxH", RENDERS, OPTION_PAIR(render_width, render_height, option_read_size), .least = 1, .most = MAX_SIZE,
     .help = "resolution of live frames in pixels (default 1280x720)"},
    {"spp", "N", RENDERS, OPTION_NUMBER(spp), .least = 1, .most = MAX_SPP,
     .help = "samples a pixel and frame, 1 to 64 (default 1)"},
    {"accumulate", "N", LIVE, OPTION_NUMBER(accumulate), .least = 1, .most = MAX_FRAMES,
     .clashes = {{"camera-path", "on which the camera does not rest"}, {"frames", "it ends by itself"}},
     .help = "accumulate N samples a pixel, --spp at a time, with a resting camera, then show and\n"
             "save that"},
    {"environment", "E", LIVE, .read = option_read_environment,
     .help = "what rays that leave the scene see: R,G,B (radiance), sky or FILE.exr, .hdr, .pfm (equirectangular);\n"
             "default: nothing, or sky where the scene has no light"},
    {"features", "KIND", LIVE, OPTION_WORD(features), .word = features_word,
     .help = "albedo, normal and depth: sampled (means over the frame's samples, through mirrors,\n"
             "glass and the lens; default for kpn, which was trained on such) or first-hit (of the\n"
             "pixel's middle, without noise; default else)"},
    {"camera-path", "FILE", LIVE, OPTION_TEXT(camera_path),
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
             "and in --report as \"measured\""},
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
     .help = "the whole view"},
    {"save", "DIR|PATTERN", VIEWER, .read = option_read_save, .place = offsetof(options, save),
     .help = "gather.exr and splat.exr (R,G,B float32, linear, with the frame's windows, attributes\n"
             "and filtered alpha), with the number that the frame's file has or its place among\n"
             "several; for live frames also frame.exr: R,G,B, albedo, normal, Z and motion, which\n"
             "wfview reads as a frame. {name}, {number} and {layer} make a pattern: out/{name}.{layer}.{number}.exr"},
    {"compression", "NAME", VIEWER, OPTION_WORD(compression), .word = exr_compression_name, .needs = "save",
     .help = "of saved files: %s (default zip); dwaa is lossy"},
    {"keep-channels", NULL, RECORDED, OPTION_FLAG(keep_channels), .needs = "save",
     .help = "in saved files, all other channels and parts of the frame too, as they are, and the\n"
             "filtered picture under the names of the frame's color"},
    {"report", "FILE.json", VIEWER, OPTION_TEXT(report),
     .help = "device, backend, per stage n, median, p95, p99, max in ms; metrics against the\n"
             "reference"},
    {"trace", "FILE.json", VIEWER, OPTION_TEXT(trace),
     .help = "Chrome trace (opens in Perfetto) of CPU, CUDA and Vulkan work on one clock"},
    {"times", "FILE.csv", VIEWER, OPTION_TEXT(times),
     .help = "the same as a table: frame,clock,stage,begin_ns,end_ns, a line for each span"},
    {"compare", "GOLDEN.png", VIEWER, .read = option_read_png, .place = offsetof(options, compare), .needs = "screenshot",
     .help = "fail where the screenshot looks other than this one (by FLIP, as of a 4K display 0.7 m away), and\n"
             "leave F.expected.png, F.actual.png and F.difference.png beside F.png"},
    {"tolerance", "MEAN[,SHARE]", VIEWER, .read = option_read_tolerance, .needs = "compare",
     .help = "what may differ: the mean of FLIP, from 0 (nothing) to 1, and the share of pixels where it is\n"
             "above 0.2 (default 0.002,0.001)"},
    {"compare-html", "FILE", VIEWER, OPTION_TEXT(compare_html), .needs = "compare",
     .help = "one page with both, their difference and a slider, also where nothing differs"},
    {"compare-report", "OLD.json", VIEWER, OPTION_TEXT(compare_report),
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

enum { ROWS = sizeof rows / sizeof *rows };

/* ---- The manual --------------------------------------------------------------------------------------------------- */

static const char introduction[] =
    "wfview -- applies each pixel's predicted filter to rendered frames, as gather and as splat, side by side\n"
    "\n"
    "usage: wfview [options] FRAME.exr | DIRECTORY | PATTERN ...\n"
    "       wfview [options] --scene FILE\n"
    "       wfview [options] --ipc 127.0.0.1:14158 [FRAME.exr | DIRECTORY | PATTERN ...]\n"
    "       wfview --list FRAME.exr\n"
    "       wfview --dataset OUT [--seed S] [--first F] [--count N] [--buffers B] [--spp N] ...\n"
    "\n"
    "Frames are OpenEXR files as renderers write them, or with plain channel names (R, albedo.R, normal.X, Z,\n"
    "motion.X); what of them is taken is said. A directory stands for its frames, a pattern (shot.*.exr,\n"
    "shot.%04d.exr) for the files that match, both in natural order. PFM, Radiance HDR and PNG files (.pfm, .hdr,\n"
    ".png) are frames of a color alone, or references; OIDN's NAME.hdr.pfm, .alb.pfm and .nrm.pfm are one frame.\n";

static const char conclusion[] =
    "\n"
    "  --help, --version\n"
    "\n"
    "exit status: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, 130 and 143\n"
    "after Ctrl-C and SIGTERM\n";

#define MANUAL_INDENT 27 /* of what is said about an option */
#define MANUAL_WIDTH  115

/* Breaks lines between words where they would grow too long. */
static void print_help(FILE *file, const char *words)
{
    for (int column = MANUAL_INDENT; *words;) {
        int length = (int)strcspn(words + 1, " \n") + 1; /* with the space before the word */
        if (*words == '\n' || (*words == ' ' && column + length > MANUAL_WIDTH)) {
            fprintf(file, "\n%*s", MANUAL_INDENT, "");
            column = MANUAL_INDENT;
            words++;
            length--;
        }
        column += fprintf(file, "%.*s", length, words);
        words += length;
    }
    fputc('\n', file);
}

static void print_option(FILE *file, const option_row *row)
{
    char list[OPTION_LIST] = "", help[2 * OPTION_LIST];
    if (row->word)
        option_list_words(row->word, ", ", list);
    const char *place = strstr(row->help, "%s");
    if (place)
        snprintf(help, sizeof help, "%.*s%s%s", (int)(place - row->help), row->help, list, place + 2);
    else
        snprintf(help, sizeof help, "%s", row->help);
    int width = fprintf(file, "  --%s%s%s ", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    fprintf(file, "%*s", width < MANUAL_INDENT ? MANUAL_INDENT - width : 0, "");
    print_help(file, help);
}

void options_print_manual(FILE *file)
{
    fputs(introduction, file);
    for (int i = 0; i < ROWS; i++) {
        if (!rows[i].name)
            fprintf(file, "\n%s\n", rows[i].help);
        else if (rows[i].help)
            print_option(file, &rows[i]);
    }
    fputs(conclusion, file);
}

/* ---- How options go together -------------------------------------------------------------------------------------- */

typedef struct parse {
    options *options;
    error *error;
    const char *given[ROWS]; /* the value of each option that was given, "" of one without; NULL: it was not */
} parse;

/* What was given to the option of that name. */
static const char *given(const parse *parse, const char *name)
{
    int i = 0;
    while (!rows[i].name || strcmp(rows[i].name, name) != 0)
        i++;
    return parse->given[i];
}

static unsigned run_of(const parse *parse)
{
    unsigned run = RECORDED;
    for (int i = 0; i < RUN_OPTIONS; i++)
        run = given(parse, run_options[i].option) ? run_options[i].run : run;
    return run;
}

/* The option that asks for a run other than of recorded frames. */
static const char *asker(unsigned run)
{
    int i = 0;
    while (run_options[i].run != run)
        i++;
    return run_options[i].option;
}

/* "--scene or --dataset": what asks for the runs of a set. */
static const char *askers(unsigned runs, char words[128])
{
    int length = 0;
    for (int i = 0; i < RUN_OPTIONS; i++)
        if (run_options[i].run & runs)
            length +=
                snprintf(words + length, 128 - (size_t)length, "%s--%s", length ? " or " : "", run_options[i].option);
    return words;
}

static bool check_run(const option_row *row, unsigned run, error *error)
{
    char words[128];
    if (row->runs & run)
        return true;
    if (row->runs & RECORDED || row->runs < run)
        return error_set(error, "--%s: not together with --%s", row->name, asker(run));
    return error_set(error, "--%s: needs %s", row->name, askers(row->runs, words));
}

static bool check_others(const parse *parse, const option_row *row, const char *value)
{
    if (row->needs && !given(parse, row->needs))
        return error_set(parse->error, "--%s%s%s: needs --%s too", row->name, *value ? " " : "", value, row->needs);
    for (int i = 0; i < 2 && row->clashes[i].with; i++) {
        const char *with = row->clashes[i].with, *other = given(parse, with);
        if (other)
            return error_set(parse->error, "--%s %s: not together with --%s %s, %s", row->name, value, with, other,
                             row->clashes[i].because);
    }
    return true;
}

static bool check_paths(const parse *parse, unsigned run)
{
    const options *options = parse->options;
    if (run == RECORDED && options->path_count == 0)
        return error_set(parse->error,
                         "no frames given: expected FRAME.exr, DIRECTORY, PATTERN or --scene FILE; --help explains");
    for (int i = 0; i < options->path_count; i++)
        if (!*options->paths[i])
            return error_set(parse->error, "an empty name where FRAME.exr, DIRECTORY or PATTERN was expected");
    if (run == STREAMED && options->headless && options->path_count > 0)
        return error_set(parse->error, "--ipc %s: headless it takes no frames (%s) but those that are sent",
                         options->ipc, options->paths[0]);
    if (run != RECORDED && run != STREAMED && options->path_count > 0)
        return error_set(parse->error, "--%s %s: not together with frames (%s)", asker(run), given(parse, asker(run)),
                         options->paths[0]);
    return true;
}

/* What no row says. */
static bool check_rest(const parse *parse, unsigned run)
{
    const options *options = parse->options;
    if (run == STREAMED && options->frames && !options->headless)
        return error_set(parse->error, "--frames %d: with --ipc it needs --headless too", options->frames);
    if (run == LIVE && options->channel_count > 0 && !options->reference)
        return error_set(parse->error, "--channel %s: not together with --scene", options->channels[0]);
    if (options->weights && given(parse, "predictor"))
        return error_set(parse->error, "--predictor: not together with --weights %s", options->weights);
    if (options->network && options->predictor != PREDICTOR_NETWORK && options->beside_predictor != PREDICTOR_NETWORK)
        return error_set(parse->error, "--network %s: needs --predictor kpn", options->network);
    if (options->kernel_height && options->predictor == PREDICTOR_NETWORK &&
        options->beside_predictor != PREDICTOR_BILATERAL)
        return error_set(parse->error, "--kernel-size %s: not together with --predictor kpn, whose network has its own",
                         given(parse, "kernel-size"));
    if (!options->weights && given(parse, "weight-mode") && options->mode != WF_NORMALIZED)
        return error_set(parse->error, "--weight-mode %s: needs --weights; predicted weights are always normalized",
                         wf_mode_name(options->mode));
    return true;
}

/* What follows from other options where nothing is said. A size of kernels is one of the analytic filter's, which has no other way to be
 * given one; features are as the network was trained on. */
static void choose_defaults(const parse *parse)
{
    options *options = parse->options;
    if (options->weights)
        options->predictor = PREDICTOR_FILES;
    else if (given(parse, "predictor"))
        options->predictor += PREDICTOR_FILES + 1;
    else
        options->predictor = options->kernel_height && !options->network ? PREDICTOR_BILATERAL : PREDICTOR_NETWORK;
    options->beside_predictor += given(parse, "beside-predictor") ? PREDICTOR_FILES + 1 : 0;
    if (options->beside_count == 0 && (given(parse, "beside-predictor") || given(parse, "beside-backend")))
        options->beside_count = 1; /* of the same frames */
    if (!given(parse, "features") && options->predictor == PREDICTOR_NETWORK)
        options->features = OPTIONS_SAMPLED;
}

static bool check(const parse *parse)
{
    unsigned run = run_of(parse);
    for (int i = 0; i < ROWS; i++)
        if (parse->given[i] && !check_run(&rows[i], run, parse->error))
            return false;
    if (!check_paths(parse, run))
        return false;
    for (int i = 0; i < ROWS; i++)
        if (parse->given[i] && !check_others(parse, &rows[i], parse->given[i]))
            return false;
    return options_check_layers(parse->options, parse->error) && check_rest(parse, run);
}

/* ---- Parsing ------------------------------------------------------------------------------------------------------ */

enum { FIRST_ID = 256 }; /* what getopt returns for the first row: no letter */

static const struct option *long_options(void)
{
    static struct option list[ROWS + 1];
    struct option *next = list;
    for (int i = 0; i < ROWS; i++)
        if (rows[i].name)
            *next++ =
                (struct option){rows[i].name, rows[i].argument ? required_argument : no_argument, NULL, FIRST_ID + i};
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

static bool read_options(parse *parse, int argc, char **argv)
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
        const option_row *row = &rows[id - FIRST_ID];
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
        see(user, rows[id - FIRST_ID].name, optarg);
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
    parse parse = {.options = options, .error = error};
    if (!read_options(&parse, argc, argv))
        return OPTIONS_USAGE;
    if (options->help || options->version)
        return OPTIONS_OK;
    choose_defaults(&parse);
    if (options->dataset && !given(&parse, "render-size"))
        options->render_width = options->render_height = DATASET_SIZE;
    return check(&parse) ? OPTIONS_OK : OPTIONS_USAGE;
}
