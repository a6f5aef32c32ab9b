#include "tensors.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Elements before and after every tensor; the odd number leaves views aligned to their elements and to no more. */
enum { DENSE_GUARD = 64, ODD_GUARD = 67 };

/* Bit patterns of NaNs that no computation makes. */
static const uint32_t float_poison = 0x7fabcdefu;
static const uint64_t double_poison = 0x7ff4abcdef012345u;
static const uint16_t half_poison = 0x7eabu, bfloat_poison = 0x7fabu;

/* ---- Random numbers ---------------------------------------------------------------------------------------------- */

random_state random_start(void)
{
    const char *text = getenv("WF_SEED");
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    uint64_t seed = text ? strtoull(text, NULL, 10) : (uint64_t)now.tv_sec * 1000000000u + (uint64_t)now.tv_nsec;
    printf("seed %" PRIu64 " (WF_SEED repeats it)\n", seed);
    fflush(stdout);
    return (random_state){seed};
}

/* splitmix64 */
static uint64_t next(random_state *random)
{
    uint64_t z = random->state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return z ^ z >> 31;
}

double random_uniform(random_state *random, double low, double high)
{
    return low + (high - low) * ((double)(next(random) >> 11) * 0x1p-53);
}

/* ---- 16-bit numbers ---------------------------------------------------------------------------------------------- */

double half_to_double(uint16_t half)
{
    int exponent = half >> 10 & 31, mantissa = half & 1023;
    double magnitude;
    if (exponent == 31)
        magnitude = mantissa ? NAN : INFINITY;
    else if (exponent == 0)
        magnitude = ldexp(mantissa, -24);
    else
        magnitude = ldexp(1024 + mantissa, exponent - 25);
    return half & 0x8000 ? -magnitude : magnitude;
}

uint16_t half_from_double(double value)
{
    uint16_t sign = signbit(value) ? 0x8000 : 0;
    double magnitude = fabs(value);
    if (isnan(value))
        return sign | 0x7e00;
    if (magnitude >= 65520)
        return sign | 0x7c00;
    int exponent = magnitude < 0x1p-14 ? -14 : ilogb(magnitude);
    double steps = rint(ldexp(magnitude, 10 - exponent)); /* 1024 ... 2048, or fewer for subnormals */
    return sign | (uint16_t)((exponent + 14) * 1024 + (int)steps);
}

double bfloat_to_double(uint16_t bfloat)
{
    uint32_t bits = (uint32_t)bfloat << 16;
    float value;
    memcpy(&value, &bits, sizeof value);
    return value;
}

uint16_t bfloat_from_double(double value)
{
    float rounded = (float)value;
    uint32_t bits;
    memcpy(&bits, &rounded, sizeof bits);
    if (isnan(value))
        return 0x7fc0;
    uint32_t upper = bits >> 16, rest = bits & 0xffff;
    return (uint16_t)(upper + (rest > 0x8000 || (rest == 0x8000 && upper & 1)));
}

/* ---- Tensors ----------------------------------------------------------------------------------------------------- */

typedef struct strides {
    int64_t n, c, h, w, before, count; /* before: elements of storage before the first of the view; count: of all */
} strides;

static strides plan(int64_t n, int64_t c, int64_t h, int64_t w, tensor_layout layout)
{
    strides s = {.n = c * h * w, .c = h * w, .h = w, .w = 1, .count = n * c * h * w};
    switch (layout) {
    case LAYOUT_PADDED_ROWS:
        return (strides){.n = c * h * (w + 3), .c = h * (w + 3), .h = w + 3, .w = 1, .count = n * c * h * (w + 3)};
    case LAYOUT_CHANNEL_SLICE:
        return (strides){.n = (c + 2) * s.c, .c = s.c, .h = w, .w = 1, .before = s.c, .count = n * (c + 2) * s.c};
    case LAYOUT_BATCH_SLICE:
        return (strides){.n = 2 * s.n, .c = s.c, .h = w, .w = 1, .before = s.n, .count = 2 * n * s.n};
    case LAYOUT_CHANNELS_FIRST:
        return (strides){.n = s.c, .c = n * s.c, .h = w, .w = 1, .count = s.count};
    case LAYOUT_FLIPPED:
        return (strides){.n = s.n, .c = s.c, .h = -w, .w = 1, .before = (h - 1) * w, .count = s.count};
    case LAYOUT_CHANNELS_LAST:
        return (strides){.n = s.n, .c = 1, .h = w * c, .w = c, .count = s.count};
    case LAYOUT_EVERY_OTHER:
        return (strides){.n = 2 * s.n, .c = 2 * s.c, .h = 2 * w, .w = -2, .before = 2 * w - 2, .count = 2 * s.count};
    case LAYOUT_EXPANDED:
        return (strides){.n = 0, .c = s.c, .h = w, .w = 1, .count = s.n};
    default:
        return s;
    }
}

static const void *poison_of(wf_dtype dtype)
{
    static const void *const poisons[WF_DTYPE_COUNT] = {&float_poison, &half_poison, &bfloat_poison, &double_poison};
    return poisons[dtype];
}

/* Sets one element of storage. */
static void poison(host_tensor *tensor, size_t index)
{
    const size_t element = wf_dtype_size(tensor->view.dtype);
    memcpy((char *)tensor->storage + index * element, poison_of(tensor->view.dtype), element);
}

host_tensor host_tensor_make(wf_dtype dtype, int64_t n, int64_t c, int64_t h, int64_t w, tensor_layout layout)
{
    const strides s = plan(n, c, h, w, layout);
    const int64_t guard = layout == LAYOUT_DENSE ? DENSE_GUARD : ODD_GUARD;
    const size_t element = wf_dtype_size(dtype), count = (size_t)(s.count + 2 * guard);
    host_tensor tensor = {.storage = malloc(count * element), .size = count * element};
    if (!tensor.storage)
        abort();
    tensor.view = (wf_tensor){.data = (char *)tensor.storage + (size_t)(guard + s.before) * element,
                              .dtype = dtype,
                              .size = {n, c, h, w},
                              .stride = {s.n, s.c, s.h, s.w}};
    for (size_t i = 0; i < count; i++)
        poison(&tensor, i);
    return tensor;
}

void host_tensor_free(host_tensor *tensor)
{
    free(tensor->storage);
    *tensor = (host_tensor){0};
}

static int64_t offset_of(const wf_tensor *view, int64_t n, int64_t c, int64_t y, int64_t x)
{
    return n * view->stride[0] + c * view->stride[1] + y * view->stride[2] + x * view->stride[3];
}

double host_tensor_get(const host_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t x)
{
    int64_t offset = offset_of(&tensor->view, n, c, y, x);
    switch (tensor->view.dtype) {
    case WF_FLOAT16:
        return half_to_double(((const uint16_t *)tensor->view.data)[offset]);
    case WF_BFLOAT16:
        return bfloat_to_double(((const uint16_t *)tensor->view.data)[offset]);
    case WF_FLOAT64:
        return ((const double *)tensor->view.data)[offset];
    default:
        return ((const float *)tensor->view.data)[offset];
    }
}

void host_tensor_set(host_tensor *tensor, int64_t n, int64_t c, int64_t y, int64_t x, double value)
{
    int64_t offset = offset_of(&tensor->view, n, c, y, x);
    switch (tensor->view.dtype) {
    case WF_FLOAT16:
        ((uint16_t *)tensor->view.data)[offset] = half_from_double(value);
        break;
    case WF_BFLOAT16:
        ((uint16_t *)tensor->view.data)[offset] = bfloat_from_double(value);
        break;
    case WF_FLOAT64:
        ((double *)tensor->view.data)[offset] = value;
        break;
    default:
        ((float *)tensor->view.data)[offset] = (float)value;
        break;
    }
}

#define FOR_EACH_ELEMENT(tensor, n, c, y, x)                                                                           \
    for (int64_t n = 0; n < (tensor)->view.size[0]; n++)                                                               \
        for (int64_t c = 0; c < (tensor)->view.size[1]; c++)                                                           \
            for (int64_t y = 0; y < (tensor)->view.size[2]; y++)                                                       \
                for (int64_t x = 0; x < (tensor)->view.size[3]; x++)

void host_tensor_fill(host_tensor *tensor, double value)
{
    FOR_EACH_ELEMENT(tensor, n, c, y, x)
    host_tensor_set(tensor, n, c, y, x, value);
}

void host_tensor_randomize(host_tensor *tensor, random_state *random, double low, double high)
{
    FOR_EACH_ELEMENT(tensor, n, c, y, x)
    host_tensor_set(tensor, n, c, y, x, random_uniform(random, low, high));
}

int64_t host_tensor_count(const host_tensor *tensor)
{
    const int64_t *size = tensor->view.size;
    return size[0] * size[1] * size[2] * size[3];
}

double *host_tensor_values(const host_tensor *tensor)
{
    double *values = malloc((size_t)host_tensor_count(tensor) * sizeof *values);
    if (!values)
        abort();
    int64_t i = 0;
    FOR_EACH_ELEMENT(tensor, n, c, y, x)
    values[i++] = host_tensor_get(tensor, n, c, y, x);
    return values;
}

int host_tensor_padding_intact(const host_tensor *tensor)
{
    /* In a copy, poison the view as well: then all of it is poison where the padding is. */
    host_tensor copy = *tensor;
    copy.storage = malloc(tensor->size);
    if (!copy.storage)
        abort();
    memcpy(copy.storage, tensor->storage, tensor->size);
    const size_t element = wf_dtype_size(tensor->view.dtype);
    const size_t first = (size_t)((char *)tensor->view.data - (char *)tensor->storage) / element;
    FOR_EACH_ELEMENT(tensor, n, c, y, x)
    poison(&copy, (size_t)((int64_t)first + offset_of(&tensor->view, n, c, y, x)));
    int intact = 1;
    for (size_t i = 0; i < tensor->size / element; i++) {
        const char *at = (const char *)copy.storage + i * element;
        intact &= !memcmp(at, poison_of(tensor->view.dtype), element);
    }
    free(copy.storage);
    return intact;
}

double relative_error(const double *a, const double *b, int64_t count)
{
    double difference = 0, norm = 0;
    for (int64_t i = 0; i < count; i++) {
        difference += (a[i] - b[i]) * (a[i] - b[i]);
        norm += b[i] * b[i];
    }
    return sqrt(norm > 0 ? difference / norm : difference);
}

/* ---- Copies on a device ------------------------------------------------------------------------------------------ */

wf_result device_tensor_upload(wf_device *device, const host_tensor *from, device_tensor *to)
{
    *to = (device_tensor){0};
    wf_result result = wf_alloc(device, from->size, &to->memory);
    if (result != WF_OK)
        return result;
    result = wf_upload(device, to->memory, from->storage, from->size);
    if (result != WF_OK) {
        device_tensor_free(device, to);
        return result;
    }
    to->view = from->view;
    to->view.data = (char *)to->memory + ((char *)from->view.data - (char *)from->storage);
    return WF_OK;
}

wf_result device_tensor_download(wf_device *device, const device_tensor *from, host_tensor *to)
{
    return wf_download(device, to->storage, from->memory, to->size);
}

void device_tensor_free(wf_device *device, device_tensor *tensor)
{
    wf_free(device, tensor->memory);
    *tensor = (device_tensor){0};
}
