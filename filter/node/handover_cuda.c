/* CUDA works on the renderer's images in place: memory and timelines are exported once, mapped, and waited for and
 * signalled in a stream. Nothing here waits in a frame. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "cuda/interop.h"
#include "node.h"
#include "share.h"
#include "wf_cuda.h"

/* CUDA's clock is placed on CLOCK_MONOTONIC anew this often; in between they drift apart by no more than this. */
#define ANCHOR_PERIOD_NS 100000000
#define DRIFT_NS_PER_MS  50.0

/* A Vulkan image in CUDA. Each part holds on to the one above it. */
typedef struct mapped_image {
    cudaExternalMemory_t memory;
    cudaMipmappedArray_t levels;
    wf_cuda_image texels; /* surface is 0 where there is none */
} mapped_image;

typedef struct cuda_slot {
    cudaExternalSemaphore_t timeline;
    mapped_image images[WF_NODE_ROLE_COUNT];
    cudaEvent_t marks[NODE_HISTORY][MARK_COUNT]; /* MARK_TAKEN ... MARK_PACKED */
    cudaEvent_t done;                            /* after the timeline was signalled */
} cuda_slot;

typedef struct cuda_handover {
    int ordinal;
    cudaStream_t stream; /* all frames, in order */
    cuda_slot slots[WF_NODE_MAX_SLOTS];
    cudaStream_t anchor_stream; /* idle, so that an event in it happens at once */
    cudaEvent_t anchor;
    int64_t anchor_ns, anchor_uncertainty_ns;
} cuda_handover;

static cuda_handover *state_of(const wf_node *node)
{
    return node->state;
}

static wf_result check(const wf_node *node, cudaError_t error, const char *what)
{
    return wf_cuda_check(&node->log, error, what);
}

/* ---- The current device ------------------------------------------------------------------------------------------ */

typedef struct current_device {
    int ours, before;
} current_device;

static current_device make_current(const wf_node *node)
{
    current_device device = {.ours = state_of(node)->ordinal};
    cudaGetDevice(&device.before);
    if (device.before != device.ours)
        cudaSetDevice(device.ours);
    return device;
}

static void restore_current(current_device *device)
{
    if (device->before != device->ours)
        cudaSetDevice(device->before);
}

/* The node's device is current until the enclosing block ends. */
#define USE_DEVICE(node) __attribute__((cleanup(restore_current))) current_device current = make_current(node)

/* ---- Life -------------------------------------------------------------------------------------------------------- */

/* The CUDA device that is the renderer's Vulkan device. */
static wf_result open_same_device(wf_node *node)
{
    VkPhysicalDevice physical_device = node->options.physical_device;
    int has_address = wf_vulkan_has_extension(physical_device, VK_EXT_PCI_BUS_INFO_EXTENSION_NAME);
    VkPhysicalDevicePCIBusInfoPropertiesEXT pci = {.sType =
                                                       VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PCI_BUS_INFO_PROPERTIES_EXT};
    VkPhysicalDeviceIDProperties id = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_ID_PROPERTIES,
                                       .pNext = has_address ? &pci : NULL};
    VkPhysicalDeviceProperties2 properties = {.sType = VK_STRUCTURE_TYPE_PHYSICAL_DEVICE_PROPERTIES_2, .pNext = &id};
    vkGetPhysicalDeviceProperties2(physical_device, &properties);
    char address[40];
    snprintf(address, sizeof address, "%04x:%02x:%02x.%x", pci.pciDomain, pci.pciBus, pci.pciDevice, pci.pciFunction);
    wf_cuda_options options = {.uuid = id.deviceUUID, .pci_bus_id = has_address ? address : NULL, .log = node->log};
    return wf_cuda_create(&options, &node->device);
}

static wf_result anchor_clock(wf_node *node)
{
    cuda_handover *cuda = state_of(node);
    int64_t before = wf_node_now_ns();
    WF_TRY(check(node, cudaEventRecord(cuda->anchor, cuda->anchor_stream), "recording an event"));
    WF_TRY(check(node, cudaEventSynchronize(cuda->anchor), "waiting for an event"));
    int64_t after = wf_node_now_ns();
    cuda->anchor_ns = before + (after - before) / 2;
    cuda->anchor_uncertainty_ns = (after - before + 1) / 2;
    return WF_OK;
}

static wf_result open_device(wf_node *node)
{
    WF_TRY(open_same_device(node));
    WF_TRY(wf_share_check_images(&node->options, &node->log));
    WF_TRY(wf_share_check_timelines(&node->options, &node->log));
    cuda_handover *cuda = calloc(1, sizeof *cuda);
    if (!cuda)
        return wf_fail(&node->log, WF_ERROR_OUT_OF_MEMORY, "no host memory for a hand-over");
    node->state = cuda;
    cuda->ordinal = wf_cuda_ordinal(node->device);
    USE_DEVICE(node);
    WF_TRY(check(node, cudaStreamCreateWithFlags(&cuda->stream, cudaStreamNonBlocking), "creating a stream"));
    WF_TRY(check(node, cudaStreamCreateWithFlags(&cuda->anchor_stream, cudaStreamNonBlocking), "creating a stream"));
    WF_TRY(check(node, cudaEventCreate(&cuda->anchor), "creating an event"));
    return anchor_clock(node);
}

/* CUDA owns the descriptor where it took the semaphore. */
static wf_result import_timeline(wf_node *node, uint32_t slot)
{
    int fd;
    WF_TRY(wf_share_timeline(&node->options, &node->log, node->slots[slot].timeline, &fd));
    struct cudaExternalSemaphoreHandleDesc handle = {.type = cudaExternalSemaphoreHandleTypeTimelineSemaphoreFd,
                                                     .handle = {.fd = fd}};
    cudaError_t error = cudaImportExternalSemaphore(&state_of(node)->slots[slot].timeline, &handle);
    if (error != cudaSuccess)
        close(fd);
    return check(node, error, "importing a timeline semaphore");
}

static wf_result open_slot(wf_node *node, uint32_t slot)
{
    USE_DEVICE(node);
    cuda_slot *s = &state_of(node)->slots[slot];
    WF_TRY(import_timeline(node, slot));
    for (int history = 0; history < NODE_HISTORY; history++) {
        for (int mark = MARK_TAKEN; mark <= MARK_PACKED; mark++)
            WF_TRY(check(node, cudaEventCreate(&s->marks[history][mark]), "creating an event"));
    }
    unsigned flags = cudaEventDisableTiming | cudaEventBlockingSync;
    return check(node, cudaEventCreateWithFlags(&s->done, flags), "creating an event");
}

static void destroy_event(cudaEvent_t event)
{
    if (event)
        cudaEventDestroy(event);
}

static void destroy_stream(cudaStream_t stream)
{
    if (stream)
        cudaStreamDestroy(stream);
}

static void close_slot(cuda_slot *slot)
{
    if (slot->timeline)
        cudaDestroyExternalSemaphore(slot->timeline);
    for (int history = 0; history < NODE_HISTORY; history++) {
        for (int mark = 0; mark < MARK_COUNT; mark++)
            destroy_event(slot->marks[history][mark]);
    }
    destroy_event(slot->done);
}

static void close_device(wf_node *node)
{
    cuda_handover *cuda = state_of(node);
    if (!cuda)
        return;
    USE_DEVICE(node);
    if (cuda->stream)
        cudaStreamSynchronize(cuda->stream);
    for (uint32_t slot = 0; slot < node->options.slots; slot++)
        close_slot(&cuda->slots[slot]);
    destroy_event(cuda->anchor);
    destroy_stream(cuda->anchor_stream);
    destroy_stream(cuda->stream);
    free(cuda);
    node->state = NULL;
}

/* ---- Images ------------------------------------------------------------------------------------------------------ */

/* CUDA owns the descriptor where it took the memory. */
static wf_result import_memory(const wf_node *node, VkDeviceMemory memory, VkDeviceSize size,
                               cudaExternalMemory_t *imported)
{
    int fd;
    WF_TRY(wf_share_memory(&node->options, &node->log, memory, &fd));
    struct cudaExternalMemoryHandleDesc handle = {.type = cudaExternalMemoryHandleTypeOpaqueFd,
                                                  .handle = {.fd = fd},
                                                  .size = size,
                                                  .flags = cudaExternalMemoryDedicated};
    cudaError_t error = cudaImportExternalMemory(imported, &handle);
    if (error != cudaSuccess)
        close(fd);
    return check(node, error, "importing the memory of an image or a buffer");
}

static wf_result map_array(const wf_node *node, const wf_node_image *image, mapped_image *mapped)
{
    node_image_format format = wf_image_format_of(image->format);
    int bits = format.is_half ? 16 : 32, others = format.channels == 4 ? bits : 0;
    int is_target = (image->usage & VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT) != 0;
    struct cudaExternalMemoryMipmappedArrayDesc array = {
        .formatDesc = {.x = bits, .y = others, .z = others, .w = others, .f = cudaChannelFormatKindFloat},
        .extent = {.width = node->options.width, .height = node->options.height},
        .flags = cudaArraySurfaceLoadStore | (is_target ? cudaArrayColorAttachment : 0),
        .numLevels = 1};
    return check(node, cudaExternalMemoryGetMappedMipmappedArray(&mapped->levels, mapped->memory, &array),
                 "mapping an image");
}

static wf_result map_surface(const wf_node *node, const wf_node_image *image, mapped_image *mapped)
{
    node_image_format format = wf_image_format_of(image->format);
    struct cudaResourceDesc resource = {.resType = cudaResourceTypeArray};
    WF_TRY(check(node, cudaGetMipmappedArrayLevel(&resource.res.array.array, mapped->levels, 0), "mapping an image"));
    mapped->texels = (wf_cuda_image){.channels = format.channels, .is_half = format.is_half};
    return check(node, cudaCreateSurfaceObject(&mapped->texels.surface, &resource), "making an image's surface");
}

static wf_result map_parts(const wf_node *node, const wf_node_image *image, mapped_image *mapped)
{
    WF_TRY(import_memory(node, image->memory, image->memory_size, &mapped->memory));
    WF_TRY(map_array(node, image, mapped));
    return map_surface(node, image, mapped);
}

/* Frames that ran are done; one that failed half-way may not be. */
static void unmap(wf_node *node, uint32_t slot, wf_node_role role)
{
    USE_DEVICE(node);
    mapped_image *mapped = &state_of(node)->slots[slot].images[role];
    cudaStreamSynchronize(state_of(node)->stream);
    if (mapped->texels.surface)
        cudaDestroySurfaceObject(mapped->texels.surface);
    if (mapped->levels)
        cudaFreeMipmappedArray(mapped->levels);
    if (mapped->memory)
        cudaDestroyExternalMemory(mapped->memory);
    *mapped = (mapped_image){0};
}

static wf_result map(wf_node *node, uint32_t slot, wf_node_role role)
{
    USE_DEVICE(node);
    wf_result result = map_parts(node, &node->slots[slot].images[role], &state_of(node)->slots[slot].images[role]);
    if (result != WF_OK)
        unmap(node, slot, role);
    return result;
}

/* ---- Buffers ----------------------------------------------------------------------------------------------------- */

static wf_result check_cuda_memory(const wf_node *node, const wf_node_buffer *buffer)
{
    struct cudaPointerAttributes attributes = {.type = cudaMemoryTypeUnregistered};
    const cudaError_t error = cudaPointerGetAttributes(&attributes, buffer->data);
    cudaGetLastError(); /* an unknown address is the caller's mistake, no failure of a later call */
    const int is_device = attributes.type == cudaMemoryTypeDevice || attributes.type == cudaMemoryTypeManaged;
    if (error != cudaSuccess || !is_device || attributes.device != state_of(node)->ordinal)
        return WF_INVALID(&node->log, "address %p is not in the memory of cuda device %d", buffer->data,
                          state_of(node)->ordinal);
    return WF_OK;
}

/* Frames that ran are done; one that failed half-way may not be. */
static void unmap_buffer(wf_node *node, node_buffer *buffer)
{
    USE_DEVICE(node);
    cudaStreamSynchronize(state_of(node)->stream);
    if (!buffer->given.data && buffer->data)
        cudaFree(buffer->data);
    if (buffer->mapping)
        cudaDestroyExternalMemory(buffer->mapping);
    buffer->data = buffer->mapping = NULL;
}

static wf_result map_buffer_parts(const wf_node *node, node_buffer *buffer)
{
    const wf_node_buffer *given = &buffer->given;
    cudaExternalMemory_t memory = NULL;
    WF_TRY(import_memory(node, given->memory, given->memory_size, &memory));
    buffer->mapping = memory;
    const struct cudaExternalMemoryBufferDesc all = {.size = given->size};
    return check(node, cudaExternalMemoryGetMappedBuffer(&buffer->data, memory, &all), "mapping a buffer");
}

static wf_result map_buffer(wf_node *node, node_buffer *buffer)
{
    USE_DEVICE(node);
    if (buffer->given.data) {
        WF_TRY(check_cuda_memory(node, &buffer->given));
        buffer->data = buffer->given.data;
        return WF_OK;
    }
    wf_result result = map_buffer_parts(node, buffer);
    if (result != WF_OK)
        unmap_buffer(node, buffer);
    return result;
}

/* ---- Readback ---------------------------------------------------------------------------------------------------- */

/* Pinned host memory, which kernels write. */
static wf_result alloc_readback(wf_node *node, node_readback *readback)
{
    USE_DEVICE(node);
    WF_TRY(check(node, cudaHostAlloc((void **)&readback->host, readback->size, cudaHostAllocMapped),
                 "allocating memory for weights to read"));
    cudaError_t error = cudaHostGetDevicePointer(&readback->data, readback->host, 0);
    if (error != cudaSuccess) {
        cudaFreeHost(readback->host);
        readback->host = NULL;
    }
    return check(node, error, "mapping memory for weights to read");
}

static void free_readback(wf_node *node, node_readback *readback)
{
    USE_DEVICE(node);
    cudaFreeHost(readback->host);
}

/* ---- A frame ----------------------------------------------------------------------------------------------------- */

static wf_result wait_for_slot(wf_node *node, uint32_t slot)
{
    USE_DEVICE(node);
    WF_TRY(check(node, cudaEventSynchronize(state_of(node)->slots[slot].done), "waiting for a frame"));
    return wf_node_now_ns() - state_of(node)->anchor_ns > ANCHOR_PERIOD_NS ? anchor_clock(node) : WF_OK;
}

static int slot_finished(wf_node *node, uint32_t slot)
{
    USE_DEVICE(node);
    int finished = cudaEventQuery(state_of(node)->slots[slot].done) == cudaSuccess;
    if (!finished)
        cudaGetLastError(); /* "not ready" is no failure of a later call */
    return finished;
}

static wf_result take(wf_node *node, uint32_t slot, wf_stream *stream)
{
    USE_DEVICE(node);
    cuda_handover *cuda = state_of(node);
    struct cudaExternalSemaphoreWaitParams ready = {
        .params = {.fence = {.value = timeline_ready(node->slots[slot].begun)}}};
    *stream = cuda->stream;
    return check(node, cudaWaitExternalSemaphoresAsync(&cuda->slots[slot].timeline, &ready, 1, cuda->stream),
                 "enqueueing the wait for a frame's images");
}

typedef wf_result conversion_call(const wf_cuda_device *device, cudaStream_t stream, int width, int height,
                                  const wf_cuda_conversion *conversions, int count);

static wf_result convert(wf_node *node, uint32_t slot, const wf_node_role *roles, int count, conversion_call *enqueue)
{
    USE_DEVICE(node);
    const cuda_handover *cuda = state_of(node);
    wf_cuda_conversion conversions[WF_NODE_ROLE_COUNT];
    for (int i = 0; i < count; i++)
        conversions[i] = (wf_cuda_conversion){.image = cuda->slots[slot].images[roles[i]].texels,
                                              .planes = node->planes[roles[i]].data,
                                              .channels = wf_node_channels(node, roles[i])};
    return enqueue((const wf_cuda_device *)node->device, cuda->stream, (int)node->options.width,
                   (int)node->options.height, conversions, count);
}

static wf_result unpack(wf_node *node, uint32_t slot, const wf_node_role *roles, int count)
{
    return convert(node, slot, roles, count, wf_cuda_unpack);
}

static wf_result pack(wf_node *node, uint32_t slot, const wf_node_role *roles, int count)
{
    return convert(node, slot, roles, count, wf_cuda_pack);
}

static cudaEvent_t *marks_of(const wf_node *node, uint32_t slot, uint32_t history)
{
    return state_of(node)->slots[slot].marks[history];
}

static wf_result mark(wf_node *node, uint32_t slot, node_mark mark)
{
    USE_DEVICE(node);
    cudaEvent_t event = marks_of(node, slot, node_history(node->slots[slot].begun))[mark];
    return check(node, cudaEventRecord(event, state_of(node)->stream), "recording an event");
}

static wf_result give(wf_node *node, uint32_t slot)
{
    USE_DEVICE(node);
    cuda_handover *cuda = state_of(node);
    struct cudaExternalSemaphoreSignalParams done = {
        .params = {.fence = {.value = timeline_done(node->slots[slot].begun)}}};
    WF_TRY(check(node, cudaSignalExternalSemaphoresAsync(&cuda->slots[slot].timeline, &done, 1, cuda->stream),
                 "enqueueing the signal of a frame's images"));
    return check(node, cudaEventRecord(cuda->slots[slot].done, cuda->stream), "recording an event");
}

static int read_marks(wf_node *node, uint32_t slot, uint32_t history, unsigned marks, int64_t ns[MARK_COUNT],
                      int64_t *uncertainty_ns)
{
    USE_DEVICE(node);
    const cuda_handover *cuda = state_of(node);
    const cudaEvent_t *events = marks_of(node, slot, history);
    float since_anchor, since_taken = 0;
    if (cudaEventElapsedTime(&since_anchor, cuda->anchor, events[MARK_TAKEN]) != cudaSuccess)
        return 0;
    ns[MARK_TAKEN] = cuda->anchor_ns + (int64_t)((double)since_anchor * 1e6);
    for (int mark = MARK_TAKEN + 1; mark <= MARK_PACKED; mark++) {
        if (!(marks >> mark & 1))
            continue;
        if (cudaEventElapsedTime(&since_taken, events[MARK_TAKEN], events[mark]) != cudaSuccess)
            return 0;
        ns[mark] = ns[MARK_TAKEN] + (int64_t)((double)since_taken * 1e6);
    }
    double drift_ns = DRIFT_NS_PER_MS * ((double)fabsf(since_anchor) + (double)since_taken);
    *uncertainty_ns = cuda->anchor_uncertainty_ns + (int64_t)drift_ns;
    return 1;
}

const node_handover wf_node_handover_cuda = {.backend = WF_CUDA,
                                             .shared = 1,
                                             .addresses = 1,
                                             .open = open_device,
                                             .open_slot = open_slot,
                                             .close = close_device,
                                             .map = map,
                                             .unmap = unmap,
                                             .map_buffer = map_buffer,
                                             .unmap_buffer = unmap_buffer,
                                             .alloc_readback = alloc_readback,
                                             .free_readback = free_readback,
                                             .wait = wait_for_slot,
                                             .finished = slot_finished,
                                             .take = take,
                                             .unpack = unpack,
                                             .pack = pack,
                                             .mark = mark,
                                             .give = give,
                                             .read_marks = read_marks};
