# wfview_io: everything of wfview that is neither Vulkan nor user interface. Headers are included as "app/NAME.h" from outside
# this folder: with this folder itself on the path, png.h would hide libpng's.

find_package(Threads REQUIRED)
pkg_check_modules(WFVIEW_IO REQUIRED IMPORTED_TARGET GLOBAL OpenEXR libcjson libpng libzip)

add_library(wfview_io STATIC
  ${CMAKE_CURRENT_LIST_DIR}/error.c
  ${CMAKE_CURRENT_LIST_DIR}/exr.c
  ${CMAKE_CURRENT_LIST_DIR}/exr_layers.c
  ${CMAKE_CURRENT_LIST_DIR}/exr_pixels.c
  ${CMAKE_CURRENT_LIST_DIR}/exr_write.c
  ${CMAKE_CURRENT_LIST_DIR}/frame.c
  ${CMAKE_CURRENT_LIST_DIR}/input.c
  ${CMAKE_CURRENT_LIST_DIR}/metrics.c
  ${CMAKE_CURRENT_LIST_DIR}/options.c
  ${CMAKE_CURRENT_LIST_DIR}/output.c
  ${CMAKE_CURRENT_LIST_DIR}/png.c
  ${CMAKE_CURRENT_LIST_DIR}/profiler.c
  ${CMAKE_CURRENT_LIST_DIR}/report.c
  ${CMAKE_CURRENT_LIST_DIR}/sequence.c
  ${CMAKE_CURRENT_LIST_DIR}/source.c
  ${CMAKE_CURRENT_LIST_DIR}/weights.c)
target_include_directories(wfview_io PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(wfview_io PUBLIC wf PRIVATE wf_warnings PkgConfig::WFVIEW_IO Threads::Threads m)
