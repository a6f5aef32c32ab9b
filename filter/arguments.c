#include "arguments.h"

#include <inttypes.h>

wf_result wf_check_pointer(const wf_log *log, const char *name, const void *pointer)
{
    return pointer ? WF_OK : WF_INVALID(log, "%s is NULL", name);
}

wf_result wf_check_enum(const wf_log *log, const char *name, int value, int count)
{
    if (value < 0 || value >= count)
        return WF_INVALID(log, "%s is %d, the last one is %d", name, value, count - 1);
    return WF_OK;
}

/* ---- Tensors ------------------------------------------------------------------------------------------------------
 */

typedef struct wf_axis {
    int64_t size, stride;
} wf_axis;

/* A tensor's elements as offsets from its lowest address: axes longer than 1, strides positive, the largest first. */
typedef struct wf_layout {
    wf_axis axes[AXES];
    int count;
    int64_t below; /* elements that lie below data */
    int64_t span;  /* from the lowest element to the highest */
} wf_layout;

static void insert_axis(wf_layout *layout, wf_axis axis)
{
    int at = layout->count++;
    for (; at > 0 && layout->axes[at - 1].stride < axis.stride; at--)
        layout->axes[at] = layout->axes[at - 1];
    layout->axes[at] = axis;
}

/* Returns 0 where a size or an address does not fit in 64 bits. */
static int make_layout(const wf_tensor *tensor, wf_layout *layout)
{
    *layout = (wf_layout){0};
    for (int i = 0; i < AXES; i++) {
        int64_t size = tensor->size[i], stride = tensor->stride[i], reach;
        if (size == 1)
            continue;
        if (stride == INT64_MIN || __builtin_mul_overflow(size - 1, stride < 0 ? -stride : stride, &reach) ||
            __builtin_add_overflow(layout->span, reach, &layout->span))
            return 0;
        if (stride < 0)
            layout->below += reach;
        insert_axis(layout, (wf_axis){size, stride < 0 ? -stride : stride});
    }
    return layout->span < INT64_MAX / (int64_t)wf_dtype_size(tensor->dtype);
}

static int overlaps_itself(const wf_layout *layout)
{
    int64_t inner = 0;
    for (int i = layout->count - 1; i >= 0; i--) {
        if (layout->axes[i].stride <= inner)
            return 1;
        inner += (layout->axes[i].size - 1) * layout->axes[i].stride;
    }
    return 0;
}

/* Byte addresses: first and one past the last. */
static void address_range(const wf_tensor *tensor, const wf_layout *layout, uintptr_t *first, uintptr_t *last)
{
    size_t element = wf_dtype_size(tensor->dtype);
    *first = (uintptr_t)tensor->data - (uintptr_t)layout->below * element;
    *last = *first + ((uintptr_t)layout->span + 1) * element;
}

/* Whether the byte at address belongs to an element of the tensor. */
static int has_address(const wf_tensor *tensor, const wf_layout *layout, uintptr_t address)
{
    uintptr_t first, last;
    address_range(tensor, layout, &first, &last);
    if (address < first || address >= last)
        return 0;
    int64_t offset = (int64_t)((address - first) / wf_dtype_size(tensor->dtype));
    for (int i = 0; i < layout->count; i++) {
        const wf_axis *axis = &layout->axes[i];
        if (axis->stride == 0)
            continue;
        int64_t index = offset / axis->stride;
        offset -= (index < axis->size ? index : axis->size - 1) * axis->stride;
    }
    return offset == 0;
}

/* Whether an end of one tensor is an element of the other: true of all that overlap in practice, and of no two slices
 * that merely interleave. */
static int tensors_overlap(const wf_tensor *a, const wf_tensor *b)
{
    wf_layout layout_a, layout_b;
    make_layout(a, &layout_a);
    make_layout(b, &layout_b);
    uintptr_t first_a, last_a, first_b, last_b;
    address_range(a, &layout_a, &first_a, &last_a);
    address_range(b, &layout_b, &first_b, &last_b);
    return has_address(b, &layout_b, first_a) || has_address(b, &layout_b, last_a - 1) ||
           has_address(a, &layout_a, first_b) || has_address(a, &layout_a, last_b - 1);
}

wf_result wf_check_tensor(const wf_log *log, const char *name, const wf_tensor *tensor)
{
    static const char *const axis_names[AXES] = {"N", "C", "H", "W"};
    WF_TRY(wf_check_pointer(log, name, tensor));
    if ((int)tensor->dtype < 0 || tensor->dtype >= WF_DTYPE_COUNT)
        return WF_INVALID(log, "%s has dtype %d, the last one is %d", name, (int)tensor->dtype, WF_DTYPE_COUNT - 1);
    for (int i = 0; i < AXES; i++) {
        if (tensor->size[i] < 1 || tensor->size[i] > INT32_MAX)
            return WF_INVALID(log, "%s has size %" PRId64 " in %s, sizes are 1 to %" PRId32, name, tensor->size[i],
                              axis_names[i], INT32_MAX);
    }
    wf_layout layout;
    if (!make_layout(tensor, &layout))
        return WF_INVALID(log, "%s spans more bytes than 64 bits can count", name);
    return WF_OK;
}

wf_result wf_check_data(const wf_log *log, const char *name, const wf_tensor *tensor)
{
    size_t element = wf_dtype_size(tensor->dtype);
    if (!tensor->data)
        return WF_INVALID(log, "%s has no data", name);
    if ((uintptr_t)tensor->data % element)
        return WF_INVALID(log, "%s lies at address %p, %s needs a multiple of %zu", name, tensor->data,
                          wf_dtype_name(tensor->dtype), element);
    return WF_OK;
}

wf_result wf_check_output(const wf_log *log, const char *name, const wf_tensor *output, const wf_named_tensor *others,
                          int other_count)
{
    wf_layout layout;
    make_layout(output, &layout);
    if (overlaps_itself(&layout))
        return WF_INVALID(log,
                          "elements of %s overlap: sizes %" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64
                          ", strides %" PRId64 ",%" PRId64 ",%" PRId64 ",%" PRId64,
                          name, output->size[0], output->size[1], output->size[2], output->size[3], output->stride[0],
                          output->stride[1], output->stride[2], output->stride[3]);
    for (int i = 0; i < other_count; i++) {
        if (others[i].tensor && tensors_overlap(output, others[i].tensor))
            return WF_INVALID(log, "%s overlaps %s in memory", name, others[i].name);
    }
    return WF_OK;
}

wf_result wf_check_workspace(const wf_log *log, const void *workspace, size_t size, const wf_named_tensor *others,
                             int other_count)
{
    if (size == 0)
        return WF_OK;
    if (!workspace)
        return WF_INVALID(log, "workspace is NULL, it needs %zu bytes", size);
    if ((uintptr_t)workspace % WF_WORKSPACE_ALIGNMENT)
        return WF_INVALID(log, "workspace lies at address %p, it needs a multiple of %d", workspace,
                          WF_WORKSPACE_ALIGNMENT);
    const wf_tensor memory =
        wf_dense((void *)workspace, WF_FLOAT32, 1, 1, 1, (int64_t)((size + sizeof(float) - 1) / sizeof(float)));
    return wf_check_output(log, "workspace", &memory, others, other_count);
}

wf_result wf_check_sizes(const wf_log *log, const char *name, const wf_tensor *tensor, int64_t channels,
                         const char *like_name, const wf_tensor *like)
{
    if (tensor->size[AXIS_N] != like->size[AXIS_N] || tensor->size[AXIS_H] != like->size[AXIS_H] ||
        tensor->size[AXIS_W] != like->size[AXIS_W])
        return WF_INVALID(
            log, "%s has N,H,W of %" PRId64 ",%" PRId64 ",%" PRId64 ", %s has %" PRId64 ",%" PRId64 ",%" PRId64, name,
            tensor->size[AXIS_N], tensor->size[AXIS_H], tensor->size[AXIS_W], like_name, like->size[AXIS_N],
            like->size[AXIS_H], like->size[AXIS_W]);
    if (tensor->size[AXIS_C] != channels)
        return WF_INVALID(log, "%s has %" PRId64 " channels, needs %" PRId64, name, tensor->size[AXIS_C], channels);
    return WF_OK;
}

wf_result wf_check_taps(const wf_log *log, const char *name, const wf_tensor *weight, int kernel_height,
                        int kernel_width, int groups)
{
    int64_t taps = (int64_t)kernel_height * kernel_width;
    if (weight->size[AXIS_C] == groups * taps)
        return WF_OK;
    if (groups == 1)
        return WF_INVALID(log, "%s has %" PRId64 " taps, a %dx%d kernel needs %" PRId64, name, weight->size[AXIS_C],
                          kernel_height, kernel_width, taps);
    return WF_INVALID(log, "%s has %" PRId64 " taps, %d groups of a %dx%d kernel need %" PRId64, name,
                      weight->size[AXIS_C], groups, kernel_height, kernel_width, groups * taps);
}

wf_result wf_check_dtype(const wf_log *log, const char *name, wf_dtype dtype, wf_dtype needed)
{
    if (dtype != needed)
        return WF_INVALID(log, "%s is %s, needs to be %s", name, wf_dtype_name(dtype), wf_dtype_name(needed));
    return WF_OK;
}

wf_result wf_check_kernel_size(const wf_log *log, int height, int width)
{
    if (height < 1 || height > WF_MAX_KERNEL || width < 1 || width > WF_MAX_KERNEL)
        return WF_INVALID(log, "the kernel is %dx%d, its height and width are 1 to %d", height, width, WF_MAX_KERNEL);
    return WF_OK;
}

wf_result wf_check_stream(const wf_device *device, wf_stream stream)
{
    if (device->backend == WF_VULKAN && !stream)
        return WF_INVALID(&device->log, "the stream is NULL, the vulkan backend records into a VkCommandBuffer");
    if (device->backend == WF_CPU && stream)
        return WF_INVALID(&device->log, "the stream is %p, the cpu backend has none: pass NULL", stream);
    return WF_OK;
}
