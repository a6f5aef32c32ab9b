# What the user controls in wfview. The program itself is tested by tests/view/*.py.
add_executable(test_view view/test_view.c ${PROJECT_SOURCE_DIR}/app/view.c)
target_include_directories(test_view PRIVATE ${PROJECT_SOURCE_DIR})
target_link_libraries(test_view PRIVATE wf wf_warnings PkgConfig::CMOCKA m)
add_test(NAME view COMMAND test_view)
