# Writes FILE, which defines WF_COMMIT as the commit of SOURCE, where that has changed. Run by cmake -P at build time.
execute_process(COMMAND git -C ${SOURCE} describe --always --dirty --abbrev=10
                OUTPUT_VARIABLE commit OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET)
if(NOT commit)
  set(commit unknown)
endif()
set(line "#define WF_COMMIT \"${commit}\"\n")
if(EXISTS ${FILE})
  file(READ ${FILE} before)
endif()
if(NOT line STREQUAL before)
  file(WRITE ${FILE} "${line}")
endif()
