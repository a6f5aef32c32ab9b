/* embed.c -- the denoise node in the least of a Vulkan program: embed [NETWORK.safetensors];
 * without one the bilateral filter.
 *
 * It stands for a renderer: it has its own instance, device and queue (renderer.c), fills an image with noise around a
 * known picture, lets the node filter it, and reads the result back. It fails unless that is nearer to the picture. A
 * real one has a slot for each frame in flight and does not wait for the queue. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "renderer.h"

enum { WIDTH = 256, HEIGHT = 144, FRAMES = 8, FLOATS = WIDTH * HEIGHT * 4 };

static const VkExtent3D size = {WIDTH, HEIGHT, 1};
static renderer own;
static void *staging; /* on the device: what goes into color and what comes out of gather */
static float pixels[FLOATS];
static wf_node *node;
static wf_node_image color, gather;

/* ---- Once -------------------------------------------------------------------------------------------------------- */

static void use_network(const char *path)
{
    wf_network *network;
    CHECK(wf_network_open(&print_log, path, &network));
    CHECK(wf_node_set_network(node, network));
    wf_network_close(network);
}

static void use_bilateral_filter(void)
{
    wf_bilateral parameters = wf_bilateral_default(9, 9);
    CHECK(wf_node_set_bilateral(node, &parameters));
}

static void create_node(const char *network)
{
    wf_node_options options = node_options(&own, WIDTH, HEIGHT);
    CHECK(wf_node_create(&options, &node));
    if (network)
        use_network(network);
    else
        use_bilateral_filter();
    CHECK(wf_node_create_image(node, WF_NODE_COLOR, &color));
    CHECK(wf_node_create_image(node, WF_NODE_GATHER, &gather));
    CHECK(wf_node_bind(node, 0, WF_NODE_COLOR, &color));
    CHECK(wf_node_bind(node, 0, WF_NODE_GATHER, &gather));
}

static void destroy_node(void)
{
    wf_node_destroy_image(node, &color);
    wf_node_destroy_image(node, &gather);
    wf_node_destroy(node);
}

/* ---- Each frame -------------------------------------------------------------------------------------------------- */

static float picture(int i) /* float i of the image; 1 in alpha */
{
    return i % 4 == 3 ? 1 : 0.5f + 0.3f * sinf(0.05f * (float)(i / 4 % WIDTH)) * cosf(0.06f * (float)(i / 4 / WIDTH));
}

static double error(void) /* the root of the mean squared difference of pixels to the picture */
{
    double sum = 0;
    for (int i = 0; i < FLOATS; i++)
        sum += (pixels[i] - picture(i)) * (pixels[i] - picture(i));
    return sqrt(sum / FLOATS);
}

static void filter_frame(void)
{
    CHECK(wf_upload(own.copier, staging, pixels, sizeof pixels));
    wf_node_sync sync;
    CHECK(wf_node_begin(node, 0, &sync));

    begin(own.before); /* here a renderer renders: into images in VK_IMAGE_LAYOUT_GENERAL */
    copy_in(&own, own.before, staging, color.image, size);
    CHECK(wf_node_release(node, 0, own.before));
    submit(&own, own.before, sync.timeline, 0, sync.ready);

    CHECK(wf_node_run(node, 0));

    begin(own.after); /* and here it samples the filtered images */
    CHECK(wf_node_acquire(node, 0, own.after));
    copy_out(&own, own.after, gather.image, staging, size);
    submit(&own, own.after, sync.timeline, sync.done, 0);
    CHECK(wf_download(own.copier, pixels, staging, sizeof pixels)); /* waits for the queue */
}

int main(int argc, char **argv)
{
    const char *network = argc > 1 ? argv[1] : NULL;
    own = open_renderer();
    CHECK(wf_alloc(own.copier, sizeof pixels, &staging));
    create_node(network);
    double noisy = 0, filtered = 0;
    for (int frame = 0; frame < FRAMES; frame++) {
        for (int i = 0; i < FLOATS; i++)
            pixels[i] = picture(i) + 0.4f * ((float)rand() / (float)RAND_MAX - 0.5f);
        noisy = fmax(noisy, error());
        filter_frame();
        filtered = fmax(filtered, error());
    }
    wf_device_info info;
    CHECK(wf_node_get_info(node, &info));
    printf("embed: %s, %d frames of %dx%d on %s, %s: the error fell from %.4f to %.4f\n",
           network ? "network" : "bilateral filter", FRAMES, WIDTH, HEIGHT, wf_backend_name(info.backend), info.name,
           noisy, filtered);
    destroy_node();
    wf_free(own.copier, staging);
    close_renderer(&own);
    return filtered < 0.5 * noisy ? 0 : 1;
}
