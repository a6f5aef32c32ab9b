# The node's tests: one suite for every backend, in a minimal Vulkan renderer.
add_executable(test_node node/test_node.c node/scene.c node/renderer.c)
target_link_libraries(test_node PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings)

function(wf_add_node_test backend)
  add_test(NAME node_${backend} COMMAND test_node ${backend})
  set_tests_properties(node_${backend} PROPERTIES SKIP_RETURN_CODE 77)
endfunction()

wf_add_node_test(cpu)
wf_add_node_test(vulkan)
if(WF_CUDA)
  wf_add_node_test(cuda)
endif()
