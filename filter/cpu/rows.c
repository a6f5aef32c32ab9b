/* Mostly plain loops that compilers vectorize. WF_ROWS, given by the build, is the table's name: that of the
 * instruction set in use and of real. */
#include "rows.h"

#include <math.h>

#include "filter/bilateral.h"
#include "lines.h"
#include "vectors.h"

/* How many bytes ahead weights are fetched; measured. */
enum { AHEAD = 1024 };

/* Softmax's sums change their unit where a logit is larger by this: seldom, and long before they overflow. */
enum { SLACK = 4 };

/* ---- Between storage and rows ------------------------------------------------------------------------------------ */

/* Inlined for each type. */
static ALWAYS_INLINE void load_row(real *restrict to, const void *restrict from, const wf_dtype dtype, int64_t stride,
                                   int64_t count)
{
    int64_t i = 0;
    for (; stride == 1 && i + LANES <= count; i += LANES)
        *(vector *)(to + i) = load_all(from, dtype, i);
    for (; i < count; i++)
        to[i] = load_scalar(from, dtype, i * stride);
}

static void load(real *to, const void *from, wf_dtype dtype, int64_t stride, int64_t count)
{
    switch (dtype) {
#if WF_REAL_IS_FLOAT
    case WF_FLOAT16:
        load_row(to, from, WF_FLOAT16, stride, count);
        break;
    case WF_BFLOAT16:
        load_row(to, from, WF_BFLOAT16, stride, count);
        break;
#endif
    default:
        load_row(to, from, WF_REAL_DTYPE, stride, count);
        break;
    }
}

static void store(void *to, wf_dtype dtype, int64_t stride, const real *from, int64_t count)
{
    switch (dtype) {
#if WF_REAL_IS_FLOAT
    case WF_FLOAT16:
        store_row(to, WF_FLOAT16, stride, from, count);
        break;
    case WF_BFLOAT16:
        store_row(to, WF_BFLOAT16, stride, from, count);
        break;
#endif
    default:
        store_row(to, WF_REAL_DTYPE, stride, from, count);
        break;
    }
}

static void settle(void)
{
#if defined(__AVX2__)
    _mm_sfence();
#endif
}

static void exponential(real *row, int64_t count)
{
    for (int64_t i = 0, lanes; i < count; i += lanes) {
        lanes = lanes_at(row + i, count - i);
        store_reals(row + i, exp_of(load_reals(row + i, lanes)), lanes);
    }
}

static void log_plus(real *restrict row, const real *restrict added, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] = (real)log((double)row[i]) + added[i];
}

/* ---- Sums -------------------------------------------------------------------------------------------------------- */

static void fill(real *row, real value, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] = value;
}

/* From one unit to another. */
static __attribute__((noinline)) vector raise_unit(const wf_row_sums *to, vector unit, int64_t i, int64_t lanes)
{
    const vector scale = exp_of(load_reals(to->unit + i, lanes) - unit);
    for (int64_t c = 0; c < to->channels; c++) {
        real *at = to->sum + c * to->stride + i;
        store_reals(at, load_reals(at, lanes) * scale, lanes);
    }
    store_reals(to->total + i, load_reals(to->total + i, lanes) * scale, lanes);
    store_reals(to->unit + i, unit, lanes);
    return unit;
}

/* Those of a row's next pixels are fetched. */
static inline vector load_weights(const wf_row_taps *row, int tap, const wf_dtype dtype, int64_t i, const int64_t lanes)
{
    const int64_t element = dtype == WF_REAL_DTYPE ? (int64_t)sizeof(real) : 2;
    const char *weight = (const char *)row->weight + tap * row->weight_step;
    __builtin_prefetch(weight + i * element + AHEAD);
    return load_lanes(weight, dtype, i, lanes);
}

/* A channel's input of all taps. Where they are next to each other most of what one tap reads is what others do: two
 * vectors hold all of it, and are turned. */
static ALWAYS_INLINE void load_input(const wf_row_taps *row, const int taps, const int turns, int64_t i,
                                     const int64_t lanes, vector input[WF_ROW_TAPS])
{
    const real *first = row->input + i;
    if (turns) {
        const vector here = load_reals(first, LANES), next = load_reals(first + LANES, taps - 1);
        for (int t = 0; t < taps; t++)
            input[t] = turned(here, next, t);
        return;
    }
    for (int t = 0; t < taps; t++)
        input[t] = load_reals(first + t * row->input_step, lanes);
}

/* The lanes of a vector from pixel i on that a tap has. */
typedef struct tap_lanes {
    int64_t low, high;
} tap_lanes;

static inline tap_lanes find_tap_lanes(const wf_row_taps *row, int tap, int64_t i, int64_t lanes)
{
    const int64_t low = row->first[tap] - i, high = row->last[tap] - i;
    const tap_lanes found = {low > 0 ? low : 0, high < lanes ? high : lanes};
    return found.low < found.high ? found : (tap_lanes){0, 0};
}

/* Elements that all taps have: begin <= i < end. */
static inline void find_common(const wf_row_taps *row, int taps, int64_t pixels, int64_t *begin, int64_t *end)
{
    *begin = 0, *end = pixels;
    for (int t = 0; t < taps; t++) {
        *begin = row->first[t] > *begin ? row->first[t] : *begin;
        *end = row->last[t] < *end ? row->last[t] : *end;
    }
}

static inline vector load_lanes_of(const real *row, int64_t i, tap_lanes has, const int whole)
{
    return whole ? load_reals(row + i, LANES) : load_between(row, WF_REAL_DTYPE, i, has.low, has.high, 0);
}

/* The weights are what comes from memory: they are used at once for all channels, and fetched ahead of that. whole: all
 * lanes, which all taps have. This and what follows is inlined for each number of taps and each type of weights. */
static ALWAYS_INLINE void add_lanes(const wf_row_sums *to, const wf_row_taps *row, const int taps, const int turns,
                                    const wf_dtype weight_dtype, int64_t i, const int64_t lanes, const int whole)
{
    vector weights[WF_ROW_TAPS];
    tap_lanes has[WF_ROW_TAPS];
    for (int t = 0; t < taps; t++) {
        if (whole) {
            weights[t] = load_weights(row, t, weight_dtype, i, LANES);
            continue;
        }
        has[t] = find_tap_lanes(row, t, i, lanes);
        weights[t] = load_between((const char *)row->weight + t * row->weight_step, weight_dtype, i, has[t].low,
                                  has[t].high, to->unit ? -INFINITY : 0);
    }
    if (to->unit) {
        vector unit = load_reals(to->unit + i, lanes), largest = unit;
        for (int t = 0; t < taps; t++)
            largest = larger(weights[t], largest);
        if (any_larger(largest, unit + (real)SLACK))
            unit = raise_unit(to, largest, i, lanes);
        for (int t = 0; t < taps; t++)
            weights[t] = exp_of(weights[t] - unit);
    }
    for (int64_t c = 0; c < to->channels; c++) {
        real *at = to->sum + c * to->stride + i;
        vector input[WF_ROW_TAPS], sums[2] = {load_reals(at, lanes)};
        const int64_t from = c * row->input_stride + i;
        if (whole)
            load_input(row, taps, turns, from, LANES, input);
        for (int t = 0; t < taps && !whole; t++)
            input[t] = load_between(row->input + t * row->input_step, WF_REAL_DTYPE, from, has[t].low, has[t].high, 0);
        for (int t = 0; t < taps; t++)
            sums[t % 2] += weights[t] * input[t];
        store_reals(at, sums[0] + sums[1], lanes);
    }
    if (to->total) {
        vector total = load_reals(to->total + i, lanes);
        for (int t = 0; t < taps; t++)
            total += weights[t];
        store_reals(to->total + i, total, lanes);
    }
}

/* Whole vectors of weights as they are, from element i on, with nothing else in the loop that would need
 * registers. Returns where it ends. */
static ALWAYS_INLINE int64_t add_vectors(const wf_row_sums *to, const wf_row_taps *row, const int taps, const int turns,
                                         const wf_dtype weight_dtype, int64_t i, int64_t end)
{
    const wf_row_sums plain = {.sum = to->sum, .stride = to->stride, .channels = to->channels};
    const wf_row_sums three = {.sum = to->sum, .stride = to->stride, .channels = 3}; /* the usual number: unrolls */
    for (; to->channels == 3 && i + LANES <= end; i += LANES)
        add_lanes(&three, row, taps, turns, weight_dtype, i, LANES, 1);
    for (; i + LANES <= end; i += LANES)
        add_lanes(&plain, row, taps, turns, weight_dtype, i, LANES, 1);
    return i;
}

/* What few vectors of a row need, for any number of taps: compiled once for each type. */
static __attribute__((noinline)) void add_edge(const wf_row_sums *to, const wf_row_taps *row, int taps,
                                               const wf_dtype weight_dtype, int64_t i, int64_t lanes)
{
    add_lanes(to, row, taps, 0, weight_dtype, i, lanes, 0);
}

static ALWAYS_INLINE void add_some_taps(const wf_row_sums *sums, const wf_row_taps *taps, const int count,
                                        const wf_dtype weight_dtype, int64_t pixels)
{
    const wf_row_sums to = *sums;
    const wf_row_taps row = *taps;
    const int is_plain = !to.unit && !to.total, turns = TURNS && count > 1 && row.input_step == 1;
    int64_t begin, end;
    find_common(&row, count, pixels, &begin, &end);
    for (int64_t i = 0; i < pixels;) {
        const int64_t lanes = lanes_at(to.sum + i, pixels - i);
        if (lanes < LANES || i < begin || i + LANES > end) {
            add_edge(&to, &row, count, weight_dtype, i, lanes);
            i += lanes;
        } else if (!is_plain) {
            add_lanes(&to, &row, count, 0, weight_dtype, i, LANES, 1);
            i += LANES;
        } else {
            i = turns ? add_vectors(&to, &row, count, 1, weight_dtype, i, end)
                      : add_vectors(&to, &row, count, 0, weight_dtype, i, end);
        }
    }
}

static void store_edge(const wf_row_gradients *to, int tap, int64_t i, tap_lanes has, vector value)
{
    if (to->grad_dtype == WF_REAL_DTYPE)
        store_between(to->grad[tap], WF_REAL_DTYPE, i, has.low, has.high, value);
    else if (to->grad_dtype == WF_FLOAT16)
        store_between(to->grad[tap], WF_FLOAT16, i, has.low, has.high, value);
    else
        store_between(to->grad[tap], WF_BFLOAT16, i, has.low, has.high, value);
}

/* plain: what trains networks most, WF_LINEAR's two gradients in one pass that goes past the caches. whole: all lanes,
 * which all taps have. lines: NULL unless gradients leave as they are computed. */
static ALWAYS_INLINE void add_gradient_lanes(const wf_row_gradients *to, const wf_row_taps *row, const int taps,
                                             const int plain, const int whole, const wf_dtype weight_dtype,
                                             row_lines *lines, int64_t i, const int64_t lanes)
{
    const wf_mode mode = plain ? WF_LINEAR : to->mode;
    const int sums = plain || to->sum, grows = plain || to->other, continues = !plain && to->continues;
    vector weights[WF_ROW_GRADIENT_TAPS], grads[WF_ROW_GRADIENT_TAPS], input[WF_ROW_TAPS];
    tap_lanes has[WF_ROW_GRADIENT_TAPS];
    for (int t = 0; t < taps; t++) {
        has[t] = whole ? (tap_lanes){0, LANES} : find_tap_lanes(row, t, i, lanes);
        weights[t] = (vector){0};
        if ((sums || mode == WF_SOFTMAX) && whole)
            weights[t] = load_weights(row, t, weight_dtype, i, LANES);
        else if (sums || mode == WF_SOFTMAX)
            weights[t] = load_between((const char *)row->weight + t * row->weight_step, weight_dtype, i, has[t].low,
                                      has[t].high, 0);
        if (mode == WF_SOFTMAX)
            weights[t] = exp_of(weights[t] - load_lanes_of(to->factor[t], i, has[t], whole));
        if (mode == WF_NORMALIZED && sums)
            weights[t] *= load_lanes_of(to->factor[t], i, has[t], whole);
        grads[t] = continues ? load_lanes_of(to->grad[t], i, has[t], whole) : (vector){0};
    }
    for (int64_t c = 0; c < to->channels; c++) {
        const int64_t from = c * row->input_stride + i;
        if (whole)
            load_input(row, taps, 0, from, LANES, input);
        for (int t = 0; t < taps && !whole; t++)
            input[t] = load_lanes_of(row->input + t * row->input_step, from, has[t], 0);
        if (sums) {
            real *at = to->sum + c * to->stride + i;
            vector sum = load_reals(at, lanes);
            for (int t = 0; t < taps; t++)
                sum = multiply_add(weights[t], input[t], sum);
            store_reals(at, sum, lanes);
        }
        if (grows) {
            const vector other = load_reals(to->other + c * to->stride + i, lanes);
            for (int t = 0; t < taps; t++)
                grads[t] = multiply_add(other, input[t], grads[t]);
        }
    }
    for (int t = 0; grows && t < taps; t++) {
        if (mode != WF_LINEAR && to->complete)
            grads[t] = (grads[t] - load_lanes_of(to->less[t], i, has[t], whole)) *
                       (mode == WF_SOFTMAX ? weights[t] : load_lanes_of(to->factor[t], i, has[t], whole));
        if (!whole)
            store_edge(to, t, i, has[t], grads[t]);
        else if (lines)
            stream_grad(lines, t, (real *)to->grad[t] + i, grads[t]);
        else
            store_reals((real *)to->grad[t] + i, grads[t], LANES);
    }
}

/* Whole vectors. */
static ALWAYS_INLINE void add_gradient_vectors(const wf_row_gradients *to, const wf_row_taps *row, const int taps,
                                               const wf_dtype weight_dtype, row_lines *lines, int64_t begin,
                                               int64_t end)
{
    const int is_plain = to->mode == WF_LINEAR && to->sum && to->other && !to->continues && to->streams;
    for (int64_t i = begin; i < end; i += LANES) {
        if (is_plain)
            add_gradient_lanes(to, row, taps, 1, 1, weight_dtype, lines, i, LANES);
        else
            add_gradient_lanes(to, row, taps, 0, 1, weight_dtype, lines, i, LANES);
        if (lines)
            lines->begun = 1;
    }
}

/* The same, from aligned sums or input on, past the caches where that is wanted. */
static ALWAYS_INLINE void stream_gradients(const wf_row_gradients *gradients, const wf_row_taps *row, const int taps,
                                           const wf_dtype weight_dtype, int64_t begin, int64_t end)
{
    wf_row_gradients to = *gradients;
    if (VECTORS_ARE_LINES && weight_dtype == WF_REAL_DTYPE && to.streams && to.grad_dtype == WF_REAL_DTYPE) {
        row_lines lines = begin_lines(&to, taps, to.sum ? to.sum : to.other);
        add_gradient_vectors(&to, row, taps, weight_dtype, &lines, begin, end);
        end_lines(&lines, &to, taps, end);
        return;
    }
    const int waits = IS_WIDE ? to.streams : to.grad_dtype != WF_REAL_DTYPE;
    waiting_rows waiting;
    for (turn turn = {begin, begin, begin, end}; turn.begin < end; turn.begin = turn.end) {
        turn.end = waits && end - turn.begin > TURN ? turn.begin + TURN : end;
        for (int t = 0; waits && t < taps; t++)
            to.grad[t] = waiting.of[t] + LONGEST_LINE - turn.begin;
        add_gradient_vectors(&to, row, taps, weight_dtype, NULL, turn.begin, turn.end);
        if (waits)
            stream_turns(gradients, taps, &waiting, &turn);
    }
}

static __attribute__((noinline)) void add_gradient_edge(const wf_row_gradients *to, const wf_row_taps *row, int taps,
                                                        const wf_dtype weight_dtype, int64_t i, int64_t lanes)
{
    add_gradient_lanes(to, row, taps, 0, 0, weight_dtype, NULL, i, lanes);
}

static ALWAYS_INLINE void add_some_gradients(const wf_row_gradients *gradients, const wf_row_taps *taps,
                                             const int count, const wf_dtype weight_dtype, int64_t pixels)
{
    const wf_row_gradients to = *gradients;
    const wf_row_taps row = *taps;
    const real *aligned = to.sum ? to.sum : to.other;
    int64_t begin, end;
    find_common(&row, count, pixels, &begin, &end);
    for (int64_t i = 0; i < pixels;) {
        const int64_t lanes = lanes_at(aligned + i, pixels - i);
        if (lanes < LANES || i < begin || i + LANES > end) {
            add_gradient_edge(&to, &row, count, weight_dtype, i, lanes);
            i += lanes;
        } else {
            const int64_t whole = (end - i) / LANES * LANES;
            stream_gradients(&to, &row, count, weight_dtype, i, i + whole);
            i += whole;
        }
    }
}

/* Calls what is inlined for the number of taps and the types. */
#define FOR_TAPS(CALL, taps)                                                                                           \
    case taps:                                                                                                         \
        FOR_TYPES(CALL, taps);                                                                                         \
        break;
#define FOR_FEW_TAPS(CALL) FOR_TAPS(CALL, 1) FOR_TAPS(CALL, 2) FOR_TAPS(CALL, 3) FOR_TAPS(CALL, 4) FOR_TAPS(CALL, 5)
#if WF_REAL_IS_FLOAT
#define FOR_TYPES(CALL, taps)                                                                                          \
    if (row->weight_dtype == WF_FLOAT16)                                                                               \
        CALL(taps, WF_FLOAT16);                                                                                        \
    else if (row->weight_dtype == WF_BFLOAT16)                                                                         \
        CALL(taps, WF_BFLOAT16);                                                                                       \
    else                                                                                                               \
        CALL(taps, WF_FLOAT32)
#else
#define FOR_TYPES(CALL, taps) CALL(taps, WF_FLOAT64)
#endif

static void add_taps(const wf_row_sums *to, const wf_row_taps *row, int64_t count)
{
#define ADD(taps, dtype) add_some_taps(to, row, taps, dtype, count)
    switch (row->taps) {
        FOR_FEW_TAPS(ADD) FOR_TAPS(ADD, 6) FOR_TAPS(ADD, 7) FOR_TAPS(ADD, 8)
    }
}

static void add_gradients(const wf_row_gradients *to, const wf_row_taps *row, int64_t count)
{
#define ADD_GRADIENTS(taps, dtype) add_some_gradients(to, row, taps, dtype, count)
    switch (row->taps) {
        FOR_FEW_TAPS(ADD_GRADIENTS)
    }
}

static void multiply(real *restrict row, const real *restrict factor, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] *= factor[i];
}

static void divide(real *restrict row, const real *restrict divisor, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] /= divisor[i];
}

static void offset(real *row, real value, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        row[i] += value;
}

static void add_product(real *restrict sum, const real *restrict a, const real *restrict b, int64_t count)
{
    for (int64_t i = 0; i < count; i++)
        sum[i] += a[i] * b[i];
}

static double sum(const real *row, int64_t count)
{
    enum { PARTS = 16 }; /* of which the compiler makes vectors */
    double parts[PARTS] = {0}, total = 0;
    int64_t i = 0;
    for (; i + PARTS <= count; i += PARTS) {
        for (int k = 0; k < PARTS; k++)
            parts[k] += (double)row[i + k];
    }
    for (; i < count; i++)
        total += (double)row[i];
    for (int k = 0; k < PARTS; k++)
        total += parts[k];
    return total;
}

static void clamp_divisor(real *sum, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        real magnitude = sum[i] < 0 ? -sum[i] : sum[i];
        real divisor = magnitude < (real)WF_MIN_SUM ? (real)WF_MIN_SUM : magnitude;
        sum[i] = (real)copysign(divisor, sum[i]);
    }
}

/* ---- The predictor ----------------------------------------------------------------------------------------------- */

static void subtract_squares(real *sum, int rows, const real *const *a, const real *const *b, const real *scale,
                             int64_t count)
{
    int64_t i = 0;
    for (; i + LANES <= count; i += LANES) {
        vector result = *(const vector *)(sum + i);
        for (int r = 0; r < rows; r++) {
            vector difference = (load_reals(a[r] + i, LANES) - load_reals(b[r] + i, LANES)) * scale[r];
            result -= difference * difference;
        }
        *(vector *)(sum + i) = result;
    }
    for (; i < count; i++) {
        for (int r = 0; r < rows; r++) {
            real difference = (a[r][i] - b[r][i]) * scale[r];
            sum[i] -= difference * difference;
        }
    }
}

static void subtract_relative_square(real *restrict sum, const real *restrict a, const real *restrict b, real scale,
                                     int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        real magnitude_a = a[i] < 0 ? -a[i] : a[i], magnitude_b = b[i] < 0 ? -b[i] : b[i];
        real smaller = magnitude_a < magnitude_b ? magnitude_a : magnitude_b;
        real difference = (a[i] - b[i]) / ((real)WF_LEAST_DEPTH + smaller) * scale;
        sum[i] -= difference * difference;
    }
}

static void add_compressed(real *restrict sum, const real *restrict row, int64_t count)
{
    for (int64_t i = 0; i < count; i++) {
        real c = row[i] > 0 ? row[i] : 0;
        sum[i] += c / (1 + c);
    }
}

extern const wf_rows WF_ROWS;
const wf_rows WF_ROWS = {.load = load,
                         .store = store,
                         .fill = fill,
                         .settle = settle,
                         .add_taps = add_taps,
                         .add_gradients = add_gradients,
                         .multiply = multiply,
                         .divide = divide,
                         .offset = offset,
                         .add_product = add_product,
                         .sum = sum,
                         .clamp_divisor = clamp_divisor,
                         .log_plus = log_plus,
                         .subtract_squares = subtract_squares,
                         .subtract_relative_square = subtract_relative_square,
                         .exponential = exponential,
                         .add_compressed = add_compressed};
