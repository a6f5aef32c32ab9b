// convolve_matrix.glsl -- a 3x3 convolution as products of matrices, its bias, its ReLU and the pooling after
// it. A workgroup computes some outputs of a tile of pixels, 16 inputs after the other: these of the tile and
// its border, and their weights, are staged in shared memory. A warp has ROWS rows of 32 pixels, those of even
// and of odd columns apart, and PAIRS times 16 outputs; DOWN x ACROSS x DEEP of them make a workgroup.
// Workgroups count outputs fastest in y.
//
// Where a coarser source's pixels cover 2x2 whole ones (UP), each of these sees 2x2 of the coarser ones: a kernel of
// 4 taps for each of the 4 places.
#include "in_image.glsl"
#include "network/layers.glsl"

layout(local_size_x_id = WF_CONVOLVE_THREADS) in;
layout(constant_id = WF_CONVOLVE_ROWS) const int ROWS = 2;
layout(constant_id = WF_CONVOLVE_PAIRS) const int PAIRS = 1;
layout(constant_id = WF_CONVOLVE_DOWN) const int DOWN = 3;
layout(constant_id = WF_CONVOLVE_ACROSS) const int ACROSS = 1;
layout(constant_id = WF_CONVOLVE_DEEP) const int DEEP = 1;
layout(constant_id = WF_CONVOLVE_MEMORY) const int MEMORY = 1;
layout(constant_id = WF_CONVOLVE_AHEAD) const int AHEAD = 0; // whether inputs are read while
                                                             // those before are multiplied
layout(constant_id = WF_CONVOLVE_COARSE) const int COARSE = 0; // whether there is a coarser source
layout(constant_id = WF_CONVOLVE_UP) const int UP = 0;
layout(constant_id = WF_CONVOLVE_TILES) const int TILES = 1; // of a workgroup, below each other
layout(constant_id = WF_CONVOLVE_PAIR) const int PAIR = 0;     // a second convolution follows, of 16 inputs and outputs
layout(constant_id = WF_CONVOLVE_OFFSET) const int OFFSET = 0; // of what is computed first from what comes out
#ifdef WF_FROM_FEATURES
layout(push_constant, scalar) uniform Push { wf_convolve_features_push push; };
const int OUTPUTS = 16, COARSE_CHANNELS = 0, CHANNELS = 16;
#else
layout(push_constant, scalar) uniform Push { wf_convolve_push push; };
#define OUTPUTS         push.outputs
#define COARSE_CHANNELS push.coarse_channels
#define CHANNELS        push.input_channels
#endif

shared uvec4 memory[MEMORY];

#include "network/matrix.glsl"
#ifdef WF_FROM_FEATURES
#define WF_FIRST_FEATURE WF_CONVOLVE_FEATURE
#include "network/features.glsl"
#endif

const int THREADS = 32 * DOWN * ACROSS * DEEP, WIDTH = 32 * ACROSS, HEIGHT = ROWS * DOWN, COLUMNS = 2 * PAIRS * DEEP;
// Strides are odd, so that lines of 8 halves that follow each other are in different banks: of a pixel's
// inputs, of 2x2 pixels', of weights.
const int PIXEL = 3, QUAD = 9, LINE = COLUMNS + 1;

// What is staged: a line of weights for each tap and input, pixels with their borders.
const int PITCH = WIDTH + 2, HALF = PITCH / 2, QUADS = HALF * (HEIGHT / 2 + 1), LINES = 9 * 16;
const int COARSE_PITCH = WIDTH / 2 + 2, COARSE_PIXELS = COARSE_PITCH * (HEIGHT / 2 + 2), COARSE_LINES = 16 * 16;

// A thread brings eights of halves, THREADS apart. It reads all of them always, of what is not needed the nearest: a
// condition would have it wait for them at once.
const int COPIES = (2 * PITCH * (HEIGHT + 2) + THREADS - 1) / THREADS; // of a coarser source as many at most
const int LINES_AT_ONCE = THREADS / COLUMNS;
const int WEIGHT_COPIES = ((UP != 0 ? COARSE_LINES : LINES) + LINES_AT_ONCE - 1) / LINES_AT_ONCE;
uint places[COPIES], coarse_places[COPIES]; // in the sources, in eights of halves
uint inside, coarse_inside;                 // the image: a bit of each
uvec4 pixel_copies[COPIES], weight_copies[WEIGHT_COPIES];

wf_sums sums[ROWS][2][PAIRS];

// Of whole pixels, counted from the border on: columns of the same kind are QUAD apart.
int pixel_place(int x, int y)
{
    return (y / 2 * HALF + x / 2) * QUAD + y % 2 * 4 + x % 2 * 2;
}

// No constant: of such pairs validation layers of 2023 make some before one of their parts.
ivec2 tile_size()
{
    int width = WIDTH;
    return ivec2(width, HEIGHT);
}

/* ---- From memory to registers, and from these to shared memory ---- */

// The pixel of a piece: 2x2 whole ones follow each other, 8 pieces, so that neighbouring threads write to banks of
// their own; a coarser source's rows do.
ivec2 pixel_of(uint piece, const bool coarse)
{
    uint pitch = uint(coarse ? COARSE_PITCH : HALF), column = piece / (coarse ? 2u : 8u);
    ivec2 place = ivec2(column % pitch, column / pitch);
    return coarse ? place : 2 * place + ivec2(piece / 2u % 2u, piece / 4u % 2u);
}

const int PIECES = 2 * PITCH * (HEIGHT + 2), COARSE_PIECES = 2 * COARSE_PIXELS;

// Of pixels from `first` on. The source has half the size where scale is 1.
void find_places(ivec2 size, ivec2 first, int scale, int channels, const bool coarse, out uint to[COPIES],
                 out uint bits)
{
    int eights = channels / 8, step = ((size.x + scale) >> scale) * eights;
    bits = 0u;
    [[unroll]] for (int i = 0; i < COPIES; ++i) {
        uint piece = min(uint(i * THREADS) + gl_LocalInvocationIndex, uint((coarse ? COARSE_PIECES : PIECES) - 1));
        ivec2 p = first + pixel_of(piece, coarse), q = clamp(p, ivec2(0), size - 1) >> scale;
        to[i] = uint(q.y * step + q.x * eights) + piece % 2u;
        bits |= in_image(p, size.x, size.y) ? 1u << i : 0u;
    }
}

// those: all bits, or none where they will not be used, so that all threads read the first ones.
void load_weights(uint64_t weights, int lines, uint those)
{
    int line = int(gl_LocalInvocationIndex / uint(COLUMNS)), column = int(gl_LocalInvocationIndex % uint(COLUMNS));
    [[unroll]] for (int i = 0; i < WEIGHT_COPIES; ++i) {
        int at = min(line + i * LINES_AT_ONCE, lines - 1);
        weight_copies[i] = Half8s(weights).values[uint(at * (OUTPUTS / 8) + column) & those];
    }
}

// Behind the pixels.
void stage_weights(int pixels, int lines)
{
    int line = int(gl_LocalInvocationIndex / uint(COLUMNS)), column = int(gl_LocalInvocationIndex % uint(COLUMNS));
    int to = pixels + line * LINE + column;
    [[unroll]] for (int i = 0; i < WEIGHT_COPIES; ++i) {
        if (line < LINES_AT_ONCE && line + i * LINES_AT_ONCE < lines) {
            memory[to + i * LINES_AT_ONCE * LINE] = weight_copies[i];
        }
    }
}

void stage(const bool coarse, uint bits)
{
    const uint GROUP = coarse ? 2u : 8u, STRIDE = uint(coarse ? PIXEL : QUAD);
    [[unroll]] for (int i = 0; i < COPIES; ++i) {
        uint piece = uint(i * THREADS) + gl_LocalInvocationIndex;
        if (piece < uint(coarse ? COARSE_PIECES : PIECES)) {
            memory[piece / GROUP * STRIDE + piece % GROUP] = (bits >> i & 1u) != 0u ? pixel_copies[i] : uvec4(0u);
        }
    }
}

/* ---- Chunks of 16 inputs: the coarser source's first ---- */

bool is_up(int chunk)
{
    return UP != 0 && chunk < COARSE_CHANNELS / 16;
}

#ifdef WF_FROM_FEATURES
// The pixels that a thread brings; all of their layers are read before the first of them is used.
const int FEATURE_COPIES = (PITCH * (HEIGHT + 2) + THREADS - 1) / THREADS;

ivec2 feature_place(int i)
{
    uint pixel = uint(i * THREADS) + gl_LocalInvocationIndex;
    return ivec2(pixel % uint(PITCH), pixel / uint(PITCH));
}

wf_guides guides[FEATURE_COPIES];

void load_features(ivec2 tile)
{
    ivec2 size = ivec2(push.width, push.height);
    wf_plane_push color = wf_plane_push(push.color_data, push.color[0], push.color[1], push.color[2]);
    wf_plane_push albedo = wf_plane_push(push.albedo_data, push.albedo[0], push.albedo[1], push.albedo[2]);
    wf_plane_push normal = wf_plane_push(push.normal_data, push.normal[0], push.normal[1], push.normal[2]);
    wf_plane_push depth = wf_plane_push(push.depth_data, 0, push.depth[0], push.depth[1]);
    [[unroll]] for (int i = 0; i < FEATURE_COPIES; ++i) {
        ivec2 p = clamp(tile - 1 + feature_place(i), ivec2(0), size - 1);
        guides[i] = load_guides(color, albedo, normal, depth, p.y, p.x);
    }
}

void stage_features(ivec2 tile)
{
    vec2 exposure = Float2(push.exposure_data).value;
    bvec3 present = bvec3(push.albedo_data != 0, push.normal_data != 0, push.depth_data != 0);
    [[unroll]] for (int i = 0; i < FEATURE_COPIES; ++i) {
        ivec2 place = feature_place(i), p = tile - 1 + place;
        uvec4 halves[2];
        find_features(guides[i], present, exposure, halves);
        bool inside = in_image(p, push.width, push.height);
        int to = pixel_place(place.x, place.y);
        if (place.y < HEIGHT + 2) {
            memory[to] = inside ? halves[0] : uvec4(0u);
            memory[to + 1] = inside ? halves[1] : uvec4(0u);
        }
    }
}
#endif

void find_sources(ivec2 tile)
{
#ifndef WF_FROM_FEATURES
    ivec2 size = ivec2(push.width, push.height);
    find_places(size, tile - 1, 0, CHANNELS, false, places, inside);
    if (UP != 0) {
        find_places(size / 2, tile / 2 - 1, 0, COARSE_CHANNELS, true, coarse_places, coarse_inside);
    } else if (COARSE != 0) {
        find_places(size, tile - 1, 1, COARSE_CHANNELS, false, coarse_places, coarse_inside);
    }
#endif
}

// those: as below.
#ifndef WF_FROM_FEATURES
void load_pixels(int chunk, uint those)
{
    int coarse_chunks = COARSE != 0 ? COARSE_CHANNELS / 16 : 0;
    bool coarse = chunk < coarse_chunks;
    uint64_t source = coarse ? push.coarse_data : push.input_data;
    uint first = uint((coarse ? chunk : chunk - coarse_chunks) * 2);
    [[unroll]] for (int i = 0; i < COPIES; ++i) {
        uint place = COARSE != 0 && coarse ? coarse_places[i] : places[i];
        pixel_copies[i] = Half8s(source).values[(place + first) & those];
    }
}
#endif

// Behind the weights of 9 taps of all chunks are those of 16 taps of the coarser source's. weights: of this workgroup's
// outputs. After the last chunk's come those of the second convolution, if there is one.
void load_chunk_weights(int chunk, int chunks, uint64_t weights, uint64_t second, uint those)
{
    uint64_t line = uint64_t(OUTPUTS * 2), from = weights + line * uint64_t(chunk * LINES);
    int lines = LINES;
    if (is_up(chunk)) {
        from = weights + line * uint64_t(chunks * LINES + chunk * COARSE_LINES);
        lines = COARSE_LINES;
    }
    load_weights(chunk == chunks ? second : from, lines, those);
}

void stage_chunk(int chunk, ivec2 tile)
{
#ifdef WF_FROM_FEATURES
    stage_features(tile);
    stage_weights(QUADS * QUAD, LINES);
#else
    if (is_up(chunk)) {
        stage(true, coarse_inside);
        stage_weights(COARSE_PIXELS * PIXEL, COARSE_LINES);
    } else {
        stage(false, COARSE != 0 && chunk < COARSE_CHANNELS / 16 ? coarse_inside : inside);
        stage_weights(QUADS * QUAD, LINES);
    }
#endif
}

// pixels: of the warp's first one and the first tap; column: the warp's first. A tap's pixels of odd columns
// are the next tap's of even ones.
void add_products(int pixels, int column)
{
    wf_left rows[2][ROWS + 2];
    [[unroll]] for (int dx = -1; dx < 3; ++dx) {
        int next = dx + 1;
        [[unroll]] for (int row = 0; row < ROWS + 2; ++row) {
            rows[next % 2][row] = load_rows(pixels + pixel_place(next, row), QUAD);
        }
        [[unroll]] for (int dy = 0; dy < 3 && dx >= 0; ++dy) {
            [[unroll]] for (int pair = 0; pair < PAIRS; ++pair) {
                int line = (dy * 3 + dx) * 16;
                wf_right weight = load_right_rows(QUADS * QUAD + line * LINE + column + 2 * pair, LINE);
                [[unroll]] for (int row = 0; row < ROWS; ++row) {
                    sums[row][0][pair] = multiply_add(rows[dx % 2][row + dy], weight, sums[row][0][pair]);
                    sums[row][1][pair] = multiply_add(rows[next % 2][row + dy], weight, sums[row][1][pair]);
                }
            }
        }
    }
}

void add_coarse_products(int pixels, int column)
{
    [[unroll]] for (int x = 0; x < 3; ++x) {
        wf_left rows[ROWS / 2 + 2];
        [[unroll]] for (int row = 0; row < ROWS / 2 + 2; ++row) {
            rows[row] = load_rows(pixels + (row * COARSE_PITCH + x) * PIXEL, PIXEL);
        }
        [[unroll]] for (int i = 0; i < 8; ++i) {
            int odd = i / 4, below = i / 2 % 2, dy = i % 2, dx = x - odd;
            [[unroll]] for (int pair = 0; pair < PAIRS && dx >= 0 && dx < 2; ++pair) {
                int line = ((below * 2 + odd) * 4 + dy * 2 + dx) * 16;
                wf_right weight = load_right_rows(COARSE_PIXELS * PIXEL + line * LINE + column + 2 * pair, LINE);
                [[unroll]] for (int row = 0; row < ROWS / 2; ++row) {
                    sums[2 * row + below][odd][pair] =
                        multiply_add(rows[row + below + dy], weight, sums[2 * row + below][odd][pair]);
                }
            }
        }
    }
}

/* ---- A second convolution ---- */

void start_sums(uint64_t biases)
{
    [[unroll]] for (int pair = 0; pair < PAIRS; ++pair) {
        wf_sums bias = repeat_row(biases, 16 * pair);
        [[unroll]] for (int row = 0; row < ROWS; ++row) {
            sums[row][0][pair] = bias;
            sums[row][1][pair] = bias;
        }
    }
}

// The sums in place of the pixels that they came from, 0 outside the image. pixels: of the warp's first one.
void keep_sums(ivec2 tile, int pixels)
{
    [[unroll]] for (int i = 0; i < 2 * ROWS; ++i) {
        store_rows(activate(sums[i / 2][i % 2][0]), pixels + pixel_place(i % 2, i / 2), QUAD);
    }
    ivec2 end = tile + tile_size();
    if (tile.x >= 0 && tile.y >= 0 && end.x <= push.width && end.y <= push.height) {
        return;
    }
    barrier();
    for (int pixel = int(gl_LocalInvocationIndex); pixel < WIDTH * HEIGHT; pixel += THREADS) {
        ivec2 place = ivec2(pixel % WIDTH, pixel / WIDTH);
        int at = pixel_place(place.x, place.y);
        if (!in_image(tile + place, push.width, push.height)) {
            memory[at] = uvec4(0u);
            memory[at + 1] = uvec4(0u);
        }
    }
}

/* ---- Outputs: 16 of two rows at once, from the warp's part of shared memory. Two lanes have a pixel. ---- */

// There, too, even columns come before odd ones.
int output_place(int row, int odd, int column)
{
    return ((row * 2 + odd) * 16 + column) * PIXEL;
}

uvec4 larger(uvec4 a, uvec4 b)
{
    return uvec4(larger_halves(a.x, b.x), larger_halves(a.y, b.y), larger_halves(a.z, b.z), larger_halves(a.w, b.w));
}

// The maximum of each 2x2 block's in-image pixels. p: the rows' first pixel; channel: the first output.
void write_pooled(int part, ivec2 p, int channel, ivec2 limit)
{
    int column = LANE / 2, at = part + LANE % 2;
    ivec2 q = p + ivec2(2 * column, 0);
    if (in_image(q, limit.x, limit.y)) {
        int right = q.x + 1 < push.width ? 1 : 0, below = q.y + 1 < push.height ? 1 : 0;
        uvec4 above = larger(memory[at + output_place(0, 0, column)], memory[at + output_place(0, right, column)]);
        uvec4 under = larger(memory[at + output_place(below, 0, column)],
                             memory[at + output_place(below, right, column)]);
        uint to = uint((q.y / 2) * ((push.width + 1) / 2) + q.x / 2) * uint(OUTPUTS / 8);
        Half8s(push.pooled_data).values[to + uint(channel / 8 + LANE % 2)] = larger(above, under);
    }
}

// limit: the end of what the workgroup has of the image.
void write_rows(int part, ivec2 p, int channel, ivec2 limit)
{
    int eights = OUTPUTS / 8;
    uint to = uint(p.y * push.width + p.x) * uint(eights) + uint(channel / 8 + LANE % 2);
    [[unroll]] for (int i = 0; i < 4; ++i) {
        int row = i / 2, x = i % 2 * 16 + LANE / 2;
        if (in_image(p + ivec2(x, row), limit.x, limit.y)) {
            Half8s(push.output_data).values[to + uint((row * push.width + x) * eights)] =
                memory[part + output_place(row, x % 2, x / 2) + LANE % 2];
        }
    }
    if (push.pooled_data != 0) {
        write_pooled(part, p, channel, limit);
    }
}

// What the next step takes: a chunk, of the next tile after the last one, or the second convolution's weights.
void load_next(int chunk, int chunks, ivec2 next_tile, uint64_t weights, uint64_t second, bool is_last_tile)
{
    bool follows = chunk < chunks;
    uint those = follows || !is_last_tile ? ~0u : 0u;
#ifdef WF_FROM_FEATURES
    if (follows || TILES > 1) {
        load_features(next_tile);
    }
#else
    load_pixels(follows ? chunk : 0, those);
#endif
    load_chunk_weights(follows || PAIR != 0 ? chunk : 0, chunks, weights, second, PAIR != 0 ? ~0u : those);
}

// Of the tile's outputs. part: of shared memory, the warp's.
void write_tile(ivec2 tile, int across, int down, int part, int channel)
{
    ivec2 limit = min(ivec2(push.width, push.height), tile + tile_size() - 2 * PAIR);
    [[unroll]] for (int row = 0; row < ROWS; row += 2) {
        [[unroll]] for (int pair = 0; pair < PAIRS; ++pair) {
            [[unroll]] for (int i = 0; i < 4; ++i) {
                store_rows(activate(sums[row + i / 2][i % 2][pair]), part + output_place(i / 2, i % 2, 0), PIXEL);
            }
            sync_warp();
            write_rows(part, tile + ivec2(across * 32, down * ROWS + row), channel + 16 * pair, limit);
            sync_warp();
        }
    }
}

void main()
{
    ivec2 workgroup = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    ivec2 step = tile_size() - 2 * PAIR;
    int groups = OUTPUTS / (8 * COLUMNS), group = workgroup.y % groups, row = workgroup.y / groups * TILES;
    int rows = (push.height + (OFFSET > 1 ? 1 : 0) + step.y - 1) / step.y, count = min(TILES, rows - row);
    int warp = WARP, deep = warp % DEEP, across = warp / DEEP % ACROSS, down = warp / DEEP / ACROSS;
    int channel = group * 8 * COLUMNS + deep * PAIRS * 16, column = deep * 2 * PAIRS;
    int pixels = pixel_place(across * 32, down * ROWS);

    uint64_t parameters = push.parameters_data, weights = parameters + uint64_t(OUTPUTS * 4 + group * 8 * COLUMNS * 2);
    uint64_t second = parameters + uint64_t(int64_t(push.second)), second_weights = second + uint64_t(OUTPUTS * 4);
    int chunks = ((COARSE != 0 ? COARSE_CHANNELS : 0) + CHANNELS) / 16;
    ivec2 tile = ivec2(workgroup.x, row) * step - OFFSET;
    find_sources(tile);
    if (AHEAD != 0) {
        load_next(0, chunks, tile, weights, second_weights, false);
    }
    [[dont_unroll]] for (int t = 0; t < count; ++t) {
        start_sums(parameters + uint64_t(channel * 4));
        for (int chunk = 0; chunk < chunks; ++chunk) {
            if (AHEAD == 0) {
                load_next(chunk, chunks, tile, weights, second_weights, true);
            }
            stage_chunk(chunk, tile);
            barrier();
            if (TILES > 1 && chunk + 1 == chunks) {
                find_sources(tile + ivec2(0, step.y));
            }
            if (AHEAD != 0) {
                load_next(chunk + 1, chunks, tile + ivec2(0, step.y), weights, second_weights, t + 1 == count);
            }
            if (is_up(chunk)) {
                add_coarse_products((down * (ROWS / 2) * COARSE_PITCH + across * 16) * PIXEL, column);
            } else {
                add_products(pixels, column);
            }
            barrier();
        }
        if (PAIR != 0) {
            keep_sums(tile, pixels);
            if (AHEAD == 0) {
                load_weights(second_weights, LINES, ~0u);
            }
            stage_weights(QUADS * QUAD, LINES);
            start_sums(second);
            barrier();
            if (TILES > 1 && AHEAD != 0) {
                load_chunk_weights(0, chunks, weights, second_weights, ~0u);
            }
            add_products(pixels, column);
            barrier();
        }
        write_tile(tile + PAIR, across, down, warp * output_place(2, 0, 0), channel);
        tile.y += step.y;
        if (TILES > 1) {
            barrier();
        }
    }
}
