/* import.h -- what the files that read scenes share. Private to this folder.
 *
 * Messages made below scene.c do not name the scene's file: scene.c puts the path in front. */
#ifndef WFVIEW_TRACE_SCENE_IMPORT_H
#define WFVIEW_TRACE_SCENE_IMPORT_H

#include <assimp/scene.h>

#include "scene.h"

/* Reads the file into *scene, which is zeroed but for empty warnings. */
bool scene_import(const char *path, scene *scene, error *error);

/* Adds a sentence; the newline is added. */
void scene_warn(scene *scene, const char *format, ...) __attribute__((format(printf, 2, 3)));

/* ---- material.c -------------------------------------------------------------------------------------------------- */

/* All materials and the textures they name; textures lie in the scene file's folder or in the scene file. */
bool scene_import_materials(const char *path, const struct aiScene *from, scene *scene, error *error);

/* ---- texture.c --------------------------------------------------------------------------------------------------- */

/* The index of the texture in the scene, decoded there once for each value of srgb; -1 and a warning where that fails. */
int scene_import_texture(const char *path, const struct aiScene *from, const char *name, bool srgb, scene *scene);

/* ---- gltf.c: what this assimp leaves out ------------------------------------------------------------------------- */

/* Refuses nodes with several parents, which glTF forbids: assimp would copy a node for each way there is to it, and a small
 * file can have more of these than any memory holds. */
bool scene_import_check_nodes(const char *path, error *error);

/* Multiplies each material's emission by its KHR_materials_emissive_strength. Assimp sorts materials anew, so they are found
 * by their names; those without one, or with another's, are a warning. */
void scene_import_emissive_strength(const char *path, const struct aiScene *from, scene *scene);

#endif
