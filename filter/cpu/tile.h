/* tile.h -- parts of image rows whose sums stay in the caches while every tap's weights stream past once.
 *
 * A tile collects: tap t pairs its pixel p with the pixel p + direction * o(t), there is its input. The weights of the
 * pair lie at p where direction is +1 (gather, and splat's gradient) and at the other pixel where it is -1 (splat, and
 * gather's gradient). Private. */
#ifndef WF_CPU_TILE_H
#define WF_CPU_TILE_H

#include "cpu.h"
#include "rows.h"

enum {
    WF_TILE_SUMS = 8192,    /* of real, for each row: 32 KiB of float */
    WF_TILE_LONGEST = 2048, /* pixels */
    WF_TILE_CHANNELS = 64,  /* at most, in one pass over the weights */
    WF_TILE_STAGED = 16384, /* of real */
    WF_TILE_KEPT = 1 << 20, /* of real, at most */
    WF_TILE_ROWS = 8        /* for one thread in a go: the next row's weights are fetched with those of this one */
};

typedef struct wf_tile {
    const wf_rows *rows;
    const wf_filter *filter;
    const wf_tensor *input, *weight;
    int direction;
    int64_t n, first, width;             /* the pixels first <= x < first + width of image n */
    int64_t top, height;                 /* in its rows top <= y < top + height */
    int64_t y;                           /* the row that is being worked on */
    int64_t channels;                    /* that it works on at a time; 0 where there are none */
    int64_t first_channel, last_channel; /* those that taps are added in, first <= c < last */
    int64_t channel;                     /* the first of those that are being added */
    int most_taps;                       /* that are added at once */

    /* Of neighboring taps, where they cannot be used as they are stored. */
    _Alignas(64) real weights[WF_ROW_TAPS][WF_TILE_LONGEST];
    _Alignas(64) real staged[WF_TILE_STAGED]; /* input, where it cannot */

    /* Such input, loaded once for all rows that read it, with all of its channels: the rows of the image that are kept,
     * NULL where none are, how many these are, and what is in them. */
    int64_t *kept_row, kept_rows;
    real *kept;
} wf_tile;

/* A tap over the part of a tile that has it: `count` pixels from x on, if any. Their input pixels
 * lie in row y_in from x_in on. */
typedef struct wf_tap {
    int64_t index, x, count, y_in, x_in;
    const void *weight; /* of type weight_dtype, next to each other */
    wf_dtype weight_dtype;
} wf_tap;

/* What a tile does with neighboring taps, each of which some of its pixels have: row has their weights, and their input
 * from t->channel on, at all of the tile's pixels. */
typedef void (*wf_tile_add)(wf_tile *t, const wf_tap *taps, const wf_row_taps *row);

/* Pixels of a tile, a multiple of what vectors hold, and how many tiles there are in a row. */
typedef struct wf_tiling {
    int64_t width, count;
} wf_tiling;

#define wf_tile_split   WF_REAL(wf_tile_split)
#define wf_tile_chunk   WF_REAL(wf_tile_chunk)
#define wf_tile_address WF_REAL(wf_tile_address)
#define wf_tile_add_row WF_REAL(wf_tile_add_row)
#define wf_tile_can_use WF_REAL(wf_tile_can_use)
#define wf_tile_keep    WF_REAL(wf_tile_keep)

/* Rows of `pixels`, into tiles that have room for that many channels. */
wf_tiling wf_tile_split(int64_t pixels, int64_t channels);

/* How many of all tiles a thread does in a go: those of `rows` rows, or fewer, so that
   there is work for every thread. */
int wf_tile_chunk(const wf_tiling *tiling, int64_t rows, int64_t all);

/* Where what the tensor has of the tap's pair of pixels lies, at the tile's pixel x: weights and their gradients. */
void *wf_tile_address(const wf_tile *t, const wf_tensor *tensor, const wf_tap *tap, int64_t x);

/* Whether rows of the tensor can be used as they are stored. */
int wf_tile_can_use(const wf_tensor *tensor);

/* Finds memory for the input rows that tiles of at most that height share, where it is worth while: free(t->kept_row)
 * gives it back. The tile has its filter, input and channels. */
void wf_tile_keep(wf_tile *t, int64_t height);

/* How many are being added. */
static inline int64_t wf_tile_channels(const wf_tile *t)
{
    return t->last_channel - t->channel < t->channels ? t->last_channel - t->channel : t->channels;
}

/* Adds the taps of kernel row i that lie inside the image, to each row of the tile in turn. */
void wf_tile_add_row(wf_tile *t, int i, wf_tile_add add);

static inline int64_t wf_divide_up(int64_t a, int64_t b)
{
    return (a + b - 1) / b;
}

#endif
