/* The hierarchy finds what testing every triangle finds, keeps its promises, and is the same whatever builds it. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <omp.h>
#include <stdlib.h>
#include <string.h>

#include "traverse.h"

static uint64_t random_state = 1;

/* splitmix64, in [0,1). */
static float uniform(void)
{
    uint64_t z = random_state += 0x9e3779b97f4a7c15u;
    z = (z ^ z >> 30) * 0xbf58476d1ce4e5b9u;
    z = (z ^ z >> 27) * 0x94d049bb133111ebu;
    return (float)((z ^ z >> 31) >> 40) / 16777216;
}

static vec3 somewhere(float reach)
{
    return (vec3){reach * (2 * uniform() - 1), reach * (2 * uniform() - 1), reach * (2 * uniform() - 1)};
}

/* Triangles that share no vertices; the material is the number in the first order. */
static scene make_scene(uint32_t count)
{
    scene scene = {.triangle_count = count, .vertex_count = 3 * count};
    scene.vertices = calloc(3 * count, sizeof *scene.vertices);
    scene.triangles = calloc(count, sizeof *scene.triangles);
    for (uint32_t i = 0; i < count; i++)
        scene.triangles[i] = (triangle){{3 * i, 3 * i + 1, 3 * i + 2}, i};
    return scene;
}

static scene random_scene(uint32_t count, float size)
{
    scene scene = make_scene(count);
    for (uint32_t i = 0; i < count; i++) {
        vec3 middle = somewhere(1);
        for (int k = 0; k < 3; k++)
            scene.vertices[3 * i + (uint32_t)k].position = vec3_add(middle, somewhere(size));
    }
    return scene;
}

static void build(scene *scene, bvh *bvh)
{
    error error = {""};
    assert_true(bvh_build(scene, bvh, &error));
    assert_string_equal(error.message, "");
}

static bool contains(const bvh_node *node, vec3 p)
{
    return p.x >= node->minimum.x && p.y >= node->minimum.y && p.z >= node->minimum.z && p.x <= node->maximum.x &&
           p.y <= node->maximum.y && p.z <= node->maximum.z;
}

typedef struct walk {
    const scene *scene;
    const bvh *bvh;
    uint8_t *triangles, *nodes; /* how often each is reached */
} walk;

static void check_node(const walk *walk, uint32_t index, const bvh_node *parent, int depth)
{
    assert_in_range(index, 0, walk->bvh->node_count - 1);
    const bvh_node *node = &walk->bvh->nodes[index];
    walk->nodes[index]++;
    assert_true(contains(parent, node->minimum) && contains(parent, node->maximum));
    if (node->count == 0) {
        assert_in_range(depth, 0, BVH_MAX_DEPTH - 1);
        assert_int_equal(node->first % 2, 0);
        assert_true(node->first > index);
        check_node(walk, node->first, node, depth + 1);
        check_node(walk, node->first + 1, node, depth + 1);
        return;
    }
    assert_in_range(node->count, 1, BVH_MAX_LEAF);
    assert_in_range(node->first + node->count, 1, walk->scene->triangle_count);
    for (uint32_t i = node->first; i < node->first + node->count; i++) {
        walk->triangles[i]++;
        for (int k = 0; k < 3; k++)
            assert_true(contains(node, walk->scene->vertices[walk->scene->triangles[i].vertices[k]].position));
    }
}

/* Every triangle is in one leaf, every node but 1 has one parent, and the triangles are those that there were. */
static void check_tree(const scene *scene, const bvh *bvh)
{
    uint8_t *seen = calloc(scene->triangle_count, 1);
    walk walk = {scene, bvh, calloc(scene->triangle_count, 1), calloc(bvh->node_count, 1)};
    check_node(&walk, 0, &bvh->nodes[0], 0);
    for (uint32_t i = 0; i < bvh->node_count; i++)
        assert_int_equal(walk.nodes[i], i != 1);
    for (uint32_t i = 0; i < scene->triangle_count; i++) {
        assert_int_equal(walk.triangles[i], 1);
        uint32_t first = scene->triangles[i].material;
        assert_int_equal(scene->triangles[i].vertices[0], 3 * first);
        assert_int_equal(scene->triangles[i].vertices[2], 3 * first + 2);
        assert_int_equal(seen[first]++, 0);
    }
    free(seen);
    free(walk.triangles);
    free(walk.nodes);
}

static void free_both(scene *scene, bvh *bvh)
{
    scene_free(scene);
    bvh_free(bvh);
    assert_null(bvh->nodes);
    bvh_free(bvh);
}

/* ---- What rays hit ----------------------------------------------------------------------------------------------- */

static void assert_same(const hit *found, const hit *expected)
{
    assert_memory_equal(&found->distance, &expected->distance, sizeof found->distance);
    assert_int_equal(found->triangle, expected->triangle);
    assert_memory_equal(&found->b1, &expected->b1, sizeof found->b1);
    assert_memory_equal(&found->b2, &expected->b2, sizeof found->b2);
}

static void check_rays(scene *scene, int rays, int least_hits)
{
    bvh bvh;
    int hits = 0;
    build(scene, &bvh);
    check_tree(scene, &bvh);
    for (int i = 0; i < rays; i++) {
        vec3 from = somewhere(2), along = vec3_subtract(somewhere(1), from);
        ray ray = {{from.x, from.y, from.z}, {along.x, along.y, along.z}};
        if (i % 4 == 0)
            ray.direction[i / 4 % 3] = 0; /* along a plane */
        hit expected = traverse_all(scene, &ray), found = traverse(scene, &bvh, &ray, NULL);
        assert_same(&found, &expected);
        hits += found.distance < INFINITY;
    }
    assert_in_range(hits, least_hits, rays);
    free_both(scene, &bvh);
}

static void test_small_triangles(void **state)
{
    (void)state;
    scene scene = random_scene(5000, 0.05f);
    check_rays(&scene, 1000, 100);
}

static void test_large_triangles(void **state)
{
    (void)state;
    scene scene = random_scene(300, 1);
    check_rays(&scene, 1000, 500);
}

static void test_few_triangles(void **state)
{
    (void)state;
    for (uint32_t count = 1; count <= 12; count++) {
        scene scene = random_scene(count, 1);
        check_rays(&scene, 200, 1);
    }
}

/* A grid as modelers make it: triangles meet at edges and lie in planes along the axes. */
static void test_grid(void **state)
{
    (void)state;
    scene scene = make_scene(2 * 30 * 30);
    for (uint32_t i = 0; i < 30 * 30; i++) {
        vec3 a = {(float)(i % 30) / 15 - 1, 0.25f, (float)(i / 30) / 15 - 1}, x = {1.0f / 15, 0, 0},
             z = {0, 0, 1.0f / 15};
        vertex *v = &scene.vertices[6 * i];
        v[0].position = v[3].position = a;
        v[1].position = vec3_add(a, x);
        v[2].position = v[4].position = vec3_add(a, vec3_add(x, z));
        v[5].position = vec3_add(a, z);
    }
    check_rays(&scene, 500, 50);
}

/* The tree is worth its price: a ray tests a small part of the triangles. */
static void test_is_selective(void **state)
{
    (void)state;
    scene scene = random_scene(20000, 0.02f);
    bvh bvh;
    uint64_t tests = 0;
    build(&scene, &bvh);
    for (int i = 0; i < 200; i++) {
        vec3 from = somewhere(2), along = vec3_subtract(somewhere(1), from);
        traverse(&scene, &bvh, &(ray){{from.x, from.y, from.z}, {along.x, along.y, along.z}}, &tests);
    }
    assert_in_range(tests, 1, 200 * 200);
    free_both(&scene, &bvh);
}

/* ---- Degenerate input -------------------------------------------------------------------------------------------- */

static void check_degenerate(scene scene)
{
    bvh bvh;
    build(&scene, &bvh);
    check_tree(&scene, &bvh);
    free_both(&scene, &bvh);
}

static void test_one_place(void **state)
{
    (void)state;
    check_degenerate(make_scene(3000)); /* all are points at the origin */
    scene scene = random_scene(1000, 1);
    for (uint32_t i = 3; i < scene.vertex_count; i++)
        scene.vertices[i].position = scene.vertices[i % 3].position;
    check_degenerate(scene);
}

/* Points ever closer to the origin, along x, then y, then z: the heuristic alone would split them off one by one. */
static void test_depth(void **state)
{
    (void)state;
    scene scene = make_scene(3 * 38);
    for (uint32_t i = 0; i < scene.vertex_count; i++) {
        float place = ldexpf(1, 29 - 4 * (int)(i / 3 % 38));
        scene.vertices[i].position =
            (vec3){i / 3 < 38 ? place : 0, i / 3 / 38 == 1 ? place : 0, i / 3 / 38 == 2 ? place : 0};
    }
    check_degenerate(scene);
}

static void test_huge(void **state)
{
    (void)state;
    check_degenerate(random_scene(1000, SCENE_REACH));
    scene scene = random_scene(1000, 1e-20f);
    for (uint32_t i = 0; i < scene.vertex_count; i++)
        scene.vertices[i].position = vec3_scale(scene.vertices[i].position, 1e-38f);
    check_degenerate(scene);
}

/* ---- The same for any number of threads -------------------------------------------------------------------------- */

static void test_deterministic(void **state)
{
    (void)state;
    scene first = random_scene(60000, 0.05f);
    bvh expected;
    triangle *before = malloc(first.triangle_count * sizeof *before);
    triangle *after = malloc(first.triangle_count * sizeof *after);
    memcpy(before, first.triangles, first.triangle_count * sizeof *before);
    omp_set_num_threads(1);
    build(&first, &expected);
    memcpy(after, first.triangles, first.triangle_count * sizeof *after);
    for (int threads = 2; threads <= 7; threads += 5) {
        bvh bvh;
        memcpy(first.triangles, before, first.triangle_count * sizeof *before);
        omp_set_num_threads(threads);
        build(&first, &bvh);
        assert_int_equal(bvh.node_count, expected.node_count);
        assert_memory_equal(bvh.nodes, expected.nodes, bvh.node_count * sizeof *bvh.nodes);
        assert_memory_equal(first.triangles, after, first.triangle_count * sizeof *after);
        bvh_free(&bvh);
    }
    free(before);
    free(after);
    free_both(&first, &expected);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_small_triangles), cmocka_unit_test(test_large_triangles),
        cmocka_unit_test(test_few_triangles),   cmocka_unit_test(test_grid),
        cmocka_unit_test(test_is_selective),    cmocka_unit_test(test_one_place),
        cmocka_unit_test(test_depth),           cmocka_unit_test(test_huge),
        cmocka_unit_test(test_deterministic),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
