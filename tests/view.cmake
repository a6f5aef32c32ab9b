# What the user controls in wfview. The program itself is tested by tests/view/*.py.
foreach(suite view steer)
  add_executable(test_${suite} view/test_${suite}.c)
  target_link_libraries(test_${suite} PRIVATE wfview_view wf_warnings PkgConfig::CMOCKA m)
  add_test(NAME ${suite} COMMAND test_${suite})
endforeach()
