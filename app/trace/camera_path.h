/* camera_path.h -- a camera that moves, the same way each time.
 *
 * A path is a JSON file:
 *
 *     {"loop": false,
 *      "keys": [{"time": 0,   "eye": [0, 1, 5], "target": [0, 1, 0], "fov": 40},
 *               {"time": 2.5, "eye": [3, 1, 4], "target": [0, 1, 0], "fov": 40, "up": [0, 1,
 *               0], "aperture": 0.01, "focus": 5}]}
 *
 * time is in seconds, from key to key later; fov is the vertical angle in degrees. up (0, 1, 0), aperture (0),
 * focus (the distance to the target) and loop (false) may be missing. Between keys, all of it is a Catmull-Rom
 * spline over time (cubic, its slope at a key that of the line from the key before to the one after; at an
 * end, to the neighbor); outside of its keys a path rests. With loop, the time starts again at the last key,
 * which stands where the first does. */
#ifndef WFVIEW_TRACE_CAMERA_PATH_H
#define WFVIEW_TRACE_CAMERA_PATH_H

#include "app/error.h"
#include "app/trace/scene/scene.h"

/* Frame n of a run without a window is at n / CAMERA_PATH_RATE seconds. */
#define CAMERA_PATH_RATE 30

typedef struct camera_key {
    double time; /* seconds */
    camera camera;
} camera_key;

typedef struct camera_path {
    camera_key *keys;
    int count; /* at least one */
    bool loop;
} camera_path;

/* On failure *path is zeroed and the message names the file, and the key (from 1): missing, no JSON, no keys;
 * times that do not grow; numbers missing, not finite or beyond SCENE_REACH; an eye at its target, an up
 * along the view; a fov outside of 1 ... 170 degrees; a negative aperture, a focus not above 0; a loop whose
 * last key differs from its first. */
bool camera_path_read(const char *file, camera_path *path, error *error);
void camera_path_free(camera_path *path); /* leaves *path zeroed; zeroed is fine */

/* The camera at a time; any time. */
camera camera_path_at(const camera_path *path, double seconds);

#endif
