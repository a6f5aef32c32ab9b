/* Camera paths: keys, what lies between them, loops, and every refusal. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "app/trace/camera_path.h"
#include "temporary.h"

#define DEGREE (M_PI / 180)

static void write_text(const char *text)
{
    temporary_write("path.json", text, strlen(text));
}

static camera_path read_path(const char *text)
{
    camera_path path;
    error error = {""};
    write_text(text);
    if (!camera_path_read(temporary_path("path.json"), &path, &error))
        fail_msg("%s", error.message);
    return path;
}

static void assert_vec3(vec3 v, double x, double y, double z)
{
    assert_float_equal(v.x, x, 1e-5);
    assert_float_equal(v.y, y, 1e-5);
    assert_float_equal(v.z, z, 1e-5);
}

/* ---- Positions --------------------------------------------------------------------------------------------------- */

static void test_one_key(void **state)
{
    (void)state;
    camera_path path =
        read_path("{\"keys\":[{\"time\":2,\"eye\":[1,2,3],\"target\":[1,2,-1],\"fov\":60,\"up\":[0,2,0]}]}");
    for (double time = -5; time < 10; time += 2.5) {
        camera camera = camera_path_at(&path, time);
        assert_vec3(camera.eye, 1, 2, 3);
        assert_vec3(camera.target, 1, 2, -1);
        assert_vec3(camera.up, 0, 1, 0);
        assert_float_equal(camera.fov_y, 60 * DEGREE, 1e-6);
        assert_float_equal(camera.aperture, 0, 0);
        assert_float_equal(camera.focus, 4, 1e-6); /* the distance to the target */
    }
    camera_path_free(&path);
    assert_null(path.keys);
    camera_path_free(&path);
}

#define FOUR_KEYS                                                                                                      \
    "[{\"time\":0,\"eye\":[0,0,9],\"target\":[0,0,0],\"fov\":40},"                                                     \
    "{\"time\":1,\"eye\":[1,0,9],\"target\":[0,0,0],\"fov\":40,\"aperture\":0.5,\"focus\":3},"                         \
    "{\"time\":3,\"eye\":[5,0,9],\"target\":[0,0,0],\"fov\":50,\"aperture\":0.5,\"focus\":3},"                         \
    "{\"time\":4,\"eye\":[0,0,9],\"target\":[0,0,0],\"fov\":40}]"

/* The spline by its definition, worked out by hand. */
static void test_spline(void **state)
{
    (void)state;
    camera_path path = read_path("{\"keys\":" FOUR_KEYS "}");
    assert_vec3(camera_path_at(&path, -1).eye, 0, 0, 9);
    assert_vec3(camera_path_at(&path, 1).eye, 1, 0, 9);
    assert_vec3(camera_path_at(&path, 3).eye, 5, 0, 9);
    assert_vec3(camera_path_at(&path, 7).eye, 0, 0, 9);
    /* between keys 2 and 3: slopes (5-0)/3 and (0-1)/3, half way: (1+5)/2 + 2 (5/3 + 1/3)/8 */
    assert_vec3(camera_path_at(&path, 2).eye, 3.5, 0, 9);
    /* between keys 1 and 2: slopes 1 (one side) and 5/3, half way: 1/2 + (1 - 5/3)/8 */
    assert_vec3(camera_path_at(&path, 0.5).eye, 0.5 - 1.0 / 12, 0, 9);
    assert_float_equal(camera_path_at(&path, 1).aperture, 0.5, 1e-6);
    assert_float_equal(camera_path_at(&path, 3).fov_y, 50 * DEGREE, 1e-6);
    camera_path_free(&path);
}

/* No jump in place or speed at a key. */
static void test_smooth(void **state)
{
    (void)state;
    camera_path path = read_path("{\"loop\":true,\"keys\":" FOUR_KEYS "}");
    for (double key = 0; key <= 4; key += 1) {
        double h = 1e-3, before = camera_path_at(&path, key - h).eye.x, at = camera_path_at(&path, key).eye.x;
        double after = camera_path_at(&path, key + h).eye.x;
        assert_float_equal((after - at) / h, (at - before) / h, 0.05);
        if (key == 0 || key == 4) /* from x = 5, a second before, to x = 1, a second after */
            assert_float_equal((after - before) / (2 * h), -2, 0.01);
    }
    camera_path_free(&path);
}

static void test_loop(void **state)
{
    (void)state;
    camera_path path = read_path("{\"loop\":true,\"keys\":" FOUR_KEYS "}");
    for (double time = 0.25; time < 4; time += 0.5) {
        camera expected = camera_path_at(&path, time);
        for (int turn = -2; turn <= 2; turn++) {
            camera camera = camera_path_at(&path, time + 4 * turn);
            assert_memory_equal(&camera, &expected, sizeof camera);
        }
    }
    camera_path_free(&path);
}

/* Where a spline overshoots, the camera stays one. */
static void test_sane(void **state)
{
    (void)state;
    camera_path path = read_path("{\"keys\":[{\"time\":0,\"eye\":[0,0,1],\"target\":[0,0,0],\"fov\":170},"
                                 "{\"time\":1,\"eye\":[0,0,-1],\"target\":[0,0,0],\"fov\":1,\"focus\":0.01},"
                                 "{\"time\":1.1,\"eye\":[0,0,-1],\"target\":[0,0,0],\"fov\":170},"
                                 "{\"time\":2,\"eye\":[0,0,1],\"target\":[0,0,0],\"fov\":1}]}");
    for (double time = 0; time <= 2; time += 1.0 / 64) {
        camera camera = camera_path_at(&path, time);
        vec3 view = vec3_subtract(camera.target, camera.eye);
        assert_true(vec3_length(view) > 0 && vec3_length(vec3_cross(view, camera.up)) > 0);
        assert_true(camera.fov_y >= 0.99 * DEGREE && camera.fov_y <= 170.01 * DEGREE);
        assert_true(camera.aperture >= 0 && camera.focus > 0);
    }
    camera_path_free(&path);
}

/* ---- Refusals ---------------------------------------------------------------------------------------------------- */

static void assert_refused(const char *text, const char *message)
{
    camera_path path;
    error error = {""};
    char expected[1024];
    write_text(text);
    assert_false(camera_path_read(temporary_path("path.json"), &path, &error));
    snprintf(expected, sizeof expected, "%s: %s", temporary_path("path.json"), message);
    assert_string_equal(error.message, expected);
    assert_null(path.keys);
}

#define KEY(text) "{\"keys\":[{" text "}]}"
#define PLACE     "\"time\":0,\"eye\":[0,0,1],\"target\":[0,0,0]"

static void test_files(void **state)
{
    (void)state;
    const char *no_keys = "a camera path is an object with at least one of \"keys\"";
    camera_path path;
    error error;
    assert_false(camera_path_read(temporary_path("missing"), &path, &error));
    assert_non_null(strstr(error.message, "missing: cannot open: No such file or directory"));
    assert_refused("", "it is no JSON");
    assert_refused("{\"keys\":[", "it is no JSON");
    assert_refused("[]", no_keys);
    assert_refused("{}", no_keys);
    assert_refused("{\"keys\":[]}", no_keys);
    assert_refused("{\"keys\":3}", no_keys);
    size_t size = (16u << 20) + 1;
    char *spaces = malloc(size);
    memset(spaces, ' ', size);
    temporary_write("path.json", spaces, size);
    free(spaces);
    assert_false(camera_path_read(temporary_path("path.json"), &path, &error));
    assert_non_null(strstr(error.message, ": it has 16777217 bytes, 16777216 is the limit"));
}

static void test_keys(void **state)
{
    (void)state;
    const char *vectors = "key 1: eye, target and up are three numbers within 1e+09";
    assert_refused("{\"keys\":[3]}", "key 1: time is no number within 1e+09");
    assert_refused(KEY("\"time\":1e999,\"eye\":[0,0,1]"), "key 1: time is no number within 1e+09");
    assert_refused(KEY("\"time\":0,\"eye\":[0,0],\"target\":[0,0,0]"), vectors);
    assert_refused(KEY("\"time\":0,\"eye\":[0,0,1],\"target\":[0,0,\"x\"]"), vectors);
    assert_refused(KEY("\"time\":0,\"eye\":[0,0,1e30],\"target\":[0,0,0]"), vectors);
    assert_refused(KEY(PLACE ",\"fov\":40,\"up\":1"), vectors);
    assert_refused(KEY(PLACE), "key 1: fov, aperture and focus are numbers within 1e+09");
    assert_refused(KEY(PLACE ",\"fov\":40,\"focus\":\"near\""),
                   "key 1: fov, aperture and focus are numbers within 1e+09");
    assert_refused(KEY("\"time\":0,\"eye\":[1,2,3],\"target\":[1,2,3],\"fov\":40"),
                   "key 1: eye and target are both (1, 2, 3)");
    assert_refused(KEY(PLACE ",\"fov\":40,\"up\":[0,0,2]"), "key 1: up is along the view");
    assert_refused(KEY(PLACE ",\"fov\":0.5"), "key 1: a fov of 0.5 degrees, 1 to 170 are possible");
    assert_refused(KEY(PLACE ",\"fov\":171"), "key 1: a fov of 171 degrees, 1 to 170 are possible");
    assert_refused(KEY(PLACE ",\"fov\":40,\"aperture\":-1"), "key 1: an aperture of -1 and a focus of 1");
    assert_refused(KEY(PLACE ",\"fov\":40,\"focus\":0"), "key 1: an aperture of 0 and a focus of 0");
    assert_refused("{\"keys\":[{" PLACE ",\"fov\":40},{" PLACE ",\"fov\":40}]}", "key 2: its time 0 is not after 0");
    assert_refused("{\"loop\":true,\"keys\":[{" PLACE ",\"fov\":40}]}",
                   "a loop's last key, 1, stands where the first does");
    assert_refused("{\"loop\":true,\"keys\":[{" PLACE ",\"fov\":40},"
                   "{\"time\":1,\"eye\":[0,0,2],\"target\":[0,0,0],\"fov\":40}]}",
                   "a loop's last key, 2, stands where the first does");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_one_key), cmocka_unit_test(test_spline), cmocka_unit_test(test_smooth),
        cmocka_unit_test(test_loop),    cmocka_unit_test(test_sane),   cmocka_unit_test(test_files),
        cmocka_unit_test(test_keys),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
