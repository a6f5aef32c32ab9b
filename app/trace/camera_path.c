#include "camera_path.h"

#include <cjson/cJSON.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "app/files/input.h"

#define MAX_FILE (16u << 20) /* bytes */
#define DEGREE   (M_PI / 180)
#define MIN_FOV  1.0f /* degrees */
#define MAX_FOV  170.0f

/* ---- Reading ----------------------------------------------------------------------------------------------------- */

static bool read_number(const cJSON *item, float *value)
{
    if (!cJSON_IsNumber(item) || !(fabs(item->valuedouble) <= SCENE_REACH))
        return false;
    *value = (float)item->valuedouble;
    return true;
}

static bool read_vec3(const cJSON *key, const char *name, vec3 *v)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(key, name);
    return cJSON_IsArray(item) && cJSON_GetArraySize(item) == 3 && read_number(cJSON_GetArrayItem(item, 0), &v->x) &&
           read_number(cJSON_GetArrayItem(item, 1), &v->y) && read_number(cJSON_GetArrayItem(item, 2), &v->z);
}

/* Leaves *value where the key does not name it. */
static bool read_optional(const cJSON *key, const char *name, float *value)
{
    const cJSON *item = cJSON_GetObjectItemCaseSensitive(key, name);
    return !item || read_number(item, value);
}

static bool check_camera(int n, const camera *camera, float fov, error *error)
{
    vec3 view = vec3_subtract(camera->target, camera->eye);
    if (!(vec3_length(view) > 0))
        return error_set(error, "key %d: eye and target are both (%g, %g, %g)", n, camera->eye.x, camera->eye.y,
                         camera->eye.z);
    if (!(vec3_length(vec3_cross(vec3_normalize(view), camera->up)) > 1e-4f))
        return error_set(error, "key %d: up is along the view", n);
    if (!(fov >= MIN_FOV && fov <= MAX_FOV))
        return error_set(error, "key %d: a fov of %g degrees, %g to %g are possible", n, fov, MIN_FOV, MAX_FOV);
    if (!(camera->aperture >= 0 && camera->focus > 0))
        return error_set(error, "key %d: an aperture of %g and a focus of %g", n, camera->aperture, camera->focus);
    return true;
}

static bool read_key(const cJSON *item, int n, camera_key *key, error *error)
{
    const cJSON *time = cJSON_GetObjectItemCaseSensitive(item, "time");
    const cJSON *fov_item = cJSON_GetObjectItemCaseSensitive(item, "fov");
    camera *camera = &key->camera;
    float fov;
    *camera = (struct camera){.up = {0, 1, 0}};
    if (!cJSON_IsNumber(time) || !(fabs(time->valuedouble) <= SCENE_REACH))
        return error_set(error, "key %d: time is no number within %g", n, SCENE_REACH);
    if (!read_vec3(item, "eye", &camera->eye) || !read_vec3(item, "target", &camera->target) ||
        (cJSON_GetObjectItemCaseSensitive(item, "up") && !read_vec3(item, "up", &camera->up)))
        return error_set(error, "key %d: eye, target and up are three numbers within %g", n, SCENE_REACH);
    camera->focus = vec3_length(vec3_subtract(camera->target, camera->eye));
    if (!read_number(fov_item, &fov) || !read_optional(item, "aperture", &camera->aperture) ||
        !read_optional(item, "focus", &camera->focus))
        return error_set(error, "key %d: fov, aperture and focus are numbers within %g", n, SCENE_REACH);
    key->time = time->valuedouble;
    camera->fov_y = (float)(fov * DEGREE);
    if (!check_camera(n, camera, fov, error))
        return false;
    camera->up = vec3_normalize(camera->up);
    return true;
}

static bool same_place(const camera *a, const camera *b)
{
    return memcmp(&a->eye, &b->eye, sizeof a->eye) == 0 && memcmp(&a->target, &b->target, sizeof a->target) == 0;
}

static bool read_keys(const cJSON *items, camera_path *path, error *error)
{
    int count = cJSON_IsArray(items) ? cJSON_GetArraySize(items) : 0;
    if (count == 0)
        return error_set(error, "a camera path is an object with at least one of \"keys\"");
    path->keys = calloc((size_t)count, sizeof *path->keys);
    if (!path->keys)
        return error_set(error, "not enough memory for %d keys", count);
    const cJSON *item;
    cJSON_ArrayForEach(item, items)
    {
        camera_key *key = &path->keys[path->count];
        if (!read_key(item, path->count + 1, key, error))
            return false;
        if (path->count > 0 && key->time <= key[-1].time)
            return error_set(error, "key %d: its time %g is not after %g", path->count + 1, key->time, key[-1].time);
        path->count++;
    }
    if (path->loop && (count < 2 || !same_place(&path->keys[0].camera, &path->keys[count - 1].camera)))
        return error_set(error, "a loop's last key, %d, stands where the first does", count);
    return true;
}

static cJSON *read_json(const char *file, error *error)
{
    input input;
    if (!input_open(&input, file, error))
        return NULL;
    char *text = input.size <= MAX_FILE ? malloc(input.size + 1) : NULL;
    int64_t size = text ? input_read(&input, text, input.size, 0, error) : -1;
    cJSON *json = size >= 0 ? cJSON_ParseWithLength(text, (size_t)size) : NULL;
    if (!text)
        error_set(error, "it has %llu bytes, %u is the limit", (unsigned long long)input.size, MAX_FILE);
    else if (size >= 0 && !json)
        error_set(error, "it is no JSON");
    free(text);
    input_close(&input);
    return json;
}

bool camera_path_read(const char *file, camera_path *path, error *error)
{
    struct error reason = {""};
    memset(path, 0, sizeof *path);
    cJSON *json = read_json(file, &reason);
    path->loop = cJSON_IsTrue(cJSON_GetObjectItemCaseSensitive(json, "loop"));
    bool read = json && read_keys(cJSON_GetObjectItemCaseSensitive(json, "keys"), path, &reason);
    cJSON_Delete(json);
    if (read)
        return true;
    camera_path_free(path);
    return error_set(error, "%s: %.900s", file, reason.message);
}

void camera_path_free(camera_path *path)
{
    free(path->keys);
    memset(path, 0, sizeof *path);
}

/* ---- Where the camera is ----------------------------------------------------------------------------------------- */

#define FLOATS (sizeof(camera) / sizeof(float)) /* a camera is nothing but floats, each splined by itself */

_Static_assert(sizeof(camera) == 12 * sizeof(float), "eye, target, up, fov_y, aperture, focus");

static const float *floats(const camera_key *key)
{
    return &key->camera.eye.x;
}

/* Change of one float in a second at a key. */
static double slope(const camera_path *path, int key, size_t i)
{
    int last = path->count - 1, before = key - 1, after = key + 1;
    double wrapped = 0;
    if (path->loop && (key == 0 || key == last)) {
        before = last - 1, after = 1;
        wrapped = path->keys[last].time - path->keys[0].time;
    }
    before = before < 0 ? 0 : before;
    after = after > last ? last : after;
    const camera_key *a = &path->keys[before], *b = &path->keys[after];
    return ((double)floats(b)[i] - floats(a)[i]) / (b->time + wrapped - a->time);
}

/* Cubic Hermite between a key and the next. */
static double spline(const camera_path *path, int key, double seconds, size_t i)
{
    const camera_key *a = &path->keys[key], *b = a + 1;
    double span = b->time - a->time, t = (seconds - a->time) / span, u = 1 - t;
    return floats(a)[i] * u * u * (1 + 2 * t) + floats(b)[i] * t * t * (1 + 2 * u) +
           span * t * u * (u * slope(path, key, i) - t * slope(path, key + 1, i));
}

/* Splines may leave the range between two keys. */
static camera sane(camera camera, const struct camera *otherwise)
{
    vec3 view = vec3_subtract(camera.target, camera.eye);
    if (!(vec3_length(vec3_cross(view, camera.up)) > 1e-6f * vec3_length(view)))
        return *otherwise;
    camera.up = vec3_normalize(camera.up);
    camera.fov_y = fmaxf((float)(MIN_FOV * DEGREE), fminf(camera.fov_y, (float)(MAX_FOV * DEGREE)));
    camera.aperture = fmaxf(camera.aperture, 0);
    camera.focus = camera.focus > 0 ? camera.focus : otherwise->focus;
    return camera;
}

camera camera_path_at(const camera_path *path, double seconds)
{
    const camera_key *first = &path->keys[0], *last = &path->keys[path->count - 1];
    if (path->loop) {
        double period = last->time - first->time;
        seconds -= period * floor((seconds - first->time) / period);
    }
    if (!(seconds > first->time))
        return first->camera;
    if (seconds >= last->time)
        return last->camera;
    int key = 0;
    while (path->keys[key + 1].time <= seconds)
        key++;
    float values[FLOATS];
    for (size_t i = 0; i < FLOATS; i++)
        values[i] = (float)spline(path, key, seconds, i);
    camera camera;
    memcpy(&camera, values, sizeof camera);
    return sane(camera, &path->keys[key].camera);
}
