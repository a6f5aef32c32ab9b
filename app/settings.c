#include "settings.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "files/input.h"
#include "files/output.h"

enum { MOST_WORDS = 64 };

/* False: there is no place for settings. */
static bool find_path(char path[PATH_MAX])
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
    const bool has_config = config && *config == '/'; /* others are to be ignored, says the specification */
    if (!has_config && (!home || *home != '/'))
        return false;
    return snprintf(path, PATH_MAX, "%s%s/wfview/settings", has_config ? config : home, has_config ? "" : "/.config") <
           PATH_MAX;
}

/* The words of the file, kept until the program ends; 0: there is none. */
static int read_words(const char *path, char *words[MOST_WORDS])
{
    static char *text;
    error error;
    size_t size;
    int count = 0;
    uint8_t *bytes = access(path, R_OK) == 0 ? input_read_file(path, &size, &error) : NULL;
    if (!bytes)
        return 0;
    free(text);
    text = strndup((const char *)bytes, size);
    free(bytes);
    char *rest = NULL;
    for (char *word = text ? strtok_r(text, "\n", &rest) : NULL; word && count < MOST_WORDS;
         word = strtok_r(NULL, "\n", &rest))
        words[count++] = word;
    return count;
}

void settings_apply(int argc, char **argv, options *options)
{
    static char **together; /* what options point into */
    char path[PATH_MAX], *words[MOST_WORDS];
    struct options all;
    error error;
    if (!find_path(path))
        return;
    const int count = read_words(path, words);
    free(together);
    together = count > 0 ? calloc((size_t)(argc + count) + 1, sizeof *together) : NULL;
    if (!together)
        return;
    together[0] = argv[0];
    memcpy(together + 1, words, sizeof *together * (size_t)count);
    memcpy(together + 1 + count, argv + 1, sizeof *together * (size_t)(argc - 1));
    if (options_parse(argc + count, together, &all, &error) == OPTIONS_OK) {
        *options = all;
        return;
    }
    fprintf(stderr, "wfview: warning: %s: not used: %s\n", path, error.message);
}

/* All folders that the path goes through. */
static bool make_folders(const char *path, error *error)
{
    char folder[PATH_MAX];
    for (const char *slash = strchr(path + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
        snprintf(folder, sizeof folder, "%.*s", (int)(slash - path), path);
        if (mkdir(folder, 0700) != 0 && errno != EEXIST)
            return error_set(error, "%s: cannot make this folder for settings: %s", folder, strerror(errno));
    }
    return true;
}

bool settings_write(const char *words, error *error)
{
    char path[PATH_MAX];
    output output;
    if (!find_path(path))
        return true;
    if (!make_folders(path, error) || !output_open(&output, path, error))
        return false;
    fputs(words, output.file);
    return output_close(&output, true, error);
}
