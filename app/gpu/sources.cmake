# wfview_gpu: the Vulkan device that everything on the GPU shares, and its clock.
add_library(wfview_gpu STATIC gpu/commands.c gpu/device.c gpu/memory.c gpu/pipeline.c gpu/timer.c)
target_link_libraries(wfview_gpu PUBLIC wfview_io Vulkan::Vulkan PRIVATE wf_warnings m)
