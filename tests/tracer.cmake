# Tests of the path tracer on the GPU.
add_executable(test_tracer trace/test_tracer.c trace/shapes.c)
target_link_libraries(test_tracer PRIVATE wfview_tracer PkgConfig::CMOCKA wf_warnings m)
# The sanitizers see nothing of what shaders compute.
add_test(NAME tracer COMMAND test_tracer $<$<BOOL:${WF_SANITIZE}>:--host> COMMAND_EXPAND_LISTS)
set_tests_properties(tracer PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300)

# trace_bench. Run by hand; CI runs it once on a small picture to see that it works.
if(TARGET wf_commit)
  add_executable(trace_bench bench/trace_bench.c)
  add_dependencies(trace_bench wf_commit)
  target_include_directories(trace_bench PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/bench)
  target_link_libraries(trace_bench PRIVATE wfview_tracer PkgConfig::CJSON wf_warnings m)
  add_test(NAME trace_bench COMMAND trace_bench --size 12x8 --spp 260 --repeats 2 --warmup 0
    --json ${CMAKE_CURRENT_BINARY_DIR}/trace_bench.json ${PROJECT_SOURCE_DIR}/assets/scenes/cornell.glb)
endif()
