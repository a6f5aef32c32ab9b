#include "arrays.h"

#include <cjson/cJSON.h>
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zip.h>

#define MAX_NPY_HEADER  65536 /* bytes; NumPy itself writes less than a hundred for a plain array */
#define NPY_START       (12 + MAX_NPY_HEADER)
#define MAX_JSON_HEADER (4 << 20) /* bytes; bounds the memory a hostile header can ask for */

typedef struct array_list {
    array *arrays;
    int count;
} array_list;

/* How the formats name the types. */
static const struct {
    const char *npy, *safetensors; /* npy: after the byte order */
    array_type type;
} type_names[] = {{"f2", "F16", ARRAY_FLOAT16},
                  {"f4", "F32", ARRAY_FLOAT32},
                  {"f8", "F64", ARRAY_FLOAT64},
                  {"V2", "BF16", ARRAY_BFLOAT16}};

enum { TYPES = sizeof type_names / sizeof *type_names };

int array_element_size(array_type type)
{
    static const int sizes[] = {0, 2, 4, 8, 2};
    return sizes[type];
}

static bool append(array_list *list, const array *array, error *error)
{
    struct array *arrays = realloc(list->arrays, sizeof *arrays * ((size_t)list->count + 1));
    if (!arrays)
        return error_set(error, "not enough memory for the list of arrays");
    list->arrays = arrays;
    arrays[list->count++] = *array;
    return true;
}

/* ---- .npy headers ------------------------------------------------------------------------------------------------ */

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
        if (array->rank == ARRAY_MAX_RANK || *text < '0' || *text > '9')
            return false;
        char *end;
        errno = 0;
        array->size[array->rank] = strtoull(text, &end, 10);
        if (errno)
            return false;
        text = end + (*end == 'L'); /* Python 2's long numbers */
    }
    return true;
}

static bool parse_npy_dictionary(const char *header, array *array)
{
    const char *type = npy_value(header, "descr"), *order = npy_value(header, "fortran_order");
    size_t length = *type == '\'' ? strcspn(type + 1, "'") : strcspn(type, "\n");
    snprintf(array->type_name, sizeof array->type_name, "%.*s", (int)length, *type == '\'' ? type + 1 : type);
    for (int i = 0; i < TYPES && strchr("<>|=", *array->type_name) && *array->type_name; i++)
        if (strcmp(array->type_name + 1, type_names[i].npy) == 0)
            array->type = type_names[i].type;
    array->big_endian = *array->type_name == '>';
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

/* ---- Lists of arrays --------------------------------------------------------------------------------------------- */

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
    snprintf(array.name, sizeof array.name, "%.*s", (int)(stem < ARRAY_MAX_NAME ? stem : ARRAY_MAX_NAME - 1),
             status->name);
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
    bool valid = cJSON_IsString(type) && cJSON_IsArray(shape) && cJSON_GetArraySize(shape) <= ARRAY_MAX_RANK &&
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
    snprintf(array->type_name, sizeof array->type_name, "%s", type->valuestring);
    for (int i = 0; i < TYPES; i++)
        if (strcmp(array->type_name, type_names[i].safetensors) == 0)
            array->type = type_names[i].type;
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

/* ---- Elements ---------------------------------------------------------------------------------------------------- */

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

static bool read_zipped(zip_t *archive, const array *array, void *to, error *error)
{
    zip_file_t *entry = zip_fopen_index(archive, array->index, 0);
    char header[NPY_START], end;
    if (!entry)
        return error_set(error, "%s", zip_strerror(archive));
    bool read = read_entry(entry, header, array->offset, error) && read_entry(entry, to, array->bytes, error);
    if (read && zip_fread(entry, &end, 1) != 0) /* at its end libzip compares the checksum */
        read = error_set(error, "%s", zip_file_strerror(entry));
    zip_fclose(entry);
    return read;
}

static bool read_plain(const input *file, const array *array, void *to, error *error)
{
    int64_t got = input_read(file, to, array->bytes, array->offset, error);
    return got == (int64_t)array->bytes || (got >= 0 && error_set(error, "it became shorter while it was read"));
}

bool array_file_read(const array_file *file, const array *array, void *to, error *error)
{
    return file->archive ? read_zipped(file->archive, array, to, error) : read_plain(&file->input, array, to, error);
}

/* ---- Files ------------------------------------------------------------------------------------------------------- */

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

bool array_file_open(const char *path, array_file *file, error *error)
{
    bool npy = has_suffix(path, ".npy"), npz = has_suffix(path, ".npz");
    *file = (array_file){0};
    if (!npy && !npz && !has_suffix(path, ".safetensors"))
        return error_set(error, "expected a .npy, .npz or .safetensors file");
    if (!input_open(&file->input, path, error))
        return false;
    array_list list = {0};
    file->archive = npz ? open_archive(path, error) : NULL;
    bool listed = npz ? file->archive && list_npz(file->archive, &list, error)
                      : (npy ? list_npy : list_safetensors)(&file->input, &list, error);
    file->arrays = list.arrays;
    file->count = list.count;
    if (!listed)
        array_file_close(file);
    return listed;
}

void array_file_close(array_file *file)
{
    free(file->arrays);
    if (file->archive)
        zip_discard(file->archive);
    input_close(&file->input);
}
