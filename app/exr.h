/* exr.h -- OpenEXR frames in and pictures out, through OpenEXR's C core.
 *
 * Recognised channel names (facts of the writers, in this order of precedence): an explicit mapping; Blender multilayer
 * ("ViewLayer.Combined.R", "ViewLayer.Denoising Albedo.R", "ViewLayer.Denoising Normal.X", "ViewLayer.Denoising Depth.Z",
 * "ViewLayer.Vector.X"); Mitsuba 3 ("albedo.R", "nn.X" or "sh_normal.X", "dd.T", colour "R" or "<integrator>.R"); OIDN's
 * files NAME.hdr.exr with NAME.alb.exr and NAME.nrm.exr beside it; plain "R,G,B", "albedo.R", "normal.X", "Z" or "depth.Z"
 * or "depth.V", "motion.X". Single-part and multi-part, scanline and tiled (level 0), HALF, FLOAT and UINT. */
#ifndef WFVIEW_EXR_H
#define WFVIEW_EXR_H

#include "error.h"
#include "frame.h"

/* Reads a frame: colour, and each guide layer the file (or its OIDN siblings) has. FRAME_REFERENCE is not read here.
 * Fails, naming file and numbers, for missing, truncated, corrupt files, a file without colour (the message lists the
 * channels it has), sizes over 16384 x 16384, and NaN or infinity in any used channel (count and first pixel). */
bool exr_read_frame(const char *path, const char *const *channels, int channel_count, frame *frame, error *error);

/* Reads only colour as 4 channels, for references. */
bool exr_read_color(const char *path, const char *const *channels, int channel_count, image *color, error *error);

/* Writes channels of interleaved float rows as float32, ZIP: names[i] is channel i of the pixels. The file appears whole or
 * not at all (written beside its place, then renamed). */
bool exr_write(const char *path, int width, int height, int channels, const char *const *names, const float *pixels,
               error *error);

#endif
