# The node's tests: suites for every backend, in a minimal Vulkan renderer.
foreach(suite node node_timing node_errors)
  add_executable(test_${suite} node/test_${suite}.c node/suite.c node/scene.c node/renderer.c)
  target_link_libraries(test_${suite} PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings)
endforeach()

add_executable(test_node_network node/test_network.c node/suite.c node/scene.c node/renderer.c)
target_compile_definitions(test_node_network PRIVATE NETWORKS="${CMAKE_CURRENT_SOURCE_DIR}/network/networks/")
target_link_libraries(test_node_network PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings)

# Weights of the renderer's own; Vulkan's copies are counted.
add_executable(test_bound node/test_bound.c node/bound.c node/suite.c node/scene.c node/renderer.c vulkan/interpose.c)
target_include_directories(test_bound PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(test_bound PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings ${CMAKE_DL_LIBS})

add_executable(test_inspect node/test_inspect.c node/bound.c node/suite.c node/scene.c node/renderer.c)
target_compile_definitions(test_inspect PRIVATE NETWORKS="${CMAKE_CURRENT_SOURCE_DIR}/network/networks/")
target_link_libraries(test_inspect PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings m)

add_executable(test_maps node/test_maps.c node/bound.c node/suite.c node/scene.c node/renderer.c)
target_link_libraries(test_maps PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings m)

# A predictor of the tests', in the node: linked with all of libwf's parts, and once.
add_executable(test_predictor node/test_predictor.c node/suite.c node/scene.c node/renderer.c
  filter/cases.c filter/tensors.c ${PROJECT_SOURCE_DIR}/filter/cpu/reference.c)
target_include_directories(test_predictor PRIVATE filter)
target_link_libraries(test_predictor PRIVATE wf_internal PkgConfig::CMOCKA wf_warnings m)

function(wf_add_node_test backend)
  foreach(suite node node_timing node_errors node_network predictor bound inspect maps)
    add_test(NAME ${suite}_${backend} COMMAND test_${suite} ${backend})
    set_tests_properties(${suite}_${backend} PROPERTIES SKIP_RETURN_CODE 77
      ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1)
  endforeach()
endfunction()

wf_add_node_test(cpu)
wf_add_node_test(vulkan)
if(WF_CUDA)
  wf_add_node_test(cuda)
endif()

add_executable(test_node_host node/test_host.c node/suite.c node/scene.c node/renderer.c)
target_link_libraries(test_node_host PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings)
add_test(NAME node_host COMMAND test_node_host)
set_tests_properties(node_host PROPERTIES ENVIRONMENT "ASAN_OPTIONS=allocator_may_return_null=1;VK_DRIVER_FILES=/dev/null")

# The half of the hand-over to CUDA that needs no CUDA.
add_executable(test_share node/test_share.c node/renderer.c)
target_link_libraries(test_share PRIVATE wf_internal PkgConfig::CMOCKA wf_warnings)
add_test(NAME node_share COMMAND test_share)
set_tests_properties(node_share PROPERTIES SKIP_RETURN_CODE 77)
