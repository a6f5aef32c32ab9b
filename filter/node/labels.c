#include "wf_labels.h"

#ifdef WF_NVTX
#include <nvtx3/nvToolsExt.h>

void wf_range_begin(const char *name)
{
    nvtxRangePushA(name);
}

void wf_range_end(void)
{
    nvtxRangePop();
}
#else
void wf_range_begin(const char *name)
{
    (void)name;
}

void wf_range_end(void)
{
}
#endif

wf_labels wf_labels_of(VkInstance instance)
{
    wf_labels labels = {0};
    if (!instance)
        return labels;
    labels.begin = (PFN_vkCmdBeginDebugUtilsLabelEXT)vkGetInstanceProcAddr(instance, "vkCmdBeginDebugUtilsLabelEXT");
    labels.end = (PFN_vkCmdEndDebugUtilsLabelEXT)vkGetInstanceProcAddr(instance, "vkCmdEndDebugUtilsLabelEXT");
    return labels;
}

void wf_label_begin(const wf_labels *labels, VkCommandBuffer commands, const char *name)
{
    const VkDebugUtilsLabelEXT label = {.sType = VK_STRUCTURE_TYPE_DEBUG_UTILS_LABEL_EXT, .pLabelName = name};
    if (commands && labels->begin && labels->end)
        labels->begin(commands, &label);
}

void wf_label_end(const wf_labels *labels, VkCommandBuffer commands)
{
    if (commands && labels->begin && labels->end)
        labels->end(commands);
}
