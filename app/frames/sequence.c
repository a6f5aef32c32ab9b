#include "sequence.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static bool has_suffix(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length > tail && strcmp(text + length - tail, suffix) == 0;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

static bool is_frame(const char *name, const void *unused)
{
    (void)unused;
    return name[0] != '.' && has_suffix(name, ".exr") && !has_suffix(name, ".alb.exr") &&
           !has_suffix(name, ".nrm.exr") && !has_suffix(name, ".ref.exr") && !has_suffix(name, "_ref.exr");
}

/* Digits compare as numbers, everything else as bytes. */
static int compare_natural(const void *first, const void *second)
{
    const char *a = *(char *const *)first, *b = *(char *const *)second;
    while (*a && *b) {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            a += strspn(a, "0");
            b += strspn(b, "0");
            size_t digits_a = strspn(a, "0123456789"), digits_b = strspn(b, "0123456789");
            if (digits_a != digits_b)
                return digits_a < digits_b ? -1 : 1;
            int order = strncmp(a, b, digits_a);
            if (order)
                return order;
            a += digits_a;
            b += digits_b;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    if (*a || *b)
        return *a ? 1 : -1;
    return strcmp(*(char *const *)first, *(char *const *)second); /* frame.01 and frame.1 */
}

/* Takes the path, which may be NULL for want of memory. */
static bool append(sequence *sequence, char *path, error *error)
{
    char **paths = path ? realloc(sequence->paths, sizeof *paths * ((size_t)sequence->count + 1)) : NULL;
    if (!paths) {
        free(path);
        return error_set(error, "not enough memory for a list of %d files", sequence->count + 1);
    }
    sequence->paths = paths;
    paths[sequence->count++] = path;
    return true;
}

/* Appends what `accept` likes of the names in a folder. "" is the current one. */
static bool add_folder(sequence *sequence, const char *folder, bool (*accept)(const char *name, const void *user),
                       const void *user, error *error)
{
    DIR *directory = opendir(*folder ? folder : ".");
    if (!directory)
        return error_set(error, "%s: cannot open: %s", folder, strerror(errno));
    bool added = true;
    for (struct dirent *entry; added && (entry = readdir(directory));) {
        if (!accept(entry->d_name, user))
            continue;
        char *path = NULL;
        if (asprintf(&path, "%s%s%s", folder, !*folder || has_suffix(folder, "/") || !strcmp(folder, "/") ? "" : "/",
                     entry->d_name) < 0)
            path = NULL;
        added = append(sequence, path, error);
    }
    closedir(directory);
    return added;
}

static bool add_glob(sequence *sequence, const char *pattern, error *error)
{
    glob_t found;
    bool added = true;
    int result = glob(pattern, GLOB_NOSORT, NULL, &found);
    if (result == GLOB_NOMATCH)
        return true;
    if (result != 0)
        return error_set(error, "%s: cannot list what matches", pattern);
    for (size_t i = 0; i < found.gl_pathc && added; i++)
        if (is_frame(file_name(found.gl_pathv[i]), NULL))
            added = append(sequence, strdup(found.gl_pathv[i]), error);
    globfree(&found);
    return added;
}

/* A file name with one %d or %0Nd. */
typedef struct numbered {
    const char *prefix;
    size_t prefix_length;
    size_t digits; /* at least */
    const char *suffix;
} numbered;

static bool parse_numbered(const char *name, numbered *pattern)
{
    const char *percent = strchr(name, '%');
    if (!percent)
        return false;
    char *end = (char *)percent + 1;
    pattern->digits = percent[1] == '0' ? strtoul(percent + 1, &end, 10) : 1;
    pattern->prefix = name;
    pattern->prefix_length = (size_t)(percent - name);
    pattern->suffix = end + 1;
    return *end == 'd';
}

static bool is_numbered(const char *name, const void *user)
{
    const numbered *pattern = user;
    if (strncmp(name, pattern->prefix, pattern->prefix_length) != 0)
        return false;
    const char *number = name + pattern->prefix_length;
    size_t digits = strspn(number, "0123456789");
    bool printed = digits > 0 && (digits == pattern->digits || (digits > pattern->digits && *number != '0'));
    return printed && strcmp(number + digits, pattern->suffix) == 0;
}

static bool add_numbered(sequence *sequence, const char *path, const numbered *pattern, error *error)
{
    char *folder = strndup(path, (size_t)(pattern->prefix - path));
    bool added = folder ? add_folder(sequence, folder, is_numbered, pattern, error)
                        : error_set(error, "%s: not enough memory", path);
    free(folder);
    return added;
}

bool sequence_add(sequence *sequence, const char *path, error *error)
{
    int first = sequence->count;
    struct stat status;
    numbered pattern;
    bool exists = stat(path, &status) == 0, added;
    if (exists && S_ISDIR(status.st_mode))
        added = add_folder(sequence, path, is_frame, NULL, error);
    else if (exists)
        added = append(sequence, strdup(path), error);
    else if (parse_numbered(file_name(path), &pattern))
        added = add_numbered(sequence, path, &pattern, error);
    else if (strpbrk(path, "*?["))
        added = add_glob(sequence, path, error);
    else
        added = error_set(error, "%s: cannot open: %s", path, strerror(ENOENT));
    if (!added)
        return false;
    if (sequence->count > first) {
        qsort(sequence->paths + first, (size_t)(sequence->count - first), sizeof *sequence->paths, compare_natural);
        return true;
    }
    return error_set(error, "%s: no frames there (references and OIDN's .alb.exr and .nrm.exr do not count)", path);
}

void sequence_free(sequence *sequence)
{
    for (int i = 0; i < sequence->count; i++)
        free(sequence->paths[i]);
    free(sequence->paths);
    *sequence = (struct sequence){0};
}
