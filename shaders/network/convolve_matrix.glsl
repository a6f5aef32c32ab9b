// convolve_matrix.glsl -- a 3x3 convolution as products of matrices, its bias, its ReLU and the pooling after it. A workgroup computes some
// outputs of a tile of pixels, 16 inputs after the other: these of the tile and its border, and their weights, are staged in shared
// memory. A warp has ROWS rows of 32 pixels, those of even and of odd columns apart, and PAIRS times 16 outputs; DOWN x ACROSS x DEEP of
// them make a workgroup. Workgroups count outputs fastest in y.
//
// Where a coarser source's pixels cover 2x2 whole ones (UP), each of these sees 2x2 of the coarser ones: a kernel of 4 taps for each of
// the 4 places.
#include "in_image.glsl"
#include "network/layers.glsl"

layout(local_size_x_id = WF_CONVOLVE_THREADS) in;
layout(constant_id = WF_CONVOLVE_ROWS) const int ROWS = 2;
layout(constant_id = WF_CONVOLVE_PAIRS) const int PAIRS = 1;
layout(constant_id = WF_CONVOLVE_DOWN) const int DOWN = 3;
layout(constant_id = WF_CONVOLVE_ACROSS) const int ACROSS = 1;
layout(constant_id = WF_CONVOLVE_DEEP) const int DEEP = 1;
layout(constant_id = WF_CONVOLVE_MEMORY) const int MEMORY = 1;
layout(constant_id = WF_CONVOLVE_AHEAD) const int AHEAD = 0; // whether inputs are read while those before are multiplied
layout(constant_id = WF_CONVOLVE_UP) const int UP = 0;
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
// Strides are odd, so that lines of 8 halves that follow each other are in different banks: of a pixel's inputs, of weights.
const int PIXEL = 3, LINE = COLUMNS + 1;

// What is staged: a line of weights for each tap and input, pixels with their borders. Of whole pixels those of even columns lie before
// the others of their row, counted from the border on.
const int PITCH = WIDTH + 2, HALF = PITCH / 2, PIXELS = PITCH * (HEIGHT + 2), LINES = 9 * 16;
const int COARSE_PITCH = WIDTH / 2 + 2, COARSE_PIXELS = COARSE_PITCH * (HEIGHT / 2 + 2), COARSE_LINES = 16 * 16;

// A thread brings eights of halves that lie below each other.
const int AT_ONCE = THREADS / (2 * PITCH), COARSE_AT_ONCE = THREADS / (2 * COARSE_PITCH);
const int COPIES = (HEIGHT + 2 + AT_ONCE - 1) / AT_ONCE; // of a coarser source as many at most
const int LINES_AT_ONCE = THREADS / COLUMNS;
const int WEIGHT_COPIES = ((UP != 0 ? COARSE_LINES : LINES) + LINES_AT_ONCE - 1) / LINES_AT_ONCE;
const uint NO_PLACE = 0xffffffffu; // outside the image
uint places[COPIES];               // in a source, in eights of halves
uvec4 pixel_copies[COPIES], weight_copies[WEIGHT_COPIES];

wf_sums sums[ROWS][2][PAIRS];

/* ---- From memory to registers, and from these to shared memory ---- */

// Of `rows` rows of `pitch` pixels, the first one of them `first`. The source has half the size where scale is 1.
void find_places(ivec2 size, ivec2 first, int scale, int channels, int pitch, int rows)
{
    int thread = int(gl_LocalInvocationIndex), at_once = THREADS / (2 * pitch), row = thread / (2 * pitch);
    int piece = thread % (2 * pitch), x = first.x + piece / 2, step = ((size.x + scale) >> scale) * (channels / 8);
    bool in_row = row < at_once && x >= 0 && x < size.x;
    [[unroll]] for (int i = 0; i < COPIES; ++i) {
        int down = row + i * at_once, y = first.y + down;
        bool inside = in_row && y >= 0 && y < size.y && down < rows;
        places[i] = inside ? uint((y >> scale) * step + (x >> scale) * (channels / 8) + piece % 2) : NO_PLACE;
    }
}

void load_pixels(uint64_t source, int chunk)
{
    [[unroll]] for (int i = 0; i < COPIES; ++i) {
        pixel_copies[i] = places[i] != NO_PLACE ? Half8s(source).values[places[i] + uint(chunk * 2)] : uvec4(0u);
    }
}

void load_weights(uint64_t weights, int lines)
{
    int thread = int(gl_LocalInvocationIndex), line = thread / COLUMNS, column = thread % COLUMNS;
    [[unroll]] for (int i = 0; i < WEIGHT_COPIES; ++i) {
        int at = line + i * LINES_AT_ONCE;
        if (line < LINES_AT_ONCE && at < lines) {
            weight_copies[i] = Half8s(weights).values[uint(at * (OUTPUTS / 8) + column)];
        }
    }
}

// Behind so many pixels.
void stage_weights(int pixels, int lines)
{
    int thread = int(gl_LocalInvocationIndex), line = thread / COLUMNS;
    int to = pixels * PIXEL + line * LINE + thread % COLUMNS;
    [[unroll]] for (int i = 0; i < WEIGHT_COPIES; ++i) {
        if (line < LINES_AT_ONCE && line + i * LINES_AT_ONCE < lines) {
            memory[to + i * LINES_AT_ONCE * LINE] = weight_copies[i];
        }
    }
}

void stage(int pitch, int rows, int lines, bool halved)
{
    int thread = int(gl_LocalInvocationIndex), at_once = THREADS / (2 * pitch), row = thread / (2 * pitch);
    int x = thread % (2 * pitch) / 2, place = halved ? x % 2 * HALF + x / 2 : x;
    int to = (row * pitch + place) * PIXEL + thread % 2;
    [[unroll]] for (int i = 0; i < COPIES; ++i) {
        if (row < at_once && row + i * at_once < rows) {
            memory[to + i * at_once * pitch * PIXEL] = pixel_copies[i];
        }
    }
    stage_weights(rows * pitch, lines);
}

/* ---- Chunks of 16 inputs: the coarser source's first ---- */

bool is_up(int chunk)
{
    return UP != 0 && chunk < COARSE_CHANNELS / 16;
}

#ifdef WF_FROM_FEATURES
// The pixels that a thread brings; all of their layers are read before the first of them is used.
const int FEATURE_COPIES = (PIXELS + THREADS - 1) / THREADS;

ivec2 feature_place(int i)
{
    int pixel = i * THREADS + int(gl_LocalInvocationIndex);
    return ivec2(pixel % PITCH, pixel / PITCH);
}

void stage_features(ivec2 tile)
{
    ivec2 size = ivec2(push.width, push.height);
    wf_plane_push color = wf_plane_push(push.color_data, push.color[0], push.color[1], push.color[2]);
    wf_plane_push albedo = wf_plane_push(push.albedo_data, push.albedo[0], push.albedo[1], push.albedo[2]);
    wf_plane_push normal = wf_plane_push(push.normal_data, push.normal[0], push.normal[1], push.normal[2]);
    wf_plane_push depth = wf_plane_push(push.depth_data, 0, push.depth[0], push.depth[1]);
    wf_guides guides[FEATURE_COPIES];
    [[unroll]] for (int i = 0; i < FEATURE_COPIES; ++i) {
        ivec2 p = clamp(tile - 1 + feature_place(i), ivec2(0), size - 1);
        guides[i] = load_guides(color, albedo, normal, depth, p.y, p.x);
    }
    vec2 exposure = Float2(push.exposure_data).value;
    [[unroll]] for (int i = 0; i < FEATURE_COPIES; ++i) {
        ivec2 place = feature_place(i), p = tile - 1 + place;
        uvec4 halves[2];
        find_features(guides[i], exposure, halves);
        bool inside = in_image(p, size.x, size.y);
        int to = (place.y * PITCH + place.x % 2 * HALF + place.x / 2) * PIXEL;
        if (place.y < HEIGHT + 2) {
            memory[to] = inside ? halves[0] : uvec4(0u);
            memory[to + 1] = inside ? halves[1] : uvec4(0u);
        }
    }
}
#endif

// Behind the weights of 9 taps of all chunks are those of 16 taps of the coarser source's. weights: of this workgroup's outputs.
void load_chunk(int chunk, ivec2 tile, uint64_t weights)
{
#ifdef WF_FROM_FEATURES
    load_weights(weights, LINES);
#else
    int coarse_chunks = COARSE_CHANNELS / 16, chunks = coarse_chunks + CHANNELS / 16;
    ivec2 size = ivec2(push.width, push.height);
    uint64_t line = uint64_t(OUTPUTS * 2);
    if (is_up(chunk)) {
        if (chunk == 0) {
            find_places(size / 2, tile / 2 - 1, 0, push.coarse_channels, COARSE_PITCH, HEIGHT / 2 + 2);
        }
        load_pixels(push.coarse_data, chunk);
        load_weights(weights + line * uint64_t(chunks * LINES + chunk * COARSE_LINES), COARSE_LINES);
        return;
    }
    bool coarse = chunk < coarse_chunks;
    if (chunk == 0 || chunk == coarse_chunks) {
        find_places(size, tile - 1, coarse ? 1 : 0, coarse ? push.coarse_channels : push.input_channels, PITCH, HEIGHT + 2);
    }
    load_pixels(coarse ? push.coarse_data : push.input_data, coarse ? chunk : chunk - coarse_chunks);
    load_weights(weights + line * uint64_t(chunk * LINES), LINES);
#endif
}

void stage_chunk(int chunk, ivec2 tile)
{
#ifdef WF_FROM_FEATURES
    stage_features(tile);
    stage_weights(PIXELS, LINES);
#else
    if (is_up(chunk)) {
        stage(COARSE_PITCH, HEIGHT / 2 + 2, COARSE_LINES, false);
    } else {
        stage(PITCH, HEIGHT + 2, LINES, true);
    }
#endif
}

// pixels: of the warp's first one and the first tap; column: the warp's first. A tap's pixels of odd columns are the next tap's of even
// ones.
void add_products(int pixels, int column)
{
    wf_halves rows[2][ROWS + 2];
    [[unroll]] for (int dx = -1; dx < 3; ++dx) {
        int next = dx + 1;
        [[unroll]] for (int row = 0; row < ROWS + 2; ++row) {
            rows[next % 2][row] = load_rows(pixels + (row * PITCH + next % 2 * HALF + next / 2) * PIXEL, PIXEL);
        }
        [[unroll]] for (int dy = 0; dy < 3 && dx >= 0; ++dy) {
            [[unroll]] for (int pair = 0; pair < PAIRS; ++pair) {
                int line = (dy * 3 + dx) * 16;
                wf_halves weight = load_rows(PIXELS * PIXEL + line * LINE + column + 2 * pair, LINE);
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
        wf_halves rows[ROWS / 2 + 2];
        [[unroll]] for (int row = 0; row < ROWS / 2 + 2; ++row) {
            rows[row] = load_rows(pixels + (row * COARSE_PITCH + x) * PIXEL, PIXEL);
        }
        [[unroll]] for (int i = 0; i < 8; ++i) {
            int odd = i / 4, below = i / 2 % 2, dy = i % 2, dx = x - odd;
            [[unroll]] for (int pair = 0; pair < PAIRS && dx >= 0 && dx < 2; ++pair) {
                int line = ((below * 2 + odd) * 4 + dy * 2 + dx) * 16;
                wf_halves weight = load_rows(COARSE_PIXELS * PIXEL + line * LINE + column + 2 * pair, LINE);
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
        store_rows(activate(sums[i / 2][i % 2][0]), pixels + (i / 2 * PITCH + i % 2 * HALF) * PIXEL, PIXEL);
    }
    ivec2 end = tile + ivec2(WIDTH, HEIGHT);
    if (tile.x >= 0 && tile.y >= 0 && end.x <= push.width && end.y <= push.height) {
        return;
    }
    barrier();
    for (int pixel = int(gl_LocalInvocationIndex); pixel < WIDTH * HEIGHT; pixel += THREADS) {
        ivec2 place = ivec2(pixel % WIDTH, pixel / WIDTH);
        int at = (place.y * PITCH + place.x % 2 * HALF + place.x / 2) * PIXEL;
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
        uvec4 under = larger(memory[at + output_place(below, 0, column)], memory[at + output_place(below, right, column)]);
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

void main()
{
    ivec2 workgroup = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    int groups = OUTPUTS / (8 * COLUMNS), group = workgroup.y % groups;
    ivec2 tile = ivec2(workgroup.x, workgroup.y / groups) * (ivec2(WIDTH, HEIGHT) - 2 * PAIR) - OFFSET;
    int warp = WARP, deep = warp % DEEP, across = warp / DEEP % ACROSS, down = warp / DEEP / ACROSS;
    int channel = group * 8 * COLUMNS + deep * PAIRS * 16, column = deep * 2 * PAIRS;
    int pixels = (down * ROWS * PITCH + across * 16) * PIXEL;

    uint64_t parameters = push.parameters_data, weights = parameters + uint64_t(OUTPUTS * 4 + group * 8 * COLUMNS * 2);
    uint64_t second = parameters + uint64_t(int64_t(push.second));
    int chunks = (COARSE_CHANNELS + CHANNELS) / 16;
    if (AHEAD != 0) {
        load_chunk(0, tile, weights);
    }
    start_sums(parameters + uint64_t(channel * 4));
    for (int chunk = 0; chunk < chunks; ++chunk) {
        if (AHEAD == 0) {
            load_chunk(chunk, tile, weights);
        }
        stage_chunk(chunk, tile);
        barrier();
        if (AHEAD != 0 && chunk + 1 < chunks) {
            load_chunk(chunk + 1, tile, weights);
        }
        if (PAIR != 0 && chunk + 1 == chunks) {
            load_weights(second + uint64_t(OUTPUTS * 4), LINES);
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
        stage_weights(PIXELS, LINES);
        start_sums(second);
        barrier();
        add_products(pixels, column);
        barrier();
        tile += 1;
    }
    ivec2 limit = min(ivec2(push.width, push.height), tile + ivec2(WIDTH, HEIGHT) - 2 * PAIR);
    int part = warp * output_place(2, 0, 0);
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
