#include <string.h>

#include "app/files/frame_file.h"
#include "sequence.h"

/* What a run of these frames would say first. */
static void print_frames(const sequence *sequence, FILE *to)
{
    const int count = sequence->count;
    fprintf(to, "%d frame%s: %s", count, count == 1 ? "" : "s", sequence->paths[0]);
    if (count > 1)
        fprintf(to, " to %s", sequence->paths[count - 1]);
    fprintf(to, "\n%s", sequence->warnings ? sequence->warnings : "");
    if (count > 1)
        fprintf(to, "the first one:\n");
}

bool sequence_list(const char *path, const char *const *channels, int channel_count, FILE *to, error *error)
{
    sequence sequence = {0};
    bool ok = sequence_add(&sequence, path, error);
    if (ok && strcmp(sequence.paths[0], path) != 0)
        print_frames(&sequence, to);
    ok = ok && frame_file_list(sequence.paths[0], channels, channel_count, to, error);
    sequence_free(&sequence);
    return ok;
}
