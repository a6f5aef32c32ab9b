/* Where in one piece of memory the buffers of a plan lie: the largest first, each at the lowest place among 0 and the
 * ends of those that are placed already. */
#include <stdint.h>
#include <stdlib.h>

#include "plan.h"

static int is_free(const plan_buffer *const *placed, int count, const plan_buffer *b, size_t offset)
{
    for (int i = 0; i < count; i++) {
        const plan_buffer *other = placed[i];
        if (other->first <= b->last && b->first <= other->last && offset < other->offset + other->size &&
            other->offset < offset + b->size)
            return 0;
    }
    return 1;
}

static void place(const plan_buffer *const *placed, int count, plan_buffer *b)
{
    size_t best = SIZE_MAX;
    for (int i = -1; i < count; i++) {
        const size_t offset = i < 0 ? 0 : placed[i]->offset + placed[i]->size;
        if (offset < best && is_free(placed, count, b, offset))
            best = offset;
    }
    b->offset = best;
}

static int compare_sizes(const void *a, const void *b)
{
    const plan_buffer *x = *(const plan_buffer *const *)a, *y = *(const plan_buffer *const *)b;
    if (x->size != y->size)
        return x->size < y->size ? 1 : -1;
    return x->first - y->first;
}

size_t wf_plan_place(plan_buffer *buffers, int count)
{
    plan_buffer *order[PLAN_MAX_BUFFERS];
    size_t end = 0;
    for (int i = 0; i < count; i++)
        order[i] = &buffers[i];
    qsort(order, (size_t)count, sizeof *order, compare_sizes);
    for (int i = 0; i < count; i++) {
        place((const plan_buffer *const *)order, i, order[i]);
        end = order[i]->offset + order[i]->size > end ? order[i]->offset + order[i]->size : end;
    }
    return end;
}
