/* palette.h -- the list of commands that is searched with what is typed. It lies over the view and
   takes all keys while it is open. */
#ifndef WFVIEW_PALETTE_H
#define WFVIEW_PALETTE_H

#include "commands.h"

/* Opens it for the pane under the cursor, with nothing typed. */
void palette_open(view *view, const view_context *context);

/* Characters are typed, Backspace takes one back, arrows choose, Enter runs what is chosen, Escape closes. */
void palette_key(view *view, const view_context *context, int key);

/* The commands that apply and have every typed word somewhere in group, words or name, whatever letters' case: at most
 * `most` of them, as command_get numbers them. Returns how many. */
int palette_find(const view *view, const view_context *context, int matches[], int most);

/* Closes it and runs one of them. */
void palette_run(view *view, const view_context *context, int index);

#endif
