/* commands.h -- what the user can tell the viewer, a row each in commands.c: keys, the list of commands,
 * help, menu and --do are made of these rows. A layer that has a key or a name is one, too: it is shown
 * in the pane under the cursor. */
#ifndef WFVIEW_COMMANDS_H
#define WFVIEW_COMMANDS_H

#include "view.h"

typedef enum command_group {
    COMMANDS_VIEW,
    COMMANDS_PANES,
    COMMANDS_TONE,
    COMMANDS_SEQUENCE,
    COMMANDS_FILTER,
    COMMANDS_CAMERA,
    COMMANDS_FILE,
    COMMANDS_HELP,
    COMMAND_GROUPS
} command_group;

#define COMMAND_KEYS 3

typedef struct command {
    const char *name;  /* for --do: "zoom-in" */
    const char *words; /* what it does: "zoom in" */
    command_group group;
    int keys[COMMAND_KEYS]; /* characters and KEY_ of view.h; 0: none */
    void (*run)(view *view, const view_context *context, int argument);
    int argument;
    bool (*applies)(const view_context *context); /* NULL: always */
    size_t flag;  /* of a toggle: the offset in view of what it turns on and off; 0: it is none */
    bool passing; /* what the toggle shows is for a moment: nothing that a command line or settings keep */
    bool repeats; /* while a key is held */
} command;

/* Row `index` from 0; false after the last. Layers come last, after so many other rows. */
int command_rows(void);
bool command_get(int index, command *command);

/* The row that applies and has this name, or this key; -1: none. */
int command_find(const view_context *context, const char *name);
int command_of_key(const view_context *context, int key);

bool command_is_on(const command *command, const view *view); /* false of all but toggles */

bool command_applies(int index, const view_context *context);

/* Does what the row says, if it applies; -1: nothing. */
void command_run(int index, view *view, const view_context *context);

const char *command_group_name(command_group group); /* "View" */

/* "F or Shift+F", of the keys of a row. */
#define COMMAND_TEXT 160
void command_keys(const command *command, char words[COMMAND_TEXT]);

/* What mouse and keys do, in lines: false after the last. Layers share lines. */
typedef struct command_help {
    int group; /* a command_group; COMMAND_GROUPS: the mouse */
    char keys[COMMAND_TEXT], words[COMMAND_TEXT];
} command_help;
bool commands_help(const view_context *context, int index, command_help *line);

/* The names that --do takes; NULL after the last. */
const char *command_word(int index);

/* Of --do: names with commas between. False: *unknown is the first that no command has. */
bool commands_known(const char *names, char unknown[COMMAND_TEXT]);
void commands_run(const char *names, view *view, const view_context *context);

/* The toggles, but for passing ones, that differ in two views, as names with commas between; empty: none. */
void commands_difference(const view *view, const struct view *other, const view_context *context, char *names,
                         size_t size);

#endif
