/* srgb.h -- sRGB, shared by C and GLSL: the luminance of its primaries, which are Rec. 709's, and its curve
 * (IEC 61966-2-1). Encoded values are 12.92 x up to the end of the line, then 1.055 x^(1/2.4) - 0.055. */
#ifndef WF_SRGB_H
#define WF_SRGB_H

#define SRGB_LUMINANCE 0.2126, 0.7152, 0.0722 /* of r, g, b; commas between them */

#define SRGB_SLOPE       12.92
#define SRGB_LINE_END    0.0031308 /* linear */
#define SRGB_ENCODED_END 0.04045   /* the same, encoded */
#define SRGB_SCALE       1.055
#define SRGB_OFFSET      0.055
#define SRGB_EXPONENT    2.4

#endif
