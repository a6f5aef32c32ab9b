/* trace.h -- what the path tracer's host side and its shaders share. Included by both; GLSL gives the structs the
 * scalar block layout. The scene lies in buffers that shaders reach by their addresses. */
#ifndef WF_TRACE_H
#define WF_TRACE_H

#ifdef VULKAN /* GLSL */
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require
#else
#include <stdint.h>
#include <sys/types.h> /* uint */

#include "vec3.h"

typedef struct trace_corners trace_corners;
typedef struct trace_triangle trace_triangle;
typedef struct trace_texture trace_texture;
typedef struct trace_mapping trace_mapping;
typedef struct trace_choice trace_choice;
typedef struct trace_camera trace_camera;
typedef struct trace_params trace_params;
typedef struct trace_features trace_features;
typedef struct trace_push trace_push;
#endif

#define TRACE_GROUP_WIDTH  8 /* threads of a workgroup */
#define TRACE_GROUP_HEIGHT 8

/* How light is found: both ways, weighted (multiple importance sampling), or one of them, for tests. */
#define TRACE_MIS            0
#define TRACE_LIGHT_SAMPLING 1
#define TRACE_BSDF_SAMPLING  2

/* Descriptors: storage images, and a uniform buffer with trace_params. */
#define TRACE_COLOR       0
#define TRACE_ALBEDO      1
#define TRACE_NORMAL      2
#define TRACE_DEPTH       3
#define TRACE_MOTION      4
#define TRACE_IMAGE_COUNT 5
#define TRACE_PARAMS      5

/* How a texture goes on beyond its edges: from the start again, with its last texels, or to and fro. */
#define TRACE_WRAP_REPEAT 0
#define TRACE_WRAP_CLAMP  1
#define TRACE_WRAP_MIRROR 2

/* A specialization constant: whether albedo, normal and depth are means over the frame's samples. */
#define TRACE_SAMPLED_FEATURES 0

/* Another one: whether vertices have colors, or any texture is not read where the texture
   coordinates say, and repeated. */
#define TRACE_PAINTED 1

/* Below this roughness a surface is perfectly smooth. */
#define TRACE_SMOOTH_ROUGHNESS 0.03

/* Sampled features are looked for behind a surface of at most this part of diffuse scattering. */
#define TRACE_MIRRORS_DIFFUSE 0.25

/* The table of a GGX surface's albedo: as many roughnesses, 0 to 1, of as many cosines, 0 to 1. */
#define TRACE_ALBEDO_SIZE 32

/* As many such tables of glass, for as many ratios eta of the indices of refraction behind and in front: at
 * even steps of t from -1 to 1, (eta - 1) / (eta + 1) is TRACE_GLASS_LIMIT t |t|. Indices above 3 lie
 * outside; the last table serves them. */
#define TRACE_GLASS_SIZE  33
#define TRACE_GLASS_LIMIT 0.5

/* As many samples of a pixel are added up one after the other; the sums of such slices are then added in order.
 * Pictures depend on it, but not on which thread traces what. */
#define TRACE_SLICE 8

/* What a ray needs to know of a triangle before it hits, in 16-byte rows. */
struct trace_corners {
    vec3 a;
    uint has_holes; /* 1: the material is asked where */
    vec3 b;
    float light_density; /* per area, that a point of the emitters which is drawn at random is here; 0: none is */
    vec3 c;
    uint unused;
};

/* vertex of app/trace/scene/scene.h. */
struct trace_vertex {
    vec3 position;
    vec3 normal;
    vec3 tangent;
    float handedness;
    float u, v;
};

struct trace_triangle {
    uint vertices[3];
    uint material;
};

/* texture_mapping of app/trace/scene/scene.h. */
struct trace_mapping {
    vec3 u, v;
    int wrap_u, wrap_v;
};

/* material of app/trace/scene/scene.h; textures as there. */
struct trace_material {
    vec3 base_color;
    float metallic, roughness;
    float transmission, ior;
    vec3 emission;
    int base_color_texture, metallic_roughness_texture, normal_texture, emission_texture;
    float normal_scale;
    float alpha_cutoff;
    trace_mapping base_color_mapping, metallic_roughness_mapping, normal_mapping, emission_mapping;
};

struct trace_texture {
    uint first; /* texel */
    int width, height;
    int srgb;
};

/* An entry of an alias table (Walker 1977): an entry is drawn uniformly, and 32 more random bits below `threshold`
 * keep it, others lead to `alias`. */
struct trace_choice {
    uint threshold;
    uint alias;
    float density; /* of what the entry stands for: per area or per solid angle */
    uint item;
};

/* direction = forward + x right + y up, x and y from -1 to 1; right and up are orthogonal
   to forward, which has length 1. */
struct trace_camera {
    vec3 eye, right, up, forward;
    float aperture, focus;
};

/* Of a sample, or sums of them. */
struct trace_features {
    vec3 albedo, normal;
    float depth;
};

/* Everything that a frame's passes read. The last are device addresses. */
struct trace_params {
    trace_camera camera, previous;
    int width, height;
    uint seed;
    uint first_sample;
    uint samples;     /* of a pixel in this frame */
    uint accumulated; /* samples in the sums before this frame; 0: they start anew */
    int max_bounces;
    int strategy;
    float look_through;   /* no features are taken where a mirror or glass is at most as rough; below 0: all are */
    int russian_roulette; /* bounces after which paths may end by chance */
    vec3 sun_direction;
    vec3 sun_radiance; /* 0: no sun */
    float sun_sine_squared, sun_solid_angle;
    float choose_triangles, choose_environment, choose_sun; /* probabilities */
    uint emitter_count;
    int environment_width, environment_height;
    uint64_t nodes, corners, triangles, vertices, materials;
    uint64_t colors; /* 4 floats a vertex; 0: all are white */
    uint64_t textures, texels;
    uint64_t emitters;                         /* trace_choice of triangles */
    uint64_t environment, environment_choices; /* 3 floats a texel; trace_choice a texel */
    uint64_t albedo_table;                     /* 4 floats an entry, see ggx_tables.c */
    uint64_t glass_table;                      /* a float an entry */
    uint64_t slices;                           /* 3 floats a pixel and slice of a round */
    uint64_t sums;                             /* 3 floats a pixel */
    uint64_t feature_slices, feature_sums;     /* trace_features, as the two before */
};

/* A round traces the slices that its third dimension counts, from first_slice on. A thread traces in its pixel, and in
 * those that lie a dispatch's height further down, the samples begin ... end - 1 of its slice. */
struct trace_push {
    uint first_slice;
    uint begin, end;  /* begin > 0: goes on where the dispatch before ended */
    uint slice_count; /* of the round */
    uint is_pictures; /* 1: each slice is a picture by itself, of seed, seed + 1 ... */
};

#endif
