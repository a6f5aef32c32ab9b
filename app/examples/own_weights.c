/* own_weights.c -- weights of one's own, every frame, on the device: own_weights FOLDER [cpu|vulkan|cuda]
 *
 * It stands for a renderer with a predictor of its own: a compute shader (own_weights.comp.glsl) draws fresh weights
 * into a buffer, in the same commands that write the picture, and the node reads them there. It fails unless every
 * frame is what wf_gather and wf_splat make of the same weights on the CPU. FOLDER gets the last frame, noisy.pfm,
 * gather.pfm and splat.pfm, and trace.json: what the node did in each frame, for Perfetto. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "renderer.h"

#include "own_weights.comp.h"

enum { WIDTH = 256, HEIGHT = 144, PIXELS = WIDTH * HEIGHT, K = 5, TAPS = K * K, FRAMES = 8 };

static const VkExtent3D size = {WIDTH, HEIGHT, 1};
static const wf_filter filter = {K, K, .dilation = 1, .mode = WF_NORMALIZED, .groups = 1};
static renderer own;
static wf_device *cpu; /* the reference */
static void *staging;  /* on the device: a picture for each operator */
static float noisy[PIXELS * 4], filtered[WF_OPERATOR_COUNT][PIXELS * 4], weights[TAPS * PIXELS];
static wf_node *node;
static wf_node_image images[3];
static const wf_node_role roles[3] = {WF_NODE_COLOR, WF_NODE_GATHER, WF_NODE_SPLAT};
static wf_node_weights bound;

/* ---- The predictor ----------------------------------------------------------------------------------------------- */

static VkPipelineLayout layout;
static VkPipeline predictor;

typedef struct push_constants {
    VkDeviceAddress weights;
    uint32_t frame, pixels, taps;
} push_constants;

static void create_predictor(void)
{
    VkPushConstantRange push = {VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof(push_constants)};
    VkPipelineLayoutCreateInfo layout_info = {.sType = VK_STRUCTURE_TYPE_PIPELINE_LAYOUT_CREATE_INFO};
    layout_info.pushConstantRangeCount = 1, layout_info.pPushConstantRanges = &push;
    CHECK(vkCreatePipelineLayout(own.device, &layout_info, NULL, &layout));
    VkShaderModuleCreateInfo code = {.sType = VK_STRUCTURE_TYPE_SHADER_MODULE_CREATE_INFO};
    code.codeSize = sizeof own_weights_comp, code.pCode = own_weights_comp;
    VkComputePipelineCreateInfo info = {.sType = VK_STRUCTURE_TYPE_COMPUTE_PIPELINE_CREATE_INFO, .layout = layout};
    info.stage.sType = VK_STRUCTURE_TYPE_PIPELINE_SHADER_STAGE_CREATE_INFO;
    info.stage.stage = VK_SHADER_STAGE_COMPUTE_BIT, info.stage.pName = "main";
    CHECK(vkCreateShaderModule(own.device, &code, NULL, &info.stage.module));
    CHECK(vkCreateComputePipelines(own.device, VK_NULL_HANDLE, 1, &info, NULL, &predictor));
    vkDestroyShaderModule(own.device, info.stage.module, NULL);
}

static void predict(VkCommandBuffer commands, uint32_t frame)
{
    VkBufferDeviceAddressInfo info = {.sType = VK_STRUCTURE_TYPE_BUFFER_DEVICE_ADDRESS_INFO};
    info.buffer = bound.buffer.buffer;
    push_constants push = {vkGetBufferDeviceAddress(own.device, &info), frame, PIXELS, TAPS};
    vkCmdBindPipeline(commands, VK_PIPELINE_BIND_POINT_COMPUTE, predictor);
    vkCmdPushConstants(commands, layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof push, &push);
    vkCmdDispatch(commands, (PIXELS + 63) / 64, 1, 1);
}

static float random_weight(uint32_t i, uint32_t frame) /* the shader's */
{
    const uint32_t state = (i ^ frame * 0x9e3779b9u) * 747796405u + 2891336453u;
    const uint32_t word = ((state >> ((state >> 28) + 4)) ^ state) * 277803737u;
    return (float)(((word >> 22) ^ word) >> 8) / 16777216.0f;
}

/* ---- The node ---------------------------------------------------------------------------------------------------- */

static void create_node(const char *backend)
{
    wf_node_options options = node_options(&own, WIDTH, HEIGHT);
    for (options.automatic = !backend; backend && options.backend < WF_BACKEND_COUNT; options.backend++) {
        if (!strcmp(backend, wf_backend_name(options.backend)))
            break;
    }
    CHECK(wf_node_create(&options, &node));
    for (int i = 0; i < 3; i++) {
        CHECK(wf_node_create_image(node, roles[i], &images[i]));
        CHECK(wf_node_bind(node, 0, roles[i], &images[i]));
    }
    bound = (wf_node_weights){.dtype = WF_FLOAT32, .levels = 1, .level = {{.filter = filter}}};
    CHECK(wf_node_create_buffer(node, sizeof weights, &bound.buffer));
    CHECK(wf_node_bind_weights(node, 0, WF_GATHER, &bound));
    CHECK(wf_node_share_weights(node, WF_GATHER, WF_SPLAT));
}

static void filter_frame(uint32_t frame)
{
    CHECK(wf_upload(own.copier, staging, noisy, sizeof noisy));
    wf_node_sync sync;
    CHECK(wf_node_begin(node, 0, &sync));
    begin(own.before);
    copy_in(&own, own.before, staging, images[0].image, size);
    predict(own.before, frame);
    CHECK(wf_node_release(node, 0, own.before));
    submit(&own, own.before, sync.timeline, 0, sync.ready);
    CHECK(wf_node_run(node, 0));
    begin(own.after);
    CHECK(wf_node_acquire(node, 0, own.after));
    for (int op = 0; op < WF_OPERATOR_COUNT; op++)
        copy_out(&own, own.after, images[1 + op].image, (char *)staging + (size_t)op * sizeof noisy, size);
    submit(&own, own.after, sync.timeline, sync.done, 0);
    CHECK(wf_download(own.copier, filtered, staging, sizeof filtered)); /* waits for the queue */
}

/* ---- What came of it --------------------------------------------------------------------------------------------- */

static float difference(wf_operator op) /* the largest one to the CPU's picture */
{
    static float expected[PIXELS * 4];
    wf_tensor input = wf_dense(noisy, WF_FLOAT32, 1, 3, HEIGHT, WIDTH), output;
    input.stride[1] = 1, input.stride[2] = WIDTH * 4, input.stride[3] = 4; /* as the texels lie */
    output = input, output.data = expected;
    wf_tensor weight = wf_dense(weights, WF_FLOAT32, 1, TAPS, HEIGHT, WIDTH);
    CHECK(wf_apply(cpu, NULL, op, &filter, &input, &weight, NULL, &output, NULL));
    float largest = 0;
    for (int i = 0; i < PIXELS * 4; i++)
        largest = i % 4 < 3 ? fmaxf(largest, fabsf(filtered[op][i] - expected[i])) : largest;
    return largest;
}

static FILE *create(const char *folder, const char *name)
{
    char path[4096];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "wb");
    if (!file)
        perror(path), exit(1);
    return file;
}

static void save(const char *folder, const char *name, const float *texels)
{
    FILE *file = create(folder, name);
    fprintf(file, "PF\n%d %d\n-1.0\n", WIDTH, HEIGHT);
    for (int i = 0; i < PIXELS; i++) /* rows from the bottom up */
        fwrite(&texels[((HEIGHT - 1 - i / WIDTH) * WIDTH + i % WIDTH) * 4], sizeof *texels, 3, file);
    CHECK(fclose(file));
}

static void trace_frame(FILE *trace, uint32_t frame)
{
    wf_node_timing timing;
    CHECK(wf_node_timing_of(node, 0, &timing));
    for (wf_node_stage stage = 0; stage < WF_NODE_STAGE_COUNT; stage++) {
        const wf_node_span *span = &timing.stages[stage];
        if (span->end_ns)
            fprintf(trace, "%s{\"name\":\"%s\",\"ph\":\"X\",\"pid\":1,\"tid\":1,\"ts\":%.3f,\"dur\":%.3f}\n",
                    frame + stage > 0 ? "," : "", wf_node_stage_name(stage), (double)span->begin_ns / 1e3,
                    (double)(span->end_ns - span->begin_ns) / 1e3);
    }
}

int main(int argc, char **argv)
{
    if (argc < 2)
        return fputs("usage: own_weights FOLDER [cpu|vulkan|cuda]\n", stderr), 2;
    own = open_renderer();
    CHECK(wf_alloc(own.copier, sizeof filtered, &staging));
    CHECK(wf_create(&(wf_device_options){.backend = WF_CPU, .log = print_log}, &cpu));
    create_predictor(), create_node(argc > 2 ? argv[2] : NULL);
    FILE *trace = create(argv[1], "trace.json");
    float largest = 0;
    fputs("[", trace);
    for (uint32_t frame = 0; frame < FRAMES; frame++) {
        for (int i = 0; i < PIXELS * 4; i++)
            noisy[i] = i % 4 == 3 ? 1 : (i / 64 + i / (WIDTH * 64)) % 2 ? random_weight((uint32_t)i, frame) : 0.1f;
        for (int i = 0; i < TAPS * PIXELS; i++)
            weights[i] = random_weight((uint32_t)i, frame);
        filter_frame(frame);
        trace_frame(trace, frame);
        largest = fmaxf(largest, fmaxf(difference(WF_GATHER), difference(WF_SPLAT)));
    }
    fputs("]\n", trace);
    CHECK(fclose(trace));
    save(argv[1], "noisy.pfm", noisy), save(argv[1], "gather.pfm", filtered[0]),
        save(argv[1], "splat.pfm", filtered[1]);
    wf_device_info info;
    CHECK(wf_node_get_info(node, &info));
    printf("own_weights: %d frames of %dx%d on %s, %s: at most %.1e from the CPU's\n", FRAMES, WIDTH, HEIGHT,
           wf_backend_name(info.backend), info.name, (double)largest);
    for (int i = 0; i < 3; i++)
        wf_node_destroy_image(node, &images[i]);
    wf_node_destroy_buffer(node, &bound.buffer), wf_node_destroy(node);
    vkDestroyPipeline(own.device, predictor, NULL), vkDestroyPipelineLayout(own.device, layout, NULL);
    wf_destroy(cpu), wf_free(own.copier, staging), close_renderer(&own);
    return largest < 1e-5f ? 0 : 1;
}
