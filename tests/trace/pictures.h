/* pictures.h -- pictures of small scenes, for the tests of the tracer, and the camera again, in
   double. What fails fails the test. */
#ifndef TESTS_TRACE_PICTURES_H
#define TESTS_TRACE_PICTURES_H

#include "app/trace/render.h"
#include "shapes.h"

extern const double pi;
extern device gpu; /* between pictures_open and pictures_close */

/* Opens the Vulkan device. Returns 0, or the program's exit status where there is none. */
int pictures_open(void);

/* Closes it. The exit status: not 0 where a test failed or validation was not silent. */
int pictures_close(int failed);

/* ---- Rendering ---- */

void require(bool ok, const error *error);
void open_featured(scene *scene, tracer_features features, int width, int height, render *render);
void open_render(scene *scene, int width, int height, render *render); /* TRACER_FIRST_HIT */
frame shoot(render *render, const tracer_frame *wanted);
tracer_frame plain_frame(camera camera, uint32_t samples);
camera look(vec3 eye, vec3 target, float degrees);

/* One picture of a scene that is not needed any more. */
frame shoot_once(scene *scene, int width, int height, const tracer_frame *wanted);

const float *at(const frame *frame, frame_layer layer, int x, int y);
void assert_near(double actual, double expected, double tolerance, const char *what, int x, int y);
void set_environment(scene *scene, float radiance);

/* A corner with a textured light, a glossy floor, a rough glass ball, under a bright
   environment picture; and a frame of it. */
void build_mixed(scene *scene);
tracer_frame mixed_frame(uint32_t samples);

/* ---- The camera again, in double ---- */

typedef struct view {
    double eye[3], axes[3][3]; /* right, up, forward; the first two scaled to the image's half size at distance 1 */
} view;

void cross(const double a[3], const double b[3], double out[3]);
double dot(const double a[3], const double b[3]);
void normalize(double a[3]);
view view_of(const camera *camera, int width, int height);
void direction_of(const view *view, double x, double y, double out[3]);
void direction_at(const view *view, int x, int y, int width, int height, double out[3]);

/* Pixel coordinates of a point. */
void project(const view *view, const double point[3], int width, int height, double out[2]);

#endif
