#include "exr_reader.h"
#include "frame_file.h"

#include <stdlib.h>
#include <string.h>

#include "app/frames/mend.h"

#define MAX_SIZE FRAME_FILE_MAX_SIZE

static bool check_window(const char *name, const exr_window *window, error *error)
{
    bool fits = window->width >= 1 && window->width <= MAX_SIZE && window->height >= 1 && window->height <= MAX_SIZE;
    return fits || error_set(error, "its %s window is %lldx%lld pixels, expected 1x1 to %dx%d", name,
                             (long long)window->width, (long long)window->height, MAX_SIZE, MAX_SIZE);
}

static bool check_part(const exr_part *part, int number, error *error)
{
    if (part->deep)
        return error_set(error, "part %d is deep, expected a flat image", number);
    return check_window("data", &part->data, error) && check_window("display", &part->display, error);
}

static bool no_memory(const exr_window *window, error *error)
{
    return error_set(error, "not enough memory for %lldx%lld pixels", (long long)window->width,
                     (long long)window->height);
}

/* ---- One part ---------------------------------------------------------------------------------------------------- */

/* A component of a layer's image, and the channel that it is. */
typedef struct component {
    int channel;
    float *pixels; /* of the image, at the component */
    int stride;    /* floats from pixel to pixel */
} component;

#define ALPHA          3 /* its place in a pixel */
#define MAX_COMPONENTS (4 * FRAME_LAYER_COUNT)

/* A part being read: what goes where. Channels are read into the image of the first component that wants them, where
 * the part's samples are the image's pixels; else into planes, and from there into images. */
typedef struct transfer {
    const exr_part *part;
    const exr_window *frame; /* what the images cover */
    component components[MAX_COMPONENTS];
    int component_count;
    exr_target targets[MAX_COMPONENTS]; /* one for each channel */
    float *planes[MAX_COMPONENTS];      /* of the target; NULL: it goes to an image */
    int target_count;
} transfer;

static void add_component(transfer *transfer, int channel, const image *image, int place)
{
    transfer->components[transfer->component_count++] = (component){channel, image->pixels + place, image->channels};
}

static void list_components(transfer *transfer, int part, const place *places, const image *images)
{
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        const place *place = &places[layer];
        for (int i = 0; place->found && i < place->count; i++)
            if (place->parts[i] == part)
                add_component(transfer, place->channels[i], &images[layer], i);
        if (place->has_alpha && place->parts[0] == part)
            add_component(transfer, place->alpha, &images[layer], ALPHA);
    }
}

static const exr_target *target_of(const transfer *transfer, int channel)
{
    for (int t = 0; t < transfer->target_count; t++)
        if (transfer->targets[t].channel == channel)
            return &transfer->targets[t];
    return NULL;
}

static bool add_target(transfer *transfer, const component *component, error *error)
{
    const exr_window *data = &transfer->part->data, *frame = transfer->frame;
    const exr_channel *channel = &transfer->part->channels[component->channel];
    bool direct = data->x == frame->x && data->y == frame->y && data->width == frame->width &&
                  data->height == frame->height && channel->x_sampling == 1 && channel->y_sampling == 1;
    exr_target *target = &transfer->targets[transfer->target_count];
    *target = (exr_target){component->channel, component->pixels, component->stride, component->stride * data->width};
    if (!direct) {
        if (channel->x_sampling < 1 || channel->y_sampling < 1)
            return error_set(error, "channel %s is subsampled %dx%d", channel->name, channel->x_sampling,
                             channel->y_sampling);
        target->stride = 1;
        target->row_stride = (data->width - 1) / channel->x_sampling + 1;
        target->samples = calloc((size_t)(target->row_stride * ((data->height - 1) / channel->y_sampling + 1)),
                                 sizeof *target->samples);
        transfer->planes[transfer->target_count] = target->samples;
        if (!target->samples)
            return no_memory(data, error);
    }
    transfer->target_count++;
    return true;
}

static int64_t smaller(int64_t a, int64_t b)
{
    return a < b ? a : b;
}

/* The channel at a pixel of the data window: between samples that are farther apart than pixels, bilinear. */
static float value_at(const transfer *transfer, const exr_target *target, int64_t x, int64_t y)
{
    const exr_channel *channel = &transfer->part->channels[target->channel];
    const exr_window *data = &transfer->part->data;
    int across = channel->x_sampling, down = channel->y_sampling;
    const float *samples = target->samples + y / down * target->row_stride + x / across * target->stride;
    if (across == 1 && down == 1)
        return *samples;
    int64_t right = smaller(1, (data->width - 1) / across - x / across) * target->stride;
    int64_t below = smaller(1, (data->height - 1) / down - y / down) * target->row_stride;
    float u = (float)(x % across) / (float)across, v = (float)(y % down) / (float)down;
    float upper = samples[0] + u * (samples[right] - samples[0]);
    float lower = samples[below] + u * (samples[below + right] - samples[below]);
    return upper + v * (lower - upper);
}

/* Pixels of the frame that the data window does not cover stay as they are. */
static void fill(const transfer *transfer, const component *component)
{
    const exr_target *target = target_of(transfer, component->channel);
    const exr_window *data = &transfer->part->data, *frame = transfer->frame;
    if (target->samples == component->pixels)
        return;
    int64_t left = data->x - frame->x, top = data->y - frame->y; /* of the data, in the frame */
    int64_t right = smaller(frame->width, left + data->width), bottom = smaller(frame->height, top + data->height);
    for (int64_t y = top < 0 ? 0 : top; y < bottom; y++)
        for (int64_t x = left < 0 ? 0 : left; x < right; x++)
            component->pixels[(y * frame->width + x) * component->stride] =
                value_at(transfer, target, x - left, y - top);
}

static bool read_part(exr_file *file, int part, const exr_window *frame, const place *places, image *images,
                      error *error)
{
    transfer transfer = {.part = exr_file_part(file, part), .frame = frame};
    list_components(&transfer, part, places, images);
    if (transfer.component_count == 0)
        return true;
    bool ok = true;
    for (int i = 0; i < transfer.component_count && ok; i++)
        ok = target_of(&transfer, transfer.components[i].channel) ||
             add_target(&transfer, &transfer.components[i], error);
    ok = ok && exr_file_read(file, part, transfer.targets, transfer.target_count, error);
    for (int i = 0; i < transfer.component_count && ok; i++)
        fill(&transfer, &transfer.components[i]);
    for (int t = 0; t < transfer.target_count; t++)
        free(transfer.planes[t]);
    return ok;
}

/* ---- Layers ------------------------------------------------------------------------------------------------------ */

/* RY = (R-Y)/Y and BY = (B-Y)/Y, Y the weighted sum of R, G and B: "Luminance/Chroma Images" in OpenEXR's Technical
 * Introduction. */
static bool convert_chroma(const exr_file *file, int part, image *image, error *error)
{
    float weights[3];
    if (!exr_file_luminance(file, part, weights, error))
        return false;
    size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < count; i++) {
        float *pixel = image->pixels + i * (size_t)image->channels, luminance = pixel[1];
        pixel[0] = (pixel[0] + 1) * luminance;
        pixel[2] = (pixel[2] + 1) * luminance;
        pixel[1] = (luminance - weights[0] * pixel[0] - weights[2] * pixel[2]) / weights[1];
    }
    return true;
}

static void fill_alpha(image *image)
{
    size_t count = (size_t)image->width * (size_t)image->height;
    for (size_t i = 0; i < count; i++)
        image->pixels[4 * i + ALPHA] = 1;
}

static bool allocate(image *image, const exr_window *window, int channels, error *error)
{
    image->width = (int)window->width;
    image->height = (int)window->height;
    image->channels = channels;
    image->pixels = calloc((size_t)(window->width * window->height), (size_t)channels * sizeof(float));
    return image->pixels || no_memory(window, error);
}

bool find_window(const exr_file *file, const place places[FRAME_LAYER_COUNT], exr_window *window, error *error)
{
    const exr_window *display = NULL;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        for (int i = 0; places[layer].found && i < places[layer].count; i++) {
            const exr_part *part = exr_file_part(file, places[layer].parts[i]);
            if (!check_part(part, places[layer].parts[i], error))
                return false;
            if (!display) {
                display = &part->display;
                *window = part->data;
            }
            if (part->display.width != display->width || part->display.height != display->height)
                return error_set(error, "its %s is %lldx%lld pixels, its color %lldx%lld", frame_layer_name(layer),
                                 (long long)part->display.width, (long long)part->display.height,
                                 (long long)display->width, (long long)display->height);
        }
    }
    return true;
}

static bool allocate_layers(const exr_file *file, const place *places, image *images, exr_window *frame, error *error)
{
    if (!find_window(file, places, frame, error))
        return false;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++)
        if (places[layer].found && !allocate(&images[layer], frame, frame_layer_channels(layer), error))
            return false;
    return true;
}

bool read_layers(exr_file *file, const place places[FRAME_LAYER_COUNT], image images[FRAME_LAYER_COUNT],
                 exr_window *window, FILE *damage, error *error)
{
    if (!allocate_layers(file, places, images, window, error))
        return false;
    for (int part = 0; part < exr_file_part_count(file); part++)
        if (!read_part(file, part, window, places, images, error))
            return false;
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        if (!places[layer].found)
            continue;
        if (places[layer].chroma && !convert_chroma(file, places[layer].parts[0], &images[layer], error))
            return false;
        image_mend(&images[layer], layer, damage);
        if (places[layer].has_alpha) {
            image_mend_alpha(&images[layer], damage);
        } else if (images[layer].channels == 4 && layer != FRAME_NORMAL) {
            fill_alpha(&images[layer]);
        }
    }
    return true;
}
