#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "app/view/metrics.h"

static void assert_close(double actual, double expected)
{
    if (!(fabs(actual - expected) <= 1e-9 * fmax(1, fabs(expected)))) {
        print_error("%.17g, expected %.17g\n", actual, expected);
        fail();
    }
}

static float denoised_pixels[] = {0.5f, 0, 1, 9, 0.002f, 0.4f, -3, 9};
static float reference_pixels[] = {0.25f, 0, 2, 0.001f, 0.2f, 3};
static const image denoised = {1, 2, 4, denoised_pixels}, reference = {1, 2, 3, reference_pixels};

/* Of the metric with that key. */
static double value(metrics metrics, const char *key)
{
    for (int i = 0; i < metric_count; i++)
        if (strcmp(metric_rows[i].key, key) == 0)
            return metrics.values[i];
    fail_msg("no metric %s", key);
    return 0;
}

static double srgb(double v)
{
    return v <= 0.0031308 ? v * 12.92 : 1.055 * exp(log(v) / 2.4) - 0.055;
}

/* Written out value by value; the fourth channel does not count. */
static void test_definitions(void **state)
{
    (void)state;
    metrics metrics = metrics_compare(&denoised, &reference);
    double v = 0.001f, w = 0.002f, x = 0.2f, y = 0.4f;
    assert_close(value(metrics, "smape"),
                 (0.25 / 0.76 + 0 + 1 / 3.01 + (w - v) / (w + v + 0.01) + (y - x) / (y + x + 0.01) + 6 / 6.01) / 6);
    assert_close(value(metrics, "rel_mse"), (0.0625 / 0.0626 + 0 + 1 / 4.0001 + (w - v) * (w - v) / (v * v + 1e-4) +
                                             (y - x) * (y - x) / (x * x + 1e-4) + 36 / 9.0001) /
                                                6);
    /* Out of range: 2 is shown as 1 and equals it; -3 is shown as 0, 3 as 1. */
    double squares = pow(srgb(0.5) - srgb(0.25), 2) + 0 + 0 + pow(12.92 * (w - v), 2) + pow(srgb(y) - srgb(x), 2) + 1;
    assert_close(value(metrics, "psnr"), -10 * log10(squares / 6));
}

/* Constants from the sRGB standard's curve, worked out elsewhere: 0.5 ->
   0.735356983052449, 0.25 -> 0.537098730483194. */
static void test_display_transform(void **state)
{
    (void)state;
    float half[] = {0.5f, 0.5f, 0.5f}, quarter[] = {0.25f, 0.25f, 0.25f};
    image a = {1, 1, 3, half}, b = {1, 1, 3, quarter};
    assert_close(value(metrics_compare(&a, &b), "psnr"), -20 * log10(0.735356983052449 - 0.537098730483194));
}

static void test_equal(void **state)
{
    (void)state;
    metrics metrics = metrics_compare(&reference, &reference);
    assert_true(value(metrics, "smape") == 0 && value(metrics, "rel_mse") == 0);
    assert_true(isinf(value(metrics, "psnr")) && value(metrics, "psnr") > 0);
}

/* A picture with a NaN has no quality: no metric may hide it. */
static void test_nan(void **state)
{
    (void)state;
    float broken[] = {NAN, 0, 2, 0.001f, 0.2f, 3};
    image b = {1, 2, 3, broken};
    metrics metrics = metrics_compare(&b, &reference);
    assert_true(isnan(value(metrics, "smape")) && isnan(value(metrics, "rel_mse")) && isnan(value(metrics, "psnr")));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_definitions),
        cmocka_unit_test(test_display_transform),
        cmocka_unit_test(test_equal),
        cmocka_unit_test(test_nan),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
