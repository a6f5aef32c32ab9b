# `cmake --install`: the headers of what is built, the library, a CMake package (wf-config.cmake.in) and a pkg-config
# file (wf.pc.in). The installed tree can be moved.
include(CMakePackageConfigHelpers)
set(package_folder ${CMAKE_INSTALL_LIBDIR}/cmake/wf)

set(backends cpu)
set(headers include/wf.h include/wf_pyramid.h include/wf_cuda.h include/wf_network.h)
if(WF_VULKAN)
  list(APPEND backends vulkan)
  list(APPEND headers include/wf_vulkan.h include/wf_figures.h include/wf_node.h
    include/wf_node_inspect.h include/wf_labels.h)
endif()
if(WF_CUDA)
  list(APPEND backends cuda)
  target_link_libraries(wf PRIVATE $<INSTALL_INTERFACE:stdc++>) # what nvcc makes of host code needs it
endif()

install(FILES ${headers} DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})
install(TARGETS wf EXPORT wf INCLUDES DESTINATION ${CMAKE_INSTALL_INCLUDEDIR})

# The bundled network, which a source distribution of the Python package does without.
set(network ${PROJECT_SOURCE_DIR}/assets/networks/kpn.safetensors)
if(EXISTS ${network})
  install(FILES ${network} DESTINATION ${CMAKE_INSTALL_DATADIR}/wf)
endif()

# ---- CMake
get_target_property(type wf TYPE)
string(COMPARE EQUAL ${type} STATIC_LIBRARY static)
install(EXPORT wf NAMESPACE wf:: FILE wf-targets.cmake DESTINATION ${package_folder})
configure_package_config_file(wf-config.cmake.in wf-config.cmake INSTALL_DESTINATION ${package_folder}
  PATH_VARS CMAKE_INSTALL_DATADIR)
write_basic_package_version_file(wf-config-version.cmake COMPATIBILITY SameMinorVersion)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/wf-config.cmake ${CMAKE_CURRENT_BINARY_DIR}/wf-config-version.cmake
        DESTINATION ${package_folder})

# ---- pkg-config
file(RELATIVE_PATH pc_prefix ${CMAKE_INSTALL_FULL_LIBDIR}/pkgconfig ${CMAKE_INSTALL_PREFIX})
string(REGEX REPLACE "/$" "" pc_prefix ${pc_prefix})
file(RELATIVE_PATH pc_include ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_INCLUDEDIR})
file(RELATIVE_PATH pc_lib ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_LIBDIR})
file(RELATIVE_PATH pc_data ${CMAKE_INSTALL_PREFIX} ${CMAKE_INSTALL_FULL_DATADIR})
list(JOIN backends " " pc_backends)
set(pc_private -lm)
foreach(library IN LISTS OpenMP_C_LIB_NAMES)
  string(APPEND pc_private " -l${library}")
endforeach()
if(WF_VULKAN)
  set(pc_requires vulkan)
endif()
if(WF_CUDA)
  string(APPEND pc_private " -L${CUDAToolkit_LIBRARY_DIR} -lcudart_static -lstdc++ -ldl -lrt")
endif()
configure_file(wf.pc.in wf.pc @ONLY)
install(FILES ${CMAKE_CURRENT_BINARY_DIR}/wf.pc DESTINATION ${CMAKE_INSTALL_LIBDIR}/pkgconfig)
