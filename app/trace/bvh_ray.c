#include "bvh_ray.h"

#include <float.h>
#include <math.h>

/* 0 to 1. */
static float wrap(float x, int mode)
{
    if (mode == TRACE_WRAP_CLAMP)
        return fminf(fmaxf(x, 0), 1);
    if (mode == TRACE_WRAP_MIRROR)
        return 1 - fabsf(1 - 2 * (x / 2 - floorf(x / 2)));
    return x - floorf(x);
}

const uint8_t *texture_texel(const texture *texture, const texture_mapping *mapping, float u, float v)
{
    float along = wrap(mapping->u[0] * u + mapping->u[1] * v + mapping->u[2], mapping->wrap_u);
    float down = wrap(mapping->v[0] * u + mapping->v[1] * v + mapping->v[2], mapping->wrap_v);
    int x = (int)(along * (float)texture->width), y = (int)(down * (float)texture->height);
    x = x < texture->width ? x : texture->width - 1;
    y = y < texture->height ? y : texture->height - 1;
    return texture->rgba + 4 * ((size_t)y * (size_t)texture->width + (size_t)x);
}

static const vertex *corner(const scene *scene, uint32_t triangle, int which)
{
    return &scene->vertices[scene->triangles[triangle].vertices[which]];
}

/* The vertices'. */
static vertex_color color_of(const scene *scene, const ray_hit *hit)
{
    if (!scene->colors)
        return (vertex_color){1, 1, 1, 1};
    const uint32_t *vertices = scene->triangles[hit->triangle].vertices;
    const vertex_color a = scene->colors[vertices[0]], b = scene->colors[vertices[1]], c = scene->colors[vertices[2]];
    const float b0 = 1 - hit->b1 - hit->b2, b1 = hit->b1, b2 = hit->b2;
    return (vertex_color){b0 * a.r + b1 * b.r + b2 * c.r, b0 * a.g + b1 * b.g + b2 * c.g,
                          b0 * a.b + b1 * b.b + b2 * c.b, b0 * a.a + b1 * b.a + b2 * c.a};
}

static bool is_hole(const scene *scene, const ray_hit *hit)
{
    const material *material = &scene->materials[scene->triangles[hit->triangle].material];
    if (material->alpha_cutoff <= 0)
        return false;
    float u, v, alpha = color_of(scene, hit).a;
    ray_hit_uv(scene, hit, &u, &v);
    if (material->base_color_texture >= 0)
        alpha *= (float)texture_texel(&scene->textures[material->base_color_texture], &material->base_color_mapping, u,
                                      v)[3] /
                 255;
    return alpha < material->alpha_cutoff;
}

/* Möller and Trumbore 1997. */
static void test(const scene *scene, uint32_t index, vec3 origin, vec3 direction, ray_hit *nearest)
{
    vec3 a = corner(scene, index, 0)->position;
    vec3 e1 = vec3_subtract(corner(scene, index, 1)->position, a);
    vec3 e2 = vec3_subtract(corner(scene, index, 2)->position, a);
    vec3 h = vec3_cross(direction, e2), s = vec3_subtract(origin, a);
    float inverse = 1 / vec3_dot(e1, h), b1 = vec3_dot(s, h) * inverse;
    if (!(b1 >= 0 && b1 <= 1))
        return;
    vec3 q = vec3_cross(s, e1);
    ray_hit hit = {vec3_dot(e2, q) * inverse, index, b1, vec3_dot(direction, q) * inverse};
    if (hit.b2 >= 0 && hit.b1 + hit.b2 <= 1 && hit.distance > 0 && hit.distance < nearest->distance &&
        !is_hole(scene, &hit))
        *nearest = hit;
}

/* Where the ray enters the box, FLT_MAX where it misses it or enters beyond the limit. */
static float enter(const bvh_node *node, vec3 origin, vec3 inverse, float limit)
{
    vec3 a = vec3_subtract(node->minimum, origin), b = vec3_subtract(node->maximum, origin);
    a = (vec3){a.x * inverse.x, a.y * inverse.y, a.z * inverse.z};
    b = (vec3){b.x * inverse.x, b.y * inverse.y, b.z * inverse.z};
    vec3 first = vec3_minimum(a, b), last = vec3_maximum(a, b);
    float near = first.x > first.y ? first.x : first.y, far = last.x < last.y ? last.x : last.y;
    near = first.z > near ? first.z : near;
    far = last.z < far ? last.z : far;
    near = near > 0 ? near : 0;
    return near <= (far < limit ? far : limit) * 1.000001f ? near : FLT_MAX;
}

bool bvh_ray(const scene *scene, const bvh *bvh, vec3 origin, vec3 direction, float limit, ray_hit *hit)
{
    *hit = (ray_hit){.distance = limit};
    vec3 inverse = {1 / direction.x, 1 / direction.y, 1 / direction.z};
    struct {
        uint32_t node;
        float distance;
    } stack[BVH_MAX_DEPTH];
    uint32_t size = 0, index = 0;
    for (;;) {
        const bvh_node *node = &bvh->nodes[index];
        if (node->count == 0) {
            float left = enter(&bvh->nodes[node->first], origin, inverse, hit->distance);
            float right = enter(&bvh->nodes[node->first + 1], origin, inverse, hit->distance);
            uint32_t nearer = node->first + (right < left), farther = node->first + !(right < left);
            float near = right < left ? right : left, far = right < left ? left : right;
            if (far < FLT_MAX) {
                stack[size].node = farther;
                stack[size++].distance = far;
            }
            if (near < FLT_MAX) {
                index = nearer;
                continue;
            }
        }
        for (uint32_t i = 0; i < node->count; i++)
            test(scene, node->first + i, origin, direction, hit);
        while (size > 0 && stack[size - 1].distance > hit->distance)
            size--;
        if (size == 0)
            return hit->distance < limit;
        index = stack[--size].node;
    }
}

void ray_hit_uv(const scene *scene, const ray_hit *hit, float *u, float *v)
{
    const vertex *a = corner(scene, hit->triangle, 0), *b = corner(scene, hit->triangle, 1),
                 *c = corner(scene, hit->triangle, 2);
    float b0 = 1 - hit->b1 - hit->b2;
    *u = b0 * a->u + hit->b1 * b->u + hit->b2 * c->u;
    *v = b0 * a->v + hit->b1 * b->v + hit->b2 * c->v;
}

vec3 ray_hit_normal(const scene *scene, const ray_hit *hit)
{
    vec3 sum = vec3_scale(corner(scene, hit->triangle, 0)->normal, 1 - hit->b1 - hit->b2);
    sum = vec3_add(sum, vec3_scale(corner(scene, hit->triangle, 1)->normal, hit->b1));
    sum = vec3_add(sum, vec3_scale(corner(scene, hit->triangle, 2)->normal, hit->b2));
    return vec3_length(sum) > 1e-6f ? vec3_normalize(sum) : ray_hit_geometric_normal(scene, hit);
}

vec3 ray_hit_geometric_normal(const scene *scene, const ray_hit *hit)
{
    vec3 a = corner(scene, hit->triangle, 0)->position;
    vec3 e1 = vec3_subtract(corner(scene, hit->triangle, 1)->position, a);
    vec3 e2 = vec3_subtract(corner(scene, hit->triangle, 2)->position, a);
    return vec3_normalize(vec3_cross(e1, e2));
}
