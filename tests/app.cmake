# Tests of wfview's files, statistics and command line.
add_library(app_temporary STATIC app/temporary.c)
target_link_libraries(app_temporary PRIVATE wf_warnings)

foreach(suite dataset exr files metrics options profiler report source)
  add_executable(test_app_${suite} app/test_${suite}.c)
  target_link_libraries(test_app_${suite} PRIVATE wfview_io app_temporary PkgConfig::CMOCKA PkgConfig::WFVIEW_IO wf_warnings)
  add_test(NAME app_${suite} COMMAND test_app_${suite})
  set_tests_properties(app_${suite} PROPERTIES TIMEOUT 120)
endforeach()

# What the Python tests run.
add_executable(dump app/dump.c)
target_link_libraries(dump PRIVATE wfview_io PkgConfig::WFVIEW_IO wf_warnings)
add_executable(fuzz app/fuzz.c)
target_link_libraries(fuzz PRIVATE wfview_io wf_warnings)
