# Tests of what is particular to the Vulkan backend.
foreach(suite vulkan vulkan_limits)
  add_executable(test_${suite} vulkan/test_${suite}.c vulkan/fixture.c vulkan/interpose.c node/renderer.c)
  target_link_libraries(test_${suite} PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings ${CMAKE_DL_LIBS})
  add_test(NAME ${suite} COMMAND test_${suite})
  set_tests_properties(${suite} PROPERTIES SKIP_RETURN_CODE 77)
endforeach()

add_executable(test_matrix_code vulkan/test_matrix_code.c)
target_include_directories(test_matrix_code PRIVATE ${PROJECT_BINARY_DIR}/filter/wf-shaders) # embedded in wf
target_link_libraries(test_matrix_code PRIVATE wf_internal PkgConfig::CMOCKA wf_warnings)
add_test(NAME matrix_code COMMAND test_matrix_code)

# A driver that finds no device: view/test_without_vulkan.py takes it, too.
add_library(leaking_driver MODULE vulkan/leaking_driver.c)
target_link_libraries(leaking_driver PRIVATE wf_warnings Vulkan::Headers)
set(leaking_driver ${CMAKE_CURRENT_BINARY_DIR}/leaking_driver.json)
file(GENERATE OUTPUT ${leaking_driver} CONTENT
  "{\"file_format_version\": \"1.0.0\", \"ICD\": {\"library_path\": \"$<TARGET_FILE:leaking_driver>\", \
\"api_version\": \"1.2.0\"}}\n")

# Every sanitized test meets it, a driver that the loader unloads, as a machine with all of Mesa's drivers has; without
# keep_loaded.c LeakSanitizer finds its memory lost.
if(WF_SANITIZE)
  set(WF_LEAKING_DRIVER ${leaking_driver})

  add_executable(enumerate vulkan/enumerate.c)
  add_executable(enumerate_unloading vulkan/enumerate.c)
  set_target_properties(enumerate_unloading PROPERTIES WF_UNLOADS ON)
  foreach(program enumerate enumerate_unloading)
    target_link_libraries(${program} PRIVATE Vulkan::Vulkan wf_warnings)
    add_test(NAME vulkan_${program}
      COMMAND ${CMAKE_COMMAND} -E env VK_DRIVER_FILES=${WF_LEAKING_DRIVER} $<TARGET_FILE:${program}>)
  endforeach()
  set_tests_properties(vulkan_enumerate_unloading PROPERTIES PASS_REGULAR_EXPRESSION "128 byte")
endif()
