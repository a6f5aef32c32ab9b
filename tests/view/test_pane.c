/* What panes show: their words, the grid they are in, and how it grows and shrinks. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <stdio.h>
#include <string.h>

#include "app/view/commands.h"
#include "app/view/view.h"

static int read_all(const char *text, pane panes[VIEW_PANES])
{
    int count;
    error error = {""};
    if (!panes_read(text, (int[]){1, 1}, VIEW_PANES, panes, &count, &error))
        fail_msg("%s", error.message);
    return count;
}

static void words_become_panes(void **state)
{
    (void)state;
    pane panes[VIEW_PANES];
    assert_int_equal(read_all("noisy,gather-splat,gather-reference:smape,albedo@-1.5,color-gather:absolute@3", panes),
                     5);
    const pane expected[] = {
        {FRAME_COLOR, PANE_ALONE, 0, 0},
        {LAYER_GATHER, LAYER_SPLAT, MEASURE_SIGNED, 0},
        {LAYER_GATHER, FRAME_REFERENCE, MEASURE_SMAPE, 0},
        {FRAME_ALBEDO, PANE_ALONE, 0, -1.5f},
        {FRAME_COLOR, LAYER_GATHER, MEASURE_ABSOLUTE, 3},
    };
    for (int i = 0; i < 5; i++)
        assert_true(pane_same(&panes[i], &expected[i]));
}

/* With a number in front it is of that sequence; what is written is what was read. */
static void layers_are_of_sequences(void **state)
{
    (void)state;
    static const char words[] = "2:noisy,gather-2:gather:flip,3:splat-own/2-4:splat-own/2@1,2:color-3:color,1:depth";
    pane panes[VIEW_PANES];
    char written[PANE_WORDS];
    assert_int_equal(read_all(words, panes), 5);
    const pane expected[] = {
        {layer_of_sequence(1, FRAME_COLOR), PANE_ALONE, 0, 0},
        {LAYER_GATHER, layer_of_sequence(1, LAYER_GATHER), MEASURE_FLIP, 0},
        {layer_of_sequence(2, MAP_SPLAT_OWN + 2 * MAP_COUNT), layer_of_sequence(3, MAP_SPLAT_OWN + 2 * MAP_COUNT), 0,
         1},
        {layer_of_sequence(1, FRAME_COLOR), layer_of_sequence(2, FRAME_COLOR), 0, 0},
        {FRAME_DEPTH, PANE_ALONE, 0, 0},
    };
    for (int i = 0; i < 5; i++) {
        pane again[VIEW_PANES];
        assert_true(pane_same(&panes[i], &expected[i]));
        pane_write(&panes[i], written);
        assert_int_equal(read_all(written, again), 1);
        assert_true(pane_same(&again[0], &panes[i]));
    }
    assert_string_equal(layer_word(panes[0].layer), "2:noisy");
    assert_true(layer_sequence(panes[2].against) == 3 && layer_map_level(panes[2].against) == 2);
    assert_true(pane_is_plain("2:noisy-3:noisy") && pane_is_plain("gather-2:gather") && pane_is_plain("gather"));
    assert_false(pane_is_plain("2:noisy-gather:flip") || pane_is_plain("2:noisy@1") ||
                 pane_is_plain("gather-splat:smape"));
}

/* Keys of layers keep to the sequence of the pane; one goes on to the next sequence. */
static void keys_keep_to_a_sequence(void **state)
{
    (void)state;
    view view = {.solo = -1, .pane_count = 1, .panes = {pane_of(layer_of_sequence(1, FRAME_COLOR))}};
    view_context context = {.image_width = 4, .image_height = 4, .hovered = 0, .sequences = 2};
    context.has[layer_of_sequence(1, LAYER_GATHER)] = context.has[LAYER_SPLAT] = context.has[LAYER_GATHER] = true;
    view_key(&view, &context, 'g');
    assert_int_equal(view.panes[0].layer, layer_of_sequence(1, LAYER_GATHER));
    view_key(&view, &context, 's'); /* which that sequence has not */
    assert_int_equal(view.panes[0].layer, layer_of_sequence(1, LAYER_GATHER));
    view_key(&view, &context, ';');
    assert_int_equal(view.panes[0].layer, LAYER_GATHER);
    view_key(&view, &context, 's');
    view_key(&view, &context, ';');
    assert_int_equal(view.panes[0].layer, layer_of_sequence(1, LAYER_SPLAT));
    context.sequences = 1;
    view_key(&view, &context, ';');
    assert_int_equal(view.panes[0].layer, layer_of_sequence(1, LAYER_SPLAT));
}

/* With a number it is of that level, with a star a pane is of each. */
static void maps_have_levels(void **state)
{
    (void)state;
    pane panes[VIEW_PANES];
    int count;
    error error = {""};
    const int level = MAP_COUNT;
    assert_int_equal(read_all("gather-own/0,gather-own,splat-sum/7,gather-own/2-gather-own/1:absolute@1", panes), 4);
    assert_true(panes[0].layer == MAP_GATHER_OWN && panes[1].layer == MAP_GATHER_OWN);
    assert_true(panes[2].layer == MAP_SPLAT_SUM + 7 * level && layer_map_level(panes[2].layer) == 7);
    assert_true(panes[3].layer == MAP_GATHER_OWN + 2 * level && panes[3].against == MAP_GATHER_OWN + level);
    assert_true(layer_map_figure(MAP_SPLAT_BLEND + 3 * level) == WF_FIGURE_BLEND);

    assert_true(panes_read("noisy,splat-radius/*@-1,gather-sum/*-splat-sum/*,gather-own/*-gather-own", (int[]){3, 1},
                           VIEW_PANES, panes, &count, &error));
    assert_int_equal(count, 10);
    for (int i = 0; i < 3; i++) {
        const pane expected[] = {{MAP_SPLAT_RADIUS + i * level, PANE_ALONE, 0, -1},
                                 {MAP_GATHER_SUM + i * level, MAP_SPLAT_SUM + i * level, MEASURE_SIGNED, 0},
                                 {MAP_GATHER_OWN + i * level, MAP_GATHER_OWN, MEASURE_SIGNED, 0}};
        for (int j = 0; j < 3; j++)
            assert_true(pane_same(&panes[1 + 3 * j + i], &expected[j]));
    }
    assert_false(panes_read("splat-own/*,gather-own/*", (int[]){7, 7}, VIEW_PANES, panes, &count, &error));
    assert_string_equal(error.message, "more than 12 panes");
}

/* A map of the pane under the cursor goes from level to level, or is spread over panes of all. */
static void maps_change_levels(void **state)
{
    (void)state;
    view view = {.solo = -1,
                 .pane_count = 3,
                 .columns = 2,
                 .panes = {pane_of(FRAME_COLOR), pane_of(MAP_SPLAT_OWN), pane_of(FRAME_DEPTH)}};
    view_context context = {.image_width = 4, .image_height = 4, .hovered = 1, .map_levels = {3, 2}};
    view.panes[1].against = MAP_GATHER_OWN;
    for (int i = 1; i < 7; i++) {
        commands_run("map-level", &view, &context);
        assert_int_equal(view.panes[1].layer, MAP_SPLAT_OWN + i % 3 * MAP_COUNT);
        assert_int_equal(view.panes[1].against, MAP_GATHER_OWN + i % 3 * MAP_COUNT);
    }
    view.panes[1].against = FRAME_DEPTH;
    commands_run("map-levels", &view, &context);
    assert_true(view.pane_count == 5 && view.columns == 0 && view.arranged);
    for (int level = 0; level < 3; level++)
        assert_true(view.panes[1 + level].layer == MAP_SPLAT_OWN + level * MAP_COUNT &&
                    view.panes[1 + level].against == FRAME_DEPTH);
    assert_true(view.panes[0].layer == FRAME_COLOR && view.panes[4].layer == FRAME_DEPTH);
    context.hovered = 0;
    commands_run("map-level,map-levels", &view, &context);
    assert_true(view.pane_count == 5 && view.panes[0].layer == FRAME_COLOR);
    context.hovered = 4;
    context.map_levels[0] = 8;
    view.panes[4] = pane_of(MAP_GATHER_SUM + 7 * MAP_COUNT);
    commands_run("map-levels", &view, &context); /* as many as fit */
    assert_true(view.pane_count == VIEW_PANES && view.panes[4].layer == MAP_GATHER_SUM);
    assert_int_equal(view.panes[11].layer, MAP_GATHER_SUM + 7 * MAP_COUNT);
}

/* Of every layer and every pair with every measure, what is written is what was read. */
static void what_is_written_is_read(void **state)
{
    (void)state;
    int pairs = 0;
    layers_name_further(0, "light-front"); /* a name with a dash */
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        for (int against = PANE_ALONE; against < LAYER_COUNT && *layer_word(layer); against++)
            for (int measure = 0; measure < (against < 0 ? 1 : MEASURE_COUNT); measure++) {
                const pane shown = {layer, against, measure, measure == 1 ? -2.5f : 0};
                char words[PANE_WORDS];
                pane read[VIEW_PANES];
                if (measure == MEASURE_FLIP && layer_rows[layer].channels < 3)
                    continue;
                if (against >= 0 &&
                    (!*layer_word(against) || layer_rows[layer].channels != layer_rows[against].channels))
                    continue;
                pane_write(&shown, words);
                assert_int_equal(read_all(words, read), 1);
                assert_true(pane_same(&read[0], &shown));
                pairs++;
            }
    assert_true(pairs > 100);
}

static void words_that_are_no_panes(void **state)
{
    (void)state;
    static const char layers[] = "; there are noisy, albedo, normal, depth, motion, reference, gather, splat";
    static const char *const expected[][2] = {
        {"gather,blurred", "'blurred' is no layer, nor LAYER-LAYER"},
        {"noisy,", "'' is no layer, nor LAYER-LAYER"},
        {"gather-", "'gather-' is no layer, nor LAYER-LAYER"},
        {"-gather", "'-gather' is no layer, nor LAYER-LAYER"},
        {"gather-splat-noisy", "'gather-splat-noisy' is no layer, nor LAYER-LAYER"},
        {"depth-normal", "depth-normal: images of 1 and of 4 channels cannot be compared"},
        {"depth-depth:flip", "depth-depth:flip: FLIP compares pictures, not values of 1 channel"},
        {"gather:smape",
         "gather:smape: expected LAYER-LAYER:MEASURE with MEASURE one of signed, absolute, relative, smape, "
         "relmse, flip"},
        {"gather-splat:",
         "gather-splat:: expected LAYER-LAYER:MEASURE with MEASURE one of signed, absolute, relative, smape, "
         "relmse, flip"},
        {"gather@", "gather@: expected EV from -32 to 32 after @"},
        {"gather@1x", "gather@1x: expected EV from -32 to 32 after @"},
        {"gather@nan", "gather@nan: expected EV from -32 to 32 after @"},
        {"gather@32.5", "gather@32.5: expected EV from -32 to 32 after @"},
        {"splat,splat,splat,splat,splat,splat,splat,splat,splat,splat,splat,splat,splat", "more than 12 panes"},
    };
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        pane panes[VIEW_PANES];
        int count;
        error error = {""};
        assert_false(panes_read(expected[i][0], (int[]){1, 1}, VIEW_PANES, panes, &count, &error));
        char *list = strstr(error.message, layers);
        if (list)
            *list = 0;
        assert_string_equal(error.message, expected[i][1]);
    }
}

static view view_of(int count)
{
    view view = {.solo = -1, .fit = true, .arranged = true, .pane_count = count};
    for (int i = 0; i < count; i++)
        view.panes[i] = pane_of(i % FRAME_LAYER_COUNT);
    return view;
}

static void assert_grid(const view *view, float width, float height, view_grid expected)
{
    const view_context context = {.image_width = 160, .image_height = 90};
    const view_grid grid = view_arrange_grid(view, &context, width, height);
    assert_int_equal(grid.first, expected.first);
    assert_int_equal(grid.count, expected.count);
    assert_int_equal(grid.columns, expected.columns);
    assert_int_equal(grid.rows, expected.rows);
    assert_int_equal(grid.down, expected.down);
}

/* Every number of columns is tried here, too: none may make larger pictures. */
static void grids_make_the_largest_pictures(void **state)
{
    (void)state;
    static const float areas[][2] = {{1280, 460}, {640, 1200}, {3840, 1900}, {300, 300}, {2000, 100}};
    for (int count = 1; count <= VIEW_PANES; count++) {
        view view = view_of(count);
        for (size_t i = 0; i < sizeof areas / sizeof *areas; i++) {
            const view_context context = {.image_width = 160, .image_height = 90};
            const view_grid grid = view_arrange_grid(&view, &context, areas[i][0], areas[i][1]);
            assert_true(grid.first == 0 && grid.count == count && grid.columns * grid.rows >= count);
            for (int columns = 1; columns <= count; columns++) {
                const int rows = (count + columns - 1) / columns;
                const float across = areas[i][0] / (float)columns / 160, down = areas[i][1] / (float)rows / 90;
                const float chosen_across = areas[i][0] / (float)grid.columns / 160;
                const float chosen_down = areas[i][1] / (float)grid.rows / 90;
                assert_true((across < down ? across : down) <=
                            (chosen_across < chosen_down ? chosen_across : chosen_down) * 1.000001f);
            }
        }
    }
    view view = view_of(6);
    assert_grid(&view, 1280, 460, (view_grid){0, 6, 3, 2, false});
    assert_grid(&view, 300, 1200, (view_grid){0, 6, 1, 6, false});
    view.columns = 4;
    assert_grid(&view, 1280, 460, (view_grid){0, 6, 4, 2, false});
    view.first_row = true;
    assert_grid(&view, 1280, 460, (view_grid){0, 4, 4, 1, false});
    view.solo = 5;
    assert_grid(&view, 1280, 460, (view_grid){5, 1, 1, 1, false});
    view = view_of(2);
    view.columns = 12;
    assert_grid(&view, 1280, 460, (view_grid){0, 2, 2, 1, false});
}

/* What nobody chose stands upright where the view does: each picture beside what it is compared with. */
static void first_panes_stand_in_portraits(void **state)
{
    (void)state;
    view view = {.solo = -1};
    view_arrange(&view, true);
    assert_grid(&view, 1280, 460, (view_grid){0, 6, 3, 2, false});
    assert_grid(&view, 720, 1040, (view_grid){0, 6, 2, 3, true});
    assert_grid(&view, 320, 270, (view_grid){0, 6, 3, 2, false}); /* wider than high */
    const view_context upright = {.image_width = 20, .image_height = 90};
    assert_false(view_arrange_grid(&view, &upright, 320, 340).down); /* pictures would be smaller */
    assert_grid(&view, 480, 180, (view_grid){0, 6, 3, 2, false});
    view.first_row = true;
    assert_grid(&view, 1280, 460, (view_grid){0, 3, 3, 1, false});
    assert_grid(&view, 720, 1040, (view_grid){0, 3, 1, 3, true});
    view.solo = 4;
    assert_grid(&view, 720, 1040, (view_grid){4, 1, 1, 1, false});
    view.solo = -1;
    view.arranged = true; /* the user's columns stay */
    assert_grid(&view, 720, 1040, (view_grid){0, 3, 3, 1, false});
}

static void panes_come_and_go(void **state)
{
    (void)state;
    view view = view_of(3);
    view_add_pane(&view, 1);
    assert_int_equal(view.pane_count, 4);
    static const int layers[] = {0, 1, 1, 2};
    for (int i = 0; i < 4; i++)
        assert_int_equal(view.panes[i].layer, layers[i]);
    for (int i = 0; i < 20; i++)
        view_add_pane(&view, 0);
    assert_int_equal(view.pane_count, VIEW_PANES);
    assert_int_equal(view.panes[VIEW_PANES - 1].layer, 2);
    view.solo = VIEW_PANES - 1;
    view_remove_pane(&view, VIEW_PANES - 1);
    assert_int_equal(view.solo, VIEW_PANES - 2);
    assert_int_equal(view.panes[VIEW_PANES - 2].layer, 1);
    for (int i = 0; i < 20; i++)
        view_remove_pane(&view, 0);
    assert_int_equal(view.pane_count, 1);
    assert_int_equal(view.panes[0].layer, 1);
    assert_int_equal(view.solo, 0);
}

/* The mouse may have been over a pane that is gone. */
static void keys_act_on_panes_that_are_there(void **state)
{
    (void)state;
    view view = view_of(3);
    view_context context = {.hovered = 2};
    assert_int_equal(view_target_pane(&view, &context), 2);
    view_remove_pane(&view, view_target_pane(&view, &context));
    assert_int_equal(view_target_pane(&view, &context), 0);
    context.hovered = -1;
    view.solo = 1;
    assert_int_equal(view_target_pane(&view, &context), 1);
}

/* By formulas of their own. */
static void measures(void **state)
{
    (void)state;
    assert_float_equal(measure_of(MEASURE_SIGNED, 1, 3), -2, 0);
    assert_float_equal(measure_of(MEASURE_ABSOLUTE, 1, 3), 2, 0);
    assert_float_equal(measure_of(MEASURE_RELATIVE, 1, -3), 4 / 3.01, 1e-6);
    assert_float_equal(measure_of(MEASURE_SMAPE, 1, -3), 4 / 4.01, 1e-6);
    assert_float_equal(measure_of(MEASURE_REL_MSE, 1, -3), 16 / 9.0001, 1e-6);
    view view = view_of(1);
    view_context context = {.map_ends = {[FRAME_DEPTH] = 8}}; /* which is no map */
    view.tone.exposure = 2;
    view.panes[0] = (pane){LAYER_GATHER, LAYER_SPLAT, MEASURE_ABSOLUTE, 1};
    assert_float_equal(view_ramp_end(&view, &context, &view.panes[0]), 0.125, 0);
    float low, high;
    assert_true(view_ramp(&view, &context, &view.panes[0], &low, &high));
    assert_true(low == 0 && high == 0.125f);
    view.panes[0].measure = MEASURE_SIGNED;
    assert_true(view_ramp(&view, &context, &view.panes[0], &low, &high));
    assert_true(low == -0.125f && high == 0.125f);
    view.panes[0] = pane_of(LAYER_GATHER);
    assert_false(view_ramp(&view, &context, &view.panes[0], &low, &high));
    view.tone.curve = TONE_FALSE;
    view.tone.offset = 0.25f;
    assert_true(view_ramp(&view, &context, &view.panes[0], &low, &high));
    assert_true(low == -0.0625f && high == 0.1875f);
    view.panes[0] = (pane){LAYER_GATHER, LAYER_SPLAT, MEASURE_ABSOLUTE, 1};
    view.panes[0].measure = MEASURE_SMAPE;
    assert_float_equal(view_ramp_end(&view, &context, &view.panes[0]), 0.5, 0);
}

int main(void)
{
    /* Errors first, before a further layer has a name, which stays. */
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(words_that_are_no_panes),
        cmocka_unit_test(words_become_panes),
        cmocka_unit_test(maps_have_levels),
        cmocka_unit_test(layers_are_of_sequences),
        cmocka_unit_test(keys_keep_to_a_sequence),
        cmocka_unit_test(maps_change_levels),
        cmocka_unit_test(what_is_written_is_read),
        cmocka_unit_test(grids_make_the_largest_pictures),
        cmocka_unit_test(first_panes_stand_in_portraits),
        cmocka_unit_test(panes_come_and_go),
        cmocka_unit_test(measures),
        cmocka_unit_test(keys_act_on_panes_that_are_there),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
