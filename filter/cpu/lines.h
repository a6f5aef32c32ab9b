/* lines.h -- rows of gradients on their way to memory, which leave in whole lines that the caches need not have read
 * before, in two ways: vectors that are lines leave as they are computed, others gather in rows that the caches hold
 * and leave in turns. Private; included by rows.c alone. */
#ifndef WF_CPU_LINES_H
#define WF_CPU_LINES_H

#include <string.h>

#include "rows.h"
#include "vectors.h"

enum {
    LINE_BYTES = 64,
    LONGEST_LINE = LINE_BYTES / sizeof(uint16_t), /* elements */
    TURN = 8 * LONGEST_LINE,
    VECTORS_ARE_LINES = VECTOR_BYTES == LINE_BYTES
};

/* Where vectors are lines. */
typedef struct row_lines {
    int64_t late[WF_ROW_GRADIENT_TAPS];   /* elements from the beginnings of lines to those of vectors */
    integers lanes[WF_ROW_GRADIENT_TAPS]; /* of the vector before and of one that follows it: what lies in a line */
    vector before[WF_ROW_GRADIENT_TAPS];
    int begun;
} row_lines;

static inline row_lines begin_lines(const wf_row_gradients *to, const int taps, const real *aligned)
{
    row_lines s = {.begun = 0};
    for (int t = 0; t < taps; t++) {
        s.late[t] = (int64_t)(((uintptr_t)to->grad[t] - (uintptr_t)aligned) / sizeof(real) % LANES);
        s.lanes[t] = lane_numbers() + (integer)(LANES - s.late[t]);
    }
    return s;
}

static inline void stream_grad(row_lines *s, int t, real *grad, vector value)
{
    const vector whole = __builtin_shuffle(s->before[t], value, s->lanes[t]);
    s->before[t] = value;
    if (s->begun)
        stream_all(grad, WF_REAL_DTYPE, -s->late[t], whole);
    else
        store_reals(grad, value, LANES - s->late[t]);
}

/* The last vectors lie before `end`. */
static inline void end_lines(const row_lines *s, const wf_row_gradients *to, const int taps, int64_t end)
{
    for (int t = 0; s->begun && t < taps; t++)
        store_reals((real *)to->grad[t] + end - s->late[t], __builtin_shuffle(s->before[t], s->lanes[t]), s->late[t]);
}

/* Where they are not: of each tap the elements of a turn, and before them those of the line that it continues. */
typedef struct waiting_rows {
    real of[WF_ROW_GRADIENT_TAPS][LONGEST_LINE + TURN];
} waiting_rows;

/* The elements begin ... end - 1 of those from `start` to `stop` in a row. Their last line waits for the next turn. */
typedef struct turn {
    int64_t start, begin, end, stop;
} turn;

static inline void stream_turn(void *row, const wf_dtype dtype, real *waiting, const turn *turn)
{
    const int64_t size = dtype == WF_REAL_DTYPE ? (int64_t)sizeof(real) : 2, line = LINE_BYTES / size;
    const real *from = waiting + LONGEST_LINE - turn->begin; /* the row's first element */
    const uintptr_t address = (uintptr_t)row + (uintptr_t)(turn->begin * size);
    int64_t i = turn->begin - (int64_t)(address / (uintptr_t)size) % line;
    if (i < turn->start) {
        const int64_t end = i + line < turn->end ? i + line : turn->end;
        store_row((char *)row + turn->start * size, dtype, 1, from + turn->start, end - turn->start);
        i += line;
    }
    for (; i + line <= turn->end; i += line) {
        for (int64_t part = i; part < i + line; part += LANES)
            stream_all(row, dtype, part, load_reals(from + part, LANES));
    }
    if (turn->end < turn->stop)
        memcpy(waiting, from + turn->end - LONGEST_LINE, LONGEST_LINE * sizeof *waiting);
    else if (i < turn->end)
        store_row((char *)row + i * size, dtype, 1, from + i, turn->end - i);
}

static void stream_turns(const wf_row_gradients *to, int taps, waiting_rows *waiting, const turn *turn)
{
    for (int t = 0; t < taps; t++) {
        if (to->grad_dtype == WF_REAL_DTYPE)
            stream_turn(to->grad[t], WF_REAL_DTYPE, waiting->of[t], turn);
        else if (to->grad_dtype == WF_FLOAT16)
            stream_turn(to->grad[t], WF_FLOAT16, waiting->of[t], turn);
        else
            stream_turn(to->grad[t], WF_BFLOAT16, waiting->of[t], turn);
    }
}

#endif
