#include "pattern.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/color.h"

#define RAMP_STEPS 1024

/* ---- Patterns ---------------------------------------------------------------------------------------------------- */

static float fraction(float x)
{
    return x - floorf(x);
}

static float step_between(float low, float high, float x)
{
    float t = fminf(fmaxf((x - low) / (high - low), 0), 1);
    return t * t * (3 - 2 * t);
}

static float checks(const pattern *p, float x, float y)
{
    (void)p;
    return (float)(((int)x + (int)y) & 1);
}

static float stripes(const pattern *p, float x, float y)
{
    (void)y;
    float part = fraction(x);
    float edge = 0.2f + 0.6f * hash_unit(p->seed, 0, 0);
    return part < edge ? hash_unit(p->seed, (int)x, 1) * 0.5f : 0.5f + 0.5f * hash_unit(p->seed, (int)x, 2);
}

static float bricks(const pattern *p, float x, float y)
{
    int row = (int)(2 * y);
    float along = x + ((row & 1) ? 0.5f : 0), down = fraction(2 * y);
    float border = fminf(fminf(fraction(along), 1 - fraction(along)) * 2, fminf(down, 1 - down));
    int column = (int)along % p->cells;
    return step_between(0.04f, 0.09f, border) * (0.5f + 0.5f * hash_unit(p->seed, column, row));
}

static float dots(const pattern *p, float x, float y)
{
    float radius = 0.15f + 0.3f * hash_unit(p->seed, 0, 0);
    float distance = hypotf(fraction(x) - 0.5f, fraction(y) - 0.5f);
    return 1 - step_between(radius - 0.03f, radius + 0.03f, distance);
}

static float soft_noise(const pattern *p, float x, float y)
{
    float value = noise_plane(p->seed, x, y, p->cells, 5);
    return step_between(0.2f, 0.8f, value);
}

static float marble(const pattern *p, float x, float y)
{
    float warp = noise_plane(p->seed, x, y, p->cells, 6);
    float value = 0.5f + 0.5f * sinf(TAU * (x + 3 * warp));
    return powf(value, 0.6f);
}

static float wood(const pattern *p, float x, float y)
{
    float slow = noise_plane(p->seed, x, y / 8, p->cells, 2);
    float fine = noise_plane(p->seed + 1, 16 * x, y, 16 * p->cells, 2);
    return 0.75f * fraction(x + 2.5f * slow) + 0.25f * fine;
}

static float cells(const pattern *p, float x, float y)
{
    float nearest = 9, second = 9;
    int column = (int)x, row = (int)y, period = p->cells;
    for (int j = row - 1; j <= row + 1; j++) {
        for (int i = column - 1; i <= column + 1; i++) {
            int a = (i + period) % period, b = (j + period) % period;
            float distance =
                hypotf((float)i + hash_unit(p->seed, a, b) - x, (float)j + hash_unit(p->seed + 1, a, b) - y);
            second = fminf(second, fmaxf(distance, nearest));
            nearest = fminf(nearest, distance);
        }
    }
    return step_between(0, 0.35f, second - nearest) * (1 - 0.5f * nearest);
}

static float mosaic(const pattern *p, float x, float y)
{
    return hash_unit(p->seed, (int)x, (int)y);
}

/* Lines of letters that no one can read, each 3 by 5 dots in a cell of 4 by 8; some are blank. */
static float text(const pattern *p, float x, float y)
{
    int column = (int)x, row = (int)(y / 2), dot_x = (int)(4 * fraction(x)), dot_y = (int)(8 * fraction(y / 2));
    bool blank = hash_unit(p->seed, column, row) < 0.2f || dot_x > 2 || dot_y > 4;
    int letter = (int)(26 * hash_unit(p->seed + 1, column, row));
    return !blank && hash_unit(p->seed + 2 + (uint32_t)letter, dot_x, dot_y) < 0.6f ? 1 : 0;
}

static float grain(const pattern *p, float x, float y)
{
    return hash_unit(p->seed, (int)(64 * x), (int)(64 * y));
}

static float waves(const pattern *p, float x, float y)
{
    float phase = TAU * hash_unit(p->seed, 0, 0);
    return 0.5f + 0.25f * (sinf(TAU * x + phase) + cosf(TAU * (x + y)));
}

pattern pattern_random(rng *rng)
{
    static const float weights[PATTERN_COUNT] = {
        [PATTERN_CHECKS] = 1,   [PATTERN_STRIPES] = 1, [PATTERN_BRICKS] = 1.5f, [PATTERN_DOTS] = 0.7f,
        [PATTERN_NOISE] = 1.5f, [PATTERN_MARBLE] = 1,  [PATTERN_WOOD] = 1.5f,   [PATTERN_CELLS] = 0.8f,
        [PATTERN_MOSAIC] = 1,   [PATTERN_TEXT] = 1,    [PATTERN_GRAIN] = 0.5f,  [PATTERN_WAVES] = 0.6f,
    };
    pattern pattern = {.kind = (pattern_kind)rng_pick(rng, weights, PATTERN_COUNT), .seed = (uint32_t)rng_bits(rng)};
    pattern.cells = 2 * (int)rng_log_uniform(rng, 1, 17); /* even, so that checks and bricks repeat */
    return pattern;
}

float pattern_value(const pattern *pattern, float u, float v)
{
    static float (*const values[PATTERN_COUNT])(const struct pattern *, float, float) = {
        [PATTERN_CHECKS] = checks,    [PATTERN_STRIPES] = stripes, [PATTERN_BRICKS] = bricks, [PATTERN_DOTS] = dots,
        [PATTERN_NOISE] = soft_noise, [PATTERN_MARBLE] = marble,   [PATTERN_WOOD] = wood,     [PATTERN_CELLS] = cells,
        [PATTERN_MOSAIC] = mosaic,    [PATTERN_TEXT] = text,       [PATTERN_GRAIN] = grain,   [PATTERN_WAVES] = waves,
    };
    return values[pattern->kind](pattern, u * (float)pattern->cells, v * (float)pattern->cells);
}

/* ---- Pictures ---------------------------------------------------------------------------------------------------- */

static bool allocate(int size, bool srgb, texture *texture)
{
    *texture = (struct texture){size, size, malloc((size_t)size * (size_t)size * 4), srgb};
    return texture->rgba;
}

static uint8_t *texel(texture *texture, int x, int y)
{
    return texture->rgba + 4 * ((size_t)y * (size_t)texture->width + (size_t)x);
}

/* size * size values, row by row; NULL: no memory. */
static float *sample(const pattern *pattern, int size)
{
    float *values = malloc((size_t)size * (size_t)size * sizeof *values), *next = values;
    for (int y = 0; y < size && values; y++)
        for (int x = 0; x < size; x++)
            *next++ = pattern_value(pattern, (float)x / (float)size, (float)y / (float)size);
    return values;
}

static uint8_t to_byte(float value)
{
    return (uint8_t)(255 * (value < 0 ? 0 : value > 1 ? 1 : value) + 0.5f);
}

static uint8_t encode(float linear)
{
    return to_byte(color_to_srgb(linear));
}

/* The ramp's colors at even steps of the value. */
static void encode_ramp(const ramp *ramp, uint8_t colors[RAMP_STEPS][4])
{
    for (int k = 0; k < RAMP_STEPS; k++) {
        float at = (float)k / (RAMP_STEPS - 1) * (float)(ramp->count - 1);
        int i = (int)at < ramp->count - 1 ? (int)at : ramp->count - 2;
        for (int c = 0; c < 3; c++)
            colors[k][c] = encode(ramp->colors[i][c] + (at - (float)i) * (ramp->colors[i + 1][c] - ramp->colors[i][c]));
        colors[k][3] = 255;
    }
}

static void color_texels(const float *values, const ramp *ramp, texture *texture)
{
    uint8_t colors[RAMP_STEPS][4];
    encode_ramp(ramp, colors);
    for (int i = 0; i < texture->width * texture->height; i++)
        memcpy(texture->rgba + 4 * i, colors[(int)((RAMP_STEPS - 1) * values[i] + 0.5f)], 4);
}

static void normal_texels(const float *values, float slope, texture *texture)
{
    const int size = texture->width;
    for (int y = 0; y < size; y++) {
        const float *row = values + y * size, *above = values + (y > 0 ? y - 1 : size - 1) * size,
                    *below = values + (y < size - 1 ? y + 1 : 0) * size;
        for (int x = 0; x < size; x++) {
            float across = row[x > 0 ? x - 1 : size - 1] - row[x < size - 1 ? x + 1 : 0], down = below[x] - above[x];
            vec3 n = vec3_normalize((vec3){2 * slope * across, 2 * slope * down, 1});
            uint8_t *rgba = texel(texture, x, y);
            rgba[0] = to_byte(0.5f + n.x / 2), rgba[1] = to_byte(0.5f + n.y / 2), rgba[2] = to_byte(0.5f + n.z / 2);
            rgba[3] = 255;
        }
    }
}

static void roughness_texels(const float *values, float low, float high, texture *texture)
{
    for (int i = 0; i < texture->width * texture->height; i++) {
        uint8_t *rgba = texture->rgba + 4 * i;
        rgba[0] = rgba[2] = rgba[3] = 255;
        rgba[1] = to_byte(low + (high - low) * values[i]);
    }
}

/* Values and a texture for them; false: no memory for one. */
static bool begin(const pattern *pattern, int size, bool srgb, float **values, texture *texture)
{
    *values = sample(pattern, size);
    if (*values && allocate(size, srgb, texture))
        return true;
    free(*values);
    return false;
}

bool texture_color(const pattern *pattern, const ramp *ramp, int size, texture *texture)
{
    float *values;
    if (!begin(pattern, size, true, &values, texture))
        return false;
    color_texels(values, ramp, texture);
    free(values);
    return true;
}

bool texture_normals(const pattern *pattern, float slope, int size, texture *texture)
{
    float *values;
    if (!begin(pattern, size, false, &values, texture))
        return false;
    normal_texels(values, slope, texture);
    free(values);
    return true;
}

bool texture_roughness(const pattern *pattern, float low, float high, int size, texture *texture)
{
    float *values;
    if (!begin(pattern, size, false, &values, texture))
        return false;
    roughness_texels(values, low, high, texture);
    free(values);
    return true;
}

bool texture_leaf(const pattern *pattern, const ramp *ramp, int size, texture *texture)
{
    if (!texture_color(pattern, ramp, size, texture))
        return false;
    for (int y = 0; y < size; y++) {
        float width = 0.42f * sinf(TAU / 2 * sqrtf(((float)y + 0.5f) / (float)size));
        for (int x = 0; x < size; x++) {
            float across = fabsf(((float)x + 0.5f) / (float)size - 0.5f);
            texel(texture, x, y)[3] = across < width ? 255 : 0;
        }
    }
    return true;
}

bool texture_net(const pattern *pattern, const ramp *ramp, int size, texture *texture)
{
    if (!texture_color(pattern, ramp, size, texture))
        return false;
    float meshes = (float)pattern->cells, wire = 0.12f + 0.2f * hash_unit(pattern->seed, 3, 3);
    for (int y = 0; y < size; y++) {
        for (int x = 0; x < size; x++) {
            float u = fraction(meshes * (float)x / (float)size), v = fraction(meshes * (float)y / (float)size);
            texel(texture, x, y)[3] = u < wire || v < wire ? 255 : 0;
        }
    }
    return true;
}
