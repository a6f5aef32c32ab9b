# What the user controls in wfview. The program itself is tested by tests/view/*.py.
foreach(suite view commands pane steer)
  add_executable(test_${suite} view/test_${suite}.c)
  target_link_libraries(test_${suite} PRIVATE wfview_view wf_warnings PkgConfig::CMOCKA m)
  add_test(NAME ${suite} COMMAND test_${suite})
endforeach()

# The interface of frames' sources, with sources of the test's own.
add_executable(test_feed frames/test_feed.c ${PROJECT_SOURCE_DIR}/app/frames/feed.c)
target_link_libraries(test_feed PRIVATE wfview_view wfview_gpu wf_warnings PkgConfig::CMOCKA)
add_test(NAME view_feed COMMAND test_feed)

# Backends timed against each other, on the device that there is.
add_executable(test_race denoise/test_race.c ${PROJECT_SOURCE_DIR}/app/denoise/denoiser.c
  ${PROJECT_SOURCE_DIR}/app/denoise/race.c)
target_link_libraries(test_race PRIVATE wfview_view wfview_gpu wf_warnings PkgConfig::CMOCKA)
add_test(NAME denoise_race COMMAND test_race)
set_tests_properties(denoise_race PROPERTIES SKIP_RETURN_CODE 77 TIMEOUT 120)

# Stands in the place of a tool that shows labels and ranges: test_labels.py.
add_library(labels_seen MODULE view/labels_seen.c)
target_link_libraries(labels_seen PRIVATE wf_warnings Vulkan::Headers ${CMAKE_DL_LIBS})
set_target_properties(labels_seen PROPERTIES C_VISIBILITY_PRESET default)
if(WF_NVTX_FOLDER)
  target_compile_definitions(labels_seen PRIVATE WF_NVTX)
  target_include_directories(labels_seen SYSTEM PRIVATE ${WF_NVTX_FOLDER})
endif()

# Takes fonts away: test_golden.py.
add_library(without_files MODULE view/without_files.c)
target_link_libraries(without_files PRIVATE wf_warnings ${CMAKE_DL_LIBS})
set_target_properties(without_files PROPERTIES C_VISIBILITY_PRESET default)
