# The CPU backend. rows.c is compiled once for each instruction set that the device chooses among.
find_package(OpenMP REQUIRED COMPONENTS C)
target_sources(wf PRIVATE cpu/device.c cpu/filter.c cpu/gather.c cpu/splat.c cpu/predict.c)
target_link_libraries(wf PRIVATE OpenMP::OpenMP_C m)

function(wf_add_rows name)
  add_library(wf_rows_${name} OBJECT cpu/rows.c)
  target_include_directories(wf_rows_${name} PRIVATE include .)
  target_link_libraries(wf_rows_${name} PRIVATE wf_warnings)
  target_compile_definitions(wf_rows_${name} PRIVATE WF_ROWS=wf_rows_${name})
  target_compile_options(wf_rows_${name} PRIVATE -O3 -ffp-contract=fast -fno-math-errno -fno-trapping-math ${ARGN})
  target_sources(wf PRIVATE $<TARGET_OBJECTS:wf_rows_${name}>)
endfunction()

wf_add_rows(baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  wf_add_rows(avx2 -mavx2 -mfma -mf16c)
  wf_add_rows(avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mf16c -mprefer-vector-width=512)
endif()
