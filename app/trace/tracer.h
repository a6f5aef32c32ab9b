/* tracer.h -- a path tracer in Vulkan compute: noisy frames of a scene with their features,
 * in images as wf_node takes them.
 *
 *     tracer_create(device, &scene, &bvh, &tracer)        the scene's copy in device memory
 *     tracer_resize(&tracer, width, height)
 *     for each slot: tracer_bind(&tracer, slot, images)
 *     each frame:    tracer_render(&tracer, commands, slot, &frame)
 *
 * Radiance. Unidirectional paths with next-event estimation and multiple importance sampling (power heuristic) of
 * emissive triangles, environment and sun; Russian roulette; nothing is clamped. Unbiased but for: at most max_bounces;
 * shading normals that differ from the geometry lose what they would send through it; samples that overflow are black.
 * Light through glass is found by scattering only: caustics of small lights are very noisy. Materials:
 * shaders/trace/bsdf.glsl. Pixels are boxes.
 *
 * Noise. Everything follows from seed, first_sample and pixel: a frame rendered again is the same, bit for bit, on one
 * device. Samples of a pixel are of one low-discrepancy sequence: frames that continue it (first_sample) average
 * better than frames with other seeds.
 *
 * Features, of a surface and of the sky, where a ray leaves the scene:
 *     albedo   base color (metals: their tint); where it emits, the larger of that and
 *              emission up to 1. Sky: radiance up to 1
 *     normal   in world space, length 1, interpolated and with the normal map, on the camera's side. Sky: 0
 *     depth    distance from the eye. Sky: 0
 *     motion   where the previous camera saw the point, minus where it is now, in pixels, y down; the
 *              scene itself rests. Sky: by its direction. Points behind the previous camera: to
 *              (-width, -height), outside of the image
 *
 * TRACER_FIRST_HIT: of the first surface on the ray through the pixel's middle from the middle of the lens, mirrors and
 * glass too, and free of noise; nothing is found through a smooth mirror or glass.
 *
 * TRACER_SAMPLED: means over the frame's own samples, jittered in the pixel and on the lens, as noisy as color; motion
 * is of first hits. A path's features are those of the first surface that is rougher than look_through, or scatters
 * more than TRACE_MIRRORS_DIFFUSE of its light diffusely, or emits, or where the path must end: mirrors and glass are
 * followed, as Open Image Denoise recommends for albedo ("the Fresnel blend of the reflected and transmitted albedos")
 * and as Cycles does for its denoising passes. As there, albedo is multiplied by what the surfaces on the way pass on
 * (a mirror's tint), and depth is the sum of the distances on the way, each multiplied by the mean over r, g, b of what
 * was passed on until there. Albedo is not limited: where lamps or the sky are seen it may be above 1, and whoever
 * wants it limited does so after the mean. A mean's normal has at most length 1. look_through below 0: first hits, but
 * sampled, as Mitsuba's features are. */
#ifndef WFVIEW_TRACE_TRACER_H
#define WFVIEW_TRACE_TRACER_H

#include "app/gpu/device.h"
#include "app/trace/scene/scene.h"
#include "bvh.h"
#include "shaders/trace/trace.h"
#include "upload.h"

#define TRACER_SLOTS           16
#define TRACER_MAX_SAMPLES     256 /* of a pixel in one tracer_render */
#define TRACER_DEFAULT_BOUNCES 32

typedef enum tracer_strategy {
    TRACER_MIS = TRACE_MIS,
    TRACER_LIGHT_SAMPLING = TRACE_LIGHT_SAMPLING, /* for tests, as the next; blind to nothing but slower to converge */
    TRACER_BSDF_SAMPLING = TRACE_BSDF_SAMPLING,
} tracer_strategy;

typedef enum tracer_features { TRACER_FIRST_HIT, TRACER_SAMPLED } tracer_features;

#define TRACER_LOOK_THROUGH 0.27f /* about what Cycles has */

enum {
    TRACER_NODES,
    TRACER_CORNERS,
    TRACER_TRIANGLES,
    TRACER_VERTICES,
    TRACER_COLORS,
    TRACER_MATERIALS,
    TRACER_TEXTURES,
    TRACER_TEXELS,
    TRACER_EMITTERS,
    TRACER_ENVIRONMENT,
    TRACER_CHOICES,
    TRACER_ALBEDO,
    TRACER_GLASS,
    TRACER_SCENE_BUFFERS
};

typedef struct tracer {
    const device *device;
    device_buffer scene[TRACER_SCENE_BUFFERS];
    device_staging staging; /* kept between scenes that take each other's place */
    tracer_features features;
    device_buffer params, sums, slices, feature_sums, feature_slices;
    uint32_t round;            /* slices of samples that are traced at once */
    uint32_t paths_per_thread; /* one after the other, at most; pictures do not depend on it */
    trace_params fixed;        /* what does not change from frame to frame */
    uint32_t accumulated;
    VkDescriptorSetLayout set_layout;
    VkDescriptorPool pool;
    VkDescriptorSet sets[TRACER_SLOTS];
    VkImage images[TRACER_SLOTS][TRACE_IMAGE_COUNT];
    VkPipelineLayout layout;
    VkPipeline paths, sum, first_hits;
    bool painted; /* what they are made for: TRACE_PAINTED */
} tracer;

typedef struct tracer_frame {
    camera camera, previous; /* previous: of the frame before, for motion */
    uint32_t seed;           /* of the noise */
    uint32_t first_sample;   /* frames of one seed take up where the one before ended: first_sample + samples */
    uint32_t samples;        /* a pixel: 1 to TRACER_MAX_SAMPLES */
    bool accumulate;         /* color: the mean of all samples since the last frame without; camera and scene rest */
    int max_bounces;         /* 0: what emits, as the camera sees it; 1: and what it lights; TRACER_DEFAULT_BOUNCES */
    tracer_strategy strategy;
    uint32_t pictures;  /* more than one: as many, of seed, seed + 1 ..., into the slots from the frame's on */
    float look_through; /* of sampled features; 0: they are followed through perfectly smooth surfaces alone */
} tracer_frame;

/* Copies the scene, whose triangles bvh_build has ordered, to the device and compiles the shaders; both stay the
 * caller's and are not used later. On failure *tracer is zeroed; reasons are a device without what wf_vulkan_get_needs
 * asks for, too little memory, and a sky that sky.h refuses. */
bool tracer_create(const device *device, const scene *scene, const bvh *bvh, tracer_features features, tracer *tracer,
                   error *error);
void tracer_destroy(tracer *tracer); /* no frame is in flight. Leaves it zeroed; zeroed is fine */

/* Another scene in place of the one there is; no frame is in flight. Accumulation starts anew. After a failure the
 * tracer has no scene: nothing may be rendered until a call succeeds. */
bool tracer_set_scene(tracer *tracer, const scene *scene, const bvh *bvh, error *error);

/* The size of frames; no frame is in flight. Accumulation starts anew. After a failure, for want of memory, nothing may
 * be rendered until a call succeeds. */
bool tracer_resize(tracer *tracer, uint32_t width, uint32_t height, error *error);

/* The slot's images by TRACE_COLOR ... TRACE_MOTION: float, of 4, 4, 4, 1, 2 channels at least, usage STORAGE, of the
 * tracer's size. They stay the caller's. No frame of the slot is in flight. */
void tracer_bind(tracer *tracer, uint32_t slot, const wf_node_image images[TRACE_IMAGE_COUNT]);

/* Records one frame into the slot's images. Their content and layout are discarded, they end in GENERAL, written
 * for compute, fragment and transfer. Frames in flight follow each other on one queue. Several pictures of a frame are
 * traced at once, which keeps a GPU busy where they are small: each is the picture that a frame of its seed is. They
 * have at most TRACE_SLICE samples and do not accumulate, and as many must fit into tracer->round. */
void tracer_render(tracer *tracer, VkCommandBuffer commands, uint32_t slot, const tracer_frame *frame);

#endif
