/* sky.h -- a clear sky with its sun, for scenes that bring no light: the analytic model of A. J. Preetham, P. Shirley,
 * B. Smits, "A Practical Analytic Model for Daylight", SIGGRAPH 1999.
 *
 * The sky's radiance is the paper's fit to luminance and chromaticity (appendix 2). The sun is a disc of
 * constant radiance: the paper's transmittances by Rayleigh scattering, aerosol and ozone (appendix 1), at one
 * wavelength for each of r, g, b, times a white extraterrestrial sun. Below the horizon is a gray ground that
 * reflects a fifth of what falls on it.
 *
 * Radiance 1 is a luminance of 25,000 cd/m2: a white wall in the sun is then about 1, the blue sky about 0.2, the sun
 * about 50,000. Colors are linear Rec. 709; what lies outside that gamut is clipped to 0. */
#ifndef WFVIEW_TRACE_SKY_H
#define WFVIEW_TRACE_SKY_H

#include "app/error.h"
#include "app/frames/frame.h"
#include "vec3.h"

#define SKY_TURBIDITY     3.0f    /* a clear day */
#define SKY_MIN_TURBIDITY 2.0f    /* what the fit holds for: from clear air ... */
#define SKY_MAX_TURBIDITY 8.0f    /* ... to haze */
#define SKY_MIN_ELEVATION 2.0f    /* degrees; the fit fails where the sun sets */
#define SKY_SUN_RADIUS    0.2665f /* degrees */

typedef struct sky {
    vec3 sun_direction; /* towards the sun, of length 1 */
    float turbidity;
    float distribution[3][5]; /* A to E of luminance Y and chromaticity x, y */
    float zenith[3];          /* Y in kcd/m2, x, y, over the distribution's value there */
    float ground[3];          /* radiance */
} sky;

/* A light at infinity: a disc of constant radiance. */
typedef struct sun {
    vec3 direction;    /* to its middle, of length 1 */
    float cos_radius;  /* directions whose cosine to the middle is above this are in the disc */
    float solid_angle; /* steradians */
    float radiance[3];
} sun;

/* Prepares a sky. sun_direction need not have length 1. Refuses directions that are zero or not finite, suns lower than
 * SKY_MIN_ELEVATION, and turbidities outside of SKY_MIN_TURBIDITY ... SKY_MAX_TURBIDITY. */
bool sky_create(vec3 sun_direction, float turbidity, sky *sky, error *error);

/* The sky's or the ground's radiance, without the sun's disc. direction has length 1. */
void sky_radiance(const sky *sky, vec3 direction, float rgb[3]);

/* The sun's disc. */
sun sky_sun(const sky *sky);

/* The sky without the sun's disc as an equirectangular picture of 3 channels, owned by the caller. Its directions are
 * those of equirectangular_direction; the sky is taken at the middle of each texel. Refuses sizes outside of 2x1 to
 * 16384x16384, and says where there is not enough memory. */
bool sky_image(const sky *sky, int width, int height, image *image, error *error);

/* What every equirectangular picture here means: u and v in [0,1] from the top left corner.
 * The top is +y; the middle column is
 * +z; to the right of it lies -x, so that a picture looks as one sees it from inside. */
vec3 equirectangular_direction(float u, float v);

#endif
