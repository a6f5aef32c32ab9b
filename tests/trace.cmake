# Tests of what the path tracer traces: scenes, hierarchies, skies, camera paths.
add_library(trace_reference STATIC trace/shapes.c trace/traverse.c)
target_link_libraries(trace_reference PUBLIC wfview_trace PRIVATE wf_warnings m)

foreach(suite bvh camera_path lights random scene sky)
  add_executable(test_trace_${suite} trace/test_${suite}.c)
  target_include_directories(test_trace_${suite} PRIVATE app)
  target_compile_definitions(test_trace_${suite} PRIVATE SCENES="${PROJECT_SOURCE_DIR}/assets/scenes/")
  target_link_libraries(test_trace_${suite} PRIVATE
    wfview_trace trace_reference app_temporary PkgConfig::CMOCKA wf_warnings OpenMP::OpenMP_C m)
  add_test(NAME trace_${suite} COMMAND test_trace_${suite})
  set_tests_properties(trace_${suite} PROPERTIES TIMEOUT 300)
endforeach()
