// level_matrix.glsl -- a level of the pyramid: the logits of its kernels as products of matrices, softmax and filter, of both operators one
// after the other, which read the same light; or the same of the albedo, gathered. A thread has two neighbouring pixels of a tile, 32
// pixels wide. The tile's logits, for splat those of its border, too, lie in shared memory as planes of halves, a plane a tap.
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
layout(constant_id = WF_LEVEL_LIGHT) const int LIGHT_SIZE = 1;
layout(constant_id = WF_LEVEL_PLANES) const int PLANES_SIZE = 1;
layout(push_constant, scalar) uniform Push { wf_level_push push; };

// light and planes: of two neighbouring pixels, floats and halves. memory: 16 halves of each thread.
const int MEMORY = THREADS;
shared vec2 light[LIGHT_SIZE];
shared uvec4 memory[MEMORY];
shared uint planes[PLANES_SIZE];

#include "in_image.glsl"
#define WF_PLANES
#include "network/matrix.glsl"

const bool IS_ALBEDO = KIND == WF_LEVEL_ALBEDO, HAS_GATHER = KIND != WF_LEVEL_SPLAT;
const bool HAS_SPLAT = KIND == WF_LEVEL_SPLAT || KIND == WF_LEVEL_BOTH;
const int BORDER = K / 2, TAPS = K * K, WIDTH = 32, HEIGHT = THREADS / 16, WARPS = THREADS / 32;
const int LIGHT_PITCH = WIDTH / 2 + BORDER, LIGHT_PAIRS = LIGHT_PITCH * (HEIGHT + 2 * BORDER);
const int CHUNKS = INPUTS / 16, STRIPS = (TAPS + ALPHAS + 15) / 16;
const float LARGEST_SUM = 1e18; // of a kernel's weights whose logits were not shifted

// Rows of logits: the alphas' are the first operator's. The pixels that have some: the tile's, or LANDS, its border's, too; in parts of
// 16. Planes are an odd multiple of 4 pairs, so that neighbouring ones are in different banks.
#define ROWS(lands)   (TAPS + ((lands) == HAS_GATHER ? 0 : ALPHAS))
#define MARGIN(lands) ((lands) ? BORDER : 0)
#define PITCH(lands)  (WIDTH + 2 * MARGIN(lands))
#define PARTS(lands)  ((PITCH(lands) * (HEIGHT + 2 * MARGIN(lands)) + 15) / 16)
#define PLANE(lands)  (4 * (2 * PARTS(lands) | 1))
#define BATCH(lands)  ((PARTS(lands) + WARPS - 1) / WARPS)
// Of a warp at once: their inputs are read before those before them are used, of a single chunk all.
#define AT_ONCE(lands) (CHUNKS == 1 ? BATCH(lands) : 2)
const int MOST = AT_ONCE(HAS_SPLAT); // a bound that is constant before functions are inlined: such loops are unrolled

/* ---- Inputs ---- */

ivec2 nearest(ivec2 p)
{
    return clamp(p, ivec2(0), ivec2(push.width, push.height) - 1);
}

uvec4 inputs[MOST]; // eight halves of one of the 16 pixels of each part

void load_inputs(const bool lands, ivec2 tile, int first, int chunk)
{
    const uint pitch = uint(PITCH(lands));
    [[unroll]] for (int b = 0; b < MOST; ++b) {
        if (b >= AT_ONCE(lands)) {
            continue;
        }
        uint pixel = uint((WARP * BATCH(lands) + first + b) * 16 + LANE / 2);
        ivec2 p = nearest(tile - MARGIN(lands) + ivec2(pixel % pitch, pixel / pitch));
        uint at = uint(p.y * push.width + p.x) * uint(INPUTS / 8) + uint(chunk * 2 + LANE % 2);
        inputs[b] = Half8s(push.decoded_data).values[at];
    }
}

/* ---- Light ---- */

// The left one of a pair.
ivec2 light_place(ivec2 tile, uint pair)
{
    return tile - BORDER + ivec2(pair % uint(LIGHT_PITCH) * 2u, pair / uint(LIGHT_PITCH));
}

vec3 light_of(vec3 rgb, uvec2 albedo)
{
    if (IS_ALBEDO) {
        return clamp(clean(rgb), 0.0, 1.0);
    }
    if (CLEAN != 0) {
        rgb = clean(rgb);
    }
    bool divided = DIVIDE != 0 && push.albedo_data != 0;
    return divided ? rgb / (vec3(unpackHalf2x16(albedo.x), unpackHalf2x16(albedo.y).x) + EPSILON) : rgb;
}

const int COUNT = (LIGHT_PAIRS + THREADS - 1) / THREADS; // of pairs that a thread brings
vec3 colors[COUNT][2];
uvec2 albedos[COUNT][2];

// Without branches: where there is no albedo, something else.
void load_light(ivec2 tile)
{
    uint64_t albedo = push.albedo_data != 0 ? push.albedo_data : push.decoded_data;
    wf_plane_push from = wf_plane_push(push.light_data, push.light[0], push.light[1], push.light[2]);
    uint thread = gl_LocalInvocationIndex;
    [[unroll]] for (int i = 0; i < COUNT; ++i) {
        [[unroll]] for (int right = 0; right < 2; ++right) {
            ivec2 p = nearest(light_place(tile, uint(i * THREADS) + thread) + ivec2(right, 0));
            bool absent = IS_ALBEDO && push.light_data == 0;
            colors[i][right] = absent ? vec3(0.0) : load_rgb(from, p.y, p.x);
            albedos[i][right] = uvec2(0u);
            if (DIVIDE != 0) {
                albedos[i][right] = Half4s(albedo).values[uint(p.y * push.width + p.x)];
            }
        }
    }
}

void stage_light(ivec2 tile)
{
    uint thread = gl_LocalInvocationIndex;
    [[unroll]] for (int i = 0; i < COUNT; ++i) {
        uint pair = uint(i * THREADS) + thread;
        vec3 two[2];
        [[unroll]] for (int right = 0; right < 2; ++right) {
            ivec2 p = light_place(tile, pair) + ivec2(right, 0);
            bool inside = in_image(p, push.width, push.height);
            two[right] = inside ? light_of(colors[i][right], albedos[i][right]) : vec3(0.0);
        }
        if (pair < uint(LIGHT_PAIRS)) {
            [[unroll]] for (int c = 0; c < 3; ++c) {
                light[c * LIGHT_PAIRS + int(pair)] = vec2(two[0][c], two[1][c]);
            }
        }
    }
}

/* ---- Logits ---- */

// The last rows overlap those before: no plane is written that is not there.
int first_row(const bool lands, int strip)
{
    return max(min(strip * 16, ROWS(lands) - 16), 0);
}

// The first inputs are on their way; those that follow are read while these are multiplied.
void stage_logits(const bool lands, ivec2 tile)
{
    const int PART_BYTES = WF_LEVEL_ROWS * (4 + INPUTS * 2);
    uint64_t parameters = push.parameters_data + uint64_t(lands ? PART_BYTES : 0);
    uint64_t weights = parameters + uint64_t(WF_LEVEL_ROWS * 4);
    int staged = WARP * 32;
    wf_sums biases[STRIPS];
    [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
        biases[strip] = repeat_column(parameters, first_row(lands, strip));
    }
    for (int first = 0; first < BATCH(lands); first += AT_ONCE(lands)) {
        wf_sums sums[MOST][STRIPS];
        [[unroll]] for (int chunk = 0; chunk < CHUNKS; ++chunk) {
            uvec4 values[MOST];
            [[unroll]] for (int b = 0; b < MOST; ++b) {
                values[b] = inputs[b];
            }
            if (chunk + 1 < CHUNKS) {
                load_inputs(lands, tile, first, chunk + 1);
            } else if (AT_ONCE(lands) < BATCH(lands)) {
                load_inputs(lands, tile, first + AT_ONCE(lands), 0);
            }
            wf_left rows[STRIPS];
            [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
                rows[strip] = load_rows_from(weights, first_row(lands, strip) * (INPUTS / 8) + chunk * 2, INPUTS / 8);
            }
            [[unroll]] for (int b = 0; b < MOST; ++b) {
                if (b >= AT_ONCE(lands)) {
                    continue;
                }
                int part = WARP * BATCH(lands) + first + b;
                memory[staged + LANE] = values[b];
                sync_warp();
                wf_right pixels = load_columns(staged, 2);
                [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
                    if (chunk == 0) {
                        sums[b][strip] = biases[strip];
                    }
                    sums[b][strip] = multiply_add(rows[strip], pixels, sums[b][strip]);
                    if (chunk == CHUNKS - 1 && part < PARTS(lands) && first + b < BATCH(lands)) {
                        store_planes(sums[b][strip], first_row(lands, strip) * PLANE(lands) + part * 8, PLANE(lands));
                    }
                }
                sync_warp();
            }
        }
    }
}

// Of a plane at a pixel and the one to its right. odd: whether the pixel's place is.
uint two_at(int at, bool odd)
{
    return odd ? planes[at] >> 16 | planes[at + 1] << 16 : planes[at];
}

// The logits of tap (i,j) that count for the thread's pixels.
uint two_logits(const bool lands, ivec2 own, int i, int j)
{
    const int column = lands ? 2 * BORDER - j : 0, row = lands ? 2 * BORDER - i : 0;
    int at = (own.y * PITCH(lands) + own.x) / 2 + (i * K + j) * PLANE(lands) + row * (PITCH(lands) / 2) + column / 2;
    return two_at(at, column % 2 == 1);
}

/* ---- Filter ---- */

// Taps outside the image do not count. Tap (i,j) reads the pixel there, or the one there writes it.
uint mask_logits(const bool lands, uint two, ivec2 p, int i, int j)
{
    int x = p.x + (lands ? BORDER - j : j - BORDER), y = p.y + (lands ? BORDER - i : i - BORDER);
    bool outside = y < 0 || y >= push.height;
    uint low = outside || x < 0 || x >= push.width ? 0xfc00u : two & 0xffffu;
    uint high = outside || x + 1 < 0 || x + 1 >= push.width ? 0xfc00u : two >> 16;
    return low | high << 16;
}

// Sums of two neighbouring pixels over taps: of weights, and of the light that they weigh.
struct wf_two {
    vec2 weights;
    vec3 left, right;
};

void add_tap(inout wf_two sums, vec2 weights, vec3 left, vec3 right)
{
    sums.weights += weights;
    sums.left += weights.x * left;
    sums.right += weights.y * right;
}

wf_two filter_taps(const bool lands, const bool masked, ivec2 p, ivec2 own)
{
    wf_two sums = wf_two(vec2(0.0), vec3(0.0), vec3(0.0));
    int first = own.y * LIGHT_PITCH + (own.x >> 1);
    [[unroll]] for (int y = 0; y < K; ++y) {
        const int READS = BORDER + 1;
        vec2 rgb[3][READS];
        [[unroll]] for (int c = 0; c < 3; ++c) {
            [[unroll]] for (int read = 0; read < READS; ++read) {
                rgb[c][read] = light[first + c * LIGHT_PAIRS + y * LIGHT_PITCH + read];
            }
        }
        [[unroll]] for (int x = 0; x < K; ++x) {
            int i = lands ? K - 1 - y : y, j = lands ? K - 1 - x : x;
            uint two = two_logits(lands, own, i, j);
            if (masked) {
                two = mask_logits(lands, two, p, i, j);
            }
            vec3 left = vec3(rgb[0][x / 2][x % 2], rgb[1][x / 2][x % 2], rgb[2][x / 2][x % 2]);
            const int next = x + 1;
            vec3 right = vec3(rgb[0][next / 2][next % 2], rgb[1][next / 2][next % 2], rgb[2][next / 2][next % 2]);
            add_tap(sums, exp2(unpackHalf2x16(two)), left, right);
        }
    }
    return sums;
}

// The same sums where exponentials of logits as they are would be too large, or too small.
wf_two filter_shifted(const bool lands, ivec2 p, ivec2 own)
{
    wf_two sums = wf_two(vec2(0.0), vec3(0.0), vec3(0.0));
    vec2 most = vec2(-65504.0);
    [[dont_unroll]] for (int tap = 0; tap < 2 * TAPS; ++tap) { // twice
        int i = tap % TAPS / K, j = tap % K;
        int column = own.x + (lands ? 2 * BORDER - j : 0), row = own.y + (lands ? 2 * BORDER - i : 0);
        uint two = two_at((i * K + j) * PLANE(lands) + (row * PITCH(lands) + column) / 2, column % 2 == 1);
        vec2 logits = min(unpackHalf2x16(mask_logits(lands, two, p, i, j)), 65504.0);
        if (tap < TAPS) {
            most = max(most, logits);
            continue;
        }
        ivec2 q = own + (lands ? 2 * BORDER - ivec2(j, i) : ivec2(j, i));
        int at = q.y * LIGHT_PITCH + (q.x >> 1), odd = q.x & 1;
        vec3 left, right;
        [[unroll]] for (int c = 0; c < 3; ++c) {
            left[c] = light[at + c * LIGHT_PAIRS][odd];
            right[c] = light[at + c * LIGHT_PAIRS + odd][1 - odd];
        }
        add_tap(sums, exp2(logits - most), left, right);
    }
    return sums;
}

void filter_pixels(const bool lands, ivec2 tile, ivec2 own, out vec3 result[2])
{
    bool inner = tile.x >= BORDER && tile.y >= BORDER && tile.x + WIDTH + BORDER <= push.width &&
                 tile.y + HEIGHT + BORDER <= push.height;
    wf_two sums;
    if (inner) {
        sums = filter_taps(lands, false, tile + own, own);
    } else {
        sums = filter_taps(lands, true, tile + own, own);
    }
    float least = min(sums.weights.x, sums.weights.y), most = max(sums.weights.x, sums.weights.y);
    if (!(least > 1.0 / LARGEST_SUM && most < LARGEST_SUM)) {
        sums = filter_shifted(lands, tile + own, own);
    }
    result[0] = sums.left / sums.weights.x;
    result[1] = sums.right / sums.weights.y;
}

/* ---- Output ---- */

void store_alphas(const bool lands, ivec2 own, ivec2 p)
{
    int at = ((own.y + MARGIN(lands)) * PITCH(lands) + own.x + MARGIN(lands)) / 2;
    const bool odd = MARGIN(lands) % 2 == 1;
    uint gather = two_at(at + TAPS * PLANE(lands), odd), splat = two_at(at + (TAPS + 1) * PLANE(lands), odd);
    uint64_t to = push.alpha_data + uint64_t((int64_t(p.y) * push.width + p.x) * 4);
    if (in_image(p, push.width, push.height)) {
        Half2(to).value = gather & 0xffffu | splat << 16;
    }
    if (in_image(p + ivec2(1, 0), push.width, push.height)) {
        Half2(to + 4).value = gather >> 16 | splat & 0xffff0000u;
    }
}

void store_pixel(const bool lands, ivec2 p, vec3 rgb)
{
    const int op = lands ? 1 : 0;
    if (IS_ALBEDO) {
        uint64_t to = push.image_data[0] + uint64_t((int64_t(p.y) * push.width + p.x) * 8);
        Half4(to).value = uvec2(packHalf2x16(rgb.xy), packHalf2x16(vec2(rgb.z, 0.0)));
    } else {
        store_rgb(wf_plane_push(push.image_data[op], push.image[op][0], push.image[op][1], push.image[op][2]), p.y, p.x, rgb);
    }
}

// Of each 2x2 block's in-image pixels. A warp has two rows: the upper one's threads write.
void store_means(const bool lands, ivec2 p, vec3 sum)
{
    uint64_t data = push.mean_data[lands ? 1 : 0];
    int thread = int(gl_LocalInvocationIndex);
    if (IS_ALBEDO || data == 0) {
        return;
    }
    memory[thread] = uvec4(floatBitsToUint(sum), 0u);
    sync_warp();
    if (thread % 32 < 16 && in_image(p, push.width, push.height)) {
        ivec2 count = min(ivec2(push.width, push.height) - p, ivec2(2)), coarse = (ivec2(push.width, push.height) + 1) / 2;
        sum += uintBitsToFloat(memory[thread + 16].xyz);
        store_rgb(dense_planes(data, coarse.x, coarse.y), p.y / 2, p.x / 2, sum / float(count.x * count.y));
    }
}

void filter_tile(const bool lands, ivec2 tile, ivec2 own)
{
    ivec2 p = tile + own;
    vec3 pixels[2], sum = vec3(0.0);
    if (ALPHAS != 0 && lands != HAS_GATHER) {
        store_alphas(lands, own, p);
    }
    filter_pixels(lands, tile, own, pixels);
    [[unroll]] for (int right = 0; right < 2; ++right) {
        ivec2 q = p + ivec2(right, 0);
        if (in_image(q, push.width, push.height)) {
            store_pixel(lands, q, pixels[right]);
            sum += pixels[right];
        }
    }
    store_means(lands, p, sum);
}

// Several tiles, below each other, where the inputs are few: those of the next one are on their way while pixels are filtered.
const bool AHEAD = CHUNKS == 1;

// What the first operator reads of a tile.
void load_tile(ivec2 tile)
{
    load_light(tile);
    load_inputs(!HAS_GATHER, tile, 0, 0);
}

void main()
{
    ivec2 group = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    ivec2 tile = group * ivec2(WIDTH, HEIGHT * push.tiles);
    ivec2 own = ivec2(gl_LocalInvocationIndex % 16u * 2u, gl_LocalInvocationIndex / 16u);
    int count = min(push.tiles, (push.height - tile.y + HEIGHT - 1) / HEIGHT);
    load_tile(tile);
    [[dont_unroll]] for (int t = 0; t < count; ++t) {
        ivec2 next = tile + ivec2(0, HEIGHT);
        stage_light(tile);
        stage_logits(!HAS_GATHER, tile);
        if (HAS_GATHER && HAS_SPLAT) {
            load_inputs(true, tile, 0, 0);
        } else if (AHEAD) {
            load_tile(next);
        }
        barrier();
        filter_tile(!HAS_GATHER, tile, own);
        if (HAS_GATHER && HAS_SPLAT) {
            barrier();
            stage_logits(true, tile);
            if (AHEAD) {
                load_tile(next);
            }
            barrier();
            filter_tile(true, tile, own);
        }
        if (AHEAD) {
            barrier();
        }
        tile = next;
    }
}
