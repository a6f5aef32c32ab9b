# The CPU backend.
find_package(OpenMP REQUIRED COMPONENTS C)
target_sources(wf PRIVATE cpu/device.c cpu/gather.c cpu/splat.c cpu/predict.c)
target_link_libraries(wf PRIVATE OpenMP::OpenMP_C m)
