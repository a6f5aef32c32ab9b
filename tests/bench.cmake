# wf_bench, network_bench and node_bench. Built with the tests, run by hand; CI runs them once on small images to see
# that they work.
pkg_check_modules(CJSON QUIET IMPORTED_TARGET libcjson)
if(NOT CJSON_FOUND)
  message(STATUS "wf_bench is not built: it needs libcjson")
  return()
endif()
find_package(OpenMP REQUIRED COMPONENTS C)

set(meters bench/meter_cpu.c)
foreach(backend vulkan cuda)
  string(TOUPPER ${backend} option)
  if(WF_${option})
    list(APPEND meters bench/meter_${backend}.c)
  else()
    add_library(wf_meter_${backend} OBJECT bench/meter_stub.c)
    target_compile_definitions(wf_meter_${backend} PRIVATE METER=meter_${backend})
    target_link_libraries(wf_meter_${backend} PRIVATE wf wf_warnings)
    list(APPEND meters $<TARGET_OBJECTS:wf_meter_${backend}>)
  endif()
endforeach()

add_custom_target(wf_commit
  COMMAND ${CMAKE_COMMAND} -D SOURCE=${PROJECT_SOURCE_DIR} -D FILE=${CMAKE_CURRENT_BINARY_DIR}/bench/commit.h
          -P ${CMAKE_CURRENT_SOURCE_DIR}/bench/commit.cmake
  BYPRODUCTS ${CMAKE_CURRENT_BINARY_DIR}/bench/commit.h
  VERBATIM)

add_library(wf_meters STATIC ${meters})
target_include_directories(wf_meters PUBLIC bench PRIVATE ${PROJECT_SOURCE_DIR}/filter)
target_link_libraries(wf_meters PUBLIC wf PRIVATE OpenMP::OpenMP_C wf_warnings)
if(WF_VULKAN)
  include(${PROJECT_SOURCE_DIR}/shaders/embed.cmake)
  wf_embed_shader(wf_meters ${CMAKE_CURRENT_SOURCE_DIR}/bench/copy.comp.glsl)
endif()
if(WF_CUDA)
  find_package(CUDAToolkit REQUIRED)
  target_link_libraries(wf_meters PRIVATE CUDA::cudart_static)
endif()

add_executable(wf_bench bench/wf_bench.c bench/options.c bench/row.c bench/verify.c bench/workload.c bench/results.c)
add_executable(network_bench bench/network_bench.c)
foreach(program wf_bench network_bench)
  add_dependencies(${program} wf_commit)
  target_include_directories(${program} PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/bench)
  target_link_libraries(${program} PRIVATE wf_cases wf_meters OpenMP::OpenMP_C PkgConfig::CJSON wf_warnings)
endforeach()

# Everything that they can time, once.
add_test(NAME bench COMMAND wf_bench --backend cpu --quick --size 2x33x21 --kernel-size 4x5 --channels 4
  --op gather,splat,gather_splat --direction forward,backward,backward_input,backward_weight,grad_weight
  --mode linear,normalized,softmax --dtype float32,bfloat16,float64
  --json ${CMAKE_CURRENT_BINARY_DIR}/bench.json)
set_tests_properties(bench PROPERTIES ENVIRONMENT OMP_WAIT_POLICY=passive)

add_test(NAME network_bench COMMAND network_bench --size 33x21 --repeats 2
  --json ${CMAKE_CURRENT_BINARY_DIR}/network_bench.json ${CMAKE_CURRENT_SOURCE_DIR}/network/networks/tiny.safetensors)
set_tests_properties(network_bench PROPERTIES ENVIRONMENT OMP_WAIT_POLICY=passive)

# The node's hand-overs, with the examples' renderer.
if(WF_VULKAN)
  add_executable(node_bench bench/node_bench.c ${PROJECT_SOURCE_DIR}/app/examples/renderer.c)
  add_dependencies(node_bench wf_commit)
  target_include_directories(node_bench PRIVATE ${PROJECT_SOURCE_DIR}/app/examples ${CMAKE_CURRENT_BINARY_DIR}/bench)
  target_link_libraries(node_bench PRIVATE wf Vulkan::Vulkan wf_warnings)
  add_test(NAME node_bench
    COMMAND node_bench vulkan 33x21 3 ${CMAKE_CURRENT_SOURCE_DIR}/network/networks/tiny.safetensors 10 1)
endif()
