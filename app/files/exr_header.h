/* exr_header.h -- what is checked of an OpenEXR file's headers before the library reads them. Private to exr_file.cpp.
 *
 * The library allocates what the sizes in a header claim, and forgets the numbers of
 * compressions that it does not know. */
#ifndef WFVIEW_EXR_HEADER_H
#define WFVIEW_EXR_HEADER_H

#include "input.h"

/* Walks the header that begins at *offset of a file, to what follows it: no attribute may claim more bytes than the
 * file has left. *compression is its compression's number, -1 where it names none. */
bool exr_walk_header(const input *input, uint64_t *offset, int *compression, error *error);

/* "ZIP", or "number 200" in the buffer. */
const char *exr_compression_text(int number, char buffer[32]);

/* Lines of pixels in a chunk, where these are scan lines. */
int exr_compression_lines(int number);

#endif
