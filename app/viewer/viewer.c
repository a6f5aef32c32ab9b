#include "viewer.h"

#include "state.h"

static bool run(viewer *viewer, error *error)
{
    if (!viewer_open(viewer, error))
        return false;
    if (!(viewer_measures(viewer) ? viewer_run_measured(viewer, error) : viewer_run_in_window(viewer, error)) ||
        (viewer->shown >= 0 && !viewer_write_results(viewer, error)))
        return false;
    *error->message = '\0'; /* what was skipped has been said */
    return viewer_skipped_count(viewer) == 0;
}

bool viewer_run(const options *options, error *error)
{
    viewer viewer = {.options = options, .started_ns = profiler_now(), .shown = -1, .chosen = WF_BACKEND_COUNT};
    viewer.times = viewer.kept = profiler_create();
    viewer.discarded = profiler_create();
    profiler_keep_spans(viewer.kept, options->trace || options->times);
    bool ok = run(&viewer, error);
    viewer_close(&viewer);
    int messages = viewer.device.validation_messages + viewer.log.validation_messages;
    for (int i = 0; i < SEQUENCES - 1; i++)
        messages += viewer.beside[i].log.validation_messages;
    if (ok && messages > 0)
        ok = error_set(error, "Vulkan's validation layer had %d message%s", messages, messages == 1 ? "" : "s");
    return ok;
}
