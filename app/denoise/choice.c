#include "choice.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#define FOLDER "wfview"

/* ---- What is remembered ------------------------------------------------------------------------------------------ */

/* Opens the file, and makes its folders where it is to be written. */
static FILE *open_memory(const char *mode)
{
    char path[4096];
    const char *cache = getenv("XDG_CACHE_HOME"), *home = getenv("HOME");
    if (cache && *cache == '/')
        snprintf(path, sizeof path - 32, "%s", cache);
    else if (home && *home == '/')
        snprintf(path, sizeof path - 32, "%s/.cache", home);
    else
        return NULL;
    const bool writes = *mode != 'r';
    if (writes)
        mkdir(path, 0700);
    strcat(path, "/" FOLDER);
    if (writes)
        mkdir(path, 0700);
    strcat(path, "/backends.txt");
    return fopen(path, mode);
}

static wf_backend faster(const choice *choice)
{
    return choice->cuda_ms <= CHOICE_MARGIN * choice->vulkan_ms ? WF_CUDA : WF_VULKAN;
}

bool choice_recall(const char *work, choice *choice)
{
    char line[CHOICE_WORK_SIZE + 64];
    FILE *file = open_memory("re");
    bool found = false;
    while (file && fgets(line, sizeof line, file)) {
        double cuda_ms = 0, vulkan_ms = 0;
        int length = 0;
        line[strcspn(line, "\n")] = '\0';
        if (sscanf(line, "%lf %lf %n", &cuda_ms, &vulkan_ms, &length) != 2 || !(cuda_ms > 0) || !(vulkan_ms > 0) ||
            strcmp(line + length, work) != 0)
            continue;
        *choice = (struct choice){.cuda_ms = cuda_ms, .vulkan_ms = vulkan_ms, .remembered = true};
        choice->backend = faster(choice);
        found = true;
    }
    if (file)
        fclose(file);
    return found;
}

/* In one piece: other processes may do the same. */
static void remember(const char *work, const choice *choice)
{
    FILE *file = open_memory("ae");
    if (!file)
        return;
    fprintf(file, "%.4f %.4f %s\n", choice->cuda_ms, choice->vulkan_ms, work);
    fclose(file);
}

/* ---- The choice -------------------------------------------------------------------------------------------------- */

bool choice_time(const char *work, choice_timer timer, void *user, choice *choice)
{
    *choice = (struct choice){.cuda_ms = timer(user, WF_CUDA)};
    choice->vulkan_ms = choice->cuda_ms > 0 ? timer(user, WF_VULKAN) : 0;
    if (!(choice->cuda_ms > 0) || !(choice->vulkan_ms > 0))
        return false;
    choice->backend = faster(choice);
    remember(work, choice);
    return true;
}

void choice_describe(const choice *choice, char *text, size_t size)
{
    const bool is_cuda = choice->backend == WF_CUDA;
    snprintf(text, size, "auto takes %s: %.3f ms a frame, %.3f on %s%s\n", wf_backend_name(choice->backend),
             is_cuda ? choice->cuda_ms : choice->vulkan_ms, is_cuda ? choice->vulkan_ms : choice->cuda_ms,
             wf_backend_name(is_cuda ? WF_VULKAN : WF_CUDA), choice->remembered ? ", timed before" : "");
}
