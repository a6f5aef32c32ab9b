# Writes FILE, which defines WF_COMMIT as the commit of SOURCE, where that has changed; "-dirty" where what the
# benchmark is made of differs from it. Run by cmake -P at build time.
execute_process(COMMAND git -C ${SOURCE} rev-parse --short=10 HEAD
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
execute_process(COMMAND git -C ${SOURCE} diff --quiet HEAD -- CMakeLists.txt app filter shaders tests/bench tests/filter
                RESULT_VARIABLE dirty ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
elseif(dirty)
  string(APPEND commit -dirty)
endif()
set(line "#define WF_COMMIT \"${commit}\"\n")
if(EXISTS ${FILE})
  file(READ ${FILE} before)
endif()
if(NOT line STREQUAL before)
  file(WRITE ${FILE} "${line}")
endif()
