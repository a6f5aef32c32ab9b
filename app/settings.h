/* settings.h -- what a window leaves for the next one: options, a word a line, in $XDG_CONFIG_HOME/wfview/settings,
 * else ~/.config/wfview/settings. Headless and measured runs neither read nor write it. */
#ifndef WFVIEW_SETTINGS_H
#define WFVIEW_SETTINGS_H

#include "options.h"

/* Parses again with the settings before the words of the command line, which win. Where that fails, a file that is no
 * longer understood, a warning is printed, and *options stays as it is. */
void settings_apply(int argc, char **argv, options *options);

/* Replaces them, making the folder if need be. Without a home there is nothing to do. */
bool settings_write(const char *words, error *error);

#endif
