// convolve_matrix.glsl -- a 3x3 convolution as products of matrices, its bias, its ReLU and the pooling after it. A workgroup computes some
// outputs of a tile of pixels, 16 inputs after the other: these of the tile and its border, and their weights, are staged in shared
// memory. A warp has ROWS rows of 16 pixels above each other and PAIRS times 16 outputs; DOWN x ACROSS x DEEP of them make a workgroup.
// Workgroups count outputs fastest in y.
#include "in_image.glsl"
#include "network/layers.glsl"

layout(local_size_x_id = WF_CONVOLVE_THREADS) in;
layout(constant_id = WF_CONVOLVE_ROWS) const int ROWS = 2;
layout(constant_id = WF_CONVOLVE_PAIRS) const int PAIRS = 1;
layout(constant_id = WF_CONVOLVE_DOWN) const int DOWN = 1;
layout(constant_id = WF_CONVOLVE_ACROSS) const int ACROSS = 1;
layout(constant_id = WF_CONVOLVE_DEEP) const int DEEP = 1;
layout(constant_id = WF_CONVOLVE_MEMORY) const int MEMORY = 1;
layout(push_constant, scalar) uniform Push { wf_convolve_push push; };

shared uvec4 memory[MEMORY];

#include "network/matrix.glsl"

const int THREADS = 32 * DOWN * ACROSS * DEEP, WIDTH = 16 * ACROSS, HEIGHT = ROWS * DOWN, PITCH = WIDTH + 2;
const int PIXELS = PITCH * (HEIGHT + 2), EIGHTS = 2 * PAIRS, COLUMNS = EIGHTS * DEEP; // columns: eights of outputs
// Odd, so that lines of 8 halves that follow each other are in different banks: of a pixel's inputs, of weights, of a pixel's outputs.
const int PIXEL = 3, LINE = COLUMNS + 1, PIXEL_OUT = EIGHTS + 1;
const int WEIGHTS = PIXELS * PIXEL;

wf_sums sums[ROWS][PAIRS];

// Where in a source the pixels lie that a thread stages, in eights of halves.
const int COPIES = (2 * PIXELS + THREADS - 1) / THREADS;
const uint NO_PLACE = 0xffffffffu; // outside the image
uint places[COPIES];

// scale is 1 where the source has half the resolution.
void find_places(int channels, int scale, ivec2 tile)
{
    int width = (push.width + scale) >> scale;
    [[unroll]] for (int i = 0; i < COPIES; ++i) {
        int at = i * THREADS + int(gl_LocalInvocationIndex), pixel = at / 2;
        ivec2 p = tile - 1 + ivec2(pixel % PITCH, pixel / PITCH);
        bool inside = in_image(p, push.width, push.height) && pixel < PIXELS;
        uint place = uint((p.y >> scale) * width + (p.x >> scale)) * uint(channels / 8) + uint(at % 2);
        places[i] = inside ? place : NO_PLACE;
    }
}

// What a thread brings to shared memory: all of it is read before the first of it is written.
const int WEIGHT_LINES = 9 * 16, WEIGHT_COPIES = (WEIGHT_LINES * COLUMNS + THREADS - 1) / THREADS;
uvec4 pixel_copies[COPIES], weight_copies[WEIGHT_COPIES];

void load_pixels(uint64_t source, int chunk)
{
    [[unroll]] for (int i = 0; i < COPIES; ++i) {
        pixel_copies[i] = places[i] != NO_PLACE ? Half8s(source).values[places[i] + uint(chunk * 2)] : uvec4(0u);
    }
}

// A line for each tap and input.
void load_weights(uint64_t weights)
{
    [[unroll]] for (int i = 0; i < WEIGHT_COPIES; ++i) {
        int at = i * THREADS + int(gl_LocalInvocationIndex);
        if (at < WEIGHT_LINES * COLUMNS) {
            weight_copies[i] = Half8s(weights).values[at / COLUMNS * (push.outputs / 8) + at % COLUMNS];
        }
    }
}

void stage()
{
    [[unroll]] for (int i = 0; i < COPIES; ++i) {
        int at = i * THREADS + int(gl_LocalInvocationIndex);
        if (at < 2 * PIXELS) {
            memory[at / 2 * PIXEL + at % 2] = pixel_copies[i];
        }
    }
    [[unroll]] for (int i = 0; i < WEIGHT_COPIES; ++i) {
        int at = i * THREADS + int(gl_LocalInvocationIndex);
        if (at < WEIGHT_LINES * COLUMNS) {
            memory[WEIGHTS + at / COLUMNS * LINE + at % COLUMNS] = weight_copies[i];
        }
    }
}

// The products of the 16 inputs that are staged. pixels: of the warp's first one and the first tap; column: the warp's first.
void add_products(int pixels, int column)
{
    [[unroll]] for (int dx = 0; dx < 3; ++dx) {
        wf_halves rows[ROWS + 2];
        [[unroll]] for (int row = 0; row < ROWS + 2; ++row) {
            rows[row] = load_rows(pixels + (row * PITCH + dx) * PIXEL, PIXEL);
        }
        [[unroll]] for (int dy = 0; dy < 3; ++dy) {
            [[unroll]] for (int pair = 0; pair < PAIRS; ++pair) {
                wf_halves weight = load_rows(WEIGHTS + (dy * 3 + dx) * 16 * LINE + column + 2 * pair, LINE);
                [[unroll]] for (int row = 0; row < ROWS; ++row) {
                    sums[row][pair] = multiply_add(rows[row + dy], weight, sums[row][pair]);
                }
            }
        }
    }
}

uvec4 larger(uvec4 a, uvec4 b)
{
    uvec4 most;
    [[unroll]] for (int i = 0; i < 4; ++i) {
        most[i] = packHalf2x16(max(unpackHalf2x16(a[i]), unpackHalf2x16(b[i])));
    }
    return most;
}

// The maximum of each 2x2 block's in-image pixels of two rows, which are in the warp's part of shared memory. p: their first pixel;
// channel: their first output.
void write_pooled(int part, ivec2 p, int channel)
{
    [[unroll]] for (int i = 0; i < 8 * EIGHTS; i += 32) {
        int at = i + LANE, eight = at % EIGHTS, pixel = at / EIGHTS * 2;
        ivec2 q = p + ivec2(pixel, 0);
        if (at < 8 * EIGHTS && in_image(q, push.width, push.height)) {
            int from = part + pixel * PIXEL_OUT + eight, right = q.x + 1 < push.width ? PIXEL_OUT : 0;
            int below = q.y + 1 < push.height ? 16 * PIXEL_OUT : 0;
            uvec4 most = larger(larger(memory[from], memory[from + right]),
                                larger(memory[from + below], memory[from + below + right]));
            int64_t to = (int64_t(q.y / 2) * ((push.width + 1) / 2) + q.x / 2) * push.outputs + channel + eight * 8;
            Half8(push.pooled_data + uint64_t(to * 2)).value = most;
        }
    }
}

void write_rows(int part, ivec2 p, int channel)
{
    [[unroll]] for (int i = 0; i < 2 * 16 * EIGHTS; i += 32) {
        int at = i + LANE, eight = at % EIGHTS, pixel = at / EIGHTS;
        ivec2 q = p + ivec2(pixel % 16, pixel / 16);
        if (in_image(q, push.width, push.height)) {
            int64_t to = (int64_t(q.y) * push.width + q.x) * push.outputs + channel + eight * 8;
            Half8(push.output_data + uint64_t(to * 2)).value = memory[part + pixel * PIXEL_OUT + eight];
        }
    }
    if (push.pooled_data != 0) {
        write_pooled(part, p, channel);
    }
}

void main()
{
    ivec2 workgroup = ivec2(gl_WorkGroupID.xy) + ivec2(push.first_group_x, push.first_group_y);
    int groups = push.outputs / (8 * COLUMNS), group = workgroup.y % groups;
    ivec2 tile = ivec2(workgroup.x, workgroup.y / groups) * ivec2(WIDTH, HEIGHT);
    int warp = WARP, deep = warp % DEEP, across = warp / DEEP % ACROSS, down = warp / DEEP / ACROSS;
    int channel = group * 8 * COLUMNS + deep * PAIRS * 16;

    [[unroll]] for (int pair = 0; pair < PAIRS; ++pair) {
        wf_sums bias = repeat_row(push.parameters_data, channel + 16 * pair);
        [[unroll]] for (int row = 0; row < ROWS; ++row) {
            sums[row][pair] = bias;
        }
    }
    uint64_t weights = push.parameters_data + uint64_t(push.outputs * 4 + group * 8 * COLUMNS * 2);
    int coarse_chunks = push.coarse_channels / 16, chunks = coarse_chunks + push.input_channels / 16;
    for (int chunk = 0; chunk < chunks; ++chunk) {
        if (chunk < coarse_chunks) {
            if (chunk == 0) {
                find_places(push.coarse_channels, 1, tile);
            }
            load_pixels(push.coarse_data, chunk);
        } else {
            if (chunk == coarse_chunks) {
                find_places(push.input_channels, 0, tile);
            }
            load_pixels(push.input_data, chunk - coarse_chunks);
        }
        load_weights(weights);
        stage();
        barrier();
        add_products((down * ROWS * PITCH + across * 16) * PIXEL, deep * EIGHTS);
        barrier();
        weights += uint64_t(9 * 16 * push.outputs * 2);
    }
    int part = warp * 2 * 16 * PIXEL_OUT;
    [[unroll]] for (int row = 0; row < ROWS; row += 2) {
        [[unroll]] for (int below = 0; below < 2; ++below) {
            [[unroll]] for (int pair = 0; pair < PAIRS; ++pair) {
                store_rows(activate(sums[row + below][pair]), part + below * 16 * PIXEL_OUT + 2 * pair, PIXEL_OUT);
            }
        }
        sync_warp();
        write_rows(part, tile + ivec2(across * 16, down * ROWS + row), channel);
        sync_warp();
    }
}
