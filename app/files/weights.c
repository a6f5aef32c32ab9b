#include "weights.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#include "input.h"
#include "wf.h"

#define MAX_RANK        8
#define MAX_NPY_HEADER  65536 /* bytes; NumPy itself writes less than a hundred for a plain array */
#define NPY_START       (12 + MAX_NPY_HEADER)
#define MAX_JSON_HEADER (4 << 20) /* bytes; bounds the memory a hostile header can ask for */
#define MAX_NAME        64

/* One array of a file: what its header says, unchecked against what it should be. */
typedef struct array {
    char name[MAX_NAME]; /* empty in an .npy file */
    char type[MAX_NAME]; /* as the file spells it */
    int element_size;    /* 4 or 2; 0 for another type */
    bool fortran_order;
    int rank;
    uint64_t size[MAX_RANK];
    uint64_t index;         /* in a zip archive */
    uint64_t offset, bytes; /* of the elements, in the file or in the archive's entry */
} array;

typedef struct array_list {
    array *arrays;
    int count;
} array_list;

/* What the caller of weights_read asked for. */
typedef struct request {
    int kernel_height, kernel_width, width, height;
} request;

static bool append(array_list *list, const array *array, error *error)
{
    struct array *arrays = realloc(list->arrays, sizeof *arrays * ((size_t)list->count + 1));
    if (!arrays)
        return error_set(error, "not enough memory for the list of arrays");
    list->arrays = arrays;
    arrays[list->count++] = *array;
    return true;
}

/* ---- .npy headers --------------------------------------------------------------------------------------------------- */

/* What follows "'key':" in the header's Python dictionary, or an empty string. */
static const char *npy_value(const char *header, const char *key)
{
    char quoted[32];
    snprintf(quoted, sizeof quoted, "'%s':", key);
    const char *found = strstr(header, quoted);
    if (!found)
        return "";
    found += strlen(quoted);
    return found + strspn(found, " ");
}

/* "(25, 270, 480)" */
static bool parse_npy_shape(const char *text, array *array)
{
    if (*text++ != '(')
        return false;
    for (array->rank = 0; text += strspn(text, ", "), *text != ')'; array->rank++) {
        if (array->rank == MAX_RANK || *text < '0' || *text > '9')
            return false;
        char *end;
        errno = 0;
        array->size[array->rank] = strtoull(text, &end, 10);
        if (errno)
            return false;
        text = end;
    }
    return true;
}

static bool parse_npy_dictionary(const char *header, array *array)
{
    const char *type = npy_value(header, "descr"), *order = npy_value(header, "fortran_order");
    size_t length = *type == '\'' ? strcspn(type + 1, "'") : strcspn(type, "\n");
    snprintf(array->type, sizeof array->type, "%.*s", (int)length, *type == '\'' ? type + 1 : type);
    array->element_size = strcmp(array->type, "<f4") == 0 ? 4 : strcmp(array->type, "<f2") == 0 ? 2 : 0;
    array->fortran_order = strncmp(order, "True", 4) == 0;
    return *type && *order && parse_npy_shape(npy_value(header, "shape"), array);
}

/* Reads the header at the start of `available` bytes of a file or entry that has `total` bytes. */
static bool parse_npy(const uint8_t *bytes, uint64_t available, uint64_t total, array *array, error *error)
{
    static const char magic[6] = {(char)0x93, 'N', 'U', 'M', 'P', 'Y'};
    if (available < 12 || memcmp(bytes, magic, sizeof magic) != 0)
        return error_set(error, "no NumPy header at its start (%llu bytes in all)", (unsigned long long)total);
    int version = bytes[6];
    if (version < 1 || version > 3)
        return error_set(error, "NumPy format version %d, expected 1, 2 or 3", version);
    uint64_t start = version == 1 ? 10 : 12;
    uint64_t length = bytes[8] | (uint64_t)bytes[9] << 8;
    if (version > 1)
        length |= (uint64_t)bytes[10] << 16 | (uint64_t)bytes[11] << 24;
    if (length > MAX_NPY_HEADER)
        return error_set(error, "a NumPy header of %llu bytes, at most %d are read", (unsigned long long)length,
                         MAX_NPY_HEADER);
    if (start + length > available)
        return error_set(error, "truncated in its NumPy header: %llu of %llu bytes", (unsigned long long)total,
                         (unsigned long long)(start + length));
    char *header = strndup((const char *)bytes + start, (size_t)length);
    bool parsed = header && parse_npy_dictionary(header, array);
    free(header);
    array->offset = start + length;
    array->bytes = total - array->offset;
    return parsed || error_set(error, "a NumPy header that cannot be understood");
}

/* ---- Lists of arrays ------------------------------------------------------------------------------------------------ */

static bool list_npy(const input *file, array_list *list, error *error)
{
    array array = {0};
    uint8_t start[NPY_START];
    int64_t available = input_read(file, start, sizeof start, 0, error);
    return available >= 0 && parse_npy(start, (uint64_t)available, file->size, &array, error) &&
           append(list, &array, error);
}

static bool list_npz_entry(zip_t *archive, uint64_t index, const zip_stat_t *status, array_list *list, error *error)
{
    array array = {.index = index};
    size_t stem = strlen(status->name) - strlen(".npy");
    snprintf(array.name, sizeof array.name, "%.*s", (int)(stem < MAX_NAME ? stem : MAX_NAME - 1), status->name);
    zip_file_t *entry = zip_fopen_index(archive, index, 0);
    if (!entry)
        return error_set(error, "array %s: %s", array.name, zip_strerror(archive));
    uint8_t start[NPY_START];
    zip_int64_t available = zip_fread(entry, start, sizeof start);
    struct error inner = {""};
    bool parsed = available >= 0 ? parse_npy(start, (uint64_t)available, status->size, &array, &inner)
                                 : error_set(&inner, "%s", zip_file_strerror(entry));
    if (!parsed)
        error_set(error, "array %s: %s", array.name, inner.message);
    zip_fclose(entry);
    return parsed && append(list, &array, error);
}

static bool list_npz(zip_t *archive, array_list *list, error *error)
{
    zip_int64_t count = zip_get_num_entries(archive, 0);
    for (zip_int64_t i = 0; i < count; i++) {
        zip_stat_t status;
        if (zip_stat_index(archive, (zip_uint64_t)i, 0, &status) != 0)
            return error_set(error, "entry %lld: %s", (long long)i, zip_strerror(archive));
        size_t length = strlen(status.name);
        if (length >= 4 && strcmp(status.name + length - 4, ".npy") == 0 &&
            !list_npz_entry(archive, (uint64_t)i, &status, list, error))
            return false;
    }
    return true;
}

/* A whole number that a double holds exactly. */
static bool read_whole(const cJSON *number, uint64_t *value)
{
    if (!cJSON_IsNumber(number) || !(number->valuedouble >= 0) || number->valuedouble > 9007199254740992.0 ||
        number->valuedouble != floor(number->valuedouble))
        return false;
    *value = (uint64_t)number->valuedouble;
    return true;
}

static bool parse_safetensor(const cJSON *item, uint64_t data, uint64_t data_size, array *array, error *error)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(item, "dtype");
    const cJSON *shape = cJSON_GetObjectItemCaseSensitive(item, "shape");
    const cJSON *offsets = cJSON_GetObjectItemCaseSensitive(item, "data_offsets");
    uint64_t begin = 0, end = 0;
    bool valid = cJSON_IsString(type) && cJSON_IsArray(shape) && cJSON_GetArraySize(shape) <= MAX_RANK &&
                 cJSON_IsArray(offsets) && cJSON_GetArraySize(offsets) == 2 &&
                 read_whole(cJSON_GetArrayItem(offsets, 0), &begin) && read_whole(cJSON_GetArrayItem(offsets, 1), &end);
    for (const cJSON *size = valid ? shape->child : NULL; size; size = size->next)
        valid = valid && read_whole(size, &array->size[array->rank++]);
    snprintf(array->name, sizeof array->name, "%s", item->string);
    if (!valid)
        return error_set(error, "array %s: its header cannot be understood", array->name);
    if (begin > end || end > data_size)
        return error_set(error, "array %s: bytes %llu to %llu of %llu", array->name, (unsigned long long)begin,
                         (unsigned long long)end, (unsigned long long)data_size);
    snprintf(array->type, sizeof array->type, "%s", type->valuestring);
    array->element_size = strcmp(array->type, "F32") == 0 ? 4 : strcmp(array->type, "F16") == 0 ? 2 : 0;
    array->offset = data + begin;
    array->bytes = end - begin;
    return true;
}

/* The JSON text between the first eight bytes and the data; to be freed. */
static char *read_safetensors_header(const input *file, uint64_t *length, error *error)
{
    uint8_t bytes[8];
    if (file->size < sizeof bytes || input_read(file, bytes, sizeof bytes, 0, error) != sizeof bytes) {
        error_set(error, "truncated: %llu bytes, its header needs more", (unsigned long long)file->size);
        return NULL;
    }
    *length = 0;
    for (int i = 7; i >= 0; i--)
        *length = *length << 8 | bytes[i];
    char *text = NULL;
    if (*length > file->size - sizeof bytes)
        error_set(error, "a header of %llu bytes in a file of %llu", (unsigned long long)*length,
                  (unsigned long long)file->size);
    else if (*length > MAX_JSON_HEADER)
        error_set(error, "a header of %llu bytes, at most %d are read", (unsigned long long)*length, MAX_JSON_HEADER);
    else if (!(text = calloc(1, (size_t)*length + 1)))
        error_set(error, "not enough memory for a header of %llu bytes", (unsigned long long)*length);
    else if (input_read(file, text, *length, sizeof bytes, error) >= 0)
        return text;
    free(text);
    return NULL;
}

static bool list_safetensors(const input *file, array_list *list, error *error)
{
    uint64_t length;
    char *text = read_safetensors_header(file, &length, error);
    if (!text)
        return false;
    cJSON *header = cJSON_ParseWithLength(text, (size_t)length);
    free(text);
    bool valid = cJSON_IsObject(header) || error_set(error, "its header is not a JSON object");
    for (const cJSON *item = valid ? header->child : NULL; item && valid; item = item->next) {
        array array = {0};
        if (strcmp(item->string, "__metadata__") != 0)
            valid = parse_safetensor(item, 8 + length, file->size - 8 - length, &array, error) &&
                    append(list, &array, error);
    }
    cJSON_Delete(header);
    return valid;
}

/* ---- Which array, and does it fit ----------------------------------------------------------------------------------- */

/* "(25,270,480)" */
static const char *shape_text(const array *array, char text[256])
{
    int length = snprintf(text, 256, "(");
    for (int i = 0; i < array->rank; i++)
        length +=
            snprintf(text + length, 256 - (size_t)length, "%s%llu", i ? "," : "", (unsigned long long)array->size[i]);
    snprintf(text + length, 256 - (size_t)length, ")");
    return text;
}

/* The kernel that has so many taps: as requested, else square. */
static bool set_kernel(const request *request, uint64_t taps, weights *weights, error *error)
{
    if (request->kernel_height) {
        weights->kernel_height = request->kernel_height;
        weights->kernel_width = request->kernel_width;
        uint64_t needed = (uint64_t)request->kernel_height * (uint64_t)request->kernel_width;
        return taps == needed || error_set(error, "%llu taps, a %dx%d kernel needs %llu", (unsigned long long)taps,
                                           request->kernel_height, request->kernel_width, (unsigned long long)needed);
    }
    int size = 1;
    while (size < WF_MAX_KERNEL && (uint64_t)size * (uint64_t)size < taps)
        size++;
    weights->kernel_height = weights->kernel_width = size;
    return (uint64_t)size * (uint64_t)size == taps ||
           error_set(error, "%llu taps are no square kernel of 1x1 to %dx%d; --kernel-size KhxKw names another one",
                     (unsigned long long)taps, WF_MAX_KERNEL, WF_MAX_KERNEL);
}

static bool fit(const array *array, const request *request, weights *weights, error *error)
{
    char text[256];
    if (!array->element_size)
        return error_set(error, "its elements are %s, expected little-endian float16 or float32", array->type);
    if (array->fortran_order)
        return error_set(error, "its elements are in Fortran order, expected C order");
    const uint64_t *size = array->rank == 4 ? array->size + 1 : array->size;
    if ((array->rank != 3 && array->rank != 4) || (array->rank == 4 && array->size[0] != 1))
        return error_set(error, "its shape is %s, expected (K*K,H,W) or (1,K*K,H,W)", shape_text(array, text));
    if (size[1] != (uint64_t)request->height || size[2] != (uint64_t)request->width)
        return error_set(error, "its weights are for %llux%llu pixels, the frame has %dx%d",
                         (unsigned long long)size[2], (unsigned long long)size[1], request->width, request->height);
    if (!set_kernel(request, size[0], weights, error))
        return false;
    uint64_t needed = size[0] * size[1] * size[2] * (uint64_t)array->element_size;
    if (array->bytes != needed)
        return error_set(error, "%llu bytes of elements, its shape %s needs %llu", (unsigned long long)array->bytes,
                         shape_text(array, text), (unsigned long long)needed);
    weights->height = request->height;
    weights->width = request->width;
    weights->half = array->element_size == 2;
    return true;
}

static bool fits(const array *array, const request *request)
{
    weights weights;
    error error;
    return fit(array, request, &weights, &error);
}

/* The array named weight or weights, else the only one, else the only one that fits. */
static const array *choose(const array_list *list, const request *request, error *error)
{
    const array *fitting = NULL;
    int fitting_count = 0;
    for (int i = 0; i < list->count; i++) {
        const array *array = &list->arrays[i];
        if (strcmp(array->name, "weight") == 0 || strcmp(array->name, "weights") == 0)
            return array;
        if (fits(array, request)) {
            fitting = array;
            fitting_count++;
        }
    }
    if (list->count == 1)
        return &list->arrays[0];
    if (fitting_count == 1)
        return fitting;
    if (list->count == 0)
        error_set(error, "holds no arrays");
    else
        error_set(error, "%d of its %d arrays fit a frame of %dx%d; name the one to use \"weight\"", fitting_count,
                  list->count, request->width, request->height);
    return NULL;
}

/* ---- Elements ------------------------------------------------------------------------------------------------------- */

static bool is_finite(const weights *weights, size_t index)
{
    if (weights->half)
        return (((const uint16_t *)weights->data)[index] & 0x7c00) != 0x7c00;
    return isfinite(((const float *)weights->data)[index]);
}

static bool check_finite(const weights *weights, error *error)
{
    size_t pixels = (size_t)weights->width * (size_t)weights->height;
    size_t count = pixels * (size_t)weights->kernel_height * (size_t)weights->kernel_width;
    size_t bad = 0, first = 0;
    for (size_t i = 0; i < count; i++)
        if (!is_finite(weights, i) && bad++ == 0)
            first = i;
    if (bad == 0)
        return true;
    size_t pixel = first % pixels, width = (size_t)weights->width;
    return error_set(error, "%zu of its weights are NaN or infinite, the first is tap %zu of pixel x=%zu y=%zu", bad,
                     first / pixels, pixel % width, pixel / width);
}

/* Reads exactly `size` bytes. */
static bool read_entry(zip_file_t *entry, void *to, uint64_t size, error *error)
{
    for (uint64_t done = 0; done < size;) {
        zip_int64_t got = zip_fread(entry, (char *)to + done, size - done);
        if (got < 0)
            return error_set(error, "%s", zip_file_strerror(entry));
        if (got == 0)
            return error_set(error, "truncated: %llu of %llu bytes", (unsigned long long)done,
                             (unsigned long long)size);
        done += (uint64_t)got;
    }
    return true;
}

static bool read_zipped(zip_t *archive, const array *array, weights *weights, error *error)
{
    zip_file_t *entry = zip_fopen_index(archive, array->index, 0);
    char header[NPY_START], end;
    if (!entry)
        return error_set(error, "%s", zip_strerror(archive));
    bool read =
        read_entry(entry, header, array->offset, error) && read_entry(entry, weights->data, array->bytes, error);
    if (read && zip_fread(entry, &end, 1) != 0) /* at its end libzip compares the checksum */
        read = error_set(error, "%s", zip_file_strerror(entry));
    zip_fclose(entry);
    return read;
}

static bool read_plain(const input *file, const array *array, weights *weights, error *error)
{
    int64_t got = input_read(file, weights->data, array->bytes, array->offset, error);
    return got == (int64_t)array->bytes || (got >= 0 && error_set(error, "it became shorter while it was read"));
}

/* From the file itself, or from the archive that it is. */
static bool read_elements(const input *file, zip_t *archive, const array *array, weights *weights, error *error)
{
    weights->data = malloc((size_t)array->bytes);
    if (!weights->data)
        return error_set(error, "not enough memory for %llu bytes of weights", (unsigned long long)array->bytes);
    return (archive ? read_zipped(archive, array, weights, error) : read_plain(file, array, weights, error)) &&
           check_finite(weights, error);
}

/* ---- Files ---------------------------------------------------------------------------------------------------------- */

static zip_t *open_archive(const char *path, error *error)
{
    int code;
    zip_t *archive = zip_open(path, ZIP_RDONLY, &code);
    if (!archive) {
        zip_error_t reason;
        zip_error_init_with_code(&reason, code);
        error_set(error, "not a readable .npz archive: %s", zip_error_strerror(&reason));
        zip_error_fini(&reason);
    }
    return archive;
}

static bool has_suffix(const char *path, const char *suffix)
{
    size_t length = strlen(path), tail = strlen(suffix);
    return length >= tail && strcmp(path + length - tail, suffix) == 0;
}

/* The chosen array of a listed file. */
static bool read_chosen(const input *file, zip_t *archive, const array_list *list, const request *request,
                        weights *weights, error *error)
{
    const array *array = choose(list, request, error);
    if (!array)
        return false;
    struct error inner = {""};
    if (fit(array, request, weights, &inner) && read_elements(file, archive, array, weights, &inner))
        return true;
    return *array->name ? error_set(error, "array %s: %s", array->name, inner.message) : (*error = inner, false);
}

static bool read_file(const char *path, const request *request, weights *weights, error *error)
{
    bool npy = has_suffix(path, ".npy"), npz = has_suffix(path, ".npz");
    if (!npy && !npz && !has_suffix(path, ".safetensors"))
        return error_set(error, "expected a .npy, .npz or .safetensors file");
    input file;
    if (!input_open(&file, path, error))
        return false;
    array_list list = {0};
    zip_t *archive = npz ? open_archive(path, error) : NULL;
    bool read =
        npz ? archive && list_npz(archive, &list, error) : (npy ? list_npy : list_safetensors)(&file, &list, error);
    read = read && read_chosen(&file, archive, &list, request, weights, error);
    free(list.arrays);
    if (archive)
        zip_discard(archive);
    input_close(&file);
    return read;
}

bool weights_read(const char *path, int kernel_height, int kernel_width, int width, int height, weights *weights,
                  error *error)
{
    const request request = {kernel_height, kernel_width, width, height};
    struct error inner = {""};
    memset(weights, 0, sizeof *weights);
    if (read_file(path, &request, weights, &inner))
        return true;
    weights_free(weights);
    return error_set(error, "%s: %s", path, inner.message);
}

void weights_free(weights *weights)
{
    free(weights->data);
    memset(weights, 0, sizeof *weights);
}
