#include <ctype.h>
#include <stdio.h>
#include <string.h>

#include "commands.h"

static void name_key(int key, char name[32])
{
    static const struct {
        int key;
        const char *name;
    } names[] = {{' ', "Space"},
                 {KEY_ESCAPE, "Escape"},
                 {KEY_ENTER, "Enter"},
                 {KEY_TAB, "Tab"},
                 {KEY_BACKSPACE, "Backspace"},
                 {KEY_LEFT, "Left"},
                 {KEY_RIGHT, "Right"},
                 {KEY_UP, "Up"},
                 {KEY_DOWN, "Down"},
                 {KEY_HOME, "Home"},
                 {KEY_END, "End"},
                 {KEY_F1, "F1"},
                 {KEY_F5, "F5"},
                 {KEY_F10, "F10"}};
    if (key & KEY_CONTROL) {
        snprintf(name, 32, "Ctrl+%c", toupper(key & ~KEY_CONTROL));
        return;
    }
    for (size_t i = 0; i < sizeof names / sizeof *names; i++)
        if (names[i].key == key) {
            snprintf(name, 32, "%s", names[i].name);
            return;
        }
    snprintf(name, 32, "%s%c", isupper(key) ? "Shift+" : "", toupper(key));
}

static void join(char words[COMMAND_TEXT], const char *between, const char *more)
{
    const size_t length = strlen(words);
    snprintf(words + length, COMMAND_TEXT - length, "%s%s", length ? between : "", more);
}

void command_keys(const command *command, char words[COMMAND_TEXT])
{
    *words = 0;
    for (int i = 0; i < COMMAND_KEYS && command->keys[i]; i++) {
        char name[32];
        name_key(command->keys[i], name);
        join(words, " or ", name);
    }
}

typedef struct mouse_line {
    const char *keys, *words;
} mouse_line;

static const mouse_line picture_mouse[] = {
    {"Drag, wheel", "pan, zoom under the cursor"}, {"Double-click", "fit"}, {NULL, NULL}};

static const mouse_line camera_mouse[] = {
    {"Drag", "orbit"},
    {"Wheel", "closer, farther"},
    {"Right drag", "look around; with W A S D fly, with Q E down and up, with Shift faster"},
    {"Middle drag, Ctrl+wheel", "pan, zoom under the cursor"},
    {"Double-click", "fit"},
    {NULL, NULL},
};

static bool is_picture(int layer)
{
    return layer_rows[layer].has_error || layer == FRAME_REFERENCE;
}

/* Pictures in the order of who reads them: what is filtered, its reference. */
static void list_layers(bool pictures, command_help *line)
{
    for (int reference = 0; reference < 2; reference++)
        for (int layer = 0; layer < LAYER_COUNT; layer++) {
            char key[2] = {(char)toupper(layer_rows[layer].key), 0};
            if (!*key || is_picture(layer) != pictures || (layer == FRAME_REFERENCE) != reference)
                continue;
            join(line->keys, "  ", key);
            join(line->words, ", ", layer_word(layer));
        }
    const size_t length = strlen(line->words);
    snprintf(line->words + length, COMMAND_TEXT - length, "%s", pictures ? " in the pane under the cursor" : " there");
}

/* The rows that have keys and apply, from the first. */
static bool find_row(const view_context *context, int index, command_help *line)
{
    command command;
    for (int i = 0; i < command_rows() && command_get(i, &command); i++)
        if (command.keys[0] && command_applies(i, context) && index-- == 0) {
            line->group = (int)command.group;
            command_keys(&command, line->keys);
            snprintf(line->words, COMMAND_TEXT, "%s", command.words);
            return true;
        }
    return false;
}

bool commands_help(const view_context *context, int index, command_help *line)
{
    const mouse_line *mouse = context->has_camera ? camera_mouse : picture_mouse;
    *line = (command_help){.group = COMMAND_GROUPS};
    for (; mouse->keys; mouse++)
        if (index-- == 0) {
            snprintf(line->keys, COMMAND_TEXT, "%s", mouse->keys);
            snprintf(line->words, COMMAND_TEXT, "%s", mouse->words);
            return true;
        }
    if (index < 3) {
        line->group = COMMANDS_PANES;
        if (index < 2)
            list_layers(index == 0, line);
        else
            *line =
                (command_help){COMMANDS_PANES, "1 to 9", "a pane alone; in a wipe it takes the side under the cursor"};
        return true;
    }
    return find_row(context, index - 3, line);
}
