/* Backends timed at frames that nobody sees: on whatever device Vulkan has. How long they take is not looked at. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdlib.h>
#include <string.h>

#include "app/denoise/race.h"
#include "app/files/weights.h"
#include "devices.h"

enum { WIDTH = 33, HEIGHT = 21 };

static device gpu;

static const denoiser_options small = {.width = WIDTH, .height = HEIGHT, .alpha = true};
static predictor_options bilateral = {.row = PREDICTOR_BILATERAL};
static const weights no_weights;
static const predictor_inputs no_inputs = {.gather = &no_weights};
static const denoiser_input layers = {.has = {[FRAME_COLOR] = true,
                                              [FRAME_ALBEDO] = true,
                                              [FRAME_DEPTH] = true,
                                              [FRAME_MOTION] = true,
                                              [FRAME_REFERENCE] = true,
                                              [FRAME_FURTHER] = true},
                                      .has_alpha = true};

static race race_of(void)
{
    return (race){&gpu, &small, &bilateral, &no_inputs, &layers, 0};
}

static void test_time(void **state)
{
    (void)state;
    static const wf_backend backends[] = {WF_VULKAN, WF_CPU};
    for (size_t i = 0; i < sizeof backends / sizeof *backends; i++) {
        race race = race_of();
        double ms = race_time(&race, backends[i]);
        assert_true(ms > 0 && ms < 1e6);
        assert_int_equal(race.validation_messages, 0);
    }
    assert_int_equal(gpu.validation_messages, 0);
}

/* No backend, and weights that do not fit the frames. */
static void test_what_does_not_work(void **state)
{
    (void)state;
    race race = race_of();
    if (!wf_backend_built(WF_CUDA))
        assert_true(race_time(&race, WF_CUDA) == 0);
    float ones[9 * WIDTH];
    for (int i = 0; i < 9 * WIDTH; i++)
        ones[i] = 1;
    const weights row = {.kernel_height = 3, .kernel_width = 3, .height = 1, .width = WIDTH, .data = ones};
    const predictor_inputs inputs = {.gather = &row};
    const predictor_options files = {.row = PREDICTOR_FILES};
    race.predictor = &files;
    race.inputs = &inputs;
    assert_true(race_time(&race, WF_VULKAN) == 0);
    const denoiser_options one_row = {.width = WIDTH, .height = 1};
    race.options = &one_row;
    assert_true(race_time(&race, WF_VULKAN) > 0);
}

/* Whatever times depend on makes other words. */
static void test_words(void **state)
{
    (void)state;
    char words[6][CHOICE_WORK_SIZE];
    race race = race_of();
    race_describe(&race, words[0]);
    const denoiser_options wide = {.width = WIDTH + 1, .height = HEIGHT, .alpha = true};
    const denoiser_options opaque = {.width = WIDTH, .height = HEIGHT};
    race.options = &wide;
    race_describe(&race, words[1]);
    race.options = &opaque;
    race_describe(&race, words[2]);
    race = race_of();
    predictor_options square = bilateral;
    square.bilateral.kernel_height = 5;
    race.predictor = &square;
    race_describe(&race, words[3]);
    race = race_of();
    denoiser_input fewer = layers;
    fewer.has[FRAME_ALBEDO] = false;
    race.input = &fewer;
    race_describe(&race, words[4]);
    race = race_of();
    device newer = gpu;
    strcat(newer.driver, "\n2");
    race.device = &newer;
    race_describe(&race, words[5]);
    for (int i = 0; i < 6; i++) {
        assert_null(strchr(words[i], '\n'));
        assert_non_null(strstr(words[i], gpu.name));
        for (int j = 0; j < i; j++)
            assert_string_not_equal(words[i], words[j]);
    }
    assert_non_null(strstr(words[0], "33x21, bilateral (analytic)"));
}

int main(void)
{
    error error = {0};
    bilateral.bilateral = wf_bilateral_default(3, 5);
    if (!device_create_instance(&gpu, NULL, 0, &error) || !device_create(&gpu, VK_NULL_HANDLE, &error))
        return skip_all(error.message);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_time),
        cmocka_unit_test(test_what_does_not_work),
        cmocka_unit_test(test_words),
    };
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    device_destroy(&gpu);
    return failed;
}
