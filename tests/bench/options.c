#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char manual[] =
    "wf_bench -- verifies the weighted filter against a float64 reference, then times it\n"
    "\n"
    "usage: wf_bench [options]       lists are separated by commas; every combination is a row\n"
    "\n"
    "  --backend NAME          auto (default: the first of cuda, vulkan, cpu that opens), cuda, vulkan or cpu\n"
    "  --op LIST               gather,splat (default both)\n"
    "  --mode LIST             linear,normalized,softmax (default linear)\n"
    "  --dtype LIST            float32,float16,mixed: float32 images with float16 weights (default float32,float16)\n"
    "  --kernel-size LIST      K or KhxKw (default 3,5,7,11,13,17,21)\n"
    "  --channels LIST         (default 3)\n"
    "  --size WxH              of the images (default 1920x1080)\n"
    "  --quick                 kernels 3,5,11 in float32 where no list is given, and fewer repetitions\n"
    "  --json FILE             writes the results there, too\n"
    "\n"
    "A row's floor is the time in which the device copies as many bytes as the filter must move: every weight, the\n"
    "input and the output once. The copy speed is measured in the same run.\n"
    "\n"
    "exit status: 0 done, 1 failed or wrong results, 2 wrong usage\n";

static const bench_types all_types[] = {{WF_FLOAT32, WF_FLOAT32}, {WF_FLOAT16, WF_FLOAT16}, {WF_FLOAT32, WF_FLOAT16}};

const char *bench_types_name(bench_types types)
{
    return types.image == types.weight ? wf_dtype_name(types.image) : "mixed";
}

static int wrong(const char *option, const char *text, const char *needed)
{
    fprintf(stderr, "wf_bench: --%s is \"%s\", needs %s\n", option, text, needed);
    return 0;
}

/* ---- Items of lists: each parses one and appends it to the options ---- */

static int add_operator(bench_options *options, const char *item)
{
    for (wf_operator op = WF_GATHER; op < WF_OPERATOR_COUNT; op++) {
        if (!strcmp(item, wf_operator_name(op))) {
            options->operators[options->operator_count++] = op;
            return 1;
        }
    }
    return wrong("op", item, "gather or splat");
}

static int add_mode(bench_options *options, const char *item)
{
    for (wf_mode mode = WF_LINEAR; mode < WF_MODE_COUNT; mode++) {
        if (!strcmp(item, wf_mode_name(mode))) {
            options->modes[options->mode_count++] = mode;
            return 1;
        }
    }
    return wrong("mode", item, "linear, normalized or softmax");
}

static int add_types(bench_options *options, const char *item)
{
    for (size_t i = 0; i < sizeof all_types / sizeof *all_types; i++) {
        if (!strcmp(item, bench_types_name(all_types[i]))) {
            options->types[options->type_count++] = all_types[i];
            return 1;
        }
    }
    return wrong("dtype", item, "float32, float16 or mixed");
}

/* One integer, or two with an x between them where second is not NULL. */
static int parse_size(const char *text, int low, int high, int *first, int *second)
{
    int values[2], count = 0;
    for (char *end; count < 2; text = end + 1) {
        errno = 0;
        long value = strtol(text, &end, 10);
        if (end == text || errno || value < low || value > high)
            return 0;
        values[count++] = (int)value;
        if (*end == 0 || !second)
            break;
        if (*end != 'x')
            return 0;
    }
    *first = values[0];
    if (second)
        *second = values[count - 1];
    return count;
}

static int add_kernel(bench_options *options, const char *item)
{
    bench_kernel *kernel = &options->kernels[options->kernel_count];
    if (!parse_size(item, 1, WF_MAX_KERNEL, &kernel->height, &kernel->width))
        return wrong("kernel-size", item, "K or KhxKw, each 1 to 255");
    options->kernel_count++;
    return 1;
}

static int add_channels(bench_options *options, const char *item)
{
    if (!parse_size(item, 1, 1024, &options->channels[options->channel_count], NULL))
        return wrong("channels", item, "1 to 1024");
    options->channel_count++;
    return 1;
}

static int add_list(bench_options *options, const char *name, const char *list, int *count,
                    int (*add)(bench_options *options, const char *item))
{
    char text[1024];
    *count = 0;
    if (strlen(list) >= sizeof text)
        return wrong(name, list, "a shorter list");
    strcpy(text, list);
    char *rest = text;
    for (char *item = strsep(&rest, ","); item; item = strsep(&rest, ",")) {
        if (*count == BENCH_MAX_LIST)
            return wrong(name, list, "at most 32 items");
        if (!add(options, item))
            return 0;
    }
    return 1;
}

/* ---- Options ---- */

static int set_backend(bench_options *options, const char *name)
{
    options->automatic = !strcmp(name, "auto");
    for (wf_backend backend = WF_CPU; backend < WF_BACKEND_COUNT; backend++) {
        if (!strcmp(name, wf_backend_name(backend))) {
            options->backend = backend;
            return 1;
        }
    }
    return options->automatic || wrong("backend", name, "auto, cuda, vulkan or cpu");
}

static int set_size(bench_options *options, const char *text)
{
    return parse_size(text, 1, 65536, &options->width, &options->height) == 2 ||
           wrong("size", text, "WxH, each 1 to 65536");
}

static int use_lists(bench_options *options, int quick, const char *const lists[5])
{
    const char *const defaults[] = {"gather,splat", "linear", quick ? "float32" : "float32,float16",
                                    quick ? "3,5,11" : "3,5,7,11,13,17,21", "3"};
    bench_options *o = options;
    return add_list(o, "op", lists[0] ? lists[0] : defaults[0], &o->operator_count, add_operator) &&
           add_list(o, "mode", lists[1] ? lists[1] : defaults[1], &o->mode_count, add_mode) &&
           add_list(o, "dtype", lists[2] ? lists[2] : defaults[2], &o->type_count, add_types) &&
           add_list(o, "kernel-size", lists[3] ? lists[3] : defaults[3], &o->kernel_count, add_kernel) &&
           add_list(o, "channels", lists[4] ? lists[4] : defaults[4], &o->channel_count, add_channels);
}

bench_request bench_options_parse(int argc, char **argv, bench_options *options)
{
    enum { OP, MODE, DTYPE, KERNEL_SIZE, CHANNELS, LISTS, BACKEND = LISTS, SIZE, JSON, QUICK, HELP };
    static const struct option names[] = {
        {"op", required_argument, NULL, OP},
        {"mode", required_argument, NULL, MODE},
        {"dtype", required_argument, NULL, DTYPE},
        {"kernel-size", required_argument, NULL, KERNEL_SIZE},
        {"channels", required_argument, NULL, CHANNELS},
        {"backend", required_argument, NULL, BACKEND},
        {"size", required_argument, NULL, SIZE},
        {"json", required_argument, NULL, JSON},
        {"quick", no_argument, NULL, QUICK},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    const char *lists[LISTS] = {NULL};
    int quick = 0;
    *options = (bench_options){.automatic = 1, .width = 1920, .height = 1080};
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        int right = 1;
        if (name == BACKEND)
            right = set_backend(options, optarg);
        else if (name == SIZE)
            right = set_size(options, optarg);
        else if (name == JSON)
            options->json = optarg;
        else if (name == QUICK)
            quick = 1;
        else if (name == HELP)
            return fputs(manual, stdout), BENCH_HELP;
        else if (name >= 0 && name < LISTS)
            lists[name] = optarg;
        else
            right = 0;
        if (!right)
            return BENCH_WRONG_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "wf_bench: \"%s\" is no option; wf_bench --help lists them\n", argv[optind]);
        return BENCH_WRONG_USAGE;
    }
    options->batches = quick ? 3 : 9;
    options->batch_seconds = quick ? 0.005 : 0.02;
    return use_lists(options, quick, lists) ? BENCH_RUN : BENCH_WRONG_USAGE;
}
