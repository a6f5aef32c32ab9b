# wfview_trace: everything of the path tracer that is not Vulkan: scenes, their BVH, skies, camera paths.

find_package(OpenMP REQUIRED COMPONENTS C)
pkg_check_modules(WFVIEW_TRACE REQUIRED IMPORTED_TARGET GLOBAL assimp libcjson stb)

add_library(wfview_trace STATIC
  trace/alias.c
  trace/bvh.c
  trace/bvh_ray.c
  trace/camera_path.c
  trace/lights.c
  trace/random.c
  trace/random_camera.c
  trace/random_exposure.c
  trace/random_lights.c
  trace/random_material.c
  trace/random_mesh.c
  trace/random_objects.c
  trace/random_places.c
  trace/random_scene.c
  trace/random_shapes.c
  trace/random_texture.c
  trace/scene.c
  trace/scene_gltf.c
  trace/scene_import.c
  trace/scene_material.c
  trace/scene_texture.c
  trace/sky.c)
target_link_libraries(wfview_trace PUBLIC wfview_io PRIVATE wf_warnings PkgConfig::WFVIEW_TRACE OpenMP::OpenMP_C m)
