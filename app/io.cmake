# wfview_io: everything of wfview that is neither Vulkan nor user interface. Headers are included as "app/NAME.h" from outside
# this folder: with this folder itself on the path, png.h would hide libpng's.

find_package(Threads REQUIRED)
pkg_check_modules(WFVIEW_IO REQUIRED IMPORTED_TARGET GLOBAL OpenEXR libcjson libpng libzip)

add_library(wfview_io STATIC
  dataset_record.c
  dataset_store.c
  error.c
  exr.c
  exr_layers.c
  exr_pixels.c
  exr_write.c
  frame.c
  input.c
  metrics.c
  options.c
  output.c
  png.c
  profiler.c
  report.c
  sequence.c
  source.c
  weights.c)
target_include_directories(wfview_io PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(wfview_io PUBLIC wf PRIVATE wf_warnings PkgConfig::WFVIEW_IO Threads::Threads m)
