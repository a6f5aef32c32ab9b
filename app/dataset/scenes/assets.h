/* assets.h -- models and environments of the user's own, for random scenes. */
#ifndef WFVIEW_TRACE_RANDOM_ASSETS_H
#define WFVIEW_TRACE_RANDOM_ASSETS_H

#include "app/trace/scene/scene.h"

#define ASSETS_MAX_TRIANGLES   60000 /* of a model */
#define ASSETS_MAX_TEXTURE     256   /* width and height: larger ones are reduced */
#define ASSETS_MAX_ENVIRONMENT 512   /* width, alike */

typedef struct assets {
    scene *models; /* around the origin, their largest extent is 1; they emit nothing */
    int model_count;
    image *environments; /* equirectangular, 3 channels, at least 0 and not all 0 */
    int environment_count;
} assets;

/* Reads what lies in these folders and the folders in them, in alphabetical order: .gltf, .glb and .obj; .exr, .hdr and
 * .pfm. NULL: none. What cannot be read or is too large is left out, and a line on stderr says so. False: a folder that
 * cannot be read, or has nothing that could be used. */
bool assets_load(const char *models, const char *environments, assets *assets, error *error);
void assets_free(assets *assets); /* leaves it zeroed; zeroed is fine */

#endif
