# Tests of what the path tracer traces: scenes, hierarchies, skies, camera paths; and of the random scenes.
add_library(trace_reference STATIC trace/scene_files.c trace/shapes.c trace/traverse.c)
target_include_directories(trace_reference PUBLIC trace)
target_link_libraries(trace_reference PUBLIC wfview_trace app_temporary PkgConfig::CMOCKA PRIVATE wf_warnings m)

foreach(suite trace/bvh trace/camera_path trace/lights trace/scene trace/scene_gltf trace/scene_refusals
    trace/sky dataset/assets dataset/scenes)
  get_filename_component(folder ${suite} DIRECTORY)
  get_filename_component(name ${suite} NAME)
  add_executable(test_${folder}_${name} ${folder}/test_${name}.c)
  target_compile_definitions(test_${folder}_${name} PRIVATE SCENES="${PROJECT_SOURCE_DIR}/assets/scenes/")
  target_link_libraries(test_${folder}_${name} PRIVATE
    wfview_scenes trace_reference app_temporary PkgConfig::CMOCKA wf_warnings OpenMP::OpenMP_C m)
  add_test(NAME ${folder}_${name} COMMAND test_${folder}_${name})
  set_tests_properties(${folder}_${name} PROPERTIES TIMEOUT 300)
endforeach()
