#include "steer.h"

#define STEEPEST 1.55f /* radians above and below the horizon */
#define CLOSER   0.9f  /* of the distance is left after a step of the wheel */
#define CLOSEST  1e-3f /* part of the scene's diagonal */

/* Turned about y by an azimuth, counter-clockwise seen from above, and lifted by an elevation, within the steepest. */
static vec3 turn(vec3 arm, float azimuth, float elevation)
{
    float length = vec3_length(arm), around = atan2f(arm.x, arm.z) + azimuth;
    float above = asinf(fmaxf(-1, fminf(arm.y / length, 1))) + elevation;
    above = fmaxf(-STEEPEST, fminf(above, STEEPEST));
    return (vec3){length * cosf(above) * sinf(around), length * sinf(above), length * cosf(above) * cosf(around)};
}

static void place_eye(camera *camera, vec3 arm)
{
    camera->eye = vec3_add(camera->target, arm);
    camera->up = (vec3){0, 1, 0};
}

void steer_orbit(camera *camera, float right, float up)
{
    place_eye(camera, turn(vec3_subtract(camera->eye, camera->target), right, up));
}

void steer_look(camera *camera, float right, float up)
{
    vec3 eye = camera->eye;
    camera->target = vec3_add(eye, turn(vec3_subtract(camera->target, eye), -right, up));
    camera->up = (vec3){0, 1, 0};
}

void steer_approach(camera *camera, float factor, float least)
{
    vec3 arm = turn(vec3_subtract(camera->eye, camera->target), 0, 0);
    float length = vec3_length(arm), wanted = fminf(fmaxf(length * factor, least), SCENE_REACH / 10);
    place_eye(camera, vec3_scale(arm, wanted / length));
}

void steer_fly(camera *camera, float right, float up, float forward)
{
    vec3 view = turn(vec3_subtract(camera->target, camera->eye), 0, 0), ahead = vec3_normalize(view);
    vec3 across = vec3_normalize(vec3_cross(ahead, (vec3){0, 1, 0}));
    vec3 move = vec3_add(vec3_add(vec3_scale(across, right), vec3_scale(ahead, forward)), (vec3){0, up, 0});
    vec3 eye = vec3_add(camera->eye, move);
    if (!(vec3_length(eye) < SCENE_REACH / 10))
        return;
    camera->eye = eye;
    camera->target = vec3_add(eye, view);
    camera->up = (vec3){0, 1, 0};
}

void steer(camera *camera, const steering *by, const struct camera *start, float diagonal)
{
    if (by->home)
        *camera = *start;
    if (by->orbit_right != 0 || by->orbit_up != 0)
        steer_orbit(camera, by->orbit_right, by->orbit_up);
    if (by->look_right != 0 || by->look_up != 0)
        steer_look(camera, by->look_right, by->look_up);
    if (by->closer != 0)
        steer_approach(camera, powf(CLOSER, by->closer), CLOSEST * diagonal);
    if (by->fly_right != 0 || by->fly_up != 0 || by->fly_forward != 0)
        steer_fly(camera, diagonal * by->fly_right, diagonal * by->fly_up, diagonal * by->fly_forward);
}
