#include "options.h"

#include <errno.h>
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define LENGTH(array) (sizeof(array) / sizeof *(array))

static const char manual[] =
    "wf_bench -- verifies the weighted filter against a float64 reference, then times it\n"
    "\n"
    "usage: wf_bench [options]\n"
    "\n"
    "  --backend NAME          auto (default: the first of cuda, vulkan, cpu that opens), cuda, vulkan or cpu\n"
    "  --quick                 fewer rows and repetitions\n"
    "  --json FILE             writes the results there, too\n"
    "\n"
    "Lists, separated by commas. With any of them, every combination is a row; a list that is not given has its "
    "default.\n"
    "Without one, a suite is measured: the defaults, and some rows each of softmax and normalized weights, more "
    "channels,\n"
    "mixed types, and training crops.\n"
    "\n"
    "  --op LIST               gather,splat,gather_splat: both in one call (default all)\n"
    "  --direction LIST        forward,backward: gradients to input and weight,backward_input,backward_weight: each\n"
    "                          alone,grad_weight: the linear correlation without weights (default forward,backward)\n"
    "  --mode LIST             linear,normalized,softmax (default linear)\n"
    "  --dtype LIST            float32,float16,bfloat16,float64,mixed: float32 images with float16 weights\n"
    "                          (default float32,float16; quick: float32)\n"
    "  --kernel-size LIST      K or KhxKw (default 3,5,7,11,13,17,21; quick: 3,5,11)\n"
    "  --channels LIST         (default 3)\n"
    "  --size LIST             WxH, or NxWxH for batches (default 1920x1080)\n"
    "\n"
    "A row's floor is the time in which the device copies as many bytes as the call must move: each tensor that it "
    "reads\n"
    "or writes once. The copy speed is measured in the same run. Rows that the backend does not have, that the device "
    "has no\n"
    "memory for, or whose results are wrong, are skipped, and say so.\n"
    "\n"
    "exit status: 0 done, 1 failed or wrong results, 2 wrong usage\n";

static int wrong(const char *option, const char *text, const char *needed)
{
    fprintf(stderr, "wf_bench: --%s is \"%s\", needs %s\n", option, text, needed);
    return 0;
}

/* ---- Items of lists: each writes one into a row ------------------------------------------------------------------ */

static int set_types(bench_row *row, const char *item)
{
    static const bench_types types[] = {{WF_FLOAT32, WF_FLOAT32},
                                        {WF_FLOAT16, WF_FLOAT16},
                                        {WF_BFLOAT16, WF_BFLOAT16},
                                        {WF_FLOAT64, WF_FLOAT64},
                                        {WF_FLOAT32, WF_FLOAT16}};
    for (size_t i = 0; i < LENGTH(types); i++) {
        row->types = types[i];
        if (!strcmp(item, bench_types_name(types[i])))
            return 1;
    }
    return wrong("dtype", item, "float32, float16, bfloat16, float64 or mixed");
}

/* Up to 3 integers with an x between them; their number, or 0 where something else is there. */
static int parse_numbers(const char *text, int low, int high, int numbers[3])
{
    for (int count = 0; count < 3; text++) {
        char *end;
        errno = 0;
        long value = strtol(text, &end, 10);
        if (end == text || errno || value < low || value > high)
            return 0;
        numbers[count++] = (int)value;
        text = end;
        if (*text == 0)
            return count;
        if (*text != 'x')
            return 0;
    }
    return 0;
}

static int set_channels(bench_row *row, const char *item)
{
    int numbers[3];
    if (parse_numbers(item, 1, 1024, numbers) != 1)
        return wrong("channels", item, "1 to 1024");
    row->channels = numbers[0];
    return 1;
}

static int set_kernel(bench_row *row, const char *item)
{
    int numbers[3], count = parse_numbers(item, 1, WF_MAX_KERNEL, numbers);
    if (count != 1 && count != 2)
        return wrong("kernel-size", item, "K or KhxKw, each 1 to 255");
    row->kernel_height = numbers[0], row->kernel_width = numbers[count - 1];
    return 1;
}

static int set_size(bench_row *row, const char *item)
{
    int numbers[3], count = parse_numbers(item, 1, 65536, numbers);
    if (count < 2)
        return wrong("size", item, "WxH or NxWxH, each 1 to 65536");
    row->batch = count == 3 ? numbers[0] : 1, row->width = numbers[count - 2], row->height = numbers[count - 1];
    return 1;
}

static int set_direction(bench_row *row, const char *item)
{
    for (row->direction = BENCH_FORWARD; row->direction < BENCH_DIRECTION_COUNT; row->direction++) {
        if (!strcmp(item, bench_direction_name(row->direction)))
            return 1;
    }
    return wrong("direction", item, "forward, backward, backward_input, backward_weight or grad_weight");
}

static int set_mode(bench_row *row, const char *item)
{
    for (row->mode = WF_LINEAR; row->mode < WF_MODE_COUNT; row->mode++) {
        if (!strcmp(item, wf_mode_name(row->mode)))
            return 1;
    }
    return wrong("mode", item, "linear, normalized or softmax");
}

static int set_operator(bench_row *row, const char *item)
{
    for (row->op = BENCH_GATHER; row->op < BENCH_OPERATOR_COUNT; row->op++) {
        if (!strcmp(item, bench_operator_name(row->op)))
            return 1;
    }
    return wrong("op", item, "gather, splat or gather_splat");
}

/* ---- Rows: every combination of lists ---------------------------------------------------------------------------- */

/* From the slowest to the fastest to vary: rows that share tensors follow each other. */
enum { DTYPE, CHANNELS, KERNEL_SIZE, SIZE, DIRECTION, MODE, OP, LISTS };

typedef const char *lists[LISTS];

static int (*const setters[LISTS])(bench_row *row, const char *item) = {
    set_types, set_channels, set_kernel, set_size, set_direction, set_mode, set_operator};

/* The first of each suite has the defaults. */
static const lists suite[] = {
    {"float32,float16", "3", "3,5,7,11,13,17,21", "1920x1080", "forward,backward", "linear",
     "gather,splat,gather_splat"},
    {"float32", "3", "3,5,11,21", "1920x1080", "forward,backward", "normalized,softmax", "gather,splat"},
    {"float32", "16,32", "5,11", "1920x1080", "forward,backward", "linear", "gather,splat"},
    {"mixed", "3", "5,11,21", "1920x1080", "forward,backward", "linear", "gather,splat"},
    {"float32,float16", "3", "17", "8x128x128", "forward,backward", "linear", "gather,splat"},
};
static const lists quick_suite[] = {
    {"float32", "3", "3,5,11", "1920x1080", "forward,backward", "linear", "gather,splat,gather_splat"},
};

static void append(bench_options *options, const bench_row *row)
{
    if (!bench_row_exists(row))
        return;
    bench_row *rows = realloc(options->rows, ((size_t)options->row_count + 1) * sizeof *rows);
    if (!rows)
        abort();
    options->rows = rows;
    rows[options->row_count++] = *row;
}

/* Every combination of the items of this list and of those after it. */
static int add_rows(bench_options *options, const lists lists, int list, bench_row row)
{
    if (list == LISTS)
        return append(options, &row), 1;
    char item[64];
    for (const char *rest = lists[list]; rest;) {
        const size_t length = strcspn(rest, ",");
        snprintf(item, sizeof item, "%.*s", (int)length, rest);
        if (!setters[list](&row, item) || !add_rows(options, lists, list + 1, row))
            return 0;
        rest = rest[length] ? rest + length + 1 : NULL;
    }
    return 1;
}

static int add_given(bench_options *options, const lists defaults, const lists given)
{
    lists all;
    for (int i = 0; i < LISTS; i++)
        all[i] = given[i] ? given[i] : defaults[i];
    if (!add_rows(options, all, 0, (bench_row){0}))
        return 0;
    if (options->row_count == 0)
        fprintf(stderr, "wf_bench: no call is gather_splat and backward, or grad_weight and not linear\n");
    return options->row_count > 0;
}

static int add_suite(bench_options *options, const lists *suite, size_t count)
{
    int right = 1;
    for (size_t i = 0; i < count; i++)
        right &= add_rows(options, suite[i], 0, (bench_row){0});
    return right;
}

static int add_all(bench_options *options, int quick, const lists given)
{
    for (int i = 0; i < LISTS; i++) {
        if (given[i])
            return add_given(options, quick ? quick_suite[0] : suite[0], given);
    }
    return quick ? add_suite(options, quick_suite, LENGTH(quick_suite)) : add_suite(options, suite, LENGTH(suite));
}

/* ---- Options ----------------------------------------------------------------------------------------------------- */

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

bench_request bench_options_parse(int argc, char **argv, bench_options *options)
{
    enum { BACKEND = LISTS, JSON, QUICK, HELP };
    static const struct option names[] = {
        {"op", required_argument, NULL, OP},
        {"direction", required_argument, NULL, DIRECTION},
        {"mode", required_argument, NULL, MODE},
        {"dtype", required_argument, NULL, DTYPE},
        {"kernel-size", required_argument, NULL, KERNEL_SIZE},
        {"channels", required_argument, NULL, CHANNELS},
        {"size", required_argument, NULL, SIZE},
        {"backend", required_argument, NULL, BACKEND},
        {"json", required_argument, NULL, JSON},
        {"quick", no_argument, NULL, QUICK},
        {"help", no_argument, NULL, HELP},
        {NULL, 0, NULL, 0},
    };
    lists given = {NULL};
    int quick = 0;
    *options = (bench_options){.automatic = 1};
    for (int name; (name = getopt_long(argc, argv, "", names, NULL)) != -1;) {
        int right = 1;
        if (name == BACKEND)
            right = set_backend(options, optarg);
        else if (name == JSON)
            options->json = optarg;
        else if (name == QUICK)
            quick = 1;
        else if (name == HELP)
            return fputs(manual, stdout), BENCH_HELP;
        else if (name >= 0 && name < LISTS)
            given[name] = optarg;
        else
            right = 0;
        if (!right)
            return BENCH_WRONG_USAGE;
    }
    if (optind < argc) {
        fprintf(stderr, "wf_bench: \"%s\" is no option; wf_bench --help lists them\n", argv[optind]);
        return BENCH_WRONG_USAGE;
    }
    options->batches = quick ? 3 : 7;
    options->batch_seconds = quick ? 0.005 : 0.02;
    return add_all(options, quick, given) ? BENCH_RUN : BENCH_WRONG_USAGE;
}
