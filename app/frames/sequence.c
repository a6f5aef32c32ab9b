#include "sequence.h"

#include <ctype.h>
#include <dirent.h>
#include <errno.h>
#include <glob.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

#include "app/files/frame_file.h"
#include "frame_name.h"

/* Letters' case does not matter. */
static bool has_suffix(const char *text, const char *suffix)
{
    size_t length = strlen(text), tail = strlen(suffix);
    return length > tail && strcasecmp(text + length - tail, suffix) == 0;
}

static const char *file_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

/* Of the name up to its extension. */
static bool ends_with(const char *name, const char *extension, const char *ending)
{
    const size_t length = (size_t)(extension - name), tail = strlen(ending);
    return length > tail && strncasecmp(extension - tail, ending, tail) == 0;
}

/* What a file in a folder is, by its name. */
typedef enum kind { FRAME_FILE, REFERENCE_FILE, FEATURE_FILE, RESULT_FILE, HIDDEN_FILE, OTHER_FILE, KIND_COUNT } kind;

static kind kind_of(const char *name)
{
    if (name[0] == '.')
        return HIDDEN_FILE;
    if (!frame_file_format(name))
        return OTHER_FILE;
    const char *extension = strrchr(name, '.');
    if (ends_with(name, extension, ".ref") || ends_with(name, extension, "_ref"))
        return REFERENCE_FILE;
    if (ends_with(name, extension, ".alb") || ends_with(name, extension, ".nrm"))
        return FEATURE_FILE;
    return frame_name_is_result(name) ? RESULT_FILE : FRAME_FILE;
}

static bool is_frame(const char *name, const void *unused)
{
    (void)unused;
    return kind_of(name) == FRAME_FILE;
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
    bool wants_results = frame_name_is_result(pattern);
    for (size_t i = 0; i < found.gl_pathc && added; i++) {
        kind kind = kind_of(file_name(found.gl_pathv[i]));
        if (kind == FRAME_FILE || (kind == RESULT_FILE && wants_results))
            added = append(sequence, strdup(found.gl_pathv[i]), error);
    }
    globfree(&found);
    return added;
}

/* A file name with a place for a number: %d or %0Nd, one # a digit, $F or $FN. */
typedef struct numbered {
    const char *prefix;
    size_t prefix_length;
    size_t digits; /* at least */
    const char *suffix;
} numbered;

static bool parse_numbered(const char *name, numbered *pattern)
{
    const char *place = strpbrk(name, "%#$");
    if (!place)
        return false;
    char *end = (char *)place + 1;
    pattern->prefix = name;
    pattern->prefix_length = (size_t)(place - name);
    pattern->digits = 1;
    if (*place == '#') {
        pattern->digits = strspn(place, "#");
        pattern->suffix = place + pattern->digits;
        return true;
    }
    if (*place == '%' ? *end == '0' : *end == 'F' && isdigit((unsigned char)end[1]))
        pattern->digits = strtoul(place + (*place == '%' ? 1 : 2), &end, 10);
    else if (*place == '$')
        end += *end == 'F';
    pattern->suffix = *place == '%' ? end + 1 : end;
    return *place == '%' ? *end == 'd' : end > place + 1;
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

/* Appends a sentence. */
__attribute__((format(printf, 2, 3))) static void warn(sequence *sequence, const char *format, ...)
{
    va_list values;
    char *own = NULL, *all = NULL;
    va_start(values, format);
    if (vasprintf(&own, format, values) >= 0 &&
        asprintf(&all, "%s%s\n", sequence->warnings ? sequence->warnings : "", own) >= 0) {
        free(sequence->warnings);
        sequence->warnings = all;
    }
    free(own);
    va_end(values);
}

/* Of files of several formats, those of the first one are the frames: others are copies, which is said, or previews. */
static void keep_one_format(sequence *sequence, int first)
{
    const frame_format *best = NULL;
    for (int i = first; i < sequence->count; i++) {
        const frame_format *format = frame_file_format(sequence->paths[i]);
        best = !best || format < best ? format : best;
    }
    int kept = first, left = 0;
    for (int i = first; i < sequence->count; i++) {
        const frame_format *format = frame_file_format(sequence->paths[i]);
        if (format == best) {
            sequence->paths[kept++] = sequence->paths[i];
            continue;
        }
        left += format->decode != png_decode;
        free(sequence->paths[i]);
    }
    sequence->count = kept;
    if (left > 0)
        warn(sequence, "%d file%s of other formats beside it %s not taken: frames of a folder or pattern are all %s",
             left, left == 1 ? "" : "s", left == 1 ? "is" : "are", best->extension);
}

/* ---- What there is to say ---------------------------------------------------------------------------------------- */

/* Of a folder without frames: "2 references, 1 folder". */
static void count_kinds(const char *path, char *text, size_t size)
{
    static const char *const words[KIND_COUNT] = {[REFERENCE_FILE] = "reference",
                                                  [FEATURE_FILE] = "OIDN feature",
                                                  [RESULT_FILE] = "saved result",
                                                  [HIDDEN_FILE] = "hidden file",
                                                  [OTHER_FILE] = "other file"};
    int counts[KIND_COUNT] = {0}, folders = 0;
    size_t length = 0;
    DIR *directory = opendir(path);
    for (struct dirent *entry; directory && (entry = readdir(directory));) {
        bool is_dots = strcmp(entry->d_name, ".") == 0 || strcmp(entry->d_name, "..") == 0;
        if (entry->d_type == DT_DIR)
            folders += !is_dots;
        else
            counts[kind_of(entry->d_name)]++;
    }
    if (directory)
        closedir(directory);
    *text = '\0';
    for (int i = 0; i <= KIND_COUNT; i++) {
        int count = i < KIND_COUNT ? counts[i] : folders;
        const char *word = i < KIND_COUNT ? words[i] : "folder";
        if (count > 0 && word && length < size)
            length += (size_t)snprintf(text + length, size - length, "%s%d %s%s", length ? ", " : "", count, word,
                                       count == 1 ? "" : "s");
    }
}

static bool refuse_empty(const char *path, bool is_folder, error *error)
{
    char kinds[256];
    if (!is_folder)
        return error_set(
            error, "%s: no frames there (references, OIDN's .alb.exr and .nrm.exr and results of --save do not count)",
            path);
    count_kinds(path, kinds, sizeof kinds);
    if (!*kinds)
        return error_set(error, "%s: no frames there, nor anything else", path);
    return error_set(error, "%s: no frames there, but %s", path, kinds);
}

/* Frames from `first` on up to `end` are a sequence: says which numbers it lacks. */
static void note_gap(sequence *sequence, int first, int end)
{
    frame_name low, high, name;
    frame_name_split_numbered(sequence->paths[first], &low);
    frame_name_split_numbered(sequence->paths[end - 1], &high);
    unsigned long long from = strtoull(low.number, NULL, 10), to = strtoull(high.number, NULL, 10), next = from;
    for (int i = first; i < end; i++, next++) {
        frame_name_split_numbered(sequence->paths[i], &name);
        if (strtoull(name.number, NULL, 10) != next)
            break;
    }
    unsigned long long missing = to - from + 1 - (unsigned long long)(end - first);
    if (next > to || missing == 0)
        return;
    warn(sequence, "%llu of the frames %s%s%s to %s%s%s %s missing, the first is number %0*llu", missing, low.before,
         low.number, low.after, high.before, high.number, high.after, missing == 1 ? "is" : "are",
         (int)strlen(low.number), next);
}

static bool same_sequence(const char *a, const char *b)
{
    frame_name one, other;
    frame_name_split_numbered(a, &one);
    frame_name_split_numbered(b, &other);
    return frame_name_same_sequence(&one, &other) && strtoull(one.number, NULL, 10) < strtoull(other.number, NULL, 10);
}

static void note_gaps(sequence *sequence, int first)
{
    while (first < sequence->count) {
        int end = first + 1;
        while (end < sequence->count && same_sequence(sequence->paths[end - 1], sequence->paths[end]))
            end++;
        if (end > first + 1)
            note_gap(sequence, first, end);
        first = end;
    }
}

bool sequence_add(sequence *sequence, const char *path, error *error)
{
    int first = sequence->count;
    struct stat status;
    numbered pattern;
    bool exists = stat(path, &status) == 0, is_folder = exists && S_ISDIR(status.st_mode), added;
    if (is_folder)
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
    if (sequence->count == first)
        return refuse_empty(path, is_folder, error);
    if (is_folder || (!exists && strpbrk(path, "*?[")))
        keep_one_format(sequence, first);
    qsort(sequence->paths + first, (size_t)(sequence->count - first), sizeof *sequence->paths, compare_natural);
    note_gaps(sequence, first);
    return true;
}

bool sequence_is_numbered(const char *path)
{
    numbered pattern;
    return parse_numbered(file_name(path), &pattern);
}

char *sequence_path(const char *path, const char *number)
{
    numbered pattern;
    char *filled = NULL;
    if (!parse_numbered(file_name(path), &pattern))
        return strdup(path);
    const char *place = pattern.prefix + pattern.prefix_length;
    int digits = pattern.digits < PATH_MAX ? (int)pattern.digits : PATH_MAX;
    int length = asprintf(&filled, "%.*s%0*llu%s", (int)(place - path), path, digits, strtoull(number, NULL, 10),
                          pattern.suffix);
    return length < 0 ? NULL : filled;
}

void sequence_free(sequence *sequence)
{
    for (int i = 0; i < sequence->count; i++)
        free(sequence->paths[i]);
    free(sequence->paths);
    free(sequence->warnings);
    *sequence = (struct sequence){0};
}
