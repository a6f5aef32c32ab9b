#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "gltf.h"
#include "import.h"

#define MAX_BUFFER ((uint64_t)1 << 32)
#define FLOAT      5126

/* Integers of an accessor's componentType. */
typedef struct integers {
    int code, bytes;
    bool is_signed;
} integers;

static const integers kinds[] = {
    {5120, 1, true}, {5121, 1, false}, {5122, 2, true}, {5123, 2, false}, {5125, 4, false}};

typedef struct buffer_bytes {
    const uint8_t *bytes;
    uint8_t *own; /* to be freed */
    size_t size;
} buffer_bytes;

typedef struct converter {
    gltf *gltf;
    cJSON *accessors, *views;
    const cJSON *buffers;
    int accessor_count, buffer_count; /* of the file */
    buffer_bytes *read;               /* of each buffer, once */
    int *converted; /* the accessor in place of each, as a color and as something else; -1: none yet */
} converter;

/* ---- Buffers ----------------------------------------------------------------------------------------------------- */

static int digit(char c)
{
    return c >= 'A' && c <= 'Z'   ? c - 'A'
           : c >= 'a' && c <= 'z' ? c - 'a' + 26
           : c >= '0' && c <= '9' ? c - '0' + 52
           : c == '+' || c == '-' ? 62
           : c == '/' || c == '_' ? 63
                                  : -1;
}

/* RFC 4648, up to what is no digit. */
static uint8_t *decode_base64(const char *text, size_t *size)
{
    uint8_t *bytes = malloc(strlen(text) + 1);
    uint32_t bits = 0;
    *size = 0;
    for (int count = 0; bytes && digit(*text) >= 0; text++) {
        bits = bits << 6 | (uint32_t)digit(*text);
        count += 6;
        if (count >= 8)
            bytes[(*size)++] = (uint8_t)(bits >> (count -= 8));
    }
    return bytes;
}

static bool read_buffer(const converter *converter, int index, buffer_bytes *buffer, error *error)
{
    const cJSON *uri = cJSON_GetObjectItemCaseSensitive(cJSON_GetArrayItem(converter->buffers, index), "uri");
    const char *data =
        cJSON_IsString(uri) && strncmp(uri->valuestring, "data:", 5) == 0 ? strstr(uri->valuestring, ";base64,") : NULL;
    if (!cJSON_IsString(uri)) {
        *buffer = (buffer_bytes){converter->gltf->binary, NULL, converter->gltf->binary_size};
        return buffer->bytes || error_set(error, "buffer %d has no data", index);
    }
    buffer->own = data ? decode_base64(data + strlen(";base64,"), &buffer->size)
                       : scene_file_read(converter->gltf->path, uri->valuestring, MAX_BUFFER, &buffer->size, error);
    buffer->bytes = buffer->own;
    if (buffer->own)
        return true;
    struct error reason = *error;
    return error_set(error, "buffer %d (%.100s): %.200s", index, data ? "data" : uri->valuestring,
                     data ? "not enough memory" : reason.message);
}

static const buffer_bytes *find_buffer(converter *converter, int index, error *error)
{
    if (index < 0 || index >= converter->buffer_count) {
        error_set(error, "there is no buffer %d", index);
        return NULL;
    }
    buffer_bytes *buffer = &converter->read[index];
    return buffer->bytes || read_buffer(converter, index, buffer, error) ? buffer : NULL;
}

/* ---- Accessors --------------------------------------------------------------------------------------------------- */

/* A whole number of at least 0; -1: it is none. */
static int64_t whole(const cJSON *object, const char *name, int64_t otherwise)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(object, name);
    if (!item)
        return otherwise;
    bool sound = cJSON_IsNumber(item) && item->valuedouble >= 0 && item->valuedouble <= (double)MAX_BUFFER;
    return sound ? (int64_t)item->valuedouble : -1;
}

static int component_count(const cJSON *accessor)
{
    const cJSON *type = cJSON_GetObjectItemCaseSensitive(accessor, "type");
    const char *name = cJSON_IsString(type) ? type->valuestring : "";
    return strcmp(name, "VEC2") == 0 ? 2 : strcmp(name, "VEC3") == 0 ? 3 : strcmp(name, "VEC4") == 0 ? 4 : 0;
}

static const integers *find_kind(int64_t code)
{
    for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
        if (kinds[i].code == code)
            return &kinds[i];
    return NULL;
}

/* As the specification of glTF 2.0 has it, 3.6.2.2. */
static float read_component(const uint8_t *bytes, const integers *kind, bool normalized)
{
    if (!kind) {
        float value;
        memcpy(&value, bytes, sizeof value);
        return value;
    }
    uint32_t raw = 0;
    for (int i = 0; i < kind->bytes; i++)
        raw |= (uint32_t)bytes[i] << 8 * i;
    const double range = kind->bytes == 1 ? 0x1p8 : kind->bytes == 2 ? 0x1p16 : 0x1p32;
    double value = raw;
    if (kind->is_signed && value >= range / 2)
        value -= range;
    if (normalized)
        value = fmax(value / (kind->is_signed ? range / 2 - 1 : range - 1), -1);
    return (float)value;
}

/* Where the elements lie, and the bytes from one to the next. */
static bool find_elements(converter *converter, int index, const cJSON *accessor, size_t element, size_t count,
                          const uint8_t **first, size_t *stride, error *error)
{
    const cJSON *view = cJSON_GetArrayItem(converter->views, (int)whole(accessor, "bufferView", 0));
    const int64_t offset = whole(accessor, "byteOffset", 0), start = whole(view, "byteOffset", 0);
    const int64_t length = whole(view, "byteLength", -1), step = whole(view, "byteStride", (int64_t)element);
    if (!view || offset < 0 || start < 0 || length < 0 || step < (int64_t)element)
        return error_set(error, "accessor %d is corrupt", index);
    const buffer_bytes *buffer = find_buffer(converter, (int)whole(view, "buffer", -1), error);
    if (!buffer)
        return false;
    if ((uint64_t)start > buffer->size || (uint64_t)length > buffer->size - (uint64_t)start)
        return error_set(error, "accessor %d lies in bytes %lld to %lld of a buffer that has %zu", index,
                         (long long)start, (long long)(start + length), buffer->size);
    const uint64_t needed = count > 0 ? (count - 1) * (uint64_t)step + element : 0;
    if ((uint64_t)offset > (uint64_t)length || needed > (uint64_t)(length - offset))
        return error_set(error, "accessor %d needs %llu bytes from %lld on, its buffer view has %lld", index,
                         (unsigned long long)needed, (long long)offset, (long long)length);
    *first = buffer->bytes + start + offset;
    *stride = (size_t)step;
    return true;
}

static float *grow(gltf *gltf, size_t count)
{
    float *floats = realloc(gltf->floats, (gltf->float_count + count + 1) * sizeof *floats);
    if (!floats)
        return NULL;
    gltf->floats = floats;
    floats += gltf->float_count;
    gltf->float_count += count;
    return floats;
}

/* The accessor of the floats just appended. */
static bool add_accessor(converter *converter, size_t count, int components, size_t first)
{
    cJSON *view = cJSON_CreateObject(), *accessor = cJSON_CreateObject();
    cJSON_AddNumberToObject(view, "buffer", converter->buffer_count);
    cJSON_AddNumberToObject(view, "byteOffset", (double)(first * sizeof(float)));
    cJSON_AddNumberToObject(view, "byteLength", (double)(count * (size_t)components * sizeof(float)));
    cJSON_AddNumberToObject(accessor, "bufferView", cJSON_GetArraySize(converter->views));
    cJSON_AddNumberToObject(accessor, "componentType", FLOAT);
    cJSON_AddNumberToObject(accessor, "count", (double)count);
    cJSON_AddStringToObject(accessor, "type", components == 2 ? "VEC2" : components == 3 ? "VEC3" : "VEC4");
    return cJSON_AddItemToArray(converter->views, view) && cJSON_AddItemToArray(converter->accessors, accessor);
}

static bool convert(converter *converter, int index, bool is_color, error *error)
{
    const cJSON *accessor = cJSON_GetArrayItem(converter->accessors, index);
    const integers *kind = find_kind(whole(accessor, "componentType", FLOAT));
    const int components = component_count(accessor), out = is_color ? 4 : components;
    const int64_t count = whole(accessor, "count", -1);
    const size_t element = (size_t)components * (size_t)(kind ? kind->bytes : 4);
    const uint8_t *bytes = NULL;
    size_t stride = 0;
    if (cJSON_GetObjectItemCaseSensitive(accessor, "sparse"))
        return error_set(error, "accessor %d is sparse, which is read of floats with alpha alone", index);
    if (components == 0 || count < 0 || count > 3ll * SCENE_MAX_TRIANGLES ||
        !cJSON_GetObjectItemCaseSensitive(accessor, "bufferView"))
        return error_set(error, "accessor %d is corrupt", index);
    if (!find_elements(converter, index, accessor, element, (size_t)count, &bytes, &stride, error))
        return false;
    const size_t first = converter->gltf->float_count;
    float *to = grow(converter->gltf, (size_t)count * (size_t)out);
    if (!to || !add_accessor(converter, (size_t)count, out, first))
        return error_set(error, "not enough memory for accessor %d", index);
    const bool normalized = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(accessor, "normalized"));
    for (size_t i = 0; i < (size_t)count; i++, to += out)
        for (int c = 0; c < out; c++)
            to[c] = c < components ? read_component(bytes + i * stride + (size_t)c * (element / (size_t)components),
                                                    kind, normalized)
                                   : 1;
    return true;
}

/* ---- Attributes -------------------------------------------------------------------------------------------------- */

/* Whether assimp would take its bytes for what they are not. */
static bool is_plain(const cJSON *accessor, bool is_color)
{
    return whole(accessor, "componentType", FLOAT) == FLOAT && !(is_color && component_count(accessor) == 3);
}

static bool convert_attribute(converter *converter, cJSON *attribute, error *error)
{
    const int index = cJSON_IsNumber(attribute) ? attribute->valueint : -1;
    const bool is_color = strncmp(attribute->string, "COLOR_", 6) == 0;
    if (index < 0 || index >= converter->accessor_count || attribute->string[0] == '_' ||
        strncmp(attribute->string, "JOINTS_", 7) == 0 ||
        is_plain(cJSON_GetArrayItem(converter->accessors, index), is_color))
        return true; /* where there is none, assimp says so */
    int *known = &converter->converted[2 * index + is_color];
    if (*known < 0) {
        *known = cJSON_GetArraySize(converter->accessors);
        if (!convert(converter, index, is_color, error))
            return false;
    }
    cJSON_SetNumberValue(attribute, *known);
    return true;
}

static bool is_draco(const cJSON *primitive)
{
    return cJSON_GetObjectItemCaseSensitive(cJSON_GetObjectItemCaseSensitive(primitive, "extensions"),
                                            "KHR_draco_mesh_compression");
}

static bool convert_all(converter *converter, error *error)
{
    const cJSON *mesh, *primitive;
    cJSON_ArrayForEach(mesh, cJSON_GetObjectItemCaseSensitive(converter->gltf->json, "meshes"))
    {
        cJSON_ArrayForEach(primitive, cJSON_GetObjectItemCaseSensitive(mesh, "primitives"))
        {
            cJSON *attribute = cJSON_GetObjectItemCaseSensitive(primitive, "attributes");
            attribute = cJSON_IsObject(attribute) && !is_draco(primitive) ? attribute->child : NULL;
            for (; attribute; attribute = attribute->next)
                if (!convert_attribute(converter, attribute, error))
                    return false;
        }
    }
    return true;
}

static bool add_buffer(converter *converter)
{
    const size_t size = converter->gltf->float_count * sizeof(float);
    cJSON *buffers = cJSON_GetObjectItemCaseSensitive(converter->gltf->json, "buffers");
    cJSON *buffer = cJSON_CreateObject();
    cJSON_AddStringToObject(buffer, "uri", GLTF_FLOATS);
    cJSON_AddNumberToObject(buffer, "byteLength", (double)size);
    return cJSON_AddItemToArray(buffers, buffer);
}

bool gltf_convert_attributes(gltf *gltf, error *error)
{
    cJSON *accessors = cJSON_GetObjectItemCaseSensitive(gltf->json, "accessors");
    cJSON *views = cJSON_GetObjectItemCaseSensitive(gltf->json, "bufferViews");
    const cJSON *buffers = cJSON_GetObjectItemCaseSensitive(gltf->json, "buffers");
    converter converter = {gltf, accessors, views, buffers, cJSON_GetArraySize(accessors), cJSON_GetArraySize(buffers),
                           NULL, NULL};
    const size_t slots = 2 * (size_t)converter.accessor_count;
    converter.read = calloc((size_t)converter.buffer_count + 1, sizeof *converter.read);
    converter.converted = malloc((slots + 1) * sizeof *converter.converted);
    bool ok = (converter.read && converter.converted) || error_set(error, "not enough memory");
    for (size_t i = 0; ok && i < slots; i++)
        converter.converted[i] = -1;
    ok = ok && convert_all(&converter, error);
    if (ok && gltf->float_count > 0)
        ok = add_buffer(&converter) || error_set(error, "not enough memory");
    for (int i = 0; converter.read && i < converter.buffer_count; i++)
        free(converter.read[i].own);
    free(converter.read);
    free(converter.converted);
    return ok;
}
