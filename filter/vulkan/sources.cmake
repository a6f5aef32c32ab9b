# The Vulkan backend.
include(${PROJECT_SOURCE_DIR}/shaders/embed.cmake)
include(${CMAKE_CURRENT_LIST_DIR}/matrix.cmake)
target_sources(wf PRIVATE
  vulkan/device.c vulkan/check.c vulkan/open.c vulkan/stream.c vulkan/memory.c vulkan/pipeline.c
  vulkan/kernel.c vulkan/shape.c vulkan/filter.c vulkan/gather.c vulkan/splat.c vulkan/gather_splat.c
  vulkan/grad_weight.c vulkan/backward.c vulkan/predict.c vulkan/steps.c vulkan/pick.c vulkan/summarize.c
  vulkan/convolve.c vulkan/matrix.c vulkan/matrix_${WF_MATRICES}.c vulkan/convolve_matrix.c vulkan/level_matrix.c vulkan/features.c vulkan/pyramid.c)
wf_embed_shader(wf
  ${PROJECT_SOURCE_DIR}/shaders/filter/gather.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/splat.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/gather_splat.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/grad_weight.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/destinations.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/sum.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/compress.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/predict.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/step_down.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/step_up.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/pick.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/summarize.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/log_sums.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/exposure.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/features.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/convolve.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/convolve_matrix.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/convolve_emulated.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/convolve_features.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/convolve_features_emulated.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/level_matrix.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/level_emulated.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/pool.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/logits.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/light.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/halve.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/join.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/network/blend.comp.glsl)
target_link_libraries(wf PUBLIC Vulkan::Vulkan)
