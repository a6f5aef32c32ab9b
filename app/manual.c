/* What --help prints, of the table of options. */
#include <stdio.h>
#include <string.h>

#include "option_readers.h"

static const char introduction[] =
    "wfview -- applies each pixel's predicted filter to rendered frames, as gather and as splat, side by side\n"
    "\n"
    "usage: wfview [options] FRAME.exr | DIRECTORY | PATTERN ...\n"
    "       wfview [options] --scene FILE\n"
    "       wfview [options] --ipc 127.0.0.1:14158 [FRAME.exr | DIRECTORY | PATTERN ...]\n"
    "       wfview --list FRAME.exr | DIRECTORY | PATTERN\n"
    "       wfview --dataset OUT [--seed S] [--first F] [--count N] [--buffers B] [--spp N] ...\n"
    "\n"
    "Frames are OpenEXR files as renderers write them, or with plain channel names (R, albedo.R, normal.X, Z,\n"
    "motion.X); what of them is taken is said. A directory stands for its frames, a pattern (shot.*.exr,\n"
    "shot.%04d.exr) for the files that match, both in natural order. PFM, Radiance HDR and PNG files (.pfm, .hdr,\n"
    ".png) are frames of a color alone, or references; OIDN's NAME.hdr.pfm, .alb.pfm and .nrm.pfm are one frame.\n";

static const char conclusion[] =
    "\n"
    "  --help, --version\n"
    "\n"
    "exit status: 0 done, 1 failed (one line on stderr says why), 2 wrong usage, 130 and 143\n"
    "after Ctrl-C and SIGTERM\n";

#define MANUAL_INDENT 27 /* of what is said about an option */
#define MANUAL_WIDTH  115

/* Breaks lines between words where they would grow too long; how the table breaks them does not matter. */
static void print_help(FILE *file, const char *words)
{
    int column = MANUAL_INDENT;
    for (int length; *words; words += length + (words[length] != '\0')) {
        length = (int)strcspn(words, " \n");
        if (column > MANUAL_INDENT && column + 1 + length > MANUAL_WIDTH) {
            fprintf(file, "\n%*s", MANUAL_INDENT, "");
            column = MANUAL_INDENT;
        }
        column += fprintf(file, "%s%.*s", column > MANUAL_INDENT ? " " : "", length, words);
    }
    fputc('\n', file);
}

static void print_option(FILE *file, const option_row *row)
{
    char list[OPTION_LIST] = "", help[2 * OPTION_LIST];
    if (row->word)
        option_list_words(row->word, ", ", list);
    const char *place = strstr(row->help, "%s");
    if (place)
        snprintf(help, sizeof help, "%.*s%s%s", (int)(place - row->help), row->help, list, place + 2);
    else
        snprintf(help, sizeof help, "%s", row->help);
    int width = fprintf(file, "  --%s%s%s ", row->name, row->argument ? " " : "", row->argument ? row->argument : "");
    fprintf(file, "%*s", width < MANUAL_INDENT ? MANUAL_INDENT - width : 0, "");
    print_help(file, help);
}

void options_print_manual(FILE *file)
{
    fputs(introduction, file);
    for (int i = 0; i < option_row_count; i++) {
        if (!option_rows[i].name)
            fprintf(file, "\n%s\n", option_rows[i].help);
        else if (option_rows[i].help)
            print_option(file, &option_rows[i]);
    }
    fputs(conclusion, file);
}
