#include "option_writer.h"

#include <string.h>

static void write_word(options_writer *writer, const char *word)
{
    static const char plain[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-+=./,:@%^";
    const bool is_plain = !writer->for_shell || (*word && strspn(word, plain) == strlen(word));
    if (writer->for_shell)
        fputc(writer->between, writer->file);
    if (is_plain) {
        fputs(word, writer->file);
    } else {
        fputc('\'', writer->file);
        for (; *word; word++)
            fputs(*word == '\'' ? "'\\''" : (char[]){*word, 0}, writer->file);
        fputc('\'', writer->file);
    }
    if (!writer->for_shell)
        fputc(writer->between, writer->file);
}

void options_write(options_writer *writer, const char *name, const char *value)
{
    char word[64];
    snprintf(word, sizeof word, "--%s", name);
    if (value && *value == '-') { /* --exposure=-1: as a word of its own it could be taken for an option */
        char both[512];
        snprintf(both, sizeof both, "%s=%s", word, value);
        write_word(writer, both);
        return;
    }
    write_word(writer, word);
    if (value)
        write_word(writer, value);
}

void options_write_path(options_writer *writer, const char *path)
{
    char behind[4096];
    snprintf(behind, sizeof behind, "%s%s", *path == '-' ? "./" : "", path);
    write_word(writer, behind);
}

typedef struct given {
    bool (*is_replaced)(const char *name, const void *user);
    const void *user;
    options_writer *writer;
} given;

static void write_one(void *user, const char *name, const char *value)
{
    const given *given = user;
    if (!given->is_replaced(name, given->user))
        options_write(given->writer, name, value);
}

void options_write_given(const options *options, bool (*is_replaced)(const char *name, const void *user),
                         const void *user, options_writer *writer)
{
    given given = {is_replaced, user, writer};
    options_each_given(options, write_one, &given);
}
