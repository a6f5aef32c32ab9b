# The node. Needs Vulkan; its hand-over to CUDA is a stub where CUDA is not built.
include(${PROJECT_SOURCE_DIR}/shaders/embed.cmake)
target_sources(wf PRIVATE
  node/node.c node/frame.c node/stages.c node/role.c node/planes.c node/predictor.c node/predictor_recorded.c
  node/predictor_bilateral.c node/predictor_kpn.c
  node/predictor_bound.c node/inspect.c node/pick.c node/reckon.c node/maps.c node/effective.c node/footprint.c
  node/timing.c node/labels.c node/queue.c node/image.c node/buffer.c node/staging.c node/share.c
  node/handover_vulkan.c node/handover_cpu.c node/handover_host.c node/host.c)
wf_embed_shader(wf
  node/image_unpack.comp.glsl node/image_pack.comp.glsl node/image_blend.comp.glsl)

if(WF_CUDA)
  target_sources(wf PRIVATE node/handover_cuda.c cuda/interop.cu)
else()
  target_sources(wf PRIVATE node/handover_cuda_stub.c)
endif()
