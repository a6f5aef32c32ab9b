/* measure.h -- measures pictures on the device, a picture of the view at a time: figures of a layer in
 * a region, what it differs from another one by, and maps of FLIP. Nothing waits: figures are read
 * when the commands have completed. */
#ifndef WFVIEW_MEASURE_H
#define WFVIEW_MEASURE_H

#include "app/gpu/device.h"
#include "app/gpu/shown_images.h"
#include "app/view/layers.h"
#include "app/view/measured.h"

#define MEASURE_FRAMES 3 /* pictures in flight */

enum {
    MEASURE_DIFFERENCES,
    MEASURE_MOMENTS,
    MEASURE_DIGITS,
    MEASURE_RANKS,
    MEASURE_FLIP_ACROSS,
    MEASURE_FLIP_DOWN,
    MEASURE_SHADERS
};

typedef struct measure_frame {
    buffer results; /* a measured_results */
    measure_request request;
    bool has_results;
} measure_frame;

/* Zeroed: closed, and holds nothing. */
typedef struct measure {
    const device *device;
    uint32_t width, height;  /* of the images */
    wf_node_image across[4]; /* FLIP's intermediate images, as shaders/metrics/flip.glsl has them */
    int map_count;
    wf_node_image maps[MEASURE_MAPS]; /* of FLIP */
    buffer work, filters;
    VkSampler sampler;
    VkDescriptorSetLayout set_layout;
    VkDescriptorPool pool;
    VkDescriptorSet sets[MEASURE_FRAMES][MEASURE_MAPS];
    VkPipelineLayout layout;
    VkPipeline pipelines[MEASURE_SHADERS];
    measure_frame frames[MEASURE_FRAMES];
} measure;

/* Opens it, or makes it fit images of another size and a number of maps: nothing in flight
   uses it. False leaves it closed. */
bool measure_fit(const device *device, uint32_t width, uint32_t height, int map_count, measure *measure, error *error);
void measure_close(measure *measure); /* nothing in flight uses it; zeroed is fine */

/* Records, outside a render pass, what is wanted of images in GENERAL. `index`: of the picture in flight. The maps, as
 * many as that, are there for compute then, in GENERAL. */
void measure_record(measure *measure, uint32_t index, VkCommandBuffer commands, const shown_images *images,
                    const measure_work *work);

/* The picture of that index measures nothing. */
void measure_skip(measure *measure, uint32_t index);

/* The figures of a picture that is done. False: it has none. */
bool measure_read(const measure *measure, uint32_t index, measurement *measured, measured_histograms *histograms);

#endif
