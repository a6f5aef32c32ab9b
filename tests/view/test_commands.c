/* The table of commands: names, keys, what is kept of toggles. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>
#include <string.h>

#include "app/options.h"
#include "app/view/palette.h"

static view_context context_of(bool has_camera)
{
    view_context context = {.image_width = 200,
                            .image_height = 100,
                            .frame_count = 8,
                            .has_camera = has_camera,
                            .hovered = -1,
                            .pane = {0, 0, 400, 300}};
    for (int layer = 0; layer < LAYER_COUNT; layer++)
        context.has[layer] = true;
    return context;
}

static view fresh(void)
{
    view view = {.solo = -1, .fit = true, .panels = true};
    view_arrange(&view, true);
    return view;
}

/* A name, and a key, is that of one row; each row that --do names can be found by its name. */
static void names_and_keys_are_of_one_row(void **state)
{
    (void)state;
    command one, other;
    int count = 0, with_keys = 0;
    for (; command_get(count, &one); count++) {
        with_keys += one.keys[0] != 0;
        for (int j = 0; j < count; j++) {
            assert_true(command_get(j, &other));
            assert_string_not_equal(one.name, other.name);
            for (int k = 0; k < COMMAND_KEYS * COMMAND_KEYS; k++) {
                const int key = one.keys[k / COMMAND_KEYS];
                assert_true(key == 0 || key != other.keys[k % COMMAND_KEYS]);
            }
        }
    }
    assert_true(with_keys > 30);
    for (int i = 0; i < command_rows(); i++) /* everything that is no pane or layer of its own has one */
        assert_true(command_get(i, &one) && one.keys[0]);
    assert_false(command_get(-1, &one) || command_get(count, &one));
    for (int camera = 0; camera < 2; camera++) {
        view_context context = context_of(camera);
        for (int i = 0; command_word(i); i++) {
            const int found = command_find(&context, command_word(i));
            assert_true(found == i || !command_applies(i, &context));
        }
    }
}

static void groups_have_names_and_rows(void **state)
{
    (void)state;
    int counts[COMMAND_GROUPS] = {0};
    command command;
    for (int i = 0; command_get(i, &command); i++)
        counts[command.group]++;
    for (int group = 0; group < COMMAND_GROUPS; group++)
        assert_true(counts[group] > 0 && *command_group_name((command_group)group));
}

static void toggles_do_not_repeat(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(false);
    view_key(&view, &context, KEY_TAB);
    assert_false(view.panels);
    for (int i = 0; i < 3; i++) {
        view_key(&view, &context, KEY_TAB | KEY_REPEATED);
        assert_false(view.panels);
        view_key(&view, &context, 'q' | KEY_REPEATED);
        assert_false(view.quit);
    }
    for (int i = 0; i < 3; i++)
        view_key(&view, &context, KEY_RIGHT | KEY_REPEATED);
    view_key(&view, &context, 'e' | KEY_REPEATED);
    assert_int_equal(view.frame, 3);
    assert_float_equal(view.tone.exposure, 0.5f, 0);
}

/* Of every toggle: it turns, and back. */
static void toggles_turn(void **state)
{
    (void)state;
    command command;
    int count = 0;
    for (int i = 0; command_get(i, &command); i++) {
        view view = fresh();
        view_context context = context_of(i % 2);
        if (!command.flag)
            continue;
        context.has_camera = !command_applies(i, &context) ? !context.has_camera : context.has_camera;
        const bool before = command_is_on(&command, &view);
        command_run(i, &view, &context);
        assert_int_equal(command_is_on(&command, &view), !before);
        command_run(i, &view, &context);
        assert_int_equal(command_is_on(&command, &view), before);
        count++;
    }
    assert_true(count >= 10);
}

static void only_what_applies_is_done(void **state)
{
    (void)state;
    view view = fresh();
    view_context recorded = context_of(false), live = context_of(true);
    assert_int_equal(command_find(&recorded, "home"), -1);
    view_key(&view, &recorded, 'v');
    assert_false(view.hand.home);
    view_key(&view, &live, 'v');
    assert_true(view.hand.home);
    recorded.has[FRAME_DEPTH] = false;
    commands_run("depth,normal", &view, &recorded);
    assert_int_equal(view.panes[0].layer, FRAME_NORMAL);
    command_run(-1, &view, &recorded);
}

static void escape_closes_what_lies_over_the_view_first(void **state)
{
    (void)state;
    static const char *const over[] = {"help", "menu", "commands"};
    view_context context = context_of(false);
    for (int i = 0; i < 3; i++) {
        view view = fresh();
        commands_run(over[i], &view, &context);
        assert_int_equal(view.help + view.menu + view.palette.is_open, 1);
        view_key(&view, &context, KEY_ESCAPE);
        assert_int_equal(view.help + view.menu + view.palette.is_open + view.quit, 0);
        view_key(&view, &context, KEY_ESCAPE);
        assert_true(view.quit);
    }
}

static void lists_of_names(void **state)
{
    (void)state;
    char unknown[COMMAND_TEXT];
    assert_true(commands_known("fit", unknown));
    assert_true(commands_known("fit,gather,exposure-up", unknown));
    assert_false(commands_known("fit,fits,help", unknown));
    assert_string_equal(unknown, "fits");
    assert_false(commands_known("fit,,help", unknown));
    assert_string_equal(unknown, "");
    view view = fresh();
    view_context context = context_of(false);
    commands_run("exposure-up,exposure-up,panels,last", &view, &context);
    assert_float_equal(view.tone.exposure, 1, 0);
    assert_false(view.panels);
    assert_int_equal(view.frame, 7);
}

/* What brings one view's toggles to another's; what is for a moment is not among it. */
static void differences_of_toggles(void **state)
{
    (void)state;
    char names[256];
    view view = fresh(), other = fresh();
    view_context context = context_of(false);
    commands_difference(&view, &other, &context, names, sizeof names);
    assert_string_equal(names, "");
    commands_run("panels,inspector,help,play,together", &view, &context);
    commands_difference(&view, &other, &context, names, sizeof names);
    assert_string_equal(names, "panels,inspector,together");
    commands_run(names, &other, &context);
    commands_difference(&view, &other, &context, names, sizeof names);
    assert_string_equal(names, "");
}

static void keys_have_names(void **state)
{
    (void)state;
    static const struct {
        const char *name, *keys;
    } expected[] = {
        {"fit", "F"},      {"actual-size", "Shift+F"}, {"screenshot", "P or Shift+P"}, {"pane-7", "7"},
        {"panels", "Tab"}, {"play", "Space"},          {"commands", "Ctrl+P or /"},    {"help", "F1 or H or ?"},
        {"gather", "G"}};
    view_context context = context_of(false);
    for (size_t i = 0; i < sizeof expected / sizeof *expected; i++) {
        command command;
        char keys[COMMAND_TEXT];
        assert_true(command_get(command_find(&context, expected[i].name), &command));
        command_keys(&command, keys);
        assert_string_equal(keys, expected[i].keys);
    }
    assert_int_equal(command_of_key(&context, 0x1f600), -1);
}

static void type(view *view, const view_context *context, const char *words)
{
    for (; *words; words++)
        view_key(view, context, *words);
}

/* Typed words choose what is run; keys do nothing else meanwhile, and the pane is the one of before. */
static void the_palette_runs_what_is_typed(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(false);
    int found[256];
    const int all = palette_find(&view, &context, found, 256);
    assert_true(all > 30);
    context.hovered = 2;
    view_key(&view, &context, KEY_CONTROL | 'p');
    context.hovered = -1;
    type(&view, &context, "q TONE q");
    assert_int_equal(palette_find(&view, &context, found, 256), 0);
    view_key(&view, &context, KEY_ENTER);
    assert_true(view.palette.is_open && !view.quit);
    for (int i = 0; i < 20; i++)
        view_key(&view, &context, KEY_BACKSPACE | KEY_REPEATED);
    assert_int_equal(palette_find(&view, &context, found, 256), all);
    type(&view, &context, "pixel inSP");
    assert_int_equal(palette_find(&view, &context, found, 256), 1);
    view_key(&view, &context, KEY_ENTER);
    assert_true(view.inspector && !view.palette.is_open);
    context.hovered = 2;
    view_key(&view, &context, '/');
    context.hovered = -1;
    type(&view, &context, "albedo");
    view_key(&view, &context, KEY_ENTER);
    assert_int_equal(view.panes[2].layer, FRAME_ALBEDO);
}

static void arrows_choose_in_the_palette(void **state)
{
    (void)state;
    view view = fresh();
    view_context context = context_of(false);
    int found[256];
    view_key(&view, &context, '/');
    view_key(&view, &context, KEY_UP);
    assert_int_equal(view.palette.chosen, 0);
    type(&view, &context, "exposure");
    const int count = palette_find(&view, &context, found, 256), down = command_find(&context, "exposure-down");
    int place = 0;
    while (found[place] != down)
        place++;
    assert_true(place > 0 && place + 1 < count);
    for (int i = 0; i < count + 2; i++)
        view_key(&view, &context, KEY_DOWN);
    assert_int_equal(view.palette.chosen, count - 1);
    for (int i = count - 1; i > place; i--)
        view_key(&view, &context, KEY_UP);
    view_key(&view, &context, KEY_ENTER);
    assert_float_equal(view.tone.exposure, -0.5f, 0);
    view_key(&view, &context, '/');
    for (int i = 0; i < 200; i++)
        view_key(&view, &context, 'a');
    view_key(&view, &context, 0xe9);
    assert_int_equal(strlen(view.palette.typed), sizeof view.palette.typed - 1);
    view_key(&view, &context, KEY_ESCAPE);
    assert_false(view.palette.is_open || view.quit);
}

static options_result parse(int count, const char **words, options *options, error *error)
{
    return options_parse(count, (char **)words, options, error);
}

static void commands_on_the_command_line(void **state)
{
    (void)state;
    const char *good[] = {"wfview", "f", "--do", "help", "--do", "fit,gather"};
    static const char *const bad[][2] = {
        {"fit,hulp", "--do fit,hulp: no command is called \"hulp\"; --help lists them"},
        {"fit,,help", "--do fit,,help: no command is called \"\"; --help lists them"},
    };
    options options;
    error error;
    assert_int_equal(parse(6, good, &options, &error), OPTIONS_OK);
    assert_int_equal(options.do_count, 2);
    assert_string_equal(options.do_names[0], "help");
    assert_string_equal(options.do_names[1], "fit,gather");
    for (int i = 0; i < 2; i++) {
        const char *words[] = {"wfview", "f", "--do", bad[i][0]};
        assert_int_equal(parse(4, words, &options, &error), OPTIONS_USAGE);
        assert_string_equal(error.message, bad[i][1]);
    }
    const char *words[2 * OPTIONS_MOST_DO + 4] = {"wfview", "f"};
    int count = 2;
    for (int i = 0; i <= OPTIONS_MOST_DO; i++) {
        words[count++] = "--do";
        words[count++] = "fit";
    }
    assert_int_equal(parse(count, words, &options, &error), OPTIONS_USAGE);
    assert_string_equal(error.message, "--do fit: given more than 16 times");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(names_and_keys_are_of_one_row),
        cmocka_unit_test(groups_have_names_and_rows),
        cmocka_unit_test(toggles_do_not_repeat),
        cmocka_unit_test(toggles_turn),
        cmocka_unit_test(only_what_applies_is_done),
        cmocka_unit_test(escape_closes_what_lies_over_the_view_first),
        cmocka_unit_test(lists_of_names),
        cmocka_unit_test(differences_of_toggles),
        cmocka_unit_test(keys_have_names),
        cmocka_unit_test(the_palette_runs_what_is_typed),
        cmocka_unit_test(arrows_choose_in_the_palette),
        cmocka_unit_test(commands_on_the_command_line),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
