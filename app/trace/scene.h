/* scene.h -- what the path tracer traces: triangles, materials, textures, cameras and what surrounds them, in host memory.
 *
 * Units are the file's own; y is up; colours are linear, Rec. 709 primaries. */
#ifndef WFVIEW_TRACE_SCENE_H
#define WFVIEW_TRACE_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "error.h"
#include "frame.h"

typedef struct vec3 {
    float x, y, z;
} vec3;

typedef struct vertex {
    vec3 position, normal; /* normal of length 1 */
    vec3 tangent;          /* of length 1, along u; zero where there are no texture coordinates */
    float handedness;      /* +1 or -1: bitangent = handedness * cross(normal, tangent) */
    float u, v;            /* v downwards, as images have it */
} vertex;

typedef struct triangle {
    uint32_t vertices[3]; /* into scene.vertices */
    uint32_t material;    /* into scene.materials */
} triangle;

/* The metallic-roughness model of glTF 2.0, with KHR_materials_transmission and KHR_materials_ior. Textures are indices into
 * scene.textures, -1: none; they multiply the factors beside them. All surfaces are two-sided. */
typedef struct material {
    float base_color[3];
    float metallic, roughness;
    float transmission, ior;
    float emission[3]; /* radiance */
    int base_color_texture;         /* sRGB decoded to linear when it was loaded; alpha below alpha_cutoff is a hole */
    int metallic_roughness_texture; /* roughness in g, metallic in b */
    int normal_texture;             /* tangent space, 2 c - 1 */
    int emission_texture;
    float normal_scale;
    float alpha_cutoff; /* 0: no holes */
} material;

/* 8-bit colour stays 8 bits; the tracer filters bilinearly and repeats. */
typedef struct texture {
    int width, height;
    uint8_t *rgba; /* rows from top to bottom */
    bool srgb;     /* r, g, b are sRGB encoded */
} texture;

typedef struct camera {
    vec3 eye, target, up;
    float fov_y; /* radians */
    float aperture, focus; /* radius of the lens and distance of what is sharp; aperture 0: all is */
} camera;

typedef enum environment_kind { ENVIRONMENT_CONSTANT, ENVIRONMENT_SKY, ENVIRONMENT_IMAGE } environment_kind;

typedef struct environment {
    environment_kind kind;
    float color[3];        /* of ENVIRONMENT_CONSTANT: radiance */
    vec3 sun_direction;    /* of ENVIRONMENT_SKY: towards the sun, of length 1 */
    image image;           /* of ENVIRONMENT_IMAGE: equirectangular, 3 or 4 channels, +z in the middle column, +y on top */
} environment;

typedef struct scene {
    vertex *vertices;
    uint32_t vertex_count;
    triangle *triangles;
    uint32_t triangle_count;
    material *materials; /* at least one */
    uint32_t material_count;
    texture *textures;
    uint32_t texture_count;
    camera camera; /* the file's first, or one that frames the scene */
    bool has_camera, has_lights; /* whether the file had a camera; whether any triangle emits */
    environment environment; /* black unless something sets it */
    vec3 minimum, maximum; /* bounds of all triangles */
} scene;

/* Reads .gltf, .glb or .obj. Broken triangles (indices out of range, positions that are not finite, no area) are left out and
 * counted in *left_out. False and *error where the file cannot be read or no triangle is left. */
bool scene_load(const char *path, scene *scene, uint32_t *left_out, error *error);
void scene_free(scene *scene); /* leaves *scene zeroed; zeroed is fine */

#endif
