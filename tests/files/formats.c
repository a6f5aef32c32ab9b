/* formats -- prints what the README says about files, as Markdown, from the tables that the program itself goes by.
 *
 *     formats
 *
 * tests/files/readme.py puts it into the README. */
#include <stdio.h>
#include <string.h>

#include "app/dataset/store.h"
#include "app/files/exr.h"
#include "app/files/exr_header.h"
#include "app/files/exr_rules.h"
#include "app/files/frame_file.h"
#include "app/trace/scene/gltf.h"
#include "wf.h"
#include "wf_network.h"

#define MAX_WRITERS 64
#define MAX_NAME    64

static void print_formats(void)
{
    puts("| frames and references | | |\n|---|---|---|");
    for (int i = 0; i < frame_format_count; i++)
        printf("| %s | `%s` | %s |\n", frame_formats[i].name, frame_formats[i].extension, frame_formats[i].values);
    char buffer[32];
    fputs("\nCompressions of OpenEXR files, read where the installed OpenEXR has them (3.1 to 3.3 end at DWAB): ",
          stdout);
    for (int i = 0; strncmp(exr_compression_text(i, buffer), "number ", 7) != 0; i++)
        printf("%s%s", i > 0 ? ", " : "", exr_compression_text(i, buffer));
    fputs("; written: ", stdout);
    for (int i = 0; exr_compression_name(i); i++)
        printf("%s`%s`", i > 0 ? ", " : "", exr_compression_name(i));
    puts(".");
}

/* ---- Layers ------------------------------------------------------------------------------------------------------ */

typedef char name[MAX_NAME];

static void add_writer(name *writers, int *count, const char *writer, size_t length)
{
    for (int i = 0; i < *count; i++)
        if (strlen(writers[i]) == length && strncmp(writers[i], writer, length) == 0)
            return;
    snprintf(writers[(*count)++], MAX_NAME, "%.*s", (int)length, writer);
}

/* "Arnold, Karma" are two of them; "Cycles, which ..." is one. */
static size_t next_writer(const char *writers)
{
    size_t length = strcspn(writers, ",");
    return strncmp(writers + length, ", which", 7) == 0 ? strlen(writers) : length;
}

static bool is_of(const exr_rule *rule, const char *writer)
{
    for (const char *word = rule->writer; *word; word += strspn(word, ", ")) {
        size_t length = next_writer(word);
        if (strlen(writer) == length && strncmp(word, writer, length) == 0)
            return true;
        word += length;
    }
    return false;
}

/* `Ci.RGB`; alternatives of letters with a slash. */
static void print_name(const exr_rule *rule)
{
    printf("`%s%s", rule->group, *rule->group && rule->components ? "." : "");
    for (const char *c = rule->components ? rule->components : ""; *c; c++)
        putchar(*c == '|' ? '/' : *c);
    putchar('`');
}

static void print_layers(void)
{
    static name writers[MAX_WRITERS];
    int count = 0;
    for (int i = 0; i < exr_rule_count; i++)
        for (const char *word = exr_rules[i].writer; *word; word += strspn(word, ", ")) {
            add_writer(writers, &count, word, next_writer(word));
            word += next_writer(word);
        }
    fputs("| layers in the channels of |", stdout);
    for (int layer = FRAME_COLOR; layer <= FRAME_MOTION; layer++)
        printf(" %s |", frame_layer_name((frame_layer)layer));
    puts("\n|---|---|---|---|---|---|");
    for (int w = 0; w < count; w++) {
        printf("| %s |", writers[w]);
        for (int layer = FRAME_COLOR; layer <= FRAME_MOTION; layer++) {
            bool first = true;
            for (int i = 0; i < exr_rule_count; i++) {
                if ((int)exr_rules[i].layer != layer || !is_of(&exr_rules[i], writers[w]))
                    continue;
                fputs(first ? " " : ", ", stdout);
                print_name(&exr_rules[i]);
                first = false;
            }
            fputs(" |", stdout);
        }
        putchar('\n');
    }
    puts("\nOf a layer's rules the first in [their table](app/files/exr_rules.c) that fits counts, whoever wrote the "
         "file; letters' case does not "
         "matter; `*` stands for a view layer or an integrator.");
}

/* ---- Scenes and limits ------------------------------------------------------------------------------------------- */

static void print_extensions(void)
{
    fputs("Extensions of glTF that scenes may require: ", stdout);
    for (int i = 0; gltf_extensions[i]; i++)
        printf("%s`%s`", i > 0 ? ", " : "", gltf_extensions[i]);
    puts(".");
}

static void print_limits(void)
{
    puts("| limits | |\n|---|---|");
    printf("| width and height of a frame | %d |\n", FRAME_FILE_MAX_SIZE);
    printf("| width and height of a kernel | %d |\n", WF_MAX_KERNEL);
    printf("| further layers (`--also`) | %d |\n", MAX_FURTHER);
    printf("| a network's file | %d MiB, %d levels |\n", WF_NETWORK_MAX_BYTES >> 20, WF_NETWORK_MAX_LEVELS);
    printf("| triangles of a scene | %u million |\n", SCENE_MAX_TRIANGLES / 1000000);
    printf("| width and height of a scene's texture | %d |\n", SCENE_MAX_TEXTURE);
    printf("| noisy pictures of a training pair (`--buffers`) | %d |\n", DATASET_MAX_BUFFERS);
}

int main(void)
{
    print_formats();
    putchar('\n');
    print_layers();
    putchar('\n');
    print_extensions();
    putchar('\n');
    print_limits();
    return 0;
}
