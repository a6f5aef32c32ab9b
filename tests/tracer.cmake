# Tests of the path tracer on the GPU. The sanitizers see nothing of what shaders compute.
foreach(suite tracer features radiance textures)
  add_executable(test_${suite} trace/test_${suite}.c trace/pictures.c trace/shapes.c)
  target_link_libraries(test_${suite} PRIVATE wfview_tracer PkgConfig::CMOCKA wf_warnings m)
  if(NOT WF_SANITIZE OR suite STREQUAL tracer)
    add_test(NAME ${suite} COMMAND test_${suite})
    # The last ones, and long: they begin first.
    set_tests_properties(${suite} PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 300 COST 20)
  endif()
endforeach()

# trace_bench. Run by hand; CI runs it once on a small picture to see that it works.
if(TARGET wf_commit)
  add_executable(trace_bench bench/trace_bench.c)
  add_dependencies(trace_bench wf_commit)
  target_include_directories(trace_bench PRIVATE ${CMAKE_CURRENT_BINARY_DIR}/bench)
  target_link_libraries(trace_bench PRIVATE wfview_tracer PkgConfig::CJSON wf_warnings m)
  add_test(NAME trace_bench COMMAND trace_bench --size 12x8 --spp 260 --repeats 2 --warmup 0
    --json ${CMAKE_CURRENT_BINARY_DIR}/trace_bench.json ${PROJECT_SOURCE_DIR}/assets/scenes/cornell.glb)
endif()
