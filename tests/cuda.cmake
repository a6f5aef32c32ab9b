# Parts of the CUDA backend that need no GPU.
get_target_property(CMAKE_CUDA_ARCHITECTURES wf CUDA_ARCHITECTURES)
enable_language(CUDA)

add_executable(test_kernels cuda/test_kernels.cu)
target_link_libraries(test_kernels PRIVATE wf_internal PkgConfig::CMOCKA wf_warnings)
set_target_properties(test_kernels PROPERTIES CUDA_STANDARD 17)
add_test(NAME cuda_kernels COMMAND test_kernels)
