// level_matrix.glsl -- a level of the pyramid: the logits of an operator's kernels as products of matrices, softmax, filter, and what
// the coarser level adds; or the same of the albedo. A thread has 2x2 pixels of a tile, 32 pixels wide. The tile's logits, for splat those
// of its border, too, lie in shared memory as planes of halves, a plane a tap, behind the activations that are multiplied.
#include "network/layers.glsl"

layout(local_size_x_id = WF_LEVEL_THREADS) in;
layout(constant_id = WF_LEVEL_THREADS) const int THREADS = 32;
layout(constant_id = WF_LEVEL_KERNEL) const int K = 3;
layout(constant_id = WF_LEVEL_KIND) const int KIND = WF_LEVEL_GATHER;
layout(constant_id = WF_LEVEL_INPUTS) const int INPUTS = 16;
layout(constant_id = WF_LEVEL_ALPHAS) const int ALPHAS = 0;
layout(constant_id = WF_LEVEL_CLEAN) const int CLEAN = 0;
layout(constant_id = WF_LEVEL_EPSILON) const float EPSILON = 0.0;
layout(constant_id = WF_LEVEL_BATCH) const int BATCH = 1;
layout(constant_id = WF_LEVEL_MEMORY) const int MEMORY = 1;
layout(constant_id = WF_LEVEL_LIGHT) const int LIGHT_SIZE = 1;
layout(push_constant, scalar) uniform Push { wf_level_push push; };

shared uvec4 memory[MEMORY];
shared float light[LIGHT_SIZE];

#include "network/matrix.glsl"

const int BORDER = K / 2, TAPS = K * K, WIDTH = 32, HEIGHT = THREADS / 8, WARPS = THREADS / 32;
const int LIGHT_PITCH = WIDTH + 2 * BORDER, LIGHT_PLANE = LIGHT_PITCH * (HEIGHT + 2 * BORDER);
// The pixels that have logits.
const int MARGIN = KIND == WF_LEVEL_SPLAT ? BORDER : 0, PITCH = WIDTH + 2 * MARGIN;
const int PIXELS = PITCH * (HEIGHT + 2 * MARGIN), PARTS = (PIXELS + 15) / 16;
// Rows of the head's part; strides are odd, so that neighbouring lines are in different banks.
const int ROWS = TAPS + ALPHAS, STRIPS = (ROWS + 15) / 16, LINE = 2 * PARTS | 1;
const int PIXEL = 3, PLANES = WARPS * BATCH * 16 * PIXEL;

vec3 light_at(ivec2 p)
{
    if (KIND == WF_LEVEL_ALBEDO) {
        return clamp(load_clean(push.light, p.y, p.x), 0.0, 1.0);
    }
    vec3 rgb = load_rgb(push.light, p.y, p.x);
    if (CLEAN != 0) {
        rgb = clean(rgb);
    }
    return push.albedo_data == 0 ? rgb : rgb / load_divisor(push.albedo_data, EPSILON, int64_t(p.y) * push.width + p.x);
}

void stage_light(ivec2 tile)
{
    for (int i = int(gl_LocalInvocationIndex); i < LIGHT_PLANE; i += THREADS) {
        ivec2 p = tile - BORDER + ivec2(i % LIGHT_PITCH, i / LIGHT_PITCH);
        bool inside = p.x >= 0 && p.y >= 0 && p.x < push.width && p.y < push.height;
        vec3 rgb = inside ? light_at(p) : vec3(0.0);
        light[i] = rgb.r;
        light[i + LIGHT_PLANE] = rgb.g;
        light[i + 2 * LIGHT_PLANE] = rgb.b;
    }
}

// The last rows overlap those before: no plane is written that is not there.
int first_row(int strip)
{
    return max(min(strip * 16, ROWS - 16), 0);
}

// Eight halves of one of the 16 pixels of a part.
uvec4 load_eight(ivec2 tile, int part, int chunk)
{
    int pixel = part * 16 + LANE / 2;
    ivec2 p = clamp(tile - MARGIN + ivec2(pixel % PITCH, pixel / PITCH), ivec2(0), ivec2(push.width, push.height) - 1);
    int64_t at = (int64_t(p.y) * push.width + p.x) * INPUTS + chunk * 16 + LANE % 2 * 8;
    return Half8(push.decoded_data + uint64_t(at * 2)).value;
}

void stage_logits(ivec2 tile)
{
    const int CHUNKS = INPUTS / 16, ROUNDS = (PARTS + WARPS * BATCH - 1) / (WARPS * BATCH);
    uint64_t weights = push.parameters_data + uint64_t(WF_LEVEL_ROWS * 4);
    int staged = WARP * BATCH * 16 * PIXEL;
    for (int round = 0; round < ROUNDS; ++round) {
        int part = (round * WARPS + WARP) * BATCH;
        wf_sums sums[BATCH][STRIPS];
        [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
            wf_sums bias = repeat_column(push.parameters_data, first_row(strip));
            [[unroll]] for (int b = 0; b < BATCH; ++b) {
                sums[b][strip] = bias;
            }
        }
        for (int chunk = 0; chunk < CHUNKS; ++chunk) {
            uvec4 values[BATCH];
            [[unroll]] for (int b = 0; b < BATCH; ++b) {
                values[b] = load_eight(tile, part + b, chunk);
            }
            [[unroll]] for (int b = 0; b < BATCH; ++b) {
                memory[staged + (b * 16 + LANE / 2) * PIXEL + LANE % 2] = values[b];
            }
            sync_warp();
            wf_halves pixels[BATCH];
            [[unroll]] for (int b = 0; b < BATCH; ++b) {
                pixels[b] = load_columns(staged + b * 16 * PIXEL, PIXEL);
            }
            [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
                wf_halves rows = load_rows_from(weights, first_row(strip) * (INPUTS / 8) + chunk * 2, INPUTS / 8);
                [[unroll]] for (int b = 0; b < BATCH; ++b) {
                    sums[b][strip] = multiply_add(rows, pixels[b], sums[b][strip]);
                }
            }
            sync_warp();
        }
        [[unroll]] for (int b = 0; b < BATCH; ++b) {
            if (part + b < PARTS) {
                [[unroll]] for (int strip = 0; strip < STRIPS; ++strip) {
                    store_rows(sums[b][strip], PLANES + first_row(strip) * LINE + (part + b) * 2, LINE);
                }
            }
        }
    }
}

uint word_at(int plane, int pixel)
{
    int at = plane * LINE * 4 + pixel / 2;
    return memory[PLANES + at / 4][at % 4];
}

// Halves of a plane at a pixel and the one to its right. odd: whether the pixel's place is.
uint two_at(int plane, int pixel, bool odd)
{
    return odd ? word_at(plane, pixel - 1) >> 16 | word_at(plane, pixel + 1) << 16 : word_at(plane, pixel);
}

// The logits of tap (i,j) that count for two of the thread's pixels, in its row `row`. own: the thread's first pixel in the tile.
uint two_logits(ivec2 own, int row, int i, int j)
{
    if (KIND == WF_LEVEL_SPLAT) {
        ivec2 source = own + ivec2(2 * BORDER - j, row + 2 * BORDER - i);
        return two_at(i * K + j, source.y * PITCH + source.x, j % 2 == 1);
    }
    return word_at(i * K + j, (own.y + row) * PITCH + own.x);
}

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

void filter_pixels(ivec2 tile, ivec2 own, out vec3 result[2][2])
{
    uint logits[2][TAPS];
    [[unroll]] for (int row = 0; row < 2; ++row) {
        [[unroll]] for (int i = 0; i < K; ++i) {
            [[unroll]] for (int j = 0; j < K; ++j) {
                logits[row][i * K + j] = two_logits(own, row, i, j);
            }
        }
    }
    bool inner = tile.x >= BORDER && tile.y >= BORDER && tile.x + WIDTH + BORDER <= push.width &&
                 tile.y + HEIGHT + BORDER <= push.height;
    if (!inner) {
        [[unroll]] for (int row = 0; row < 2; ++row) {
            [[unroll]] for (int i = 0; i < K; ++i) {
                [[unroll]] for (int j = 0; j < K; ++j) {
                    logits[row][i * K + j] = mask_logits(logits[row][i * K + j], tile + own + ivec2(0, row), i, j);
                }
            }
        }
    }
    const float LOG2_E = 1.44269504;
    vec2 most[2];
    [[unroll]] for (int row = 0; row < 2; ++row) {
        most[row] = unpackHalf2x16(logits[row][0]);
        [[unroll]] for (int tap = 1; tap < TAPS; ++tap) {
            most[row] = max(most[row], unpackHalf2x16(logits[row][tap]));
        }
        most[row] *= LOG2_E;
    }
    float total[2][2] = float[2][2](float[2](0.0, 0.0), float[2](0.0, 0.0));
    vec3 sum[2][2] = vec3[2][2](vec3[2](vec3(0.0), vec3(0.0)), vec3[2](vec3(0.0), vec3(0.0)));
    [[unroll]] for (int y = 0; y <= K; ++y) {
        [[unroll]] for (int x = 0; x <= K; ++x) {
            int at = (own.y + y) * LIGHT_PITCH + own.x + x;
            vec3 rgb = vec3(light[at], light[at + LIGHT_PLANE], light[at + 2 * LIGHT_PLANE]);
            [[unroll]] for (int row = 0; row < 2; ++row) {
                [[unroll]] for (int column = 0; column < 2; ++column) {
                    int i = KIND == WF_LEVEL_SPLAT ? row + 2 * BORDER - y : y - row;
                    int j = KIND == WF_LEVEL_SPLAT ? column + 2 * BORDER - x : x - column;
                    if (i >= 0 && i < K && j >= 0 && j < K) {
                        float logit = unpackHalf2x16(logits[row][i * K + j])[column];
                        float weight = exp2(logit * LOG2_E - most[row][column]);
                        total[row][column] += weight;
                        sum[row][column] += weight * rgb;
                    }
                }
            }
        }
    }
    [[unroll]] for (int row = 0; row < 2; ++row) {
        [[unroll]] for (int column = 0; column < 2; ++column) {
            result[row][column] = sum[row][column] / total[row][column];
        }
    }
}

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
    [[unroll]] for (int row = 0; row < 2; ++row) {
        int pixel = (own.y + row + MARGIN) * PITCH + own.x + MARGIN;
        uint gather = two_at(TAPS, pixel, MARGIN % 2 == 1), splat = two_at(TAPS + 1, pixel, MARGIN % 2 == 1);
        int64_t at = int64_t(p.y + row) * push.width + p.x;
        if (p.y + row < push.height && p.x < push.width) {
            Half2(push.alpha_data + uint64_t(at * 4)).value = gather & 0xffffu | splat << 16;
        }
        if (p.y + row < push.height && p.x + 1 < push.width) {
            Half2(push.alpha_data + uint64_t(at * 4 + 4)).value = gather >> 16 | splat & 0xffff0000u;
        }
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

void main()
{
    ivec2 tile = (ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y)) * ivec2(WIDTH, HEIGHT);
    int thread = int(gl_LocalInvocationIndex);
    ivec2 own = 2 * ivec2(thread % 16, thread / 16), p = tile + own;
    stage_light(tile);
    stage_logits(tile);
    barrier();
    if (ALPHAS != 0) {
        store_alphas(own, p);
    }
    vec3 pixels[2][2], sum = vec3(0.0);
    filter_pixels(tile, own, pixels);
    ivec2 count = clamp(ivec2(push.width, push.height) - p, ivec2(0), ivec2(2));
    [[unroll]] for (int row = 0; row < 2; ++row) {
        [[unroll]] for (int column = 0; column < 2; ++column) {
            if (row < count.y && column < count.x) {
                store_pixel(p + ivec2(column, row), pixels[row][column]);
                sum += pixels[row][column];
            }
        }
    }
    if (KIND == WF_LEVEL_ALBEDO || push.blend_data == 0 || count.x == 0 || count.y == 0) {
        return;
    }
    ivec2 coarse = (ivec2(push.width, push.height) + 1) / 2, q = p / 2;
    vec3 o = blended(dense(push.coarser_image_data, coarse.x, coarse.y),
                     dense(push.coarser_blend_data, (coarse.x + 1) / 2, (coarse.y + 1) / 2), push.coarser_alpha_data,
                     KIND == WF_LEVEL_SPLAT ? 1 : 0, q.y, q.x, coarse.x, coarse.y);
    store_rgb(dense(push.blend_data, coarse.x, coarse.y), q.y, q.x, o - sum / float(count.x * count.y));
}
