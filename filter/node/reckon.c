/* What the weights mean that a frame told: factors and alphas. */
#include "inspect.h"

#include <math.h>

#include "areas.h"
#include "backend.h"

/* Told pointers are the caller's to read, and point into memory that is the record's. */
static float *writable(float *memory, const float *told)
{
    return memory + (told - memory);
}

/* Whether a pixel's tap has its other end in the image. */
static int is_inside(const wf_node_kernels *k, wf_operator op, int y, int x, int tap)
{
    follow_tap(&k->filter, tap, op == WF_SPLAT ? -1 : 1, &y, &x);
    return y >= 0 && y < k->height && x >= 0 && x < k->width;
}

/* The taps of one group of a pixel. */
static void reckon_group(const wf_node_kernels *k, wf_operator op, int y, int x, const float *weights, float *factors)
{
    const int taps = k->filter.kernel_height * k->filter.kernel_width, is_softmax = k->filter.mode == WF_SOFTMAX;
    double largest = -INFINITY, sum = 0;
    for (int t = 0; t < taps && is_softmax; t++)
        largest = is_inside(k, op, y, x, t) ? fmax(largest, (double)weights[t]) : largest;
    for (int t = 0; t < taps; t++) {
        const double weight = is_softmax ? exp((double)weights[t] - largest) : (double)weights[t];
        factors[t] = is_inside(k, op, y, x, t) ? (float)weight : 0;
        sum += is_inside(k, op, y, x, t) ? weight : 0;
    }
    const double divisor = k->filter.mode == WF_LINEAR ? 1 : copysign(fmax(fabs(sum), WF_MIN_SUM), sum);
    for (int t = 0; t < taps; t++)
        factors[t] = (float)((double)factors[t] / divisor);
}

/* Of all groups of an area's pixels, whose weights and factors lie one behind the other. */
static void reckon_area(const wf_node_kernels *k, wf_operator op, wf_node_area area, const float *weights,
                        float *factors)
{
    const size_t taps = taps_of(&k->filter), per_group = taps / (size_t)k->filter.groups;
    for (int i = 0; i < area.width * area.height; i++) {
        for (size_t first = 0; first < taps; first += per_group) {
            const size_t at = (size_t)i * taps + first;
            reckon_group(k, op, area.y + i / area.width, area.x + i % area.width, weights + at, factors + at);
        }
    }
}

static void reckon_alphas(const node_record *record, wf_operator op, const float *told, wf_node_area area)
{
    if (!told || !(record->logits >> op & 1))
        return;
    float *alphas = writable(record->memory.host, told);
    for (size_t i = 0; i < pixels_of(area); i++)
        alphas[i] = 1 / (1 + expf(-alphas[i]));
}

/* Of what lands on each neighbor, the tap that is the pixel's. */
static void reckon_footprint(const node_record *record, const wf_node_kernels *k, const node_landing *landing)
{
    if (!landing->weights)
        return;
    const int taps = (int)taps_of(&k->filter), per_group = taps / k->filter.groups;
    const wf_node_area *area = &landing->area;
    float *landed = record->factors + (landing->weights - record->memory.host);
    float *footprint = writable(record->factors, k->footprint);
    reckon_area(k, WF_SPLAT, *area, landing->weights, landed);
    for (int t = 0; t < taps; t++) {
        int y = k->y, x = k->x;
        follow_tap(&k->filter, t % per_group, 1, &y, &x);
        const int pixel = (y - area->y) * area->width + x - area->x;
        footprint[t] = has(area, y, x) ? landed[(size_t)pixel * (size_t)taps + (size_t)t] : 0;
    }
    reckon_alphas(record, WF_SPLAT, k->written_alpha, k->written);
}

static void reckon_level(const node_record *record, const wf_node_kernels *k, wf_operator op,
                         const node_landing *landing)
{
    reckon_area(k, op, window_of(k), k->weights, writable(record->factors, k->factors));
    reckon_alphas(record, op, k->alpha, window_of(k));
    if (op == WF_SPLAT)
        reckon_footprint(record, k, landing);
}

void wf_node_reckon(node_record *record)
{
    for (int i = 0; i < record->told.count; i++) {
        const wf_node_inspected_pixel *pixel = &record->told.pixels[i];
        for (wf_operator op = 0; op < WF_OPERATOR_COUNT; op++) {
            for (int level = 0; level < pixel->levels[op]; level++)
                reckon_level(record, &pixel->kernels[op][level], op, &record->landings[i][level]);
        }
    }
    record->reckoned = 1;
}
