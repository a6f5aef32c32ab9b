#include "device.h"
#include "gather_splat.comp.h"

const vulkan_shader wf_vulkan_gather_splat_shader = {gather_splat_comp, sizeof gather_splat_comp};
