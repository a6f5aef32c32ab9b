# The Vulkan backend.
include(${PROJECT_SOURCE_DIR}/shaders/embed.cmake)
target_sources(wf PRIVATE
  vulkan/device.c vulkan/check.c vulkan/open.c vulkan/stream.c vulkan/memory.c vulkan/pipeline.c
  vulkan/kernel.c vulkan/shape.c vulkan/filter.c vulkan/gather.c vulkan/splat.c vulkan/gather_splat.c
  vulkan/grad_weight.c vulkan/backward.c vulkan/predict.c)
wf_embed_shader(wf
  ${PROJECT_SOURCE_DIR}/shaders/filter/gather.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/splat.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/gather_splat.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/grad_weight.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/destinations.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/sum.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/compress.comp.glsl
  ${PROJECT_SOURCE_DIR}/shaders/filter/predict.comp.glsl)
target_link_libraries(wf PUBLIC Vulkan::Vulkan)
