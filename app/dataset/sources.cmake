# wfview_scenes: random scenes. wfview_dataset: training pairs of them; the records they are kept in are wfview_records.
add_library(wfview_scenes STATIC
  dataset/scenes/assets.c
  dataset/scenes/camera.c
  dataset/scenes/exposure.c
  dataset/scenes/lights.c
  dataset/scenes/mesh.c
  dataset/scenes/models.c
  dataset/scenes/objects.c
  dataset/scenes/paint.c
  dataset/scenes/pattern.c
  dataset/scenes/outdoors.c
  dataset/scenes/places.c
  dataset/scenes/plants.c
  dataset/scenes/random.c
  dataset/scenes/random_scene.c
  dataset/scenes/rooms.c
  dataset/scenes/shapes.c
  dataset/scenes/stages.c)
target_link_libraries(wfview_scenes PUBLIC wfview_trace PRIVATE wf_warnings m)

add_library(wfview_records STATIC dataset/record.c dataset/store.c)
target_link_libraries(wfview_records PUBLIC wfview_io PRIVATE wf_warnings PkgConfig::WFVIEW_IO)

add_library(wfview_dataset STATIC dataset/dataset.c)
target_link_libraries(wfview_dataset PUBLIC wfview_records wfview_scenes wfview_tracer
  PRIVATE wf_warnings Threads::Threads m)
