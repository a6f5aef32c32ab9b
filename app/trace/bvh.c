#include "bvh.h"

#include <float.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#define BINS           16
#define TASK_TRIANGLES 4096 /* smaller ranges are built by the thread that has them */

/* Costs of the surface area heuristic: a node's visit against a triangle's test. */
#define VISIT_COST 1.0f
#define TEST_COST  1.0f

typedef struct box {
    vec3 minimum, maximum;
} box;

/* A triangle while the tree is built. */
typedef struct reference {
    box box;
    uint32_t triangle; /* in the scene's first order */
} reference;

typedef struct builder {
    reference *references;
    bvh_node *nodes; /* the children of a range that is split in front of reference m are nodes 2 m and 2 m + 1 */
} builder;

/* References first ... first + count - 1, which become the node. */
typedef struct range {
    uint32_t first, count, node, depth;
} range;

typedef struct split {
    float cost; /* of the children, in units of the parent's half area; FLT_MAX: no split */
    int axis, bin;
} split;

typedef struct bin {
    box box;
    uint32_t count;
} bin;

/* ---- Boxes ------------------------------------------------------------------------------------------------------- */

static const box empty = {{FLT_MAX, FLT_MAX, FLT_MAX}, {-FLT_MAX, -FLT_MAX, -FLT_MAX}};

static box join(box a, box b)
{
    return (box){vec3_minimum(a.minimum, b.minimum), vec3_maximum(a.maximum, b.maximum)};
}

static float half_area(box box)
{
    vec3 size = vec3_subtract(box.maximum, box.minimum);
    return size.x * size.y + size.y * size.z + size.z * size.x;
}

static float component(vec3 v, int axis)
{
    return axis == 0 ? v.x : axis == 1 ? v.y : v.z;
}

/* Twice the middle. */
static vec3 centroid(const reference *reference)
{
    return vec3_add(reference->box.minimum, reference->box.maximum);
}

/* ---- Where to split ---------------------------------------------------------------------------------------------- */

static int bin_of(const reference *reference, int axis, float low, float scale)
{
    int bin = (int)((component(centroid(reference), axis) - low) * scale);
    return bin < BINS ? bin : BINS - 1;
}

static float bin_scale(box centroids, int axis)
{
    return BINS / (component(centroids.maximum, axis) - component(centroids.minimum, axis));
}

static void try_axis(const reference *references, uint32_t count, box centroids, int axis, split *best)
{
    float low = component(centroids.minimum, axis), scale = bin_scale(centroids, axis);
    if (!(scale < FLT_MAX)) /* all in one place */
        return;
    bin bins[BINS], right[BINS];
    for (int i = 0; i < BINS; i++)
        bins[i] = (bin){empty, 0};
    for (uint32_t i = 0; i < count; i++) {
        bin *bin = &bins[bin_of(&references[i], axis, low, scale)];
        bin->box = join(bin->box, references[i].box);
        bin->count++;
    }
    right[BINS - 1] = bins[BINS - 1];
    for (int i = BINS - 2; i > 0; i--)
        right[i] = (bin){join(bins[i].box, right[i + 1].box), bins[i].count + right[i + 1].count};
    bin left = {empty, 0};
    for (int i = 1; i < BINS; i++) {
        left = (bin){join(left.box, bins[i - 1].box), left.count + bins[i - 1].count};
        if (left.count == 0 || right[i].count == 0)
            continue;
        float cost = half_area(left.box) * (float)left.count + half_area(right[i].box) * (float)right[i].count;
        if (cost < best->cost)
            *best = (split){cost, axis, i};
    }
}

static uint32_t partition(reference *references, uint32_t count, box centroids, split split)
{
    float low = component(centroids.minimum, split.axis), scale = bin_scale(centroids, split.axis);
    uint32_t left = 0, right = count;
    while (left < right) {
        if (bin_of(&references[left], split.axis, low, scale) < split.bin) {
            left++;
        } else {
            reference swapped = references[left];
            references[left] = references[--right];
            references[right] = swapped;
        }
    }
    return left;
}

static uint32_t levels(uint32_t count)
{
    uint32_t levels = 0;
    while ((uint64_t)BVH_MAX_LEAF << levels < count)
        levels++;
    return levels;
}

/* How many references go to the left child; 0: a leaf. Halves the range where the heuristic finds nothing, and where it
 * would leave a child that cannot be halved to leaves within BVH_MAX_DEPTH. */
static uint32_t choose(reference *references, const range *range, box bounds, box centroids)
{
    uint32_t count = range->count;
    split best = {FLT_MAX, 0, 0};
    for (int axis = 0; axis < 3 && count > 1; axis++)
        try_axis(references, count, centroids, axis, &best);
    float area = half_area(bounds);
    bool worthwhile = VISIT_COST * area + TEST_COST * best.cost < TEST_COST * area * (float)count;
    if (count <= BVH_MAX_LEAF && (!worthwhile || range->depth == BVH_MAX_DEPTH))
        return 0;
    uint32_t left = best.cost < FLT_MAX ? partition(references, count, centroids, best) : count / 2;
    uint32_t larger = left > count - left ? left : count - left;
    return range->depth + 1 + levels(larger) <= BVH_MAX_DEPTH ? left : count / 2;
}

/* ---- Building ---------------------------------------------------------------------------------------------------- */

static void build(const builder *builder, range range)
{
    reference *references = builder->references + range.first;
    box bounds = empty, centroids = empty;
    for (uint32_t i = 0; i < range.count; i++) {
        vec3 middle = centroid(&references[i]);
        bounds = join(bounds, references[i].box);
        centroids = join(centroids, (box){middle, middle});
    }
    uint32_t left = choose(references, &range, bounds, centroids);
    uint32_t middle = range.first + left;
    bvh_node *node = &builder->nodes[range.node];
    *node = (bvh_node){bounds.minimum, left ? 2 * middle : range.first, bounds.maximum, left ? 0 : range.count};
    if (left == 0)
        return;
    struct range children[2] = {{range.first, left, 2 * middle, range.depth + 1},
                                {middle, range.count - left, 2 * middle + 1, range.depth + 1}};
#pragma omp task if (range.count > TASK_TRIANGLES)
    build(builder, children[0]);
    build(builder, children[1]);
}

/* Copies the tree without the gaps that leaves of several triangles left. Returns how many nodes there are. */
static uint32_t compact(const bvh_node *sparse, bvh_node *nodes)
{
    uint32_t count = 2, parents[BVH_MAX_DEPTH + 1], depth = 0;
    nodes[0] = sparse[0];
    nodes[1] = (bvh_node){0};
    parents[depth++] = 0;
    while (depth > 0) {
        bvh_node *parent = &nodes[parents[--depth]];
        if (parent->count > 0)
            continue;
        memcpy(&nodes[count], &sparse[parent->first], 2 * sizeof *nodes);
        parent->first = count;
        parents[depth++] = count + 1;
        parents[depth++] = count;
        count += 2;
    }
    return count;
}

static void make_references(const scene *scene, reference *references)
{
#pragma omp parallel for
    for (uint32_t i = 0; i < scene->triangle_count; i++) {
        box bounds = empty;
        for (int k = 0; k < 3; k++) {
            vec3 position = scene->vertices[scene->triangles[i].vertices[k]].position;
            bounds = join(bounds, (box){position, position});
        }
        references[i] = (reference){bounds, i};
    }
}

static void reorder(scene *scene, const reference *references, triangle *copy)
{
    memcpy(copy, scene->triangles, scene->triangle_count * sizeof *copy);
    for (uint32_t i = 0; i < scene->triangle_count; i++)
        scene->triangles[i] = copy[references[i].triangle];
}

bool bvh_build(scene *scene, bvh *bvh, error *error)
{
    uint32_t count = scene->triangle_count;
    builder builder = {malloc(count * sizeof *builder.references), malloc(2ull * count * sizeof *builder.nodes)};
    bvh->nodes = NULL, bvh->node_count = 0;
    if (builder.references && builder.nodes) {
        make_references(scene, builder.references);
#pragma omp parallel
#pragma omp single
        build(&builder, (range){0, count, 0, 0});
        bvh->nodes = malloc(2ull * count * sizeof *bvh->nodes);
    }
    triangle *copy = bvh->nodes ? malloc(count * sizeof *copy) : NULL;
    if (copy) {
        bvh->node_count = compact(builder.nodes, bvh->nodes);
        reorder(scene, builder.references, copy);
        bvh_node *smaller = realloc(bvh->nodes, bvh->node_count * sizeof *smaller);
        bvh->nodes = smaller ? smaller : bvh->nodes;
    } else {
        bvh_free(bvh);
        error_set(error, "not enough memory for the hierarchy of %u triangles", count);
    }
    free(copy);
    free(builder.references);
    free(builder.nodes);
    return copy != NULL;
}

void bvh_use_one_thread(void)
{
    omp_set_num_threads(1);
}

void bvh_free(bvh *bvh)
{
    free(bvh->nodes);
    memset(bvh, 0, sizeof *bvh);
}
