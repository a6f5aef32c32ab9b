/* arrays.h -- the arrays of .npy, .npz and .safetensors files, as their headers have them. */
#ifndef WFVIEW_ARRAYS_H
#define WFVIEW_ARRAYS_H

#include <stdbool.h>
#include <stdint.h>

#include "input.h"

#define ARRAY_MAX_RANK 8
#define ARRAY_MAX_NAME 64

typedef enum array_type {
    ARRAY_OTHER,
    ARRAY_FLOAT16,
    ARRAY_FLOAT32,
    ARRAY_FLOAT64,
    ARRAY_BFLOAT16 /* in .npy files, which have no name for it, V2 */
} array_type;

int array_element_size(array_type type); /* bytes; 0 for ARRAY_OTHER */

/* One array of a file: what its header says, unchecked against what it should be. */
typedef struct array {
    char name[ARRAY_MAX_NAME];      /* empty in an .npy file */
    char type_name[ARRAY_MAX_NAME]; /* as the file spells it */
    array_type type;
    bool big_endian, fortran_order;
    int rank;
    uint64_t size[ARRAY_MAX_RANK];
    uint64_t index;         /* in a zip archive */
    uint64_t offset, bytes; /* of the elements, in the file or in the archive's entry */
} array;

typedef struct array_file {
    input input;
    void *archive; /* NULL: the file is none */
    array *arrays;
    int count;
} array_file;

/* Reads the headers; nothing in them is believed without the bytes that it needs. Messages do not name the file. On
 * failure there is nothing to close. */
bool array_file_open(const char *path, array_file *file, error *error);
void array_file_close(array_file *file);

/* Reads an array's elements as the file has them: array->bytes. */
bool array_file_read(const array_file *file, const array *array, void *to, error *error);

#endif
