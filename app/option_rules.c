/* How options go together: what follows from others, and what is refused. */
#include <string.h>

#include "app/denoise/predictor.h"
#include "option_readers.h"

#define DATASET_SIZE 256 /* of pairs, where nothing else is asked for */

/* The option that asks for a kind of run; where several do, the last kind of these wins. */
static const struct {
    unsigned run;
    const char *option;
} run_options[] = {{STREAMED, "ipc"}, {LIVE, "scene"}, {DATASET, "dataset"}, {LIST, "list"}};

enum { RUN_OPTIONS = sizeof run_options / sizeof *run_options };

/* What was given to the option of that name. */
static const char *given(const option_parse *parse, const char *name)
{
    int i = 0;
    while (!option_rows[i].name || strcmp(option_rows[i].name, name) != 0)
        i++;
    return parse->given[i];
}

static unsigned run_of(const option_parse *parse)
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

static bool check_others(const option_parse *parse, const option_row *row, const char *value)
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

static bool check_paths(const option_parse *parse, unsigned run)
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
static bool check_rest(const option_parse *parse, unsigned run)
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

/* What follows from other options where nothing is said. A size of kernels is one of the analytic filter's, which has
 * no other way to be given one; features are as the network was trained on. */
void options_choose_defaults(const option_parse *parse)
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
    if (options->dataset && !given(parse, "render-size"))
        options->render_width = options->render_height = DATASET_SIZE;
}

bool options_check(const option_parse *parse)
{
    unsigned run = run_of(parse);
    for (int i = 0; i < option_row_count; i++)
        if (parse->given[i] && !check_run(&option_rows[i], run, parse->error))
            return false;
    if (!check_paths(parse, run))
        return false;
    for (int i = 0; i < option_row_count; i++)
        if (parse->given[i] && !check_others(parse, &option_rows[i], parse->given[i]))
            return false;
    return options_check_layers(parse->options, parse->error) && check_rest(parse, run);
}
