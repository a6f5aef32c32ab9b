/* compare_page.h -- a page that shows two pictures and their difference under a slider. */
#ifndef WFVIEW_COMPARE_PAGE_H
#define WFVIEW_COMPARE_PAGE_H

#include <stddef.h>
#include <stdint.h>

#include "app/error.h"

/* A PNG file. */
typedef struct compare_picture {
    uint8_t *bytes; /* owned by whoever made it */
    size_t size;
} compare_picture;

/* In the order of the page. */
enum { COMPARE_EXPECTED, COMPARE_ACTUAL, COMPARE_DIFFERENCE, COMPARE_PICTURES };

/* Writes one HTML file that needs no other one. The title and the verdict, of a line each, may have any characters. */
bool compare_page_write(const char *path, const compare_picture pictures[COMPARE_PICTURES], const char *title,
                        const char *verdict, bool matches, error *error);

#endif
