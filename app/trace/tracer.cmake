# wfview_tracer: the path tracer on the GPU. Whoever links it compiles app/device.c.
add_library(wfview_tracer STATIC
  trace/render.c
  trace/tracer.c
  trace/upload.c)
add_executable(ggx_tables trace/ggx_tables.c)
target_include_directories(ggx_tables PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(ggx_tables PRIVATE wf_warnings m)
set(WFVIEW_TRACER_TABLES ${CMAKE_CURRENT_BINARY_DIR}/tables)
file(MAKE_DIRECTORY ${WFVIEW_TRACER_TABLES})
add_custom_command(
  OUTPUT ${WFVIEW_TRACER_TABLES}/ggx_tables.h
  COMMAND ggx_tables > ${WFVIEW_TRACER_TABLES}/ggx_tables.h
  DEPENDS ggx_tables
  COMMENT "Computing the albedo of GGX surfaces")
target_sources(wfview_tracer PRIVATE ${WFVIEW_TRACER_TABLES}/ggx_tables.h)
target_include_directories(wfview_tracer PRIVATE ${WFVIEW_TRACER_TABLES})
wf_embed_shader(wfview_tracer
  ${PROJECT_SOURCE_DIR}/shaders/trace_features.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/trace_path.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/trace_sum.comp.glsl)
target_link_libraries(wfview_tracer PUBLIC wfview_trace wf Vulkan::Vulkan PRIVATE wf_warnings m)
