#include "exposure.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/color.h"
#include "app/trace/lights.h"
#include "camera.h"

#define PIXELS           (EXPOSURE_GRID * EXPOSURE_GRID)
#define SAMPLES          12
#define BOUNCES          5
#define DARK             0.02f /* a luminance that shows as black, of which few may */
#define LEAST_LIT        1e-3f /* of what the brightest pixels have */
#define LEAST_DIFFERENCE 0.03f

typedef struct prober {
    const scene *scene;
    const bvh *bvh;
    lights lights;
    rng *rng;
} prober;

/* ---- Light ------------------------------------------------------------------------------------------------------- */

/* The inverse of equirectangular_direction. */
static float environment_luminance(const prober *p, vec3 d)
{
    const image *image = &p->lights.environment;
    float u = 0.5f - atan2f(d.x, d.z) / TAU, v = acosf(fminf(fmaxf(d.y, -1), 1)) / (TAU / 2);
    int x = (int)(u * (float)image->width), y = (int)(v * (float)image->height);
    x = x < image->width ? x : image->width - 1;
    y = y < image->height ? y : image->height - 1;
    return color_luminance(image->pixels + 3 * ((size_t)y * (size_t)image->width + (size_t)x));
}

static bool is_free(const prober *p, vec3 origin, vec3 direction, float limit)
{
    ray_hit hit;
    return !bvh_ray(p->scene, p->bvh, origin, direction, limit, &hit);
}

static float sun_light(const prober *p, vec3 position, vec3 normal)
{
    const sun *sun = &p->lights.sun;
    float cosine = vec3_dot(normal, sun->direction), radiance = color_luminance(sun->radiance);
    if (radiance <= 0 || cosine <= 0 || !is_free(p, position, sun->direction, FLT_MAX))
        return 0;
    return radiance * sun->solid_angle * cosine;
}

static const trace_choice *draw_emitter(const prober *p)
{
    uint64_t bits = rng_bits(p->rng);
    const trace_choice *choice = &p->lights.emitters[(bits >> 32) * p->lights.emitter_count >> 32];
    return (uint32_t)bits < choice->threshold ? choice : &p->lights.emitters[choice->alias];
}

static float emitter_light(const prober *p, vec3 position, vec3 normal)
{
    if (p->lights.emitter_count == 0)
        return 0;
    const trace_choice *emitter = draw_emitter(p);
    float s = sqrtf(rng_uniform(p->rng, 0, 1)), t = rng_uniform(p->rng, 0, 1);
    const triangle *triangle = &p->scene->triangles[emitter->item];
    vec3 a = p->scene->vertices[triangle->vertices[0]].position, b = p->scene->vertices[triangle->vertices[1]].position,
         c = p->scene->vertices[triangle->vertices[2]].position;
    vec3 point = vec3_add(vec3_scale(a, 1 - s), vec3_add(vec3_scale(b, s * (1 - t)), vec3_scale(c, s * t)));
    vec3 span = vec3_subtract(point, position);
    float squared = vec3_dot(span, span);
    vec3 direction = vec3_scale(span, 1 / sqrtf(squared));
    vec3 facing = vec3_normalize(vec3_cross(vec3_subtract(b, a), vec3_subtract(c, a)));
    float cosine = vec3_dot(normal, direction);
    if (cosine <= 0 || !is_free(p, position, span, 0.999f))
        return 0;
    float radiance = color_luminance(p->scene->materials[triangle->material].emission);
    return radiance * cosine * fabsf(vec3_dot(facing, direction)) / (squared * emitter->density);
}

/* ---- Surfaces ---------------------------------------------------------------------------------------------------- */

static float decode(uint8_t byte)
{
    return powf((float)byte / 255, 2.2f);
}

static float albedo_at(const prober *p, const ray_hit *hit, const material *material)
{
    float rgb[3];
    memcpy(rgb, material->base_color, sizeof rgb);
    if (material->base_color_texture >= 0) {
        float u, v;
        ray_hit_uv(p->scene, hit, &u, &v);
        const uint8_t *texel =
            texture_texel(&p->scene->textures[material->base_color_texture], &material->base_color_mapping, u, v);
        for (int c = 0; c < 3; c++)
            rgb[c] *= decode(texel[c]);
    }
    return color_luminance(rgb);
}

static vec3 mirrored(const prober *p, vec3 direction, vec3 normal, float roughness)
{
    vec3 out = vec3_subtract(direction, vec3_scale(normal, 2 * vec3_dot(direction, normal)));
    out = vec3_add(out, vec3_scale(rng_direction(p->rng), 0.7f * roughness * roughness));
    return vec3_normalize(out);
}

static float path_luminance(const prober *p, vec3 origin, vec3 direction)
{
    float sum = 0, throughput = 1;
    bool sees_lights = true; /* those that were not looked for at the surface before */
    for (int bounce = 0; bounce <= BOUNCES; bounce++) {
        ray_hit hit;
        if (!bvh_ray(p->scene, p->bvh, origin, direction, FLT_MAX, &hit))
            return sum + throughput * environment_luminance(p, direction);
        const material *material = &p->scene->materials[p->scene->triangles[hit.triangle].material];
        vec3 normal = ray_hit_normal(p->scene, &hit);
        normal = vec3_dot(normal, direction) > 0 ? vec3_scale(normal, -1) : normal;
        float albedo = albedo_at(p, &hit, material);
        if (sees_lights)
            sum += throughput * color_luminance(material->emission);
        vec3 position = vec3_add(origin, vec3_scale(direction, hit.distance));
        float offset = 1e-4f * (1 + hit.distance);
        throughput *= albedo;
        if (material->transmission > 0) {
            origin = vec3_add(position, vec3_scale(direction, offset));
            continue;
        }
        origin = vec3_add(position, vec3_scale(normal, offset));
        sees_lights = material->metallic > 0;
        if (sees_lights) {
            direction = mirrored(p, direction, normal, material->roughness);
            continue;
        }
        sum += throughput * (sun_light(p, origin, normal) + emitter_light(p, origin, normal)) / (TAU / 2);
        direction = vec3_add(normal, vec3_scale(rng_direction(p->rng), 0.999f));
        direction = vec3_normalize(direction);
    }
    return sum;
}

static float pixel_luminance(const prober *p, const camera *camera, int pixel)
{
    float sum = 0;
    for (int i = 0; i < SAMPLES / 2; i++) {
        float x = 2 * ((float)(pixel % EXPOSURE_GRID) + rng_uniform(p->rng, 0, 1)) / EXPOSURE_GRID - 1;
        float y = 2 * ((float)(pixel / EXPOSURE_GRID) + rng_uniform(p->rng, 0, 1)) / EXPOSURE_GRID - 1;
        sum += path_luminance(p, camera->eye, camera_direction(camera, x, y));
    }
    return sum / (SAMPLES / 2);
}

bool exposure_probe(const scene *scene, const bvh *bvh, const camera *camera, rng *rng, float luminance[PIXELS],
                    float *noise, error *error)
{
    prober prober = {.scene = scene, .bvh = bvh, .rng = rng};
    if (!lights_create(scene, &prober.lights, error))
        return false;
    *noise = 0;
    for (int i = 0; i < PIXELS; i++) {
        float first = pixel_luminance(&prober, camera, i), second = pixel_luminance(&prober, camera, i);
        luminance[i] = (first + second) / 2;
        *noise += fabsf(first - second) / fmaxf(first + second, FLT_MIN) / PIXELS;
    }
    lights_free(&prober.lights);
    return true;
}

/* ---- Exposure ---------------------------------------------------------------------------------------------------- */

static int compare(const void *a, const void *b)
{
    float x = *(const float *)a, y = *(const float *)b;
    return (x > y) - (x < y);
}

static float mean_tone(const float *values, int count, float scale)
{
    float sum = 0;
    for (int i = 0; i < count; i++)
        sum += scale * values[i] / (1 + scale * values[i]);
    return sum / (float)count;
}

static float deviation(const float *values, int count, float scale)
{
    float mean = mean_tone(values, count, scale), sum = 0;
    for (int i = 0; i < count; i++) {
        float tone = scale * values[i] / (1 + scale * values[i]);
        sum += (tone - mean) * (tone - mean);
    }
    return sqrtf(sum / (float)count);
}

static float part_below(const float *values, float limit)
{
    int count = 0;
    for (int i = 0; i < PIXELS; i++)
        count += values[i] < limit;
    return (float)count / PIXELS;
}

float exposure_scale(const float luminance[PIXELS], float key, float most_dark)
{
    float sorted[PIXELS];
    memcpy(sorted, luminance, sizeof sorted);
    qsort(sorted, PIXELS, sizeof *sorted, compare);
    float bright = sorted[95 * PIXELS / 100];
    int dark = 0;
    while (dark < PIXELS && sorted[dark] <= LEAST_LIT * bright)
        dark++;
    if (2 * dark > PIXELS)
        return 0;
    float high = fminf(4 / bright, 1 / fmaxf(sorted[85 * PIXELS / 100], 1e-6f * bright)), low = 1e-6f * high;
    for (int i = 0; i < 60; i++) { /* the tone grows with the scale */
        float middle = sqrtf(low * high);
        *(mean_tone(sorted + dark, PIXELS - dark, middle) < key ? &low : &high) = middle;
    }
    bool shows = part_below(sorted, DARK / low) < most_dark;
    return shows && deviation(sorted, PIXELS, low) > LEAST_DIFFERENCE ? low : 0;
}

void exposure_apply(scene *scene, float scale)
{
    environment *environment = &scene->environment;
    size_t values = 3 * (size_t)environment->image.width * (size_t)environment->image.height;
    for (uint32_t i = 0; i < scene->material_count; i++)
        for (int c = 0; c < 3; c++)
            scene->materials[i].emission[c] *= scale;
    for (size_t i = 0; environment->image.pixels && i < values; i++)
        environment->image.pixels[i] *= scale;
    for (int c = 0; c < 3; c++) {
        environment->color[c] *= scale;
        environment->sun.radiance[c] *= scale;
    }
}
