# What the user controls in wfview. The program itself is tested by tests/view/*.py.
foreach(suite view steer)
  add_executable(test_${suite} view/test_${suite}.c ${PROJECT_SOURCE_DIR}/app/view.c ${PROJECT_SOURCE_DIR}/app/steer.c)
  target_include_directories(test_${suite} PRIVATE ${PROJECT_SOURCE_DIR})
  target_link_libraries(test_${suite} PRIVATE wf wf_warnings PkgConfig::CMOCKA m)
  add_test(NAME ${suite} COMMAND test_${suite})
endforeach()
