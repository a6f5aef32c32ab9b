// level.glsl -- a level of the pyramid: softmax of its kernels' logits and filter, of both operators one after the
// other, which read the same light; or the same of the albedo, gathered. A thread has two neighbouring pixels of a
// tile, 32 pixels wide. The logits are planes of halves, a plane a tap, behind them those of the alphas; for splat
// those of the tile's border are there, too. Included by shaders that define where:
//
//     CORNER(p, own)   a thread's place in a plane without margin, even in x. p: its left pixel, own: the same,
//                      counted from the tile
//     MARGIN(lands)    columns of a plane before x = 0, MARGIN_ROWS(lands) rows before y = 0. lands: splat's planes
//     ROW(lands)       from a row to the next in pairs of halves; PLANE(lands): from a plane
//     ALPHAS_LAND      whether the alphas are behind splat's planes
//     pair_at          a pair, and sync_warp: declared below
#include "in_image.glsl"
#include "network/layers.glsl"

layout(local_size_x_id = WF_LEVEL_THREADS) in;
layout(constant_id = WF_LEVEL_THREADS) const int THREADS = 32;
layout(constant_id = WF_LEVEL_KERNEL) const int K = 3;
layout(constant_id = WF_LEVEL_KIND) const int KIND = WF_LEVEL_GATHER;
layout(constant_id = WF_LEVEL_ALPHAS) const int ALPHAS = 0;
layout(constant_id = WF_LEVEL_CLEAN) const int CLEAN = 0;
layout(constant_id = WF_LEVEL_DIVIDE) const int DIVIDE = 0;
layout(constant_id = WF_LEVEL_EPSILON) const float EPSILON = 0.0;
layout(constant_id = WF_LEVEL_LIGHT) const int LIGHT_SIZE = 1;
layout(push_constant, scalar) uniform Push { wf_level_push push; };

// light: of two neighbouring pixels, floats. memory: 16 bytes of each thread.
const int MEMORY = THREADS;
shared vec2 light[LIGHT_SIZE];
shared uvec4 memory[MEMORY];

const bool IS_ALBEDO = KIND == WF_LEVEL_ALBEDO, HAS_GATHER = KIND != WF_LEVEL_SPLAT;
const bool HAS_SPLAT = KIND == WF_LEVEL_SPLAT || KIND == WF_LEVEL_BOTH;
const int BORDER = K / 2, TAPS = K * K, WIDTH = 32, HEIGHT = THREADS / 16;
const int LIGHT_PITCH = WIDTH / 2 + BORDER, LIGHT_PAIRS = LIGHT_PITCH * (HEIGHT + 2 * BORDER);
const float LARGEST_SUM = 1e18; // of a kernel's weights whose logits were not shifted

uint pair_at(const bool lands, int at);
void sync_warp();

ivec2 nearest(ivec2 p)
{
    return clamp(p, ivec2(0), ivec2(push.width, push.height) - 1);
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
    return divided ? rgb / divisor_of(albedo, EPSILON) : rgb;
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

// Of the thread's pixels, of that place from where tap (i,j) counts for them. Both are even but for the offset.
uint two_logits(const bool lands, int row, ivec2 corner, ivec2 offset)
{
    int column = MARGIN(lands) + offset.x, y = MARGIN_ROWS(lands) + corner.y + offset.y;
    int at = row * PLANE(lands) + y * ROW(lands) + (corner.x >> 1) + (column >> 1);
    return (column & 1) != 0 ? pair_at(lands, at) >> 16 | pair_at(lands, at + 1) << 16 : pair_at(lands, at);
}

// Where tap (i,j) of the own pixel's kernel is, or of the kernel that lands on it.
ivec2 offset_of(const bool lands, int i, int j)
{
    return lands ? ivec2(BORDER - j, BORDER - i) : ivec2(0);
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
            uint two = two_logits(lands, i * K + j, CORNER(p, own), offset_of(lands, i, j));
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
        uint two = two_logits(lands, i * K + j, CORNER(p, own), offset_of(lands, i, j));
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

void store_alphas(ivec2 own, ivec2 p)
{
    const bool lands = ALPHAS_LAND;
    uint gather = two_logits(lands, TAPS, CORNER(p, own), ivec2(0));
    uint splat = two_logits(lands, TAPS + 1, CORNER(p, own), ivec2(0));
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
        wf_plane_push image =
            wf_plane_push(push.image_data[op], push.image[op][0], push.image[op][1], push.image[op][2]);
        store_rgb(image, p.y, p.x, rgb);
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
        ivec2 size = ivec2(push.width, push.height), count = min(size - p, ivec2(2)), coarse = (size + 1) / 2;
        sum += uintBitsToFloat(memory[thread + 16].xyz);
        store_rgb(dense_planes(data, coarse.x, coarse.y), p.y / 2, p.x / 2, sum / float(count.x * count.y));
    }
}

void filter_tile(const bool lands, ivec2 tile, ivec2 own)
{
    ivec2 p = tile + own;
    vec3 pixels[2], sum = vec3(0.0);
    if (ALPHAS != 0 && lands != HAS_GATHER) {
        store_alphas(own, p);
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
