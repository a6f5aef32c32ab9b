/* Pan, zoom and keys, without a window. */
#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/view/commands.h"
#include "wf_node.h"

#define assert_near(actual, expected, most) assert_true(fabs((actual) - (expected)) <= (most))

static const rectangle left = {0, 30, 400, 300}, right = {402, 30, 400, 300};

static view_context context_of(int width, int height)
{
    view_context context = {
        .image_width = width, .image_height = height, .frame_count = 8, .hovered = -1, .pane = left};
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        context.has[layer] = true;
    return context;
}

static view fresh(void)
{
    view view = {.solo = -1, .fit = true};
    view_arrange(&view, true);
    return view;
}

static void assert_texel(const view *view, const view_context *context, rectangle pane, double x, double y, int column,
                         int row)
{
    int actual_column, actual_row;
    view_texel(view, context, pane, x, y, &actual_column, &actual_row);
    assert_int_equal(actual_column, column);
    assert_int_equal(actual_row, row);
}

static void fit_shows_the_whole_picture_centered(void **state)
{
    (void)state;
    view view = fresh();
    view_context wide = context_of(200, 100), tall = context_of(50, 300);
    double x, y;
    assert_near(view_zoom(&view, &wide), 2, 1e-12);
    view_origin(&view, &wide, left, &x, &y);
    assert_near(x, 0, 0);
    assert_near(y, 30 + 50, 0);
    assert_near(view_zoom(&view, &tall), 1, 1e-12);
    view_origin(&view, &tall, left, &x, &y);
    assert_near(x, 175, 0);
    assert_near(y, 30, 0);
}

static void the_same_texel_in_every_pane(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    assert_texel(&view, &context, left, 0.5, 80.5, 0, 0);
    assert_texel(&view, &context, right, 402.5, 80.5, 0, 0);
    assert_texel(&view, &context, left, 399.5, 279.5, 199, 99);
    assert_texel(&view, &context, left, 10, 79.5, 5, -1);
    view_zoom_at(&view, &context, left, 123.5, 99.5, 3.7);
    int column, row;
    view_texel(&view, &context, left, 210.5, 140.5, &column, &row);
    assert_texel(&view, &context, right, 612.5, 140.5, column, row);
}

static void zoom_keeps_the_texel_under_the_mouse(void **state)
{
    (void)state;
    const double factors[] = {1.2, 1.2, 5, 1 / 1.2, 1.9, 0.7};
    view view = fresh();
    view_context context = context_of(200, 100);
    double zoom = view_zoom(&view, &context);
    assert_texel(&view, &context, left, 301, 131, 150, 25);
    for (size_t i = 0; i < sizeof factors / sizeof *factors; i++) {
        view_zoom_at(&view, &context, left, 301, 131, factors[i]);
        assert_near(view_zoom(&view, &context), zoom *= factors[i], 1e-9);
        assert_texel(&view, &context, left, 301, 131, 150, 25);
    }
}

static void zoom_and_pan_have_limits(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    for (int i = 0; i < 100; i++)
        view_zoom_at(&view, &context, left, 10, 40, 2);
    assert_near(view_zoom(&view, &context), 256, 0);
    for (int i = 0; i < 100; i++)
        view_zoom_at(&view, &context, left, 10, 40, 0.5);
    assert_near(view_zoom(&view, &context), 1.0 / 64, 0);
    view_set_zoom(&view, &context, 1);
    view_pan(&view, &context, 1e6, -1e6);
    assert_near(view.center_x, 0, 0);
    assert_near(view.center_y, 100, 0);
}

static void pan_moves_by_target_pixels(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    double x0, y0, x1, y1;
    view_set_zoom(&view, &context, 4);
    view_origin(&view, &context, left, &x0, &y0);
    view_pan(&view, &context, 12, -20);
    view_origin(&view, &context, left, &x1, &y1);
    assert_near(x1 - x0, 12, 0);
    assert_near(y1 - y0, -20, 0);
    view_key(&view, &context, 'f');
    assert_near(view_zoom(&view, &context), 2, 1e-12);
    view_key(&view, &context, 'F');
    assert_near(view_zoom(&view, &context), 1, 0);
}

static void assert_place(view_place actual, view_place expected)
{
    char words[2][PLACE_WORDS];
    place_write(&actual, words[0]);
    place_write(&expected, words[1]);
    assert_string_equal(words[0], words[1]);
}

static void places_are_numbers(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    assert_place(view_get_place(&view, &context), (view_place){.center_x = 100, .center_y = 50, .zoom = 2});
    view_place place;
    assert_true(place_read(" 20.5, -3 ,8 ", &place));
    assert_place(place, (view_place){.center_x = 20.5, .center_y = -3, .zoom = 8});
    view_set_place(&view, &place);
    assert_place(view_get_place(&view, &context), place);
    double x, y;
    view_origin(&view, &context, left, &x, &y);
    assert_near(x, 200 - 20.5 * 8, 0);
    assert_near(y, 30 + 150 + 3 * 8, 0);
    assert_true(place_read("fit", &place) && place.fit);
    view_set_place(&view, &place);
    assert_near(view_zoom(&view, &context), 2, 1e-12);
    static const char *const wrong[] = {"",        "1,2",     "1,2,",  "1,2,3,4", "1,2,0",  "1,2,0.0156", "1,2,256.5",
                                        "nan,2,1", "1,inf,1", "1 2 3", "fits",    "1,2,3x", "x"};
    for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
        assert_false(place_read(wrong[i], &place));
    assert_true(place.fit);
}

static void pages_of_the_flip_book(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    const struct {
        int key, solo;
    } steps[] = {{'3', 2}, {'3', 2}, {'.', 3}, {',', 2},        {'1', 0},
                 {',', 5}, {'.', 0}, {'9', 0}, {KEY_ENTER, -1}, {'.', 0}};
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        view_key(&view, &context, steps[i].key);
        assert_int_equal(view.solo, steps[i].solo);
    }
}

static void assert_sides(const view *view, int on_left, int on_right)
{
    assert_true(view->wipe.on && view->solo == -1);
    assert_int_equal(view->wipe.sides[0], on_left);
    assert_int_equal(view->wipe.sides[1], on_right);
}

static void wipes_have_two_panes(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    context.hovered = 1;
    view_key(&view, &context, 'w');
    assert_sides(&view, 1, 2);
    view_key(&view, &context, '4'); /* under the mouse: left */
    assert_sides(&view, 3, 2);
    context.hovered = 2;
    view_key(&view, &context, '6');
    assert_sides(&view, 3, 5);
    context.hovered = 5;
    view_key(&view, &context, '4'); /* the other side's: they change places */
    assert_sides(&view, 5, 3);
    context.hovered = 3;
    view_key(&view, &context, '.');
    assert_sides(&view, 5, 4);
    view_remove_pane(&view, 2);
    assert_sides(&view, 0, 1);
    view_key(&view, &context, KEY_ENTER);
    assert_true(!view.wipe.on && view.solo == -1);
    view_key(&view, &context, 'w');
    assert_sides(&view, 3, 4);
    view_key(&view, &context, 'w');
    assert_false(view.wipe.on);
    while (view.pane_count > 1)
        view_remove_pane(&view, 0);
    context.hovered = 0;
    view_key(&view, &context, 'w');
    assert_false(view.wipe.on);
}

static void panes_follow_the_reference_until_the_user_chooses(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    assert_int_equal(view.panes[0].layer, FRAME_COLOR);
    assert_int_equal(view.panes[1].layer, LAYER_GATHER);
    assert_int_equal(view.panes[2].layer, LAYER_SPLAT);
    assert_int_equal(view.panes[3].layer, FRAME_REFERENCE);
    for (int i = 4; i < 6; i++)
        assert_true(view.panes[i].against == FRAME_REFERENCE && view.panes[i].measure == MEASURE_SMAPE);
    view_arrange(&view, false);
    assert_int_equal(view.panes[3].layer, FRAME_ALBEDO);
    context.hovered = 4;
    view_key(&view, &context, 'm');
    assert_int_equal(view.panes[4].layer, FRAME_MOTION);
    view_arrange(&view, true);
    assert_int_equal(view.panes[3].layer, FRAME_ALBEDO);
    assert_int_equal(view.panes[4].layer, FRAME_MOTION);
}

static void keys_choose_only_what_is_there(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    context.hovered = 1;
    context.has[FRAME_DEPTH] = context.has[FRAME_REFERENCE] = false;
    view_key(&view, &context, 'd');
    assert_int_equal(view.panes[1].layer, LAYER_GATHER);
    view_key(&view, &context, 'x');
    assert_false(pane_is_compared(&view.panes[1]));
    context.has[FRAME_REFERENCE] = true;
    view_key(&view, &context, 'x');
    assert_true(view.panes[1].layer == LAYER_GATHER && view.panes[1].against == FRAME_REFERENCE &&
                view.panes[1].measure == MEASURE_SMAPE);
    view_key(&view, &context, 'o');
    assert_int_equal(view.panes[1].layer, FRAME_NORMAL);
    view_key(&view, &context, 'x');
    assert_false(pane_is_compared(&view.panes[1]));
}

static void keys_step_through_the_sequence(void **state)
{
    (void)state;
    const struct {
        int key, frame;
    } steps[] = {{KEY_RIGHT, 1}, {KEY_RIGHT, 2}, {KEY_HOME, 0}, {KEY_LEFT, 7}, {KEY_RIGHT, 0}, {KEY_END, 7}};
    view view = fresh();
    view_context context = context_of(200, 100);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
        view.playing = true;
        view_key(&view, &context, steps[i].key);
        assert_int_equal(view.frame, steps[i].frame);
        assert_false(view.playing);
    }
    view_key(&view, &context, ' ');
    assert_true(view.playing);
    view_key(&view, &context, ' ');
    assert_false(view.playing);
    context.frame_count = 1;
    view_key(&view, &context, ' ');
    assert_false(view.playing);
}

static void other_keys(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    context.hovered = 2;
    view_key(&view, &context, KEY_ENTER);
    assert_int_equal(view.solo, 2);
    view_key(&view, &context, KEY_ENTER);
    assert_int_equal(view.solo, -1);
    view_key(&view, &context, 'e');
    view_key(&view, &context, 'e');
    view_key(&view, &context, 'E');
    assert_float_equal(view.tone.exposure, 0.5f, 0);
    view_key(&view, &context, '0');
    assert_float_equal(view.tone.exposure, 0, 0);
    view_key(&view, &context, 't');
    assert_true(view.predictor.together);
    view_key(&view, &context, 't');
    assert_false(view.predictor.together);
    view_key(&view, &context, 'i');
    assert_true(view.inspector);
    view_key(&view, &context, 'i');
    assert_false(view.inspector);
    view_key(&view, &context, 'l');
    assert_true(view.first_row);
    view_key(&view, &context, KEY_F1);
    view_key(&view, &context, KEY_ESCAPE);
    assert_false(view.help || view.quit);
    view_key(&view, &context, 0x1f600);
    view_key(&view, &context, KEY_ESCAPE);
    assert_true(view.quit);
}

static void assert_pins(const view *view, int count, const uint32_t pins[][2])
{
    assert_int_equal(view->pin_count, count);
    for (int i = 0; i < count; i++)
        assert_true(view->pins[i].x == pins[i][0] && view->pins[i].y == pins[i][1]);
}

static void clicks_pin_pixels(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(200, 100);
    static const uint32_t first[][2] = {{3, 4}}, other[][2] = {{199, 99}}, both[][2] = {{199, 99}, {5, 6}},
                          replaced[][2] = {{199, 99}, {7, 8}}, second[][2] = {{7, 8}};
    view_pin(&view, &context, 3, 4, false);
    assert_pins(&view, 1, first);
    view_pin(&view, &context, 199, 99, false);
    assert_pins(&view, 1, other);
    view_pin(&view, &context, 5, 6, true);
    assert_pins(&view, 2, both);
    view_pin(&view, &context, 7, 8, true);
    assert_pins(&view, 2, replaced);
    view_pin(&view, &context, 199, 99, true); /* is let go */
    assert_pins(&view, 1, second);
    static const int outside[][2] = {{-1, 0}, {0, -1}, {200, 0}, {0, 100}};
    for (int i = 0; i < 4; i++)
        view_pin(&view, &context, outside[i][0], outside[i][1], false);
    assert_pins(&view, 1, second);
    view_pin(&view, &context, 7, 8, false);
    assert_pins(&view, 0, NULL);
}

static void keys_and_words_of_tone(void **state)
{
    (void)state;
    view view = fresh();
    view.tone = tone_default();
    view_context context = context_of(200, 100);
    char words[TONE_WORDS];
    view_key(&view, &context, 'e');
    tone_describe(&view.tone, words);
    assert_string_equal(words, "");
    for (int i = 1; i <= TONE_COUNT; i++) {
        view_key(&view, &context, 'y');
        assert_int_equal(view.tone.curve, i % TONE_COUNT);
    }
    for (int i = 0; i < TONE_CHANNELS + TONE_BLUE; i++)
        view_key(&view, &context, 'b');
    view_key(&view, &context, 'z');
    tone_describe(&view.tone, words);
    assert_string_equal(words, "blue, clipped");
    view.tone = (tone_settings){.curve = TONE_GAMMA, .gamma = 1.8f, .offset = -0.25f};
    tone_describe(&view.tone, words);
    assert_string_equal(words, "gamma 1.80, -0.25");
    view.tone.curve = TONE_ACES;
    tone_describe(&view.tone, words);
    assert_string_equal(words, "aces, -0.25");
}

static void the_help_names_keys_and_layers(void **state)
{
    (void)state;
    static const char *const expected[][2] = {
        {"N  G  S  R", "noisy, gather, splat, reference in the pane under the cursor"},
        {"A  O  D  M", "albedo, normal, depth, motion there"},
        {"Q or Escape", "quit"},
    };
    view_context context = context_of(200, 100);
    for (int camera = 0; camera < 2; camera++) {
        size_t found = 0;
        command_help line;
        context.has_camera = camera;
        assert_true(commands_help(&context, 0, &line));
        assert_string_equal(line.keys, camera ? "Drag" : "Drag, wheel");
        for (int i = 1; commands_help(&context, i, &line); i++) {
            if (found == 3 || strcmp(line.keys, expected[found][0]) != 0)
                continue;
            assert_string_equal(line.words, expected[found][1]);
            found++;
        }
        assert_int_equal(found, 3);
    }
}

/* A layer that is saved has a channel for each that it has, but for alpha; no two layers have a
   key, a name or a role in common. */
static void rows_of_layers_fit_together(void **state)
{
    (void)state;
    for (int i = 0; i < MAX_FURTHER; i++) {
        char name[8];
        snprintf(name, sizeof name, "aov%d", i);
        layers_name_further(i, name);
    }
    for (int i = 0; i < LAYER_COUNT; i++) {
        const layer_row *row = &layer_rows[i];
        int saved = (int)strlen(row->letters);
        assert_true(saved == 0 || saved == (row->channels == 4 ? 3 : row->channels));
        for (int j = 0; j < i; j++) {
            assert_true(row->key == 0 || row->key != layer_rows[j].key);
            assert_true(row->role < 0 || row->role != layer_rows[j].role);
            assert_string_not_equal(row->name, layer_rows[j].name);
            assert_string_not_equal(layer_word(i), layer_word(j));
        }
        assert_true(row->key || layer_input(i) >= FRAME_FURTHER || layer_is_map(i));
        int compared = 0;
        for (int place = 0; place < COMPARED_LAYERS; place++)
            compared += layer_compared(place) == i;
        assert_int_equal(row->has_error, compared);
    }
}

/* What becomes of a further layer belongs to it, and is called after it. */
static void further_layers_have_outputs(void **state)
{
    (void)state;
    layers_name_further(3, "diffuse");
    assert_int_equal(layer_input(LAYER_FURTHER_GATHER + 3), FRAME_FURTHER + 3);
    assert_int_equal(layer_input(LAYER_FURTHER_SPLAT + 3), FRAME_FURTHER + 3);
    assert_int_equal(layer_input(LAYER_SPLAT), FRAME_COLOR);
    assert_int_equal(layer_input(FRAME_DEPTH), FRAME_DEPTH);
    assert_string_equal(layer_word(FRAME_FURTHER + 3), "diffuse");
    assert_string_equal(frame_layer_name(FRAME_FURTHER + 3), "diffuse");
    assert_string_equal(layer_word(LAYER_FURTHER_GATHER + 3), "gather of diffuse");
    assert_string_equal(layer_word(LAYER_FURTHER_SPLAT + 3), "splat of diffuse");
    assert_int_equal(layer_rows[LAYER_FURTHER_SPLAT + 3].role, WF_NODE_LAYER_SPLAT + 3);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(fit_shows_the_whole_picture_centered),
        cmocka_unit_test(the_same_texel_in_every_pane),
        cmocka_unit_test(zoom_keeps_the_texel_under_the_mouse),
        cmocka_unit_test(zoom_and_pan_have_limits),
        cmocka_unit_test(pan_moves_by_target_pixels),
        cmocka_unit_test(places_are_numbers),
        cmocka_unit_test(pages_of_the_flip_book),
        cmocka_unit_test(wipes_have_two_panes),
        cmocka_unit_test(panes_follow_the_reference_until_the_user_chooses),
        cmocka_unit_test(keys_choose_only_what_is_there),
        cmocka_unit_test(keys_step_through_the_sequence),
        cmocka_unit_test(other_keys),
        cmocka_unit_test(clicks_pin_pixels),
        cmocka_unit_test(keys_and_words_of_tone),
        cmocka_unit_test(the_help_names_keys_and_layers),
        cmocka_unit_test(rows_of_layers_fit_together),
        cmocka_unit_test(further_layers_have_outputs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
