/* window.h -- a window through GLFW and its swapchain. The only file that knows of a window system; nothing in it runs
 * headless. */
#ifndef WFVIEW_WINDOW_H
#define WFVIEW_WINDOW_H

#include "device.h"
#include "target.h"

#define WINDOW_MAX_IMAGES 16
#define WINDOW_MAX_KEYS   64

typedef struct GLFWwindow GLFWwindow;

typedef struct window {
    const device *device;
    GLFWwindow *handle;
    VkSurfaceKHR surface;
    VkSwapchainKHR swapchain;
    VkExtent2D extent;
    bool outdated; /* the swapchain no longer fits the window */
    uint32_t image_count, current;
    VkImage images[WINDOW_MAX_IMAGES];
    VkSemaphore drawn[WINDOW_MAX_IMAGES]; /* one an image: presenting it waits for its own */
    int keys[WINDOW_MAX_KEYS];            /* pressed since the last window_poll: characters and KEY_ of view.h */
    int key_count;
    char **dropped; /* paths of files that were dropped onto it, until window_forget_dropped; owned */
    int dropped_count;
    bool repeats; /* the key pressed last: it was down before */
} window;

/* Opens a window of that size. Fails where there is no display, and says what to do then. */
bool window_open(uint32_t width, uint32_t height, window *window, error *error);

/* Instance extensions that window_create_surface needs. */
const char *const *window_extensions(uint32_t *count);

/* The surface, on the device's instance, then the swapchain, once the device is there. */
bool window_create_surface(window *window, const device *device, error *error);
bool window_create_swapchain(window *window, error *error);

/* Zeroed or made in part is fine. Nothing in flight uses it. The surface goes with the window, before the instance. */
void window_close(window *window);

/* Takes in events, waiting for one up to `seconds`; false once the window is asked to close. */
bool window_poll(window *window, double seconds);

void window_forget_dropped(window *window);

/* To the clipboard. */
void window_copy_text(const window *window, const char *text);

/* The size in pixels; 0 x 0 while minimized. */
void window_size(const window *window, uint32_t *width, uint32_t *height);

/* The display's scale of text and controls; 0: it asks for none. */
float window_scale(const window *window);

/* Gets the next image, signalling `acquired`, and makes a new swapchain first where the old one does not fit: nothing
 * in flight uses it. *ready is false where the window cannot show anything now. */
bool window_acquire(window *window, VkSemaphore acquired, bool *ready, error *error);

/* Records the copy of the target to the image that was got, and the image's transitions. */
void window_record_copy(const window *window, const target *target, VkCommandBuffer commands);

/* What the submission of those commands signals, and window_present waits for. */
VkSemaphore window_drawn(const window *window);
bool window_present(window *window, error *error);

#endif
