/* Which CUDA kernel a call gets, on devices that are made up: no GPU is needed. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

extern "C" {
#include <cmocka.h>
}
#include <stdlib.h>

#include "cuda/plan.h"

#define LENGTH(array) (sizeof(array) / sizeof *(array))

/* ---- Devices and calls ------------------------------------------------------------------------------------------- */

/* What cuTensorMapEncodeTiled demands. */
static CUresult encode(CUtensorMap *, CUtensorMapDataType type, cuuint32_t rank, void *data, const cuuint64_t *sizes,
                       const cuuint64_t *strides, const cuuint32_t *box, const cuuint32_t *steps, CUtensorMapInterleave,
                       CUtensorMapSwizzle, CUtensorMapL2promotion, CUtensorMapFloatOOBfill)
{
    const cuuint32_t element = type == CU_TENSOR_MAP_DATA_TYPE_FLOAT32 ? 4 : 2;
    bool valid = rank == 4 && (uintptr_t)data % 16 == 0 && box[0] * element % 16 == 0;
    for (cuuint32_t axis = 0; axis < rank; axis++)
        valid = valid && sizes[axis] > 0 && box[axis] >= 1 && box[axis] <= 256 && steps[axis] == 1;
    for (cuuint32_t axis = 0; axis + 1 < rank; axis++)
        valid = valid && strides[axis] % 16 == 0 && strides[axis] < (cuuint64_t)1 << 40;
    return valid ? CUDA_SUCCESS : CUDA_ERROR_INVALID_VALUE;
}

/* With the multiprocessors and the shared memory of an H200. */
static wf_cuda_device make_device(int architecture)
{
    wf_cuda_device device = {};
    device.architecture = architecture;
    device.multiprocessors = 132, device.shared_memory = 228 * 1024;
    if (architecture >= 90)
        device.encode_tensor_map = encode;
    return device;
}

enum layout {
    ALIGNED,    /* rows start at multiples of 16 bytes */
    QUADS,      /* so, and hold whole groups of four pixels */
    MISALIGNED, /* rows follow each other, of an odd width */
    APART       /* two elements from pixel to pixel */
};

struct row {
    wf_kernel kernel;
    wf_work_kind work;
    wf_operator op;
    wf_mode mode;
    wf_dtype image, weight;
    int channels, kernel_height, kernel_width, dilation;
    enum layout layout;
};

static wf_tensor make_tensor(wf_dtype dtype, int64_t channels, enum layout layout)
{
    const int64_t height = 270, width = layout == QUADS ? 480 : 477, step = layout == APART ? 2 : 1;
    wf_tensor tensor = wf_dense((void *)4096, dtype, 2, channels, height, layout == ALIGNED ? 480 : width);
    tensor.size[3] = width;
    for (int axis = 0; axis < 4; axis++)
        tensor.stride[axis] *= step;
    return tensor;
}

struct calls {
    wf_filter_call filter, splat;
    wf_backward_call backward;
    wf_scaled scaled;
    wf_tensor coverage;
    wf_work work;
};

static void make_calls(const row *r, calls *c)
{
    const wf_dtype sums = r->image == WF_FLOAT64 ? WF_FLOAT64 : WF_FLOAT32;
    const wf_tensor image = make_tensor(r->image, r->channels, r->layout);
    const wf_tensor weight = make_tensor(r->weight, (int64_t)r->kernel_height * r->kernel_width, r->layout);
    *c = {};
    c->coverage = make_tensor(sums, 1, r->layout);
    c->filter.op = r->op;
    c->filter.filter = {r->kernel_height, r->kernel_width, r->dilation, r->mode, 1};
    c->filter.input = c->filter.output = image, c->filter.weight = weight;
    c->splat = c->filter, c->splat.op = WF_SPLAT;
    c->backward.op = r->op, c->backward.filter = c->filter.filter;
    c->backward.input = c->backward.output = c->backward.grad_output = c->backward.grad_input = image;
    c->backward.weight = c->backward.grad_weight = weight, c->backward.coverage = c->coverage;
    c->scaled.grad = image;
    c->scaled.less = r->mode == WF_LINEAR ? wf_tensor() : c->coverage;
    c->work.kind = r->work;
    c->work.filter = &c->filter, c->work.splat = &c->splat, c->work.backward = &c->backward,
    c->work.scaled = &c->scaled;
    c->work.logsumexp = r->work == WF_WORK_SOFTMAX_ADJOINT ? &c->coverage : nullptr;
}

static wf_kernel kernel_of(int architecture, const row *r, wf_plan *plan)
{
    const wf_cuda_device device = make_device(architecture);
    calls c;
    make_calls(r, &c);
    return wf_choose_kernel(&device, &c.work, plan);
}

/* ---- Tests ------------------------------------------------------------------------------------------------------- */

#define FLOAT WF_FLOAT32, WF_FLOAT32
#define HALF  WF_FLOAT16, WF_FLOAT16
#define MIXED WF_FLOAT32, WF_BFLOAT16

/* On compute capability 9.0. */
static const row rows[] = {
    {wf_kernel_filter_tiles, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 1, ALIGNED},
    {wf_kernel_filter_tiles, WF_WORK_FILTER, WF_SPLAT, WF_SOFTMAX, HALF, 1, 21, 21, 1, ALIGNED},
    {wf_kernel_filter_tiles, WF_WORK_FILTER, WF_SPLAT, WF_NORMALIZED, MIXED, 2, 4, 6, 1, ALIGNED},
    {wf_kernel_filter_tiles, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, MIXED, 4, 3, 3, 1, ALIGNED},
    {wf_kernel_filter_strips, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 5, 5, 5, 1, ALIGNED},
    {wf_kernel_filter_strips, WF_WORK_FILTER, WF_SPLAT, WF_SOFTMAX, HALF, 32, 11, 11, 1, ALIGNED},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 2, ALIGNED},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 1, MISALIGNED},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_SPLAT, WF_LINEAR, FLOAT, 16, 5, 5, 1, APART},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_SPLAT, WF_SOFTMAX, WF_FLOAT64, WF_FLOAT64, 3, 5, 5, 1, ALIGNED},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 3, 255, 255, 1, ALIGNED},
    {wf_kernel_gather_splat_tiles, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, FLOAT, 3, 11, 11, 1, ALIGNED},
    {wf_kernel_gather_splat_tiles, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_NORMALIZED, WF_FLOAT32, WF_FLOAT16, 3, 4, 7, 1,
     ALIGNED},
    {WF_NO_KERNEL, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_SOFTMAX, FLOAT, 3, 5, 5, 1, ALIGNED},
    {WF_NO_KERNEL, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, FLOAT, 4, 5, 5, 1, ALIGNED},
    {WF_NO_KERNEL, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, HALF, 3, 5, 5, 1, ALIGNED},
    {WF_NO_KERNEL, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, MIXED, 3, 5, 5, 1, ALIGNED},
    {wf_kernel_backward_tiles, WF_WORK_BACKWARD, WF_SPLAT, WF_LINEAR, FLOAT, 3, 8, 8, 1, ALIGNED},
    {wf_kernel_backward_tiles, WF_WORK_BACKWARD, WF_GATHER, WF_LINEAR, HALF, 3, 3, 3, 1, ALIGNED},
    {WF_NO_KERNEL, WF_WORK_BACKWARD, WF_GATHER, WF_LINEAR, FLOAT, 3, 9, 9, 1, ALIGNED},
    {WF_NO_KERNEL, WF_WORK_BACKWARD, WF_GATHER, WF_LINEAR, FLOAT, 4, 3, 3, 1, ALIGNED},
    {wf_kernel_grad_input_tiles, WF_WORK_SOFTMAX_ADJOINT, WF_SPLAT, WF_LINEAR, MIXED, 3, 5, 5, 1, ALIGNED},
    {wf_kernel_grad_input_tiles, WF_WORK_SOFTMAX_ADJOINT, WF_GATHER, WF_LINEAR, FLOAT, 1, 5, 5, 1, ALIGNED},
    {wf_kernel_filter_pixels, WF_WORK_SOFTMAX_ADJOINT, WF_GATHER, WF_LINEAR, HALF, 3, 5, 5, 1, ALIGNED},
    {wf_kernel_filter_pixels, WF_WORK_SOFTMAX_ADJOINT, WF_GATHER, WF_LINEAR, FLOAT, 8, 5, 5, 1, ALIGNED},
    {wf_kernel_grad_weight_tiles, WF_WORK_GRAD_WEIGHT, WF_GATHER, WF_LINEAR, HALF, 2, 6, 6, 1, ALIGNED},
    {wf_kernel_grad_weight_tiles, WF_WORK_GRAD_WEIGHT, WF_SPLAT, WF_SOFTMAX, MIXED, 3, 21, 21, 1, ALIGNED},
    {wf_kernel_grad_weight_channels, WF_WORK_GRAD_WEIGHT, WF_SPLAT, WF_SOFTMAX, HALF, 3, 5, 5, 1, ALIGNED},
    {wf_kernel_grad_weight_channels, WF_WORK_GRAD_WEIGHT, WF_SPLAT, WF_NORMALIZED, FLOAT, 32, 4, 11, 1, ALIGNED},
    {wf_kernel_grad_weight_pixels, WF_WORK_GRAD_WEIGHT, WF_SPLAT, WF_LINEAR, FLOAT, 32, 5, 6, 1, ALIGNED},
    {wf_kernel_grad_weight_pixels, WF_WORK_GRAD_WEIGHT, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 3, ALIGNED},
    {wf_kernel_grad_weight_pixels, WF_WORK_GRAD_WEIGHT, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 1, MISALIGNED},
};

/* On compute capability 8.0. */
static const row older_rows[] = {
    {wf_kernel_filter_narrow, WF_WORK_FILTER, WF_GATHER, WF_SOFTMAX, HALF, 3, 3, 3, 1, QUADS},
    {wf_kernel_filter_narrow, WF_WORK_FILTER, WF_SPLAT, WF_SOFTMAX, WF_FLOAT32, WF_FLOAT16, 3, 3, 3, 1, QUADS},
    {wf_kernel_filter_quads, WF_WORK_FILTER, WF_SPLAT, WF_SOFTMAX, MIXED, 3, 3, 3, 1, QUADS},
    {wf_kernel_filter_quads, WF_WORK_FILTER, WF_SPLAT, WF_SOFTMAX, HALF, 3, 5, 3, 1, QUADS},
    {wf_kernel_filter_quads, WF_WORK_FILTER, WF_SPLAT, WF_SOFTMAX, HALF, 4, 3, 3, 1, QUADS},
    {wf_kernel_filter_quads, WF_WORK_FILTER, WF_SPLAT, WF_SOFTMAX, FLOAT, 3, 3, 3, 1, QUADS},
    {wf_kernel_filter_quads, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 1, QUADS},
    {wf_kernel_filter_quads, WF_WORK_FILTER, WF_SPLAT, WF_SOFTMAX, HALF, 1, 21, 21, 1, QUADS},
    {wf_kernel_filter_quads, WF_WORK_FILTER, WF_SPLAT, WF_NORMALIZED, MIXED, 4, 4, 6, 1, QUADS},
    {wf_kernel_filter_quads, WF_WORK_SOFTMAX_ADJOINT, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 1, QUADS},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 5, 5, 5, 1, QUADS},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 2, QUADS},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 1, ALIGNED},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 1, APART},
    {wf_kernel_filter_pixels, WF_WORK_FILTER, WF_SPLAT, WF_LINEAR, WF_FLOAT64, WF_FLOAT64, 3, 5, 5, 1, QUADS},
    {wf_kernel_gather_splat_strips, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, FLOAT, 3, 4, 11, 1, QUADS},
    {wf_kernel_gather_splat_strips, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, HALF, 3, 4, 13, 1, QUADS},
    {wf_kernel_gather_splat_strips, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, WF_FLOAT32, WF_FLOAT16, 3, 7, 13, 1,
     QUADS},
    {wf_kernel_gather_splat_quads, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, FLOAT, 3, 300, 11, 1, QUADS},
    {wf_kernel_gather_splat_quads, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, FLOAT, 3, 5, 5, 1, QUADS},
    {wf_kernel_gather_splat_quads, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, HALF, 3, 3, 3, 1, QUADS},
    {wf_kernel_gather_splat_quads, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, HALF, 3, 7, 3, 1, QUADS},
    {wf_kernel_gather_splat_quads, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, HALF, 3, 4, 21, 1, QUADS},
    {WF_NO_KERNEL, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, FLOAT, 3, 11, 6, 1, QUADS},
    {WF_NO_KERNEL, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_LINEAR, FLOAT, 4, 5, 5, 1, QUADS},
    {WF_NO_KERNEL, WF_WORK_GATHER_SPLAT, WF_GATHER, WF_NORMALIZED, FLOAT, 3, 5, 5, 1, QUADS},
    {wf_kernel_grad_weight_quads, WF_WORK_GRAD_WEIGHT, WF_GATHER, WF_LINEAR, HALF, 2, 6, 6, 1, QUADS},
    {wf_kernel_grad_weight_pixels, WF_WORK_GRAD_WEIGHT, WF_SPLAT, WF_SOFTMAX, FLOAT, 5, 5, 5, 1, QUADS},
};

static void check_rows(int architecture, const row *table, size_t count, int *reached)
{
    for (size_t i = 0; i < count; i++) {
        wf_plan plan;
        const wf_kernel kernel = kernel_of(architecture, &table[i], &plan);
        if (kernel != table[i].kernel)
            fail_msg("row %zu gets kernel %d, not %d, on %d", i, (int)kernel, (int)table[i].kernel, architecture);
        reached[kernel] = 1;
    }
}

static void test_choice(void **)
{
    int reached[WF_NO_KERNEL + 1] = {};
    check_rows(90, rows, LENGTH(rows), reached);
    check_rows(80, older_rows, LENGTH(older_rows), reached);
    for (int kernel = 0; kernel <= WF_NO_KERNEL; kernel++)
        assert_true(reached[kernel]);
}

/* What needs TMA gets another kernel, or none. */
static void test_older_devices(void **)
{
    for (size_t i = 0; i < LENGTH(rows); i++) {
        wf_kernel expected = WF_NO_KERNEL;
        if (rows[i].work == WF_WORK_FILTER || rows[i].work == WF_WORK_SOFTMAX_ADJOINT)
            expected = wf_kernel_filter_pixels;
        if (rows[i].work == WF_WORK_GRAD_WEIGHT)
            expected = wf_kernel_grad_weight_pixels;
        wf_plan plan;
        assert_int_equal(kernel_of(75, &rows[i], &plan), expected);
    }
}

/* A plan's kernel exists, and its blocks are ones that a device of compute capability 9.0 launches. */
static void test_plans(void **)
{
    static const wf_dtype images[] = {WF_FLOAT32, WF_FLOAT32, WF_FLOAT16, WF_BFLOAT16, WF_FLOAT64};
    static const wf_work_kind kinds[] = {WF_WORK_FILTER, WF_WORK_GATHER_SPLAT, WF_WORK_SOFTMAX_ADJOINT,
                                         WF_WORK_GRAD_WEIGHT, WF_WORK_BACKWARD};
    for (int i = 0; i < 20000; i++) {
        row r = {};
        r.image = images[rand() % LENGTH(images)];
        r.weight = r.image == WF_FLOAT32 ? (wf_dtype)(rand() % 3) : r.image;
        r.work = kinds[rand() % LENGTH(kinds)];
        r.op = (wf_operator)(rand() % 2);
        if (r.work != WF_WORK_SOFTMAX_ADJOINT && r.work != WF_WORK_BACKWARD)
            r.mode = (wf_mode)(rand() % 3);
        r.channels = rand() % 2 ? 1 + rand() % 4 : 1 + rand() % 70;
        r.kernel_height = 1 + rand() % 24, r.kernel_width = rand() % 2 ? r.kernel_height : 1 + rand() % 24;
        r.dilation = 1;
        wf_plan plan;
        const wf_kernel kernel = kernel_of(90, &r, &plan);
        if (kernel == WF_NO_KERNEL) {
            assert_true(r.work == WF_WORK_GATHER_SPLAT || r.work == WF_WORK_BACKWARD);
            continue;
        }
        assert_non_null(plan.kernel);
        assert_true(plan.grid.columns > 0 && plan.grid.rows > 0 && plan.grid.passes > 0 && plan.images > 0);
        assert_true(plan.threads.x * plan.threads.y <= 1024 && plan.threads.x % 32 == 0);
        assert_true(plan.shared_bytes <= 227 * 1024);
    }
}

int main()
{
    const CMUnitTest tests[] = {
        cmocka_unit_test(test_choice),
        cmocka_unit_test(test_older_devices),
        cmocka_unit_test(test_plans),
    };
    return cmocka_run_group_tests(tests, nullptr, nullptr);
}
