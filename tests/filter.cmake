# The operator's tests, and what they share with the benchmark.
add_library(wf_reference STATIC ${PROJECT_SOURCE_DIR}/filter/cpu/reference.c)
target_include_directories(wf_reference PUBLIC ${PROJECT_SOURCE_DIR}/filter)
target_link_libraries(wf_reference PUBLIC wf m PRIVATE wf_warnings)

add_library(wf_cases STATIC filter/cases.c filter/tensors.c)
target_include_directories(wf_cases PUBLIC filter)
target_link_libraries(wf_cases PUBLIC wf wf_reference PRIVATE wf_warnings)
