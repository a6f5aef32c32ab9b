#include "device.h"
#include "gather.comp.h"

const vulkan_shader wf_vulkan_gather_shader = {gather_comp, sizeof gather_comp};
