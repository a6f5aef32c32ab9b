# Tests of what is particular to the Vulkan backend.
add_executable(test_vulkan vulkan/test_vulkan.c vulkan/interpose.c node/renderer.c)
target_include_directories(test_vulkan PRIVATE ${CMAKE_CURRENT_SOURCE_DIR})
target_link_libraries(test_vulkan PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings ${CMAKE_DL_LIBS})
add_test(NAME vulkan COMMAND test_vulkan)
set_tests_properties(vulkan PROPERTIES SKIP_RETURN_CODE 77)

if(WF_SANITIZE AND TARGET wfview)
  target_sources(wfview PRIVATE ${CMAKE_CURRENT_SOURCE_DIR}/vulkan/keep_loaded.c)
endif()
