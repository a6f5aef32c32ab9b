/* scene_files.h -- scene files made by tests, and what is read of them. */
#ifndef TESTS_TRACE_SCENE_FILES_H
#define TESTS_TRACE_SCENE_FILES_H

#include "app/trace/scene/scene.h"

#define assert_near(value, expected) assert_float_equal(value, expected, 1e-5)

/* A square in the plane z = 0 from (0,0) to (2,1), facing +z; the texture's first row is on top. */
typedef struct square {
    float positions[4][3], normals[4][3], uvs[4][2];
    uint32_t indices[6];
    float tangents[4][4]; /* of mesh 2 alone */
} square;

extern const square plain;

/* A node of a file: the square. */
#define SQUARE_NODE "{\"mesh\":0}"

/* A test's: an empty temporary folder. */
int setup(void **state);

void write_text(const char *name, const char *text);

/* scene.gltf: the square as mesh 0, as mesh 1 without normals, as mesh 2 with tangents. more
   is JSON that ends in a comma. */
void write_gltf(const square *square, const char *nodes, const char *material, const char *more);

/* Fail the test where the scene cannot be read. */
scene load(const char *name);
scene load_gltf(const char *nodes, const char *material, const char *more);

/* It cannot, and this is said. */
void assert_refused(const char *name, const char *message);

void assert_vec3(vec3 v, double x, double y, double z);
const vertex *corner(const scene *scene, uint32_t triangle, int k);

#endif
