# wfview_tracer: the path tracer on the GPU. Whoever links it compiles app/device.c.
add_library(wfview_tracer STATIC
  trace/ggx.c
  trace/render.c
  trace/tracer.c
  trace/upload.c)
wf_embed_shader(wfview_tracer
  ${PROJECT_SOURCE_DIR}/shaders/trace_features.comp.glsl ${PROJECT_SOURCE_DIR}/shaders/trace_path.comp.glsl)
target_link_libraries(wfview_tracer PUBLIC wfview_trace wf Vulkan::Vulkan PRIVATE wf_warnings m)
