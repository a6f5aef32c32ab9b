/* steer.h -- cameras that a hand moves. y is up; a camera that was rolled stands upright after its first move, and none
 * looks straight up or down. The lens stays as it is. */
#ifndef WFVIEW_STEER_H
#define WFVIEW_STEER_H

#include "app/trace/scene/scene.h"
#include "view.h"

/* About the target, by radians: the eye goes to the right and up. */
void steer_orbit(camera *camera, float right, float up);

/* About the eye, by radians: the view goes to the right and up. */
void steer_look(camera *camera, float right, float up);

/* The eye's distance to the target, times a factor; at least `least`. */
void steer_approach(camera *camera, float factor, float least);

/* Eye and target together, along the view's own axes but for up, in the scene's units;
   nowhere beyond SCENE_REACH / 10. */
void steer_fly(camera *camera, float right, float up, float forward);

/* All of it, in a scene of that diagonal whose own camera is `start`. */
void steer(camera *camera, const steering *by, const struct camera *start, float diagonal);

#endif
