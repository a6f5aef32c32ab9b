# wfview_view: what the user controls.
add_library(wfview_view STATIC view/steer.c)
target_link_libraries(wfview_view PUBLIC wfview_trace PRIVATE wf_warnings m)
