# The node's tests: one suite for every backend, in a minimal Vulkan renderer.
add_executable(test_node node/test_node.c node/scene.c node/renderer.c)
target_link_libraries(test_node PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings)

function(wf_add_node_test backend)
  add_test(NAME node_${backend} COMMAND test_node ${backend})
  set_tests_properties(node_${backend} PROPERTIES SKIP_RETURN_CODE 77
    ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1)
endfunction()

wf_add_node_test(cpu)
wf_add_node_test(vulkan)
if(WF_CUDA)
  wf_add_node_test(cuda)
endif()

# The half of the hand-over to CUDA that needs no CUDA.
set(node_dir ${PROJECT_SOURCE_DIR}/filter/node)
add_executable(test_share node/test_share.c node/renderer.c ${node_dir}/share.c ${node_dir}/image.c ${node_dir}/check.c)
target_include_directories(test_share PRIVATE ${PROJECT_SOURCE_DIR}/filter)
target_link_libraries(test_share PRIVATE wf PkgConfig::CMOCKA wf_warnings)
add_test(NAME node_share COMMAND test_share)
set_tests_properties(node_share PROPERTIES SKIP_RETURN_CODE 77)
