/* The operator and the predictor, literally. */
#include "reference.h"

#include <math.h>
#include <stdlib.h>

/* One image of the batch: the arrays of the formulas without their index n. */
typedef struct image {
    wf_filter filter;
    int64_t channels, height, width;
    const double *input, *weight, *bias;
    double *output;
} image;

static int64_t offset(int64_t index, int64_t size, int64_t dilation)
{
    return dilation * (index - size / 2);
}

static int is_inside(const image *image, int64_t y, int64_t x)
{
    return y >= 0 && y < image->height && x >= 0 && x < image->width;
}

static double divisor(wf_mode mode, double sum)
{
    if (mode == WF_NORMALIZED)
        return copysign(fmax(fabs(sum), 1e-6), sum);
    return mode == WF_SOFTMAX ? sum : 1;
}

static double bias_of(const image *image, int64_t c)
{
    return image->bias ? image->bias[c] : 0;
}

/* ---- Gather: each pixel collects --------------------------------------------------------------------------------- */

static double largest_logit(const image *image, int64_t y, int64_t x)
{
    const int64_t kh = image->filter.kernel_height, kw = image->filter.kernel_width, dilation = image->filter.dilation;
    double largest = -INFINITY;
    for (int64_t i = 0; i < kh; i++) {
        for (int64_t j = 0; j < kw; j++) {
            if (is_inside(image, y + offset(i, kh, dilation), x + offset(j, kw, dilation)))
                largest = fmax(largest, image->weight[((i * kw + j) * image->height + y) * image->width + x]);
        }
    }
    return largest;
}

static double gather_pixel(const image *image, int64_t c, int64_t y, int64_t x)
{
    const int64_t kh = image->filter.kernel_height, kw = image->filter.kernel_width, dilation = image->filter.dilation;
    const wf_mode mode = image->filter.mode;
    double largest = mode == WF_SOFTMAX ? largest_logit(image, y, x) : 0;
    double sum = 0, weight_sum = 0;
    for (int64_t i = 0; i < kh; i++) {
        for (int64_t j = 0; j < kw; j++) {
            int64_t v = y + offset(i, kh, dilation), u = x + offset(j, kw, dilation);
            if (!is_inside(image, v, u))
                continue;
            double weight = image->weight[((i * kw + j) * image->height + y) * image->width + x];
            if (mode == WF_SOFTMAX)
                weight = exp(weight - largest);
            sum += weight * image->input[(c * image->height + v) * image->width + u];
            weight_sum += weight;
        }
    }
    return sum / divisor(mode, weight_sum) + bias_of(image, c);
}

static void gather(const image *image)
{
    for (int64_t c = 0; c < image->channels; c++) {
        for (int64_t y = 0; y < image->height; y++) {
            for (int64_t x = 0; x < image->width; x++)
                image->output[(c * image->height + y) * image->width + x] = gather_pixel(image, c, y, x);
        }
    }
}

/* ---- Splat: each pixel scatters ---------------------------------------------------------------------------------- */

static double *allocate(int64_t count, double value)
{
    double *values = malloc((size_t)count * sizeof *values);
    if (!values)
        abort();
    for (int64_t i = 0; i < count; i++)
        values[i] = value;
    return values;
}

/* largest[p + o(t)] = max of the logits that land there. */
static void scatter_largest(const image *image, double *largest)
{
    const int64_t kh = image->filter.kernel_height, kw = image->filter.kernel_width, dilation = image->filter.dilation;
    for (int64_t y = 0; y < image->height; y++) {
        for (int64_t x = 0; x < image->width; x++) {
            for (int64_t i = 0; i < kh; i++) {
                for (int64_t j = 0; j < kw; j++) {
                    int64_t v = y + offset(i, kh, dilation), u = x + offset(j, kw, dilation);
                    if (!is_inside(image, v, u))
                        continue;
                    double logit = image->weight[((i * kw + j) * image->height + y) * image->width + x];
                    largest[v * image->width + u] = fmax(largest[v * image->width + u], logit);
                }
            }
        }
    }
}

/* output[c, p + o(t)] += weight[t, p] * input[c, p], and likewise the sums of the weights. */
static void scatter(const image *image, const double *largest, double *weight_sum)
{
    const int64_t kh = image->filter.kernel_height, kw = image->filter.kernel_width, dilation = image->filter.dilation;
    for (int64_t y = 0; y < image->height; y++) {
        for (int64_t x = 0; x < image->width; x++) {
            for (int64_t i = 0; i < kh; i++) {
                for (int64_t j = 0; j < kw; j++) {
                    int64_t v = y + offset(i, kh, dilation), u = x + offset(j, kw, dilation);
                    if (!is_inside(image, v, u))
                        continue;
                    double weight = image->weight[((i * kw + j) * image->height + y) * image->width + x];
                    if (image->filter.mode == WF_SOFTMAX)
                        weight = exp(weight - largest[v * image->width + u]);
                    weight_sum[v * image->width + u] += weight;
                    for (int64_t c = 0; c < image->channels; c++)
                        image->output[(c * image->height + v) * image->width + u] +=
                            weight * image->input[(c * image->height + y) * image->width + x];
                }
            }
        }
    }
}

static void splat(const image *image)
{
    const int64_t pixels = image->height * image->width;
    double *largest = allocate(pixels, -INFINITY), *weight_sum = allocate(pixels, 0);
    for (int64_t i = 0; i < image->channels * pixels; i++)
        image->output[i] = 0;
    if (image->filter.mode == WF_SOFTMAX)
        scatter_largest(image, largest);
    scatter(image, largest, weight_sum);
    for (int64_t c = 0; c < image->channels; c++) {
        for (int64_t p = 0; p < pixels; p++)
            image->output[c * pixels + p] =
                image->output[c * pixels + p] / divisor(image->filter.mode, weight_sum[p]) + bias_of(image, c);
    }
    free(largest);
    free(weight_sum);
}

/* The group that channel c uses. */
static int64_t group_of(const wf_filter *filter, int64_t c, int64_t channels)
{
    return c * filter->groups / channels;
}

void wf_reference_filter(wf_operator op, const wf_filter *filter, const int64_t size[4], const double *input,
                         const double *weight, const double *bias, double *output)
{
    const int64_t taps = (int64_t)filter->kernel_height * filter->kernel_width, pixels = size[2] * size[3];
    for (int64_t n = 0; n < size[0]; n++) {
        for (int64_t c = 0; c < size[1]; c++) {
            int64_t plane = n * size[1] + c, kernel = n * filter->groups + group_of(filter, c, size[1]);
            image image = {.filter = *filter,
                           .channels = 1,
                           .height = size[2],
                           .width = size[3],
                           .input = input + plane * pixels,
                           .weight = weight + kernel * taps * pixels,
                           .bias = bias ? bias + c : NULL,
                           .output = output + plane * pixels};
            op == WF_SPLAT ? splat(&image) : gather(&image);
        }
    }
}

/* ---- Connections: coverage and gradients ------------------------------------------------------------------------- */

/* A tap inside the image: it takes input[from], times weight[tap], to output[to]. Indices in planes of one group. */
typedef struct connection {
    int64_t tap, from, to;
} connection;

typedef struct connections {
    connection *all;
    int64_t count;
} connections;

static connections connect(wf_operator op, const wf_filter *filter, int64_t h, int64_t w)
{
    const int64_t kh = filter->kernel_height, kw = filter->kernel_width;
    connections list = {.all = malloc((size_t)(kh * kw * h * w) * sizeof *list.all)};
    if (!list.all)
        abort();
    for (int64_t i = 0; i < kh; i++) {
        for (int64_t j = 0; j < kw; j++) {
            for (int64_t y = 0; y < h; y++) {
                for (int64_t x = 0; x < w; x++) {
                    int64_t v = y + offset(i, kh, filter->dilation), u = x + offset(j, kw, filter->dilation);
                    if (v < 0 || v >= h || u < 0 || u >= w)
                        continue;
                    int64_t here = y * w + x, there = v * w + u;
                    list.all[list.count++] = (connection){.tap = (i * kw + j) * h * w + here,
                                                          .from = op == WF_SPLAT ? here : there,
                                                          .to = op == WF_SPLAT ? there : here};
                }
            }
        }
    }
    return list;
}

/* Of one group: log(sum(exp)) or the sum of the weights that arrive at each pixel. */
static void cover(const connections *list, wf_mode mode, const double *weight, int64_t pixels, double *coverage)
{
    double *largest = allocate(pixels, mode == WF_SOFTMAX ? -INFINITY : 0);
    for (int64_t p = 0; p < pixels; p++)
        coverage[p] = 0;
    for (int64_t k = 0; mode == WF_SOFTMAX && k < list->count; k++)
        largest[list->all[k].to] = fmax(largest[list->all[k].to], weight[list->all[k].tap]);
    for (int64_t k = 0; k < list->count; k++) {
        const connection *a = &list->all[k];
        coverage[a->to] += mode == WF_SOFTMAX ? exp(weight[a->tap] - largest[a->to]) : weight[a->tap];
    }
    for (int64_t p = 0; mode == WF_SOFTMAX && p < pixels; p++)
        coverage[p] = largest[p] + log(coverage[p]);
    free(largest);
}

void wf_reference_coverage(wf_operator op, const wf_filter *filter, const int64_t size[4], const double *weight,
                           double *coverage)
{
    const int64_t taps = (int64_t)filter->kernel_height * filter->kernel_width, pixels = size[2] * size[3];
    connections list = connect(op, filter, size[2], size[3]);
    for (int64_t k = 0; k < size[0] * filter->groups; k++)
        cover(&list, filter->mode, weight + k * taps * pixels, pixels, coverage + k * pixels);
    free(list.all);
}

/* What a connection's input is multiplied by. */
static double factor(wf_mode mode, double weight, double coverage)
{
    return mode == WF_SOFTMAX ? exp(weight - coverage) : weight / divisor(mode, coverage);
}

/* From grad, the gradient to each connection's factor, to that of its weight, by the chain rule through all
 * factors that share its destination:
 *
 *     normalized   f_k = w_k / S'     d f_k / d w_j = [k = j] / S' - w_k / S'^2, without the last term if S' is clamped
 *     softmax      f_k = v_k          d f_k / d w_j = v_k ([k = j] - v_j)
 */
static void differentiate_factors(const connections *list, wf_mode mode, const double *weight, const double *coverage,
                                  int64_t pixels, double *grad)
{
    double *shared = allocate(pixels, 0);
    for (int64_t k = 0; k < list->count; k++) {
        const connection *a = &list->all[k];
        shared[a->to] += grad[a->tap] * factor(mode, weight[a->tap], coverage[a->to]);
    }
    for (int64_t k = 0; k < list->count; k++) {
        const connection *a = &list->all[k];
        const int clamped = mode == WF_NORMALIZED && fabs(coverage[a->to]) <= 1e-6;
        double difference = grad[a->tap] - (clamped ? 0 : shared[a->to]);
        grad[a->tap] = mode == WF_SOFTMAX ? difference * factor(mode, weight[a->tap], coverage[a->to])
                                          : difference / divisor(mode, coverage[a->to]);
    }
    free(shared);
}

void wf_reference_backward(wf_operator op, const wf_filter *filter, const int64_t size[4], const double *input,
                           const double *weight, const double *grad_output, double *grad_input, double *grad_weight,
                           double *grad_bias)
{
    const int64_t taps = (int64_t)filter->kernel_height * filter->kernel_width, pixels = size[2] * size[3];
    const int64_t kernels = size[0] * filter->groups, planes = size[0] * size[1];
    connections list = connect(op, filter, size[2], size[3]);
    double *coverage = allocate(kernels * pixels, 0);
    wf_reference_coverage(op, filter, size, weight, coverage);
    for (int64_t i = 0; i < kernels * taps * pixels; i++)
        grad_weight[i] = 0;
    for (int64_t i = 0; i < planes * pixels; i++)
        grad_input[i] = 0;
    for (int64_t c = 0; c < size[1]; c++)
        grad_bias[c] = 0;
    for (int64_t plane = 0; plane < planes; plane++) {
        const int64_t c = plane % size[1];
        const int64_t kernel = plane / size[1] * filter->groups + group_of(filter, c, size[1]);
        const double *x = input + plane * pixels, *g = grad_output + plane * pixels;
        for (int64_t p = 0; p < pixels; p++)
            grad_bias[c] += g[p];
        for (int64_t k = 0; k < list.count; k++) {
            const connection *a = &list.all[k];
            const int64_t tap = kernel * taps * pixels + a->tap;
            grad_input[plane * pixels + a->from] +=
                g[a->to] * factor(filter->mode, weight[tap], coverage[kernel * pixels + a->to]);
            grad_weight[tap] += g[a->to] * x[a->from];
        }
    }
    for (int64_t k = 0; k < kernels && filter->mode != WF_LINEAR; k++)
        differentiate_factors(&list, filter->mode, weight + k * taps * pixels, coverage + k * pixels, pixels,
                              grad_weight + k * taps * pixels);
    free(coverage);
    free(list.all);
}

/* ---- The predictor ----------------------------------------------------------------------------------------------- */

/* T: the 3x3 mean of c/(1+c) over in-image pixels, of one channel. */
static double compressed_mean(const double *channel, int64_t h, int64_t w, int64_t y, int64_t x)
{
    double sum = 0, count = 0;
    for (int64_t v = y - 1; v <= y + 1; v++) {
        for (int64_t u = x - 1; u <= x + 1; u++) {
            if (v < 0 || v >= h || u < 0 || u >= w)
                continue;
            double c = fmax(channel[v * w + u], 0);
            sum += c / (1 + c);
            count += 1;
        }
    }
    return sum / count;
}

/* `compressed` is T of all channels. */
static double confidence(const double *color, const double *compressed, int64_t pixels, int64_t p, double firefly_ratio)
{
    double brightest = 0, surroundings = 0;
    for (int64_t c = 0; c < 3; c++) {
        brightest = fmax(brightest, color[c * pixels + p]);
        surroundings = fmax(surroundings, compressed[c * pixels + p] / (1 - compressed[c * pixels + p]));
    }
    return fmin(1, (firefly_ratio * surroundings + 1e-3) / (brightest + 1e-3));
}

/* |F(q) - F(p)|^2 over a feature's channels; 0 where it is absent. */
static double squared_distance(const double *feature, int64_t channels, int64_t pixels, int64_t q, int64_t p)
{
    double sum = 0;
    for (int64_t c = 0; feature && c < channels; c++) {
        double difference = feature[c * pixels + q] - feature[c * pixels + p];
        sum += difference * difference;
    }
    return sum;
}

static double square(double value)
{
    return value * value;
}

/* Pointers to one image of the batch. */
typedef struct guides {
    const double *color, *compressed, *albedo, *normal, *depth;
} guides;

static double bilateral_weight(const wf_bilateral *s, const guides *g, int64_t pixels, double distance_squared,
                               int64_t q, int64_t p)
{
    double exponent = -distance_squared / (2 * square(s->sigma_space));
    exponent -= squared_distance(g->compressed, 3, pixels, q, p) / (2 * square(s->sigma_color));
    exponent -= squared_distance(g->albedo, 3, pixels, q, p) / (2 * square(s->sigma_albedo));
    exponent -= squared_distance(g->normal, 3, pixels, q, p) / (2 * square(s->sigma_normal));
    if (g->depth)
        exponent -= squared_distance(g->depth, 1, pixels, q, p) /
                    (2 * square(s->sigma_depth * (1e-3 + fmin(fabs(g->depth[q]), fabs(g->depth[p])))));
    return confidence(g->color, g->compressed, pixels, p, s->firefly_ratio) * exp(exponent);
}

static void bilateral_image(const wf_bilateral *parameters, const guides *guides, int64_t h, int64_t w, double *weight)
{
    const int64_t kh = parameters->kernel_height, kw = parameters->kernel_width;
    for (int64_t i = 0; i < kh; i++) {
        for (int64_t j = 0; j < kw; j++) {
            for (int64_t y = 0; y < h; y++) {
                for (int64_t x = 0; x < w; x++) {
                    int64_t v = y + i - kh / 2, u = x + j - kw / 2;
                    int inside = v >= 0 && v < h && u >= 0 && u < w;
                    double distance_squared = square((double)(v - y)) + square((double)(u - x));
                    weight[((i * kw + j) * h + y) * w + x] =
                        inside ? bilateral_weight(parameters, guides, h * w, distance_squared, v * w + u, y * w + x)
                               : 0;
                }
            }
        }
    }
}

void wf_reference_bilateral(const wf_bilateral *parameters, int64_t n, int64_t h, int64_t w, const double *color,
                            const double *albedo, const double *normal, const double *depth, double *weight)
{
    const int64_t taps = (int64_t)parameters->kernel_height * parameters->kernel_width, pixels = h * w;
    double *compressed = allocate(3 * pixels, 0);
    for (int64_t b = 0; b < n; b++) {
        for (int64_t c = 0; c < 3; c++) {
            for (int64_t p = 0; p < pixels; p++)
                compressed[c * pixels + p] = compressed_mean(color + (b * 3 + c) * pixels, h, w, p / w, p % w);
        }
        guides guides = {.color = color + b * 3 * pixels,
                         .compressed = compressed,
                         .albedo = albedo ? albedo + b * 3 * pixels : NULL,
                         .normal = normal ? normal + b * 3 * pixels : NULL,
                         .depth = depth ? depth + b * pixels : NULL};
        bilateral_image(parameters, &guides, h, w, weight + b * taps * pixels);
    }
    free(compressed);
}
