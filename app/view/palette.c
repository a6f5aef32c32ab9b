#include "palette.h"

#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { MOST = 256 };

void palette_open(view *view, const view_context *context)
{
    view->palette = (view_palette){.is_open = true, .hovered = context->hovered};
}

static bool contains(const char *text, const char *word, size_t length)
{
    for (; *text; text++)
        if (strncasecmp(text, word, length) == 0)
            return true;
    return length == 0;
}

static bool matches(const command *command, const char *typed)
{
    char all[512];
    snprintf(all, sizeof all, "%s %s %s", command_group_name(command->group), command->words, command->name);
    while (*typed) {
        typed += strspn(typed, " ");
        const size_t length = strcspn(typed, " ");
        if (!contains(all, typed, length))
            return false;
        typed += length;
    }
    return true;
}

int palette_find(const view *view, const view_context *context, int found[], int most)
{
    command command;
    int count = 0;
    for (int i = 0; count < most && command_get(i, &command); i++)
        if (command_applies(i, context) && matches(&command, view->palette.typed))
            found[count++] = i;
    return count;
}

void palette_run(view *view, const view_context *context, int index)
{
    view_context there = *context;
    there.hovered = view->palette.hovered;
    view->palette.is_open = false;
    command_run(index, view, &there);
}

/* Letters of ASCII are enough for what commands are called. */
static void type(view_palette *palette, int key)
{
    const size_t length = strlen(palette->typed);
    if (key < ' ' || key > '~' || length + 1 == sizeof palette->typed)
        return;
    palette->typed[length] = (char)key;
    palette->typed[length + 1] = 0;
    palette->chosen = 0;
}

static void take_back(view_palette *palette)
{
    const size_t length = strlen(palette->typed);
    if (length > 0)
        palette->typed[length - 1] = 0;
    palette->chosen = 0;
}

static void choose(view *view, const view_context *context, int step)
{
    int found[MOST];
    const int count = palette_find(view, context, found, MOST), chosen = view->palette.chosen + step;
    view->palette.chosen = chosen < 0 || count == 0 ? 0 : chosen < count ? chosen : count - 1;
}

static void run_chosen(view *view, const view_context *context)
{
    int found[MOST];
    if (view->palette.chosen < palette_find(view, context, found, MOST))
        palette_run(view, context, found[view->palette.chosen]);
}

void palette_key(view *view, const view_context *context, int key)
{
    switch (key) {
    case KEY_ESCAPE:
        view->palette.is_open = false;
        break;
    case KEY_ENTER:
        run_chosen(view, context);
        break;
    case KEY_BACKSPACE:
        take_back(&view->palette);
        break;
    case KEY_UP:
        choose(view, context, -1);
        break;
    case KEY_DOWN:
        choose(view, context, 1);
        break;
    default:
        type(&view->palette, key);
    }
}
