/* Cameras that a hand moves, without a window. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "app/view/steer.h"

#define assert_near(actual, expected, most) assert_true(fabs((double)(actual) - (double)(expected)) <= (most))

static const float quarter = 1.57079633f;

static void assert_at(vec3 actual, float x, float y, float z)
{
    assert_near(actual.x, x, 1e-4);
    assert_near(actual.y, y, 1e-4);
    assert_near(actual.z, z, 1e-4);
}

/* Looks along -z from (1, 2, 8), and is rolled. */
static camera camera_before(void)
{
    return (camera){
        .eye = {1, 2, 8}, .target = {1, 2, 3}, .up = {0.6f, 0.8f, 0}, .fov_y = 0.7f, .aperture = 0.1f, .focus = 4};
}

static void assert_same_lens(const camera *camera)
{
    assert_near(camera->fov_y, 0.7f, 0);
    assert_near(camera->aperture, 0.1f, 0);
    assert_near(camera->focus, 4, 0);
    assert_at(camera->up, 0, 1, 0);
}

static void orbits_about_the_target(void **state)
{
    (void)state;
    camera camera = camera_before();
    steer_orbit(&camera, quarter, 0);
    assert_at(camera.eye, 6, 2, 3);
    assert_at(camera.target, 1, 2, 3);
    steer_orbit(&camera, 0, quarter / 3);
    assert_at(camera.eye, 1 + 5 * cosf(quarter / 3), 4.5f, 3);
    assert_same_lens(&camera);
}

static void looks_about_the_eye(void **state)
{
    (void)state;
    camera camera = camera_before();
    steer_look(&camera, quarter, 0);
    assert_at(camera.eye, 1, 2, 8);
    assert_at(camera.target, 6, 2, 8);
    steer_look(&camera, 0, quarter / 3);
    assert_at(camera.target, 1 + 5 * cosf(quarter / 3), 4.5f, 8);
    assert_same_lens(&camera);
}

static void comes_closer_and_stops(void **state)
{
    (void)state;
    camera camera = camera_before();
    steer_approach(&camera, 0.5f, 0.01f);
    assert_at(camera.eye, 1, 2, 5.5f);
    steer_approach(&camera, 4, 0.01f);
    assert_at(camera.eye, 1, 2, 13);
    for (int i = 0; i < 1000; i++)
        steer_approach(&camera, 0.5f, 0.01f);
    assert_near(vec3_length(vec3_subtract(camera.eye, camera.target)), 0.01, 1e-5);
    for (int i = 0; i < 1000; i++)
        steer_approach(&camera, 2, 0.01f);
    assert_true(vec3_is_finite(camera.eye) && vec3_length(camera.eye) < SCENE_REACH);
    assert_same_lens(&camera);
}

static void flies_along_its_axes(void **state)
{
    (void)state;
    camera camera = camera_before();
    steer_fly(&camera, 2, 0, 0);
    assert_at(camera.eye, 3, 2, 8);
    steer_fly(&camera, 0, 1.5f, 3);
    assert_at(camera.eye, 3, 3.5f, 5);
    assert_at(camera.target, 3, 3.5f, 0);
    steer_fly(&camera, 0, SCENE_REACH, 0);
    assert_at(camera.eye, 3, 3.5f, 5);
    assert_same_lens(&camera);
}

/* Whatever is done to it, up is never along the view. */
static void never_looks_straight_up_or_down(void **state)
{
    (void)state;
    camera steep = camera_before();
    steep.target = (vec3){1, -3, 8};
    camera cameras[] = {steep, steep, steep, camera_before(), camera_before()};
    steer_fly(&cameras[0], 1, 1, 1);
    steer_approach(&cameras[1], 0.5f, 0.01f);
    steer_look(&cameras[2], 0, -3);
    steer_orbit(&cameras[3], 0, 9);
    steer_look(&cameras[4], 0, 9);
    for (size_t i = 0; i < sizeof cameras / sizeof *cameras; i++) {
        vec3 view = vec3_normalize(vec3_subtract(cameras[i].target, cameras[i].eye));
        assert_true(fabsf(view.y) < 0.9999f);
        assert_same_lens(&cameras[i]);
    }
}

static void does_all_that_the_hand_did(void **state)
{
    (void)state;
    const camera start = camera_before();
    camera camera = start;
    steer(&camera, &(steering){0}, &start, 10);
    assert_near(camera.up.x, 0.6f, 0);
    steer(&camera, &(steering){.orbit_right = quarter}, &start, 10);
    assert_at(camera.eye, 6, 2, 3);
    steer(&camera, &(steering){.closer = 1}, &start, 10);
    assert_at(camera.eye, 5.5f, 2, 3);
    steer(&camera, &(steering){.look_right = quarter}, &start, 10);
    assert_at(camera.target, 5.5f, 2, -1.5f);
    steer(&camera, &(steering){.fly_right = 0.1f, .fly_up = 0.2f, .fly_forward = 0.3f}, &start, 10);
    assert_at(camera.eye, 6.5f, 4, 0);
    steer(&camera, &(steering){.home = true, .closer = -1}, &start, 10);
    assert_at(camera.eye, 1, 2, 3 + 5 / 0.9f);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(orbits_about_the_target),         cmocka_unit_test(looks_about_the_eye),
        cmocka_unit_test(comes_closer_and_stops),          cmocka_unit_test(flies_along_its_axes),
        cmocka_unit_test(never_looks_straight_up_or_down), cmocka_unit_test(does_all_that_the_hand_did),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
