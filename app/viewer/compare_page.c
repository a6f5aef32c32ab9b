#include "compare_page.h"

#include <stdio.h>
#include <string.h>

#include "app/files/output.h"

__asm__(".section .rodata\n"
        "compare_page_start:\n"
        ".incbin \"" WFVIEW_COMPARE_PAGE "\"\n"
        "compare_page_end:\n"
        ".previous\n");

extern const char compare_page_start[], compare_page_end[];

static void write_escaped(FILE *file, const char *text)
{
    for (; *text; text++) {
        const char *entity = *text == '<' ? "&lt;" : *text == '&' ? "&amp;" : *text == '"' ? "&quot;" : NULL;
        if (entity)
            fputs(entity, file);
        else
            fputc(*text, file);
    }
}

/* RFC 4648. */
static void write_base64(FILE *file, const compare_picture *picture)
{
    static const char digits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    for (size_t i = 0; i < picture->size; i += 3) {
        const size_t count = picture->size - i < 3 ? picture->size - i : 3;
        uint32_t bits = 0;
        for (size_t j = 0; j < 3; j++)
            bits = bits << 8 | (j < count ? picture->bytes[i + j] : 0);
        for (size_t j = 0; j < 4; j++)
            fputc(j <= count ? digits[bits >> (18 - 6 * j) & 63] : '=', file);
    }
}

/* The page with {{words}} replaced. */
static void fill(FILE *file, const compare_picture pictures[COMPARE_PICTURES], const char *title, const char *verdict,
                 bool matches)
{
    static const char *const names[COMPARE_PICTURES] = {"{{expected}}", "{{actual}}", "{{difference}}"};
    const char *const words[][2] = {
        {"{{title}}", title}, {"{{verdict}}", verdict}, {"{{result}}", matches ? "matches" : "differs"}};
    const char *at = compare_page_start;
    while (at < compare_page_end) {
        const char *from = at;
        for (int i = 0; i < COMPARE_PICTURES && at == from; i++)
            if (strncmp(at, names[i], strlen(names[i])) == 0) {
                write_base64(file, &pictures[i]);
                at += strlen(names[i]);
            }
        for (int i = 0; i < 3 && at == from; i++)
            if (strncmp(at, words[i][0], strlen(words[i][0])) == 0) {
                write_escaped(file, words[i][1]);
                at += strlen(words[i][0]);
            }
        if (at == from)
            fputc(*at++, file);
    }
}

bool compare_page_write(const char *path, const compare_picture pictures[COMPARE_PICTURES], const char *title,
                        const char *verdict, bool matches, error *error)
{
    output output;
    if (!output_open(&output, path, error))
        return false;
    fill(output.file, pictures, title, verdict, matches);
    return output_close(&output, true, error);
}
