# The CUDA backend, for CMAKE_CUDA_ARCHITECTURES. Where that is not given it is for this machine's GPU, or for those of
# WF_GPUS:
#   every    machine code for all that this CUDA knows, and PTX, which later ones compile when it is first used
#   few      what compiles soon, not optimized, for machines without a GPU that only test whether it compiles
find_package(CUDAToolkit 12.5 REQUIRED)
set(WF_GPUS "" CACHE STRING "every GPU (default without one here), or few")
if(NOT DEFINED CMAKE_CUDA_ARCHITECTURES)
  execute_process(COMMAND nvidia-smi -L OUTPUT_VARIABLE gpus OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
  if(gpus AND NOT WF_GPUS STREQUAL every)
    set(CMAKE_CUDA_ARCHITECTURES native)
  elseif(WF_GPUS STREQUAL few)
    set(CMAKE_CUDA_ARCHITECTURES 75-virtual 90)
    set(is_few TRUE)
  else()
    set(CMAKE_CUDA_ARCHITECTURES 75-real 80-real 86-real 89-real 90)
    if(CUDAToolkit_VERSION VERSION_GREATER_EQUAL 12.8)
      list(APPEND CMAKE_CUDA_ARCHITECTURES 100-real 120-real)
    endif()
  endif()
endif()
enable_language(CUDA)
if(is_few AND CMAKE_CUDA_COMPILER_VERSION VERSION_GREATER_EQUAL 12.9)
  message(STATUS "CUDA kernels are not optimized: -D WF_GPUS=every is for machines that run them")
  string(APPEND CMAKE_CUDA_FLAGS " -Ofc=max")
endif()

# Files of one line, each a row's instance of what a header has as a template. Drivers that compile PTX compile a whole
# file's kernels when the first one is used; and builds compile files side by side. For few GPUs the rows of a call
# share a file: to read what it includes takes longer than to compile them.
function(wf_instantiate target header)
  set(names "")
  foreach(row IN LISTS ARGN)
    if(NOT is_few OR NOT names)
      string(REGEX REPLACE "(WF_TYPES|WF_|[^A-Za-z0-9])+" "_" name "${header} ${row}")
      string(REGEX REPLACE "_$" "" name ${name})
      string(TOLOWER ${name} name)
      list(APPEND names ${name})
    endif()
    string(APPEND lines_of_${name} "WF_INSTANCE(${row})\n")
  endforeach()
  foreach(name IN LISTS names)
    set(source ${CMAKE_CURRENT_BINARY_DIR}/cuda/${name}.cu)
    file(CONFIGURE OUTPUT ${source} CONTENT "#include \"cuda/${header}.cuh\"\n\n${lines_of_${name}}")
    target_sources(${target} PRIVATE ${source})
  endforeach()
endfunction()

target_sources(wf PRIVATE
  cuda/device.c cuda/loads.c cuda/architecture.cu cuda/gather.cu cuda/splat.cu cuda/gather_splat.cu cuda/backward.cu
  cuda/predict.cu cuda/steps.cu cuda/pick.cu cuda/summarize.cu
  cuda/kernels.cu cuda/plan.cu
  cuda/filter_strips.cu cuda/grad_weight_channels.cu cuda/filter_pixels.cu cuda/filter_tiles.cu cuda/filter_quads.cu
  cuda/filter_narrow.cu cuda/grad_weight_quads.cu cuda/gather_splat_strips.cu cuda/gather_splat_quads.cu
  cuda/grad_weight_tiles.cu cuda/grad_weight_pixels.cu cuda/grad_input_tiles.cu cuda/grad_bias.cu
  cuda/backward_tiles.cu cuda/gather_splat_tiles.cu)
set_target_properties(wf PROPERTIES CUDA_ARCHITECTURES "${CMAKE_CUDA_ARCHITECTURES}" CUDA_STANDARD 17)
target_link_libraries(wf PRIVATE CUDA::cudart_static)
find_path(WF_NVTX_FOLDER nvtx3/nvToolsExt.h HINTS ${CUDAToolkit_INCLUDE_DIRS}) # some packages of CUDA lack it
if(WF_NVTX_FOLDER AND WF_VULKAN)
  set_source_files_properties(node/labels.c PROPERTIES
    COMPILE_DEFINITIONS WF_NVTX COMPILE_OPTIONS "-isystem;${WF_NVTX_FOLDER}")
endif()

# An object library for some architectures, whose kernels are compiled for these alone.
function(wf_add_kernels name architectures)
  add_library(${name} OBJECT ${ARGN})
  target_include_directories(${name} PRIVATE include . ${PROJECT_SOURCE_DIR}/shaders)
  target_link_libraries(${name} PRIVATE wf_warnings)
  set_target_properties(${name} PROPERTIES CUDA_ARCHITECTURES "${architectures}" CUDA_STANDARD 17)
  target_sources(wf PRIVATE $<TARGET_OBJECTS:${name}>)
endfunction()

# Kernels that TMA feeds, since 9.0; older architectures would have empty ones.
set(architectures ${CMAKE_CUDA_ARCHITECTURES})
list(FILTER architectures EXCLUDE REGEX "^[78]")
if(NOT architectures)
  set(architectures ${CMAKE_CUDA_ARCHITECTURES})
endif()
wf_add_kernels(wf_fed "${architectures}")

foreach(image_weight "FLOAT32, WF_FLOAT32" "FLOAT32, WF_FLOAT16" "FLOAT32, WF_BFLOAT16" "FLOAT16, WF_FLOAT16"
                     "BFLOAT16, WF_BFLOAT16")
  set(types "WF_TYPES(WF_${image_weight})")
  foreach(mode LINEAR NORMALIZED SOFTMAX)
    set(case "${mode}, ${image_weight}")
    list(APPEND filter_rows "WF_${mode}, ${types}")
    set(widths "WF_OWN_WIDTHS, 0")
    if(image_weight STREQUAL "FLOAT32, WF_FLOAT16")
      set(widths 3 5 11 21 0)
    elseif(case STREQUAL "LINEAR, FLOAT32, WF_FLOAT32")
      set(widths 3 5 7 9 11 13 17 21 0)
    endif()
    list(TRANSFORM widths PREPEND "WF_${mode}, ${types}, ")
    list(APPEND tile_rows ${widths})
    if(case MATCHES "LINEAR, FLOAT32, WF_FLOAT(16|32)|NORMALIZED, FLOAT32, WF_FLOAT16")
      foreach(shape "8, 3" "8, 5" "8, 11" "8, 21" "8, 0" "9, 3" "9, 5" "9, 11" "9, 21" "9, 0"
                    "10, 3" "10, 5" "10, 11" "10, 21")
        list(APPEND ${mode}_rows "WF_${mode}, ${types}, WF_STRIP_SHAPE(${shape})")
      endforeach()
    else()
      list(APPEND ${mode}_rows "WF_${mode}, ${types}")
    endif()
  endforeach()
  list(APPEND adjoint_rows "WF_SOFTMAX_ADJOINT, ${types}")
endforeach()
foreach(mode LINEAR NORMALIZED SOFTMAX)
  wf_instantiate(wf_fed filter_strips_of ${${mode}_rows})
endforeach()
wf_instantiate(wf_fed filter_tiles_of ${tile_rows})
wf_instantiate(wf filter_quads_of ${filter_rows} ${adjoint_rows})
foreach(weight FLOAT32 FLOAT16)
  foreach(mode LINEAR NORMALIZED)
    set(widths "3, 3" "5, 5" "11, 11" "21, 21" "0, 3" "0, 21")
    if(mode STREQUAL LINEAR AND weight STREQUAL FLOAT32)
      list(APPEND widths "7, 7" "9, 9" "13, 13" "17, 17")
    endif()
    list(TRANSFORM widths PREPEND "WF_${mode}, WF_TYPES(WF_FLOAT32, WF_${weight}), ")
    list(APPEND gather_splat_rows ${widths})
  endforeach()
endforeach()
wf_instantiate(wf_fed gather_splat_tiles_of ${gather_splat_rows})
foreach(planes 3 6 9)
  list(APPEND predict_rows "float, ${planes}" "__half, ${planes}")
endforeach()
wf_instantiate(wf predict_of ${predict_rows})

# Networks. Tensor cores have instructions of their own from 8.0 on, and others in 9.0 (not in its successors).
set(architectures ${CMAKE_CUDA_ARCHITECTURES})
if(75-virtual IN_LIST architectures)
  list(APPEND architectures 80-virtual)
endif()
wf_add_kernels(wf_network "${architectures}"
  cuda/convolve.cu cuda/convolve_pair.cu cuda/features.cu cuda/head.cu cuda/pyramid.cu)
wf_instantiate(wf_network convolve_warps "4, 4, 2, 2, 1, 2" "4, 3, 2, 2, 1, 2" "2, 2, 2, 2, 1, 3" "8, 1, 1, 4, 1, 2")
wf_instantiate(wf_network convolve_pair_of "true, false" "false, true" "false, false")
foreach(kernel 3 5)
  foreach(operators "true, false" "false, true" "true, true")
    list(APPEND level_rows
      "${operators}, ${kernel}, 4, 2" "${operators}, ${kernel}, 16, 2" "${operators}, ${kernel}, 16, 0")
  endforeach()
  list(APPEND albedo_rows "${kernel}, 16, 2" "${kernel}, 16, 0")
endforeach()
wf_instantiate(wf_network level_of ${level_rows})
wf_instantiate(wf_network albedo_of ${albedo_rows})

if(CMAKE_CUDA_ARCHITECTURES STREQUAL native)
  execute_process(COMMAND nvidia-smi --query-gpu=compute_cap --format=csv,noheader
                  OUTPUT_VARIABLE capabilities ERROR_QUIET)
endif()
if(CMAKE_CUDA_ARCHITECTURES MATCHES 90 OR capabilities MATCHES "9\\.0")
  wf_add_kernels(wf_groups 90a-real cuda/convolve_groups.cu)
else()
  target_sources(wf PRIVATE cuda/convolve_groups_stub.cu)
endif()
