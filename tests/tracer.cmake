# Tests of the path tracer on the GPU.
add_executable(test_tracer trace/test_tracer.c trace/shapes.c ${PROJECT_SOURCE_DIR}/app/device.c)
target_link_libraries(test_tracer PRIVATE wfview_tracer PkgConfig::CMOCKA wf_warnings m)
# The sanitizers see nothing of what shaders compute.
add_test(NAME tracer COMMAND test_tracer $<$<BOOL:${WF_SANITIZE}>:--host> COMMAND_EXPAND_LISTS)
set_tests_properties(tracer PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)
