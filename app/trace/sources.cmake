# wfview_trace: everything of the path tracer that is not Vulkan: scenes, their BVH, skies, camera paths.
find_package(OpenMP REQUIRED COMPONENTS C)
pkg_check_modules(WFVIEW_TRACE REQUIRED IMPORTED_TARGET GLOBAL assimp libcjson stb)

add_library(wfview_trace STATIC
  trace/alias.c
  trace/bvh.c
  trace/bvh_ray.c
  trace/camera_path.c
  trace/lights.c
  trace/sky.c
  trace/scene/files.c
  trace/scene/gltf.c
  trace/scene/gltf_attributes.c
  trace/scene/gltf_extensions.c
  trace/scene/import.c
  trace/scene/material.c
  trace/scene/scene.c
  trace/scene/texture.c)
target_link_libraries(wfview_trace PUBLIC wfview_io PRIVATE wf_warnings PkgConfig::WFVIEW_TRACE OpenMP::OpenMP_C m)

# wfview_tracer: the path tracer on the GPU.
add_library(wfview_tracer STATIC trace/render.c trace/scene_buffers.c trace/tracer.c trace/upload.c)
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
  trace/features.comp.glsl trace/path.comp.glsl trace/sum.comp.glsl)
target_link_libraries(wfview_tracer PUBLIC wfview_gpu wfview_trace PRIVATE wf_warnings m)
