# The node's tests: suites for every backend, in a minimal Vulkan renderer.
add_library(node_scenes STATIC node/bound.c node/suite.c node/scene.c node/renderer.c)
target_include_directories(node_scenes PUBLIC node)
target_compile_definitions(node_scenes INTERFACE NETWORKS="${CMAKE_CURRENT_SOURCE_DIR}/network/networks/")
target_link_libraries(node_scenes PUBLIC wf_cases PkgConfig::CMOCKA m PRIVATE wf_warnings)

foreach(suite node node_timing node_errors node_network node_host bound inspect maps)
  add_executable(test_${suite} node/test_${suite}.c)
  target_link_libraries(test_${suite} PRIVATE node_scenes wf_warnings)
endforeach()

# Vulkan's copies are counted.
target_sources(test_bound PRIVATE vulkan/interpose.c)
target_link_libraries(test_bound PRIVATE ${CMAKE_DL_LIBS})

# A predictor of the tests', in the node: linked with all of libwf's parts, and once.
add_executable(test_predictor node/test_predictor.c node/suite.c node/scene.c node/renderer.c
  filter/cases.c filter/tensors.c ${PROJECT_SOURCE_DIR}/filter/cpu/reference.c)
target_include_directories(test_predictor PRIVATE filter)
target_link_libraries(test_predictor PRIVATE wf_internal PkgConfig::CMOCKA wf_warnings m)

function(wf_add_node_test backend)
  foreach(suite node node_timing node_errors node_network predictor bound inspect maps)
    add_test(NAME ${suite}_${backend} COMMAND test_${suite} ${backend})
    set_tests_properties(${suite}_${backend} PROPERTIES SKIP_RETURN_CODE 77
      ENVIRONMENT "ASAN_OPTIONS=allocator_may_return_null=1;${unoptimized}")
  endforeach()
endfunction()

wf_add_node_test(cpu)
wf_add_node_test(vulkan)
if(WF_CUDA)
  wf_add_node_test(cuda)
endif()

add_test(NAME node_host COMMAND test_node_host)
set_tests_properties(node_host PROPERTIES
  ENVIRONMENT "ASAN_OPTIONS=allocator_may_return_null=1;VK_DRIVER_FILES=/dev/null")

# The half of the hand-over to CUDA that needs no CUDA.
add_executable(test_share node/test_share.c node/renderer.c)
target_link_libraries(test_share PRIVATE wf_internal PkgConfig::CMOCKA wf_warnings)
add_test(NAME node_share COMMAND test_share)
set_tests_properties(node_share PROPERTIES SKIP_RETURN_CODE 77)
