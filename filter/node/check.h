/* check.h -- results on their way out. Private to filter/node. */
#ifndef WF_NODE_CHECK_H
#define WF_NODE_CHECK_H

#include <vulkan/vulkan.h>

#include "backend.h"

#define TRY(expression)                                                                                                \
    do {                                                                                                               \
        wf_result try_result = (expression);                                                                           \
        if (try_result != WF_OK)                                                                                       \
            return try_result;                                                                                         \
    } while (0)

/* Reports which call failed and how; WF_OK for VK_SUCCESS. */
wf_result node_check(const wf_log *log, VkResult result, const char *call);

#endif
