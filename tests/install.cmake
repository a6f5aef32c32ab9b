# What an installed libwf gives to others, as a shared library and, without CUDA and as Debug, which compiles soon, as a
# static one. Sanitized libraries need sanitized programs, which keep what they load.
set(flags -Wall -Wextra -Wpedantic -Werror)
if(WF_SANITIZE)
  list(APPEND flags -fsanitize=address,undefined)
  set(linked "LDFLAGS=-fsanitize=address,undefined $<TARGET_OBJECTS:wf_keep_loaded>")
endif()
list(JOIN flags " " flags)

function(wf_add_install_test name build)
  add_test(NAME ${name}
    COMMAND ${CMAKE_CURRENT_SOURCE_DIR}/install/consumers ${build} ${CMAKE_CURRENT_BINARY_DIR}/${name})
  set_tests_properties(${name} PROPERTIES TIMEOUT 300 ENVIRONMENT "CFLAGS=${flags};CXXFLAGS=${flags};${linked}")
endfunction()

wf_add_install_test(install ${PROJECT_BINARY_DIR})

if(NOT WF_SANITIZE)
  set(static ${CMAKE_CURRENT_BINARY_DIR}/static)
  add_test(NAME install_static_build COMMAND ${CMAKE_CTEST_COMMAND} --build-and-test ${PROJECT_SOURCE_DIR} ${static}
    --build-generator ${CMAKE_GENERATOR} --build-noclean --build-options -D CMAKE_BUILD_TYPE=Debug
    -D BUILD_SHARED_LIBS=OFF -D WF_VULKAN=${WF_VULKAN}
    -D WF_CUDA=OFF -D WF_VIEWER=OFF -D WF_TESTS=OFF)
  wf_add_install_test(install_static ${static})
  set_tests_properties(install_static_build PROPERTIES FIXTURES_SETUP static)
  set_tests_properties(install_static PROPERTIES FIXTURES_REQUIRED static)
endif()
