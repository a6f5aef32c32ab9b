# Networks: their files, and what backends make of frames with them.
set(networks NETWORKS="${CMAKE_CURRENT_SOURCE_DIR}/network/networks/")

add_executable(test_network_file network/test_file.c)
target_compile_definitions(test_network_file PRIVATE ${networks})
target_link_libraries(test_network_file PRIVATE wf PkgConfig::CMOCKA wf_warnings)
add_test(NAME network_file COMMAND test_network_file)

add_executable(test_network_denoise network/test_denoise.c filter/suite.c)
target_compile_definitions(test_network_denoise PRIVATE ${networks})
target_link_libraries(test_network_denoise PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings m)

function(wf_add_network_test name backend)
  add_test(NAME network_${name} COMMAND test_network_denoise ${backend})
  set_tests_properties(network_${name} PROPERTIES SKIP_RETURN_CODE 77 ENVIRONMENT "OMP_WAIT_POLICY=passive;${ARGN}")
endfunction()

wf_add_network_test(cpu cpu)
foreach(instructions baseline avx2 avx512)
  wf_add_network_test(cpu_${instructions} cpu WF_CPU_INSTRUCTIONS=${instructions})
endforeach()
if(WF_VULKAN)
  wf_add_network_test(vulkan vulkan)
  wf_add_network_test(vulkan_emulated vulkan WF_VULKAN_MATRICES=emulated)
endif()
if(WF_CUDA)
  wf_add_network_test(cuda cuda)
  wf_add_network_test(cuda_warps cuda WF_CUDA_TENSOR_CORES=warps)
endif()
