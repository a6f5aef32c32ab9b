/* import.h -- what the files that read scenes share. Private to this folder.
 *
 * Messages made below scene.c do not name the scene's file: scene.c puts the path in front. */
#ifndef WFVIEW_TRACE_SCENE_IMPORT_H
#define WFVIEW_TRACE_SCENE_IMPORT_H

#include <assimp/cfileio.h>
#include <assimp/scene.h>

#include "app/files/input.h"
#include "gltf.h"
#include "scene.h"

/* Reads the file into *scene, which is zeroed but for empty warnings. */
bool scene_import(const char *path, scene *scene, error *error);

/* Adds a sentence; the newline is added. */
void scene_warn(scene *scene, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- files.c: what lies beside the scene's file ------------------------------------------------------------------ */

/* What assimp reads from. A glTF scene comes from gltf, other files from the disk; an .mtl
   that is not there is a warning. */
typedef struct scene_files {
    const char *path; /* the scene's */
    const gltf *gltf;
    scene *scene; /* for its warnings */
    bool missing; /* an .mtl, and that was said */
} scene_files;

/* Lasts as long as *files. */
struct aiFileIO scene_files_io(scene_files *files);

/* All of a file that a scene names: relative to the scene's folder, with \ or / between folders; where there is
 * none, with %20 and its like resolved, as URIs have them. To be freed, with a 0 byte behind it; NULL and *error:
 * none, or more than limit bytes. */
uint8_t *scene_file_read(const char *scene_path, const char *name, uint64_t limit, size_t *size, error *error);

/* ---- material.c -------------------------------------------------------------------------------------------------- */

/* All materials and the textures they name; textures lie in the scene file's folder or in the scene file. */
bool scene_import_materials(const char *path, const struct aiScene *from, scene *scene, error *error);

/* ---- texture.c --------------------------------------------------------------------------------------------------- */

/* The index of the texture in the scene, decoded there once for each value of srgb; -1
   and a warning where that fails. */
int scene_import_texture(const char *path, const struct aiScene *from, const char *name, bool srgb, scene *scene);

#endif
