/* Preloaded into wfview, in a tool's place: writes a line "vulkan NAME" for each label of commands and "range NAME" for
 * each range to the file that WF_LABELS names, with a space before it for each one that it lies in. Ends without a
 * beginning are said as "too many". */
#include <dlfcn.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <vulkan/vulkan.h>

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static PFN_vkCmdBeginDebugUtilsLabelEXT real_begin;
static PFN_vkCmdEndDebugUtilsLabelEXT real_end;
static int label_depth; /* commands are recorded by one thread, one buffer after the other */

static void say(int depth, const char *kind, const char *name)
{
    static FILE *file;
    pthread_mutex_lock(&lock);
    if (!file && getenv("WF_LABELS"))
        file = fopen(getenv("WF_LABELS"), "w");
    if (file) {
        fprintf(file, "%*s%s %s\n", depth, "", kind, name);
        fflush(file);
    }
    pthread_mutex_unlock(&lock);
}

static VKAPI_ATTR void VKAPI_CALL begin_label(VkCommandBuffer commands, const VkDebugUtilsLabelEXT *label)
{
    say(label_depth++, "vulkan", label->pLabelName);
    real_begin(commands, label);
}

static VKAPI_ATTR void VKAPI_CALL end_label(VkCommandBuffer commands)
{
    if (--label_depth < 0)
        say(0, "vulkan", "too many");
    real_end(commands);
}

VKAPI_ATTR PFN_vkVoidFunction VKAPI_CALL vkGetInstanceProcAddr(VkInstance instance, const char *name)
{
    PFN_vkGetInstanceProcAddr real;
    *(void **)&real = dlsym(RTLD_NEXT, "vkGetInstanceProcAddr");
    PFN_vkVoidFunction function = real(instance, name);
    if (function && strcmp(name, "vkCmdBeginDebugUtilsLabelEXT") == 0) {
        real_begin = (PFN_vkCmdBeginDebugUtilsLabelEXT)function;
        return (PFN_vkVoidFunction)begin_label;
    }
    if (function && strcmp(name, "vkCmdEndDebugUtilsLabelEXT") == 0) {
        real_end = (PFN_vkCmdEndDebugUtilsLabelEXT)function;
        return (PFN_vkVoidFunction)end_label;
    }
    return function;
}

#ifdef WF_NVTX
#include <nvtx3/nvToolsExt.h>

static _Thread_local int range_depth;

static int begin_range(const char *name)
{
    say(range_depth, "range", name);
    return range_depth++;
}

static int end_range(void)
{
    if (--range_depth < 0)
        say(0, "range", "too many");
    return range_depth;
}

/* What NVTX calls in the library that NVTX_INJECTION64_PATH names. */
int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t get_table);
int InitializeInjectionNvtx2(NvtxGetExportTableFunc_t get_table)
{
    const NvtxExportTableCallbacks *callbacks = get_table(NVTX_ETID_CALLBACKS);
    NvtxFunctionTable table;
    unsigned int size;
    if (!callbacks || !callbacks->GetModuleFunctionTable(NVTX_CB_MODULE_CORE, &table, &size) ||
        size <= NVTX_CBID_CORE_RangePop)
        return 0;
    *table[NVTX_CBID_CORE_RangePushA] = (NvtxFunctionPointer)begin_range;
    *table[NVTX_CBID_CORE_RangePop] = (NvtxFunctionPointer)end_range;
    return 1;
}
#endif
