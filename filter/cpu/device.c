/* The CPU device: its table, host memory, and what it calls itself. */
#include <omp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "network.h"

/* Bytes. Weights lie in many rows far apart: memory of some pages' size is asked for in large ones. */
enum { ALIGNMENT = 256, LARGE_PAGE = 2 << 20, LARGE = 8 * LARGE_PAGE };

const int wf_cpu_built = 1;

static void destroy(wf_device *device)
{
    free(device);
}

/* The processor's name as Linux tells it, else the architecture's. */
static void processor_name(char *name, size_t size)
{
    snprintf(name, size, "CPU");
    FILE *file = fopen("/proc/cpuinfo", "r");
    if (!file)
        return;
    char line[512];
    while (fgets(line, sizeof line, file)) {
        char *value = strchr(line, ':');
        if (strncmp(line, "model name", 10) || !value)
            continue;
        value += 1 + strspn(value + 1, " \t");
        value[strcspn(value, "\n")] = 0;
        snprintf(name, size, "%.*s", (int)size - 1, value);
        break;
    }
    fclose(file);
}

static wf_result info(const wf_device *device, wf_device_info *info)
{
    const wf_cpu_device *cpu = (const wf_cpu_device *)device;
    processor_name(info->name, sizeof info->name);
    snprintf(info->driver, sizeof info->driver, "%s, %d threads", cpu->instructions, omp_get_max_threads());
    return WF_OK;
}

static wf_result prepare(wf_device *device, const wf_filter_call *call)
{
    (void)device, (void)call;
    return WF_OK;
}

static wf_result prepare_bilateral(wf_device *device, const wf_bilateral_call *call)
{
    (void)device, (void)call;
    return WF_OK;
}

static wf_result allocate(wf_device *device, size_t size, void **data)
{
    const size_t alignment = size >= LARGE ? LARGE_PAGE : ALIGNMENT;
    size_t padded = (size + alignment - 1) / alignment * alignment;
    *data = padded < size ? NULL : aligned_alloc(alignment, padded);
    if (!*data)
        return wf_fail(&device->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for %zu bytes", size);
#ifdef MADV_HUGEPAGE
    if (alignment == LARGE_PAGE)
        madvise(*data, padded, MADV_HUGEPAGE); /* no more than a wish */
#endif
    return WF_OK;
}

static void release(wf_device *device, void *data)
{
    (void)device;
    free(data);
}

static wf_result copy(wf_device *device, void *to, const void *from, size_t size)
{
    (void)device;
    memcpy(to, from, size);
    return WF_OK;
}

static wf_result begin(wf_device *device, wf_stream *stream)
{
    (void)device;
    *stream = NULL;
    return WF_OK;
}

static wf_result done_already(wf_device *device, wf_stream stream)
{
    (void)device, (void)stream;
    return WF_OK;
}

static const wf_network_table network = {.dtype = WF_FLOAT32,
                                         .convolution_bytes = wf_cpu_convolution_bytes,
                                         .arrange_convolution = wf_cpu_arrange_convolution,
                                         .head_bytes = wf_cpu_head_bytes,
                                         .arrange_head = wf_cpu_arrange_head,
                                         .expose = wf_cpu_expose,
                                         .features = wf_cpu_features,
                                         .convolve = wf_cpu_convolve,
                                         .filter_albedo = wf_cpu_filter_albedo,
                                         .down = wf_cpu_down,
                                         .filter_level = wf_cpu_filter_level,
                                         .blend = wf_cpu_blend,
                                         .logits = wf_cpu_logits,
                                         .expose_workspace = wf_cpu_expose_workspace,
                                         .albedo_workspace = wf_cpu_albedo_workspace,
                                         .level_workspace = wf_cpu_level_workspace};

static const wf_backend_table table = {
    .abilities = {.dtypes = (1 << WF_DTYPE_COUNT) - 1, .any_stride = 1, .coverage = 1},
    .destroy = destroy,
    .info = info,
    .gather = wf_cpu_gather,
    .splat = wf_cpu_splat,
    .gather_splat = wf_cpu_gather_splat,
    .backward = wf_cpu_backward,
    .backward_workspace = wf_cpu_backward_workspace,
    .prepare = prepare,
    .step_down = wf_cpu_step_down,
    .step_up = wf_cpu_step_up,
    .pick = wf_cpu_pick,
    .summarize = wf_cpu_summarize,
    .predict_bilateral = wf_cpu_predict_bilateral,
    .prepare_bilateral = prepare_bilateral,
    .alloc = allocate,
    .free = release,
    .upload = copy,
    .download = copy,
    .begin = begin,
    .finish = done_already,
    .barrier = done_already,
    .network = &network};

/* In rows.c and convolve_row.c. */
extern const struct wf_rows_float32 wf_rows_baseline_float32; /* what the compiler may assume anyway */
extern const struct wf_rows_float64 wf_rows_baseline_float64;
extern wf_convolve_row_function wf_convolve_row_baseline;
#if defined(__x86_64__)
extern const struct wf_rows_float32 wf_rows_avx2_float32; /* with FMA and F16C */
extern const struct wf_rows_float64 wf_rows_avx2_float64;
extern wf_convolve_row_function wf_convolve_row_avx2;
extern const struct wf_rows_float32 wf_rows_avx512_float32; /* F, BW, DQ, VL */
extern const struct wf_rows_float64 wf_rows_avx512_float64;
extern wf_convolve_row_function wf_convolve_row_avx512;
#endif

typedef struct instruction_set {
    const char *name;
    const struct wf_rows_float32 *rows_float32;
    const struct wf_rows_float64 *rows_float64;
    wf_convolve_row_function *convolve_row;
    int available;
} instruction_set;

/* The widest that the processor has, or the one that the environment names. */
static wf_result choose_instructions(const wf_log *log, wf_cpu_device *device)
{
    const instruction_set sets[] = {
#if defined(__x86_64__)
        {"avx512", &wf_rows_avx512_float32, &wf_rows_avx512_float64, wf_convolve_row_avx512,
         __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512bw") &&
             __builtin_cpu_supports("avx512dq") && __builtin_cpu_supports("avx512vl") &&
             __builtin_cpu_supports("f16c")},
        {"avx2", &wf_rows_avx2_float32, &wf_rows_avx2_float64, wf_convolve_row_avx2,
         __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma") && __builtin_cpu_supports("f16c")},
#endif
        {"baseline", &wf_rows_baseline_float32, &wf_rows_baseline_float64, wf_convolve_row_baseline, 1},
    };
    const char *asked = getenv("WF_CPU_INSTRUCTIONS");
    for (size_t i = 0; i < sizeof sets / sizeof *sets; i++) {
        if (!sets[i].available || (asked && strcmp(asked, sets[i].name)))
            continue;
        device->rows_float32 = sets[i].rows_float32;
        device->rows_float64 = sets[i].rows_float64;
        device->convolve_row = sets[i].convolve_row;
        device->instructions = sets[i].name;
        return WF_OK;
    }
    return wf_fail(log, WF_ERROR_UNSUPPORTED,
                   "WF_CPU_INSTRUCTIONS is %s, this processor has no such set (baseline, avx2, avx512)", asked);
}

wf_result wf_cpu_open(const wf_device_options *options, wf_device **device)
{
    if (options->ordinal != 0)
        return wf_fail(&options->log, WF_ERROR_NO_DEVICE, "there is no cpu device %d, only 0", options->ordinal);
    wf_cpu_device opened = {.base = {.table = &table, .backend = WF_CPU, .log = options->log}};
    WF_TRY(choose_instructions(&options->log, &opened));
    wf_cpu_device *kept = malloc(sizeof *kept);
    if (!kept)
        return wf_fail(&options->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a cpu device");
    *kept = opened;
    *device = &kept->base;
    return WF_OK;
}
