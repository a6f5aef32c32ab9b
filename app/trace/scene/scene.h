/* scene.h -- what the path tracer traces: triangles, materials, textures, a camera and
 * what surrounds them, in host memory.
 *
 * Units are the file's own; y is up; colors are linear, Rec. 709 primaries.
 *
 * What is read: glTF 2.0 (.gltf, .glb) and Wavefront .obj with .mtl, through assimp: all nodes of the default scene
 * with their transforms, cameras (perspective), vertex colors (of .obj: sRGB), how textures go on beyond their edges,
 * and of glTF's extensions KHR_draco_mesh_compression, KHR_mesh_quantization, KHR_materials_ior, _transmission (the
 * factor) and _emissive_strength, KHR_texture_transform. An .mtl's Kd, Ke, Ns, Ni, d with illum 4, 6, 7 or 9
 * (transmission 1 - d), Pm and Pr are put into the same model. What is not, and is a warning: animation and skins (the
 * mesh as it rests), morph targets, lights that have no surface, textures by other texture coordinates than the first
 * set or in WebP, blending (surfaces with alphaMode BLEND are cut at 1/2), an .mtl that is not there, other extensions;
 * those that a file requires are an error.
 *
 * Triangles whose indices are out of range are left out too; some of them assimp drops before they can be counted.
 *
 * The file is read in a process of its own: assimp crashes on some damaged files, and then only that process ends. */
#ifndef WFVIEW_TRACE_SCENE_H
#define WFVIEW_TRACE_SCENE_H

#include <stdbool.h>
#include <stdint.h>

#include "app/error.h"
#include "app/frames/frame.h"
#include "app/trace/sky.h"
#include "app/trace/vec3.h"
#include "shaders/trace/trace.h"

#define SCENE_MAX_TRIANGLES (1u << 26)
#define SCENE_MAX_TEXTURE   16384 /* width and height */
#define SCENE_REACH         1e9f  /* a position further out, along any axis, is broken: its fourth power has no float */

typedef struct vertex {
    vec3 position, normal; /* normal of length 1; flat where the file has none */
    vec3 tangent;          /* of length 1, along u, square to the normal; zero where there are no texture coordinates */
    float handedness;      /* +1 or -1: bitangent = handedness * cross(normal, tangent), against v: up in the texture */
    float u, v; /* v downwards, as images have it: (0, 0) is the first texel's outer corner; 0 beyond SCENE_REACH */
} vertex;

typedef struct triangle {
    uint32_t vertices[3]; /* into scene.vertices; counter-clockwise seen from outside, as far as the file tells */
    uint32_t material;    /* into scene.materials */
} triangle;

/* Linear, within [0,1]; multiplies the material's base color and its texture's alpha. */
typedef struct vertex_color {
    float r, g, b, a;
} vertex_color;

/* Where a texture is read for a surface's texture coordinates, at u[0] u + u[1] v + u[2] and v[0] u + v[1] v + v[2],
 * and how it goes on beyond its edges: TRACE_WRAP_... of trace.h. */
typedef struct texture_mapping {
    float u[3], v[3];
    int32_t wrap_u, wrap_v;
} texture_mapping;

/* The coordinates as they are, repeated. */
#define TEXTURE_MAPPING_PLAIN                                                                                          \
    {                                                                                                                  \
        {1, 0, 0}, {0, 1, 0}, TRACE_WRAP_REPEAT, TRACE_WRAP_REPEAT                                                     \
    }

/* The metallic-roughness model of glTF 2.0, with KHR_materials_transmission and KHR_materials_ior. Textures are
 * indices into scene.textures, -1: none; they multiply the factors beside them. All surfaces are two-sided.
 * Factors are finite and within [0,1], emission is at least 0, ior at least 1. An ior of 1 has no reflection:
 * the surface is plain Lambert. */
typedef struct material {
    float base_color[3];
    float metallic, roughness;
    float transmission, ior;
    float emission[3];              /* radiance, on both sides */
    int base_color_texture;         /* srgb; alpha below alpha_cutoff is a hole */
    int metallic_roughness_texture; /* roughness in g, metallic in b */
    int normal_texture;   /* tangent space, 2 c - 1: along tangent, bitangent, normal; x and y times normal_scale */
    int emission_texture; /* srgb */
    float normal_scale;
    float alpha_cutoff; /* 0: no holes; above 1: all of it is a hole */
    texture_mapping base_color_mapping, metallic_roughness_mapping, normal_mapping, emission_mapping;
} material;

/* White and diffuse, without textures: what others differ from. */
extern const material material_white;

/* 8-bit color stays 8 bits; the tracer filters bilinearly. */
typedef struct texture {
    int width, height;
    uint8_t *rgba; /* rows from top to bottom */
    bool srgb;     /* r, g, b are sRGB encoded */
} texture;

typedef struct camera {
    vec3 eye, target, up;  /* eye differs from target; up of length 1, not along the view */
    float fov_y;           /* radians, of the whole height */
    float aperture, focus; /* radius of the lens and distance of what is sharp; aperture 0: all is */
} camera;

typedef enum environment_kind { ENVIRONMENT_CONSTANT, ENVIRONMENT_SKY, ENVIRONMENT_IMAGE } environment_kind;

typedef struct environment {
    environment_kind kind;
    float color[3];     /* of ENVIRONMENT_CONSTANT: radiance */
    vec3 sun_direction; /* of ENVIRONMENT_SKY: towards the sun, of length 1; see sky.h */
    image image;        /* of ENVIRONMENT_IMAGE: equirectangular, 3 or 4 channels, laid out as sky_image does */
    sun sun;            /* of ENVIRONMENT_IMAGE: a disc before the image; radiance 0: none */
} environment;

typedef struct scene {
    vertex *vertices;
    uint32_t vertex_count;
    vertex_color *colors; /* of each vertex; NULL: all are white */
    triangle *triangles;
    uint32_t triangle_count; /* at least one */
    material *materials;
    uint32_t material_count; /* at least one */
    texture *textures;
    uint32_t texture_count;
    camera camera;               /* the file's first, or one that frames the scene */
    bool has_camera, has_lights; /* whether the file had a camera; whether any triangle emits */
    environment environment;     /* black unless something sets it */
    vec3 minimum, maximum;       /* bounds of all triangles */
    uint32_t left_out;           /* broken triangles: positions not finite or out of reach, or no area */
    char *warnings;              /* what was left out or replaced: sentences, each ends with \n; empty: none */
} scene;

/* Reads .gltf, .glb or .obj. A texture that cannot be read is a warning: the factor alone is used. On failure *scene is
 * zeroed and the message names the file: another extension, missing, corrupt (what assimp said), the importer crashed
 * or took more than ten minutes, no triangle is left, more than SCENE_MAX_TRIANGLES, not enough memory. */
bool scene_load(const char *path, scene *scene, error *error);
void scene_free(scene *scene); /* leaves *scene zeroed; zeroed is fine */

/* A camera that sees a sphere around these bounds, from the front (+z), a little above and to the right. */
camera camera_framing(vec3 minimum, vec3 maximum);

#endif
