# The CPU backend. What works on sums is compiled for float and for double, rows.c and convolve_row.c once for each
# instruction set that the device chooses among.
find_package(OpenMP REQUIRED COMPONENTS C)
target_sources(wf PRIVATE cpu/device.c cpu/dispatch.c cpu/gather.c cpu/splat.c cpu/gather_splat.c cpu/predict.c
  cpu/convolve.c cpu/features.c cpu/pyramid.c cpu/steps.c cpu/pick.c cpu/summarize.c)
target_link_libraries(wf PRIVATE OpenMP::OpenMP_C m)

function(wf_add_reals name bits)
  add_library(${name} OBJECT ${ARGN})
  target_include_directories(${name} PRIVATE include . ${PROJECT_SOURCE_DIR}/shaders)
  target_link_libraries(${name} PRIVATE wf_warnings)
  target_compile_definitions(${name} PRIVATE WF_REAL_BITS=${bits})
  target_sources(wf PRIVATE $<TARGET_OBJECTS:${name}>)
endfunction()

# Neither debuggers nor sanitizers want what takes longest to compile.
set(wf_rows_optimization $<$<NOT:$<OR:$<BOOL:${WF_SANITIZE}>,$<CONFIG:Debug>>>:-O3>)

function(wf_add_rows name)
  foreach(bits 32 64)
    wf_add_reals(wf_rows_${name}_float${bits} ${bits} cpu/rows.c)
    target_compile_definitions(wf_rows_${name}_float${bits} PRIVATE WF_ROWS=wf_rows_${name}_float${bits})
    target_compile_options(wf_rows_${name}_float${bits} PRIVATE
      ${wf_rows_optimization} -ffp-contract=fast -fno-math-errno -fno-trapping-math ${ARGN})
  endforeach()
  add_library(wf_convolve_row_${name} OBJECT cpu/convolve_row.c)
  target_include_directories(wf_convolve_row_${name} PRIVATE include .)
  target_link_libraries(wf_convolve_row_${name} PRIVATE wf_warnings)
  target_compile_definitions(wf_convolve_row_${name} PRIVATE WF_CONVOLVE_ROW=wf_convolve_row_${name})
  target_compile_options(wf_convolve_row_${name} PRIVATE -O3 -ffp-contract=fast ${ARGN})
  target_sources(wf PRIVATE $<TARGET_OBJECTS:wf_convolve_row_${name}>)
endfunction()

wf_add_rows(baseline)
if(CMAKE_SYSTEM_PROCESSOR MATCHES "^(x86_64|AMD64)$")
  wf_add_rows(avx2 -mavx2 -mfma -mf16c)
  wf_add_rows(avx512 -mavx512f -mavx512bw -mavx512dq -mavx512vl -mfma -mf16c -mprefer-vector-width=512)
endif()

foreach(bits 32 64)
  wf_add_reals(wf_sums_float${bits} ${bits} cpu/tile.c cpu/filter.c cpu/backward.c)
  target_link_libraries(wf_sums_float${bits} PRIVATE OpenMP::OpenMP_C)
endforeach()
