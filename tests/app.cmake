# Tests of wfview's files, frames, statistics and command line.
add_library(app_temporary STATIC temporary.c)
target_link_libraries(app_temporary PRIVATE wf_warnings)

foreach(suite app/options dataset/dataset denoise/choice denoise/predictor files/exr files/files
    frames/source ipc/packet view/metrics viewer/profiler viewer/report)
  get_filename_component(folder ${suite} DIRECTORY)
  get_filename_component(name ${suite} NAME)
  add_executable(test_app_${name} ${folder}/test_${name}.c)
  target_link_libraries(test_app_${name} PRIVATE wfview_records app_temporary PkgConfig::CMOCKA
    PkgConfig::WFVIEW_IO wf_warnings)
  add_test(NAME app_${name} COMMAND test_app_${name})
  set_tests_properties(app_${name} PROPERTIES TIMEOUT 120)
endforeach()

# What the Python tests run.
add_executable(dump files/dump.c)
target_link_libraries(dump PRIVATE wfview_io PkgConfig::WFVIEW_IO wf_warnings)
add_executable(fuzz files/fuzz.c)
target_link_libraries(fuzz PRIVATE wfview_trace wf_warnings PkgConfig::WFVIEW_TRACE)
add_executable(formats files/formats.c)
target_link_libraries(formats PRIVATE wfview_trace wf_warnings PkgConfig::WFVIEW_TRACE)
add_executable(fuzz_ipc ipc/fuzz_ipc.c)
target_link_libraries(fuzz_ipc PRIVATE wfview_io wf_warnings)
add_test(NAME ipc_fuzz COMMAND fuzz_ipc)
set_tests_properties(ipc_fuzz PROPERTIES TIMEOUT 120)
