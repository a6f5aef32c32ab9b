#include "traverse.h"

#include <math.h>

static void to_double(vec3 v, double d[3])
{
    d[0] = v.x, d[1] = v.y, d[2] = v.z;
}

static double dot(const double a[3], const double b[3])
{
    return a[0] * b[0] + a[1] * b[1] + a[2] * b[2];
}

static void cross(const double a[3], const double b[3], double c[3])
{
    c[0] = a[1] * b[2] - a[2] * b[1], c[1] = a[2] * b[0] - a[0] * b[2], c[2] = a[0] * b[1] - a[1] * b[0];
}

/* Möller and Trumbore. */
static void test(const scene *scene, uint32_t index, const ray *ray, hit *nearest)
{
    double p[3][3], e1[3], e2[3], s[3], h[3], q[3];
    for (int i = 0; i < 3; i++)
        to_double(scene->vertices[scene->triangles[index].vertices[i]].position, p[i]);
    for (int i = 0; i < 3; i++) {
        e1[i] = p[1][i] - p[0][i];
        e2[i] = p[2][i] - p[0][i];
        s[i] = ray->origin[i] - p[0][i];
    }
    cross(ray->direction, e2, h);
    cross(s, e1, q);
    double determinant = dot(e1, h);
    double b1 = dot(s, h) / determinant, b2 = dot(ray->direction, q) / determinant, t = dot(e2, q) / determinant;
    if (!(b1 >= 0 && b2 >= 0 && b1 + b2 <= 1 && t > 0))
        return;
    if (t < nearest->distance || (t == nearest->distance && index < nearest->triangle))
        *nearest = (hit){t, index, b1, b2};
}

static bool enters(const bvh_node *node, const ray *ray, double distance)
{
    double low[3], high[3], near = 0, far = distance;
    to_double(node->minimum, low);
    to_double(node->maximum, high);
    for (int i = 0; i < 3; i++) {
        double a = (low[i] - ray->origin[i]) / ray->direction[i], b = (high[i] - ray->origin[i]) / ray->direction[i];
        near = fmax(near, fmin(a, b));
        far = fmin(far, fmax(a, b));
    }
    return near <= far * (1 + 1e-12); /* a flat box, and rounding */
}

hit traverse(const scene *scene, const bvh *bvh, const ray *ray, uint64_t *tests)
{
    hit nearest = {INFINITY, 0, 0, 0};
    uint32_t stack[BVH_MAX_DEPTH], size = 0, index = 0;
    for (;;) {
        const bvh_node *node = &bvh->nodes[index];
        bool entered = enters(node, ray, nearest.distance);
        if (entered && node->count == 0) {
            stack[size++] = node->first + 1;
            index = node->first;
            continue;
        }
        for (uint32_t i = 0; entered && i < node->count; i++)
            test(scene, node->first + i, ray, &nearest);
        if (entered && tests)
            *tests += node->count;
        if (size == 0)
            return nearest;
        index = stack[--size];
    }
}

hit traverse_all(const scene *scene, const ray *ray)
{
    hit nearest = {INFINITY, 0, 0, 0};
    for (uint32_t i = 0; i < scene->triangle_count; i++)
        test(scene, i, ray, &nearest);
    return nearest;
}
