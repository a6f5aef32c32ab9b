# The CUDA backend. Without CMAKE_CUDA_ARCHITECTURES it is built for the GPU of this machine, or, where there is none, for
# every GPU from compute capability 7.5 on: sm_90 has tile kernels of its own.
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  execute_process(COMMAND nvidia-smi -L OUTPUT_VARIABLE gpus OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(gpus)
    set(CMAKE_CUDA_ARCHITECTURES native)
  else()
    set(CMAKE_CUDA_ARCHITECTURES 75-virtual 90)
  endif()
endif()
enable_language(CUDA)
find_package(CUDAToolkit 12.5 REQUIRED)
target_sources(wf PRIVATE
  cuda/device.c cuda/gather.cu cuda/splat.cu cuda/gather_splat.cu cuda/gather_splat_tiles.cu cuda/filter_pixels.cu cuda/backward.cu cuda/backward_tiles.cu
  cuda/grad_weight_channels.cu cuda/grad_weight_pixels.cu cuda/grad_bias.cu cuda/predict.cu
  cuda/convolve.cu cuda/features.cu cuda/head.cu cuda/pyramid.cu)
set_target_properties(wf PROPERTIES CUDA_ARCHITECTURES "${CMAKE_CUDA_ARCHITECTURES}" CUDA_STANDARD 17)
target_link_libraries(wf PRIVATE CUDA::cudart_static)
