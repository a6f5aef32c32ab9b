/* gltf.h -- glTF's JSON beside assimp: what assimp 5.2 leaves out or gets wrong. Private to this folder.
 *
 * Assimp reads not the file but a copy that says the same in plainer words: attributes that are integers (of
 * core glTF and of KHR_mesh_quantization) and colors without alpha are floats in a buffer of their own, and
 * materials are named by their indices. */
#ifndef WFVIEW_TRACE_SCENE_GLTF_H
#define WFVIEW_TRACE_SCENE_GLTF_H

#include <assimp/scene.h>
#include <cjson/cJSON.h>
#include <stddef.h>

#include "scene.h"

#define GLTF_FLOATS "wfview-floats.bin" /* the buffer's URI */

typedef struct gltf {
    const char *path;
    uint8_t *bytes; /* the file */
    size_t size;
    const uint8_t *binary; /* the second chunk of a .glb; in bytes */
    size_t binary_size;
    cJSON *json; /* NULL: not JSON, which assimp then says */

    uint8_t *plain; /* the copy's file */
    size_t plain_size;
    float *floats; /* its buffer GLTF_FLOATS */
    size_t float_count;
} gltf;

/* Reads the file and makes the copy; adds warnings of what is left out. Fails on what cannot be read (a node with
 * several parents, which glTF forbids: assimp would copy it for each way there is to it, and a small file can have more
 * of these than any memory holds; an extension that is required and not known; attributes beyond their buffers). */
bool gltf_open(const char *path, gltf *gltf, scene *scene, error *error);
void gltf_close(gltf *gltf); /* zeroed is fine */

/* Whether one was opened. */
bool gltf_is(const gltf *gltf);

/* After scene_import_materials: emissive strength, texture transforms; textures of other
   coordinates than the first are left out. */
void gltf_complete_materials(const gltf *gltf, const struct aiScene *from, scene *scene);

/* ---- gltf_attributes.c ------------------------------------------------------------------------------------------- */

/* Makes floats of the attributes that assimp does not read, in the JSON and gltf->floats. */
bool gltf_convert_attributes(gltf *gltf, error *error);

/* ---- gltf_extensions.c ------------------------------------------------------------------------------------------- */

extern const char *const gltf_extensions[]; /* that are read; the last is NULL */

/* Refuses extensions that are required and not known, by their names, and warns of what else
   the file has that is left out. */
bool gltf_check_extensions(const cJSON *json, error *error);
void gltf_warn(const cJSON *json, scene *scene);

#endif
