# The Vulkan backend.
include(${PROJECT_SOURCE_DIR}/shaders/embed.cmake)
target_sources(wf PRIVATE
  vulkan/device.c vulkan/check.c vulkan/open.c vulkan/stream.c vulkan/memory.c vulkan/pipeline.c
  vulkan/kernel.c vulkan/shape.c vulkan/filter.c vulkan/gather.c vulkan/splat.c vulkan/gather_splat.c
  vulkan/grad_weight.c vulkan/backward.c vulkan/predict.c vulkan/steps.c vulkan/pick.c vulkan/summarize.c
  vulkan/convolve.c vulkan/matrix.c vulkan/matrix_product.c vulkan/matrix_code.c vulkan/convolve_matrix.c
  vulkan/level_matrix.c vulkan/features.c vulkan/pyramid.c)
wf_embed_shader(wf
  filter/gather.comp.glsl filter/splat.comp.glsl filter/gather_splat.comp.glsl filter/grad_weight.comp.glsl
  filter/destinations.comp.glsl filter/sum.comp.glsl filter/compress.comp.glsl filter/predict.comp.glsl
  filter/step_down.comp.glsl filter/step_up.comp.glsl filter/pick.comp.glsl filter/summarize.comp.glsl
  network/log_sums.comp.glsl network/exposure.comp.glsl network/features.comp.glsl network/convolve.comp.glsl
  network/convolve_matrix.comp.glsl network/convolve_emulated.comp.glsl network/convolve_features.comp.glsl
  network/convolve_features_emulated.comp.glsl network/level_matrix.comp.glsl network/level_emulated.comp.glsl
  network/level_logits.comp.glsl network/level_logits_emulated.comp.glsl network/level_filter.comp.glsl
  network/level_copy.comp.glsl
  network/pool.comp.glsl network/logits.comp.glsl network/light.comp.glsl network/halve.comp.glsl
  network/join.comp.glsl network/blend.comp.glsl)
target_link_libraries(wf PUBLIC Vulkan::Vulkan)
