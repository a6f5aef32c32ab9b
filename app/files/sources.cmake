# wfview_io: everything of wfview that is neither Vulkan nor user interface: files, recorded frames, the command line,
# statistics.
find_package(Threads REQUIRED)
pkg_check_modules(WFVIEW_IO REQUIRED IMPORTED_TARGET GLOBAL OpenEXR libcjson libpng libzip stb)

add_library(wfview_io STATIC
  error.c interrupt.c manual.c option_readers.c option_rules.c option_writer.c options.c settings.c
  denoise/choice.c denoise/predictor.c
  files/arrays.c files/exr.c files/exr_describe.c files/exr_file.cpp files/exr_header.c files/exr_layers.c
  files/exr_list.c
  files/exr_names.c files/exr_pixels.c files/exr_result.c files/exr_rules.c files/exr_write.c
  files/frame_file.c files/input.c files/output.c files/pfm.c files/png.c files/png_read.c files/radiance.c
  files/siblings.c files/weights.c
  frames/frame.c frames/frame_name.c frames/mend.c frames/normals.c frames/reference.c frames/sequence.c
  frames/sequence_list.c frames/source.c
  ipc/album.c ipc/images.c ipc/packet.c ipc/server.c ipc/stream.c
  view/commands.c view/commands_help.c view/exposure.c view/flip.c view/inspected.c view/layers.c view/measured.c
  view/metrics.c view/palette.c view/pane.c view/place.c view/tone.c view/view.c
  viewer/profiler.c viewer/report.c viewer/report_measured.c)
target_include_directories(wfview_io PUBLIC ${PROJECT_SOURCE_DIR})
target_link_libraries(wfview_io PUBLIC wf PRIVATE wf_warnings PkgConfig::WFVIEW_IO Threads::Threads m)
