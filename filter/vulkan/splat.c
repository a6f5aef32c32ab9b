#include "device.h"
#include "splat.comp.h"

const vulkan_shader wf_vulkan_splat_shader = {splat_comp, sizeof splat_comp};
