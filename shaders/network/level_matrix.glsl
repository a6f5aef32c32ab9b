// level_matrix.glsl -- a level of the pyramid: the logits of an operator's kernels as products of matrices, softmax, filter, and what
// the coarser level adds; or the same of the albedo. A thread has two neighbouring pixels of a tile, 32 pixels wide. The tile's logits,
// for splat those of its border, too, lie in shared memory as planes of halves, a plane a tap.
#include "network/layers.glsl"

layout(local_size_x_id = WF_LEVEL_THREADS) in;
layout(constant_id = WF_LEVEL_THREADS) const int THREADS = 32;
layout(constant_id = WF_LEVEL_KERNEL) const int K = 3;
layout(constant_id = WF_LEVEL_KIND) const int KIND = WF_LEVEL_GATHER;
layout(constant_id = WF_LEVEL_INPUTS) const int INPUTS = 16;
layout(constant_id = WF_LEVEL_ALPHAS) const int ALPHAS = 0;
layout(constant_id = WF_LEVEL_CLEAN) const int CLEAN = 0;
layout(constant_id = WF_LEVEL_DIVIDE) const int DIVIDE = 0;
layout(constant_id = WF_LEVEL_EPSILON) const float EPSILON = 0.0;
layout(constant_id = WF_LEVEL_BATCH) const int BATCH = 2;
layout(constant_id = WF_LEVEL_MEMORY) const int MEMORY = 1;
layout(constant_id = WF_LEVEL_LIGHT) const int LIGHT_SIZE = 1;
layout(constant_id = WF_LEVEL_PLANES) const int PLANES_SIZE = 1;
layout(push_constant, scalar) uniform Push { wf_level_push push; };

// light and planes: of two neighbouring pixels, floats and halves.
shared vec2 light[LIGHT_SIZE];
shared uvec4 memory[MEMORY];
shared uint planes[PLANES_SIZE];

#include "in_image.glsl"
#define WF_PLANES
#include "network/matrix.glsl"

const int BORDER = K / 2, TAPS = K * K, WIDTH = 32, HEIGHT = THREADS / 16, WARPS = THREADS / 32;
const int LIGHT_PITCH = WIDTH + 2 * BORDER, LIGHT_PAIRS = LIGHT_PITCH / 2 * (HEIGHT + 2 * BORDER);
// The pixels that have logits.
const int MARGIN = KIND == WF_LEVEL_SPLAT ? BORDER : 0, PITCH = WIDTH + 2 * MARGIN;
const int PIXELS = PITCH * (HEIGHT + 2 * MARGIN), PARTS = (PIXELS + 15) / 16;
// Rows of the head's part. Planes are an odd multiple of 4 pairs, so that neighbouring ones are in different banks.
const int ROWS = TAPS + ALPHAS, STRIPS = (ROWS + 15) / 16, PLANE = 4 * (2 * PARTS | 1);
// The inputs of a part's pixels, of which each warp stages two.
const int PIXEL = 3, PART = 16 * PIXEL;

/* ---- Inputs ---- */

ivec2 nearest(ivec2 p)
{
    return clamp(p, ivec2(0), ivec2(push.width, push.height) - 1);
}

// Eight halves of one of the 16 pixels of a part.
uvec4 load_eight(ivec2 tile, int part, int chunk)
{
    int pixel = part * 16 + LANE / 2;
    ivec2 p = nearest(tile - MARGIN + ivec2(pixel % PITCH, pixel / PITCH));
    int64_t at = (int64_t(p.y) * push.width + p.x) * INPUTS + chunk * 16 + LANE % 2 * 8;
    return Half8(push.decoded_data + uint64_t(at * 2)).value;
}

uvec4 inputs[BATCH]; // of a warp's parts, which follow each other

void load_inputs(ivec2 tile, int chunk)
{
    [[unroll]] for (int b = 0; b < BATCH; ++b) {
        inputs[b] = load_eight(tile, WARP * BATCH + b, chunk);
    }
}

/* ---- Light ---- */

// The left one of a pair.
ivec2 light_place(ivec2 tile, int pair)
{
    return tile - BORDER + ivec2(pair % (LIGHT_PITCH / 2) * 2, pair / (LIGHT_PITCH / 2));
}

vec3 light_of(vec3 rgb, uvec2 albedo)
{
    if (KIND == WF_LEVEL_ALBEDO) {
        return clamp(clean(rgb), 0.0, 1.0);
    }
    if (CLEAN != 0) {
        rgb = clean(rgb);
    }
    bool divided = DIVIDE != 0 && push.albedo_data != 0;
    return divided ? rgb / (vec3(unpackHalf2x16(albedo.x), unpackHalf2x16(albedo.y).x) + EPSILON) : rgb;
}

// All that a thread reads, inputs, too, is read before the first of it is used: without branches, where there is no albedo something else.
void stage_light(ivec2 tile)
{
    uint64_t albedo = push.albedo_data != 0 ? push.albedo_data : push.decoded_data;
    const int COUNT = (LIGHT_PAIRS + THREADS - 1) / THREADS;
    vec3 colors[COUNT][2];
    uvec2 albedos[COUNT][2];
    int thread = int(gl_LocalInvocationIndex);
    [[unroll]] for (int i = 0; i < COUNT; ++i) {
        [[unroll]] for (int right = 0; right < 2; ++right) {
            ivec2 p = nearest(light_place(tile, i * THREADS + thread) + ivec2(right, 0));
            bool absent = KIND == WF_LEVEL_ALBEDO && push.light.data == 0;
            colors[i][right] = absent ? vec3(0.0) : load_rgb(push.light, p.y, p.x);
            albedos[i][right] = uvec2(0u);
            if (DIVIDE != 0) {
                int64_t pixel = int64_t(p.y) * push.width + p.x;
                albedos[i][right] = Half4(albedo + uint64_t(pixel * 8)).value;
            }
        }
    }
    load_inputs(tile, 0);
    [[unroll]] for (int i = 0; i < COUNT; ++i) {
        int pair = i * THREADS + thread;
        vec3 two[2];
        [[unroll]] for (int right = 0; right < 2; ++right) {
            ivec2 p = light_place(tile, pair) + ivec2(right, 0);
            bool inside = in_image(p, push.width, push.height);
            two[right] = inside ? light_of(colors[i][right], albedos[i][right]) : vec3(0.0);
        }
        if (pair < LIGHT_PAIRS) {
            [[unroll]] for (int c = 0; c < 3; ++c) {
                light[c * LIGHT_PAIRS + pair] = vec2(two[0][c], two[1][c]);
            }
        }
    }
}

/* ---- Logits ---- */

// The last rows overlap those before: no plane is written that is not there.
int first_row(int strip)
{
    return max(min(strip * 16, ROWS - 16), 0);
}

// Of all of a warp's parts at once; a chunk's inputs are read while those before are multiplied.
void stage_logits(ivec2 tile)
{
    const int CHUNKS = INPUTS / 16;
    uint64_t weights = push.parameters_data + uint64_t(WF_LEVEL_ROWS * 4);
    int staged = WARP * 2 * PART, part = WARP * BATCH;
    wf_sums sums[BATCH][STRIPS], biases[STRIPS];
    [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
        biases[strip] = repeat_column(push.parameters_data, first_row(strip));
    }
    for (int chunk = 0; chunk < CHUNKS; ++chunk) {
        uvec4 values[BATCH];
        [[unroll]] for (int b = 0; b < BATCH; ++b) {
            values[b] = inputs[b];
        }
        if (chunk + 1 < CHUNKS) {
            load_inputs(tile, chunk + 1);
        }
        wf_halves rows[STRIPS];
        [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
            rows[strip] = load_rows_from(weights, first_row(strip) * (INPUTS / 8) + chunk * 2, INPUTS / 8);
        }
        [[unroll]] for (int b = 0; b < BATCH; ++b) {
            int stage = staged + b % 2 * PART;
            memory[stage + LANE / 2 * PIXEL + LANE % 2] = values[b];
            sync_warp();
            wf_halves pixels = load_columns(stage, PIXEL);
            [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
                if (chunk == 0) {
                    sums[b][strip] = biases[strip];
                }
                sums[b][strip] = multiply_add(rows[strip], pixels, sums[b][strip]);
                if (chunk == CHUNKS - 1 && part + b < PARTS) {
                    store_planes(sums[b][strip], first_row(strip) * PLANE + (part + b) * 8, PLANE);
                }
            }
        }
    }
}

// Of a plane at a pixel and the one to its right. odd: whether the pixel's place is.
uint two_at(int plane, int pixel, bool odd)
{
    int at = plane * PLANE + (pixel >> 1);
    return odd ? planes[at] >> 16 | planes[at + 1] << 16 : planes[at];
}

// The logits of tap (i,j) that count for the thread's pixels.
uint two_logits(ivec2 own, int i, int j)
{
    ivec2 source = KIND == WF_LEVEL_SPLAT ? own + 2 * BORDER - ivec2(j, i) : own;
    return two_at(i * K + j, source.y * PITCH + source.x, KIND == WF_LEVEL_SPLAT && j % 2 == 1);
}

/* ---- Filter ---- */

// Where the pixel that tap i reads, or the one whose tap i writes, is from a pixel.
int offset_of(int i)
{
    return KIND == WF_LEVEL_SPLAT ? BORDER - i : i - BORDER;
}

// Taps outside the image do not count.
uint mask_logits(uint two, ivec2 p, int i, int j)
{
    int x = p.x + offset_of(j), y = p.y + offset_of(i);
    bool outside = y < 0 || y >= push.height;
    uint low = outside || x < 0 || x >= push.width ? 0xfc00u : two & 0xffffu;
    uint high = outside || x + 1 < 0 || x + 1 >= push.width ? 0xfc00u : two >> 16;
    return low | high << 16;
}

void filter_pixels(ivec2 tile, ivec2 own, out vec3 result[2])
{
    uint logits[TAPS];
    [[unroll]] for (int tap = 0; tap < TAPS; ++tap) {
        logits[tap] = two_logits(own, tap / K, tap % K);
    }
    bool inner = tile.x >= BORDER && tile.y >= BORDER && tile.x + WIDTH + BORDER <= push.width &&
                 tile.y + HEIGHT + BORDER <= push.height;
    if (!inner) {
        [[unroll]] for (int tap = 0; tap < TAPS; ++tap) {
            logits[tap] = mask_logits(logits[tap], tile + own, tap / K, tap % K);
        }
    }
    uint most = logits[0];
    [[unroll]] for (int tap = 1; tap < TAPS; ++tap) {
        most = larger_halves(most, logits[tap]);
    }
    const float LOG2_E = 1.44269504;
    vec2 origin = LOG2_E * unpackHalf2x16(most), total = vec2(0.0);
    vec3 left = vec3(0.0), right = vec3(0.0);
    [[unroll]] for (int y = 0; y < K; ++y) {
        const int READS = BORDER + 1;
        vec2 rgb[3][READS];
        [[unroll]] for (int c = 0; c < 3; ++c) {
            [[unroll]] for (int read = 0; read < READS; ++read) {
                rgb[c][read] = light[c * LIGHT_PAIRS + (own.y + y) * (LIGHT_PITCH / 2) + (own.x >> 1) + read];
            }
        }
        [[unroll]] for (int x = 0; x < K; ++x) {
            int tap = KIND == WF_LEVEL_SPLAT ? TAPS - 1 - (y * K + x) : y * K + x;
            vec2 weight = exp2(unpackHalf2x16(logits[tap]) * LOG2_E - origin);
            total += weight;
            [[unroll]] for (int c = 0; c < 3; ++c) {
                left[c] += weight.x * rgb[c][x / 2][x % 2];
                right[c] += weight.y * rgb[c][(x + 1) / 2][(x + 1) % 2];
            }
        }
    }
    result[0] = left / total.x;
    result[1] = right / total.y;
}

/* ---- Output ---- */

wf_plane_push dense(uint64_t data, int width, int height)
{
    wf_plane_push planes;
    planes.data = data;
    planes.channel = width * height;
    planes.row = width;
    planes.column = 1;
    return planes;
}

void store_alphas(ivec2 own, ivec2 p)
{
    int pixel = (own.y + MARGIN) * PITCH + own.x + MARGIN;
    uint gather = two_at(TAPS, pixel, MARGIN % 2 == 1), splat = two_at(TAPS + 1, pixel, MARGIN % 2 == 1);
    uint64_t to = push.alpha_data + uint64_t((int64_t(p.y) * push.width + p.x) * 4);
    if (in_image(p, push.width, push.height)) {
        Half2(to).value = gather & 0xffffu | splat << 16;
    }
    if (in_image(p + ivec2(1, 0), push.width, push.height)) {
        Half2(to + 4).value = gather >> 16 | splat & 0xffff0000u;
    }
}

void store_pixel(ivec2 p, vec3 rgb)
{
    if (KIND == WF_LEVEL_ALBEDO) {
        uint64_t to = push.image.data + uint64_t((int64_t(p.y) * push.width + p.x) * 8);
        Half4(to).value = uvec2(packHalf2x16(rgb.xy), packHalf2x16(vec2(rgb.z, 0.0)));
    } else {
        store_rgb(push.image, p.y, p.x, rgb);
    }
}

void store_blend(ivec2 p, vec3 mean)
{
    ivec2 coarse = (ivec2(push.width, push.height) + 1) / 2, q = p / 2;
    vec3 o = blended(dense(push.coarser_image_data, coarse.x, coarse.y),
                     dense(push.coarser_blend_data, (coarse.x + 1) / 2, (coarse.y + 1) / 2), push.coarser_alpha_data,
                     KIND == WF_LEVEL_SPLAT ? 1 : 0, q.y, q.x, coarse.x, coarse.y);
    store_rgb(dense(push.blend_data, coarse.x, coarse.y), q.y, q.x, o - mean);
}

void main()
{
    ivec2 tile = (ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y)) * ivec2(WIDTH, HEIGHT);
    int thread = int(gl_LocalInvocationIndex);
    ivec2 own = ivec2(thread % 16 * 2, thread / 16), p = tile + own;
    stage_light(tile);
    stage_logits(tile);
    barrier();
    if (ALPHAS != 0) {
        store_alphas(own, p);
    }
    vec3 pixels[2], sum = vec3(0.0);
    filter_pixels(tile, own, pixels);
    [[unroll]] for (int right = 0; right < 2; ++right) {
        ivec2 q = p + ivec2(right, 0);
        if (in_image(q, push.width, push.height)) {
            store_pixel(q, pixels[right]);
            sum += pixels[right];
        }
    }
    if (KIND == WF_LEVEL_ALBEDO || push.blend_data == 0) {
        return;
    }
    // A warp has two rows: the upper one's threads write what is blended.
    memory[thread] = uvec4(floatBitsToUint(sum), 0u);
    sync_warp();
    if (thread % 32 < 16 && in_image(p, push.width, push.height)) {
        ivec2 count = min(ivec2(push.width, push.height) - p, ivec2(2));
        sum += uintBitsToFloat(memory[thread + 16].xyz);
        store_blend(p, sum / float(count.x * count.y));
    }
}
