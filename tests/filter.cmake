# The operator's tests, and what they share with the benchmark.
add_library(wf_reference STATIC ${PROJECT_SOURCE_DIR}/filter/cpu/reference.c
  ${PROJECT_SOURCE_DIR}/filter/cpu/reference_pyramid.c)
target_include_directories(wf_reference PUBLIC ${PROJECT_SOURCE_DIR}/filter)
target_link_libraries(wf_reference PUBLIC wf m PRIVATE wf_warnings)

add_library(wf_cases STATIC filter/cases.c filter/gradients.c filter/tensors.c)
target_include_directories(wf_cases PUBLIC filter)
target_link_libraries(wf_cases PUBLIC wf wf_reference PRIVATE wf_warnings)

# All of libwf, and what it keeps to itself, for tests of its parts.
get_target_property(sources wf SOURCES)
get_target_property(libraries wf LINK_LIBRARIES)
list(FILTER sources INCLUDE REGEX TARGET_OBJECTS)
add_library(wf_internal STATIC $<TARGET_OBJECTS:wf> ${sources})
target_include_directories(wf_internal PUBLIC ${PROJECT_SOURCE_DIR}/filter ${PROJECT_SOURCE_DIR}/filter/include)
target_link_libraries(wf_internal PUBLIC ${libraries} $<$<BOOL:${WF_CUDA}>:stdc++>)
set_target_properties(wf_internal PROPERTIES LINKER_LANGUAGE C)

# Suites for every backend that is built; they skip themselves where there is no device. Threads that wait do not
# spin: tests often share their cores.
set(suites filter special bilateral gradients pyramid)
foreach(suite ${suites})
  add_executable(test_${suite} filter/test_${suite}.c filter/suite.c)
  target_link_libraries(test_${suite} PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings)
endforeach()

# wf_if_brief(VARIABLE NAME): --brief for suites whose cases others run whole. `cpu` takes the best of the instructions:
# sanitized it is whole and those of each set are brief, else the other way round. Sanitizers look at none of the
# shaders.
function(wf_if_brief variable name)
  set(${variable} "" PARENT_SCOPE)
  if((WF_SANITIZE AND NOT name STREQUAL cpu) OR (NOT WF_SANITIZE AND name STREQUAL cpu))
    set(${variable} --brief PARENT_SCOPE)
  endif()
endfunction()

function(wf_add_filter_test name backend)
  wf_if_brief(brief ${name})
  foreach(suite ${suites})
    add_test(NAME ${suite}_${name} COMMAND test_${suite} ${backend} ${brief})
    set_tests_properties(${suite}_${name} PROPERTIES SKIP_RETURN_CODE 77
      ENVIRONMENT "OMP_WAIT_POLICY=passive;${unoptimized};${ARGN}")
  endforeach()
endfunction()

wf_add_filter_test(cpu cpu)
foreach(instructions baseline avx2 avx512)
  wf_add_filter_test(cpu_${instructions} cpu WF_CPU_INSTRUCTIONS=${instructions})
endforeach()
if(WF_VULKAN)
  wf_add_filter_test(vulkan vulkan)
endif()
if(WF_CUDA)
  wf_add_filter_test(cuda cuda)
endif()

add_executable(test_brief filter/test_brief.c filter/suite.c)
target_link_libraries(test_brief PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings)
add_test(NAME filter_brief COMMAND test_brief)

foreach(suite errors device_errors)
  add_executable(test_${suite} filter/test_${suite}.c filter/errors.c)
  target_link_libraries(test_${suite} PRIVATE wf PkgConfig::CMOCKA wf_warnings)
  add_test(NAME filter_${suite} COMMAND test_${suite})
  set_tests_properties(filter_${suite} PROPERTIES ENVIRONMENT ASAN_OPTIONS=allocator_may_return_null=1)
endforeach()

add_executable(test_reference filter/test_reference.c)
target_link_libraries(test_reference PRIVATE wf_cases PkgConfig::CMOCKA wf_warnings)
add_test(NAME filter_reference COMMAND test_reference)

find_package(OpenMP REQUIRED COMPONENTS C)
add_executable(test_cpu filter/test_cpu.c)
target_link_libraries(test_cpu PRIVATE wf_cases OpenMP::OpenMP_C PkgConfig::CMOCKA wf_warnings)
add_test(NAME filter_cpu_threads COMMAND test_cpu)
set_tests_properties(filter_cpu_threads PROPERTIES ENVIRONMENT OMP_WAIT_POLICY=passive)
