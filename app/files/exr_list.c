#include <stdlib.h>

#include "exr.h"
#include "exr_reader.h"
#include "siblings.h"

static void print_window(FILE *to, const char *name, const exr_window *window)
{
    fprintf(to, ", %s window %lldx%lld at %lld,%lld", name, (long long)window->width, (long long)window->height,
            (long long)window->x, (long long)window->y);
}

static void print_part(FILE *to, int number, const exr_part *part)
{
    fprintf(to, "part %d%s%s%s", number, *part->name ? " \"" : "", part->name, *part->name ? "\"" : "");
    fprintf(to, "%s%s: %s%s, %s", *part->view ? ", view " : "", part->view, part->deep ? "deep " : "",
            part->tiled ? "tiles" : "scan lines", part->compression);
    print_window(to, "data", &part->data);
    print_window(to, "display", &part->display);
    fputc('\n', to);
    for (int i = 0; i < part->channel_count; i++) {
        const exr_channel *channel = &part->channels[i];
        fprintf(to, "  %s  %s", channel->name, channel->type);
        if (channel->x_sampling != 1 || channel->y_sampling != 1)
            fprintf(to, ", a sample for %dx%d pixels", channel->x_sampling, channel->y_sampling);
        fputc('\n', to);
    }
}

static void print_layers(FILE *to, const char *path, const reader *reader, const place places[FRAME_LAYER_COUNT])
{
    for (int layer = 0; layer < FRAME_LAYER_COUNT; layer++) {
        bool found = places[layer].found;
        char *from = found ? describe_place(reader, &places[layer]) : sibling_path(path, layer);
        if (from)
            fprintf(to, "%s from %s (%s)\n", frame_layer_name((frame_layer)layer), from,
                    found ? places[layer].writer : "OIDN");
        free(from);
    }
    char *missed = describe_missed(reader, places);
    fputs(missed ? missed : "", to);
    free(missed);
}

bool exr_list(const char *path, const char *const *channels, int channel_count, FILE *to, error *error)
{
    reader reader;
    place places[FRAME_LAYER_COUNT];
    exr_window window;
    struct error inner = {""};
    bool opened = reader_open(&reader, path, &inner);
    for (int part = 0; opened && part < exr_file_part_count(reader.file); part++)
        print_part(to, part, exr_file_part(reader.file, part));
    if (opened && locate_layers(&reader, FRAME_COLOR, channels, channel_count, places, &inner) &&
        find_window(reader.file, places, &window, &inner))
        print_layers(to, path, &reader, places);
    else if (opened)
        fprintf(to, "no frame: %s\n", inner.message);
    reader_close(&reader);
    return opened || error_set(error, "%s: %s", path, inner.message);
}
