#include "lights.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "alias.h"
#include "app/color.h"
#include "bvh_ray.h"

#define SKY_WIDTH  512
#define SKY_HEIGHT 256
#define GRID       8     /* a textured triangle's emission is read at about half of GRID * GRID points */
#define LEAST      0.05f /* of what it would be if its texture were white, in case all of these are black */
#define BRIGHTEST  1e30f /* of what is summed up: brighter lights are drawn no more often */

/* ---- Triangles --------------------------------------------------------------------------------------------------- */

static float area(const scene *scene, const triangle *triangle)
{
    vec3 a = scene->vertices[triangle->vertices[0]].position;
    vec3 b = vec3_subtract(scene->vertices[triangle->vertices[1]].position, a);
    vec3 c = vec3_subtract(scene->vertices[triangle->vertices[2]].position, a);
    return vec3_length(vec3_cross(b, c)) / 2;
}

static float decode(uint8_t byte, bool srgb)
{
    const float value = (float)byte / 255;
    return srgb ? color_from_srgb(value) : value;
}

static float texel_luminance(const texture *texture, const material *material, float u, float v)
{
    const uint8_t *texel = texture_texel(texture, &material->emission_mapping, u, v);
    float rgb[3];
    for (int i = 0; i < 3; i++)
        rgb[i] = material->emission[i] * decode(texel[i], texture->srgb);
    return color_luminance(rgb);
}

static float mean_luminance(const scene *scene, const triangle *triangle, const material *material)
{
    float full = color_luminance(material->emission);
    if (material->emission_texture < 0 || full == 0)
        return full;
    const texture *texture = &scene->textures[material->emission_texture];
    const vertex *a = &scene->vertices[triangle->vertices[0]], *b = &scene->vertices[triangle->vertices[1]],
                 *c = &scene->vertices[triangle->vertices[2]];
    float sum = 0;
    int count = 0;
    for (int i = 0; i < GRID; i++) {
        for (int j = 0; i + j < GRID; j++, count++) {
            float s = ((float)i + 1 / 3.0f) / GRID, t = ((float)j + 1 / 3.0f) / GRID;
            sum += texel_luminance(texture, material, (1 - s - t) * a->u + s * b->u + t * c->u,
                                   (1 - s - t) * a->v + s * b->v + t * c->v);
        }
    }
    return sum / (float)count + LEAST * full;
}

/* How much light a triangle sends out; 0: none, or from no area. */
static float power(const scene *scene, const triangle *triangle)
{
    return fminf(area(scene, triangle) * mean_luminance(scene, triangle, &scene->materials[triangle->material]),
                 BRIGHTEST);
}

static bool find_emitters(const scene *scene, lights *lights, error *error)
{
    uint32_t count = 0;
    for (uint32_t i = 0; i < scene->triangle_count; i++)
        count += power(scene, &scene->triangles[i]) > 0;
    if (count == 0)
        return true;
    float *powers = malloc(count * sizeof *powers);
    lights->emitters = malloc(count * sizeof *lights->emitters);
    if (!powers || !lights->emitters) {
        free(powers);
        return error_set(error, "no memory for %u triangles that emit light", count);
    }
    for (uint32_t i = 0; i < scene->triangle_count; i++) {
        float value = power(scene, &scene->triangles[i]);
        if (value <= 0)
            continue;
        lights->emitters[lights->emitter_count].item = i;
        powers[lights->emitter_count++] = value;
    }
    bool ok = alias_build(powers, count, lights->emitters, error);
    free(powers);
    for (uint32_t i = 0; ok && i < count; i++)
        lights->emitters[i].density /= area(scene, &scene->triangles[lights->emitters[i].item]);
    return ok;
}

/* ---- Environment ------------------------------------------------------------------------------------------------- */

static bool allocate_image(int width, int height, image *image, error *error)
{
    *image = (struct image){width, height, 3, malloc((size_t)width * (size_t)height * 3 * sizeof(float))};
    return image->pixels || error_set(error, "no memory for an environment of %d x %d texels", width, height);
}

static bool copy_image(const image *from, image *to, error *error)
{
    if (!allocate_image(from->width, from->height, to, error))
        return false;
    size_t count = (size_t)from->width * (size_t)from->height;
    for (size_t i = 0; i < count; i++) {
        for (size_t c = 0; c < 3; c++) {
            float value = from->pixels[i * (size_t)from->channels + c];
            to->pixels[3 * i + c] = isfinite(value) && value > 0 ? fminf(value, BRIGHTEST) : 0;
        }
    }
    return true;
}

static bool make_image(const environment *environment, lights *lights, error *error)
{
    sky sky;
    switch (environment->kind) {
    case ENVIRONMENT_IMAGE:
        lights->sun = environment->sun;
        return copy_image(&environment->image, &lights->environment, error);
    case ENVIRONMENT_SKY:
        if (!sky_create(environment->sun_direction, SKY_TURBIDITY, &sky, error))
            return false;
        lights->sun = sky_sun(&sky);
        return sky_image(&sky, SKY_WIDTH, SKY_HEIGHT, &lights->environment, error);
    default:
        if (!allocate_image(1, 1, &lights->environment, error))
            return false;
        memcpy(lights->environment.pixels, environment->color, sizeof environment->color);
        return true;
    }
}

/* The mean over a texel's square of what bilinear interpolation makes of it and its neighbors. */
static float texel_mean(const image *image, int x, int y)
{
    static const float weights[] = {0.125f, 0.75f, 0.125f};
    float sum = 0;
    for (int j = -1; j <= 1; j++) {
        int row = y + j < 0 ? 0 : y + j >= image->height ? image->height - 1 : y + j;
        for (int i = -1; i <= 1; i++) {
            int column = (x + i + image->width) % image->width;
            sum += weights[i + 1] * weights[j + 1] *
                   color_luminance(image->pixels + 3 * ((size_t)row * (size_t)image->width + (size_t)column));
        }
    }
    return sum;
}

static double row_solid_angle(const image *image, int y)
{
    return 2 * M_PI / image->width * (cos(M_PI * y / image->height) - cos(M_PI * (y + 1) / image->height));
}

static bool draw_from_image(lights *lights, error *error)
{
    const image *image = &lights->environment;
    uint32_t count = (uint32_t)image->width * (uint32_t)image->height;
    float *weights = malloc(count * sizeof *weights);
    trace_choice *choices = malloc(count * sizeof *choices);
    bool ok = weights && choices, black = true;
    for (uint32_t i = 0; ok && i < count; i++) {
        int x = (int)(i % (uint32_t)image->width), y = (int)(i / (uint32_t)image->width);
        weights[i] = texel_mean(image, x, y) * (float)row_solid_angle(image, y);
        black = black && weights[i] == 0;
        choices[i].item = i;
    }
    if (!ok)
        error_set(error, "no memory to draw from an environment of %d x %d texels", image->width, image->height);
    else if (!black)
        ok = alias_build(weights, count, choices, error);
    for (uint32_t i = 0; ok && i < count; i++)
        choices[i].density /= (float)row_solid_angle(image, (int)(i / (uint32_t)image->width));
    free(weights);
    if (ok && !black)
        lights->environment_choices = choices;
    else
        free(choices);
    return ok;
}

/* ---- Both -------------------------------------------------------------------------------------------------------- */

bool lights_create(const scene *scene, lights *lights, error *error)
{
    *lights = (struct lights){0};
    if (find_emitters(scene, lights, error) && make_image(&scene->environment, lights, error) &&
        draw_from_image(lights, error))
        return true;
    lights_free(lights);
    return false;
}

void lights_free(lights *lights)
{
    free(lights->emitters);
    free(lights->environment_choices);
    image_free(&lights->environment);
    *lights = (struct lights){0};
}
