/* option_readers.h -- the table of options: its rows (options.c), how their values are read (option_readers.c), how
 * they go together (option_rules.c). Private to these and manual.c. */
#ifndef WFVIEW_OPTION_READERS_H
#define WFVIEW_OPTION_READERS_H

#include <stddef.h>

#include "options.h"

/* Kinds of runs. */
enum {
    RECORDED = 1,
    STREAMED = 2,
    LIVE = 4,
    DATASET = 8,
    LIST = 16,
    VIEWER = RECORDED | STREAMED | LIVE,
    RENDERS = LIVE | DATASET,
    EVERY = VIEWER | DATASET | LIST
};

typedef struct option_row option_row;

/* Reads the option's value into *options. False, and "--NAME TEXT: expected ..." in *error,
   where the text is no such value. */
typedef bool option_reader(const option_row *row, const char *text, options *options, error *error);

struct option_row {
    const char *name;     /* without its dashes; NULL: a heading in the manual, which `help` has the words of */
    const char *argument; /* what the manual calls its value; NULL: it takes none */
    unsigned runs;        /* the kinds of runs that it goes with */
    const char *needs;    /* NULL, or another option without which this one makes no sense */
    struct {
        const char *with, *because;
    } clashes[2]; /* options that it cannot be given with: "--a 1: not together with --b 2, BECAUSE" */

    option_reader *read;
    size_t place, second; /* offsets in options of what is read */
    options_use file;     /* it names one that the run reads or writes, whose path is at `place`; 0: it names none */
    int least, most;      /* of numbers */
    const char *(*word)(int); /* of words: the i-th, NULL after the last; what is read is i */

    const char *help; /* lines of the manual; %s is the list of the words. NULL: not in the manual */
};

extern const option_row option_rows[];
extern const int option_row_count;

/* Readers of values that any option may have, with what a row needs for them. The field of options is a ... */
#define OPTION_FLAG(field)   .read = option_read_flag, .place = offsetof(options, field)   /* bool */
#define OPTION_TEXT(field)   .read = option_read_text, .place = offsetof(options, field)   /* const char * */
#define OPTION_NUMBER(field) .read = option_read_number, .place = offsetof(options, field) /* int */
#define OPTION_DECIMAL(field)                                                                                          \
    .read = option_read_decimal, .place = offsetof(options, field)                     /* float, from least to most */
#define OPTION_WORD(field) .read = option_read_word, .place = offsetof(options, field) /* enum or int */
#define OPTION_PAIR(a, b, reader)                                                                                      \
    .read = (reader), .place = offsetof(options, a), .second = offsetof(options, b) /* int */

option_reader option_read_flag, option_read_text, option_read_number, option_read_decimal, option_read_word;
option_reader option_read_size;        /* WxH, both from least to most */
option_reader option_read_kernel_size; /* K or KhxKw, from least to most */

/* Those of one option each. */
option_reader option_read_png;  /* a name that has no other extension */
option_reader option_read_save; /* a folder, or a pattern that has {layer} and ends in .exr */
option_reader option_read_ipc;  /* an address of this machine */
option_reader option_read_do; /* names of commands with commas between; again and again, up to OPTIONS_MOST_DO times */
option_reader option_read_pixel;  /* X,Y, both up to most; up to WF_NODE_MAX_PIXELS times */
option_reader option_read_region; /* X,Y,W,H, all up to most, W and H at least 1 */
option_reader option_read_tolerance, option_read_view;
option_reader option_read_beside;
option_reader option_read_also, option_read_backend, option_read_channel, option_read_environment, option_read_seed;

/* After all options, since --also names layers: what --panes and --measure have, which is read. */
bool options_check_layers(options *options, error *error);

/* A command line that is read. */
typedef struct option_parse {
    options *options;
    error *error;
    const char **given; /* the value of each row's option that was given, "" of one without; NULL: it was not */
} option_parse;

void options_choose_defaults(const option_parse *parse); /* where nothing is said and something follows from others */
bool options_check(const option_parse *parse);

/* The words as a list, shortened to its space; `last` is what stands before the last one: ", " or " or ". */
#define OPTION_LIST 1024
void option_list_words(const char *(*word)(int), const char *last, char list[OPTION_LIST]);

#endif
