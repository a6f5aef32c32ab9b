# Networks: files, plans, frames through them.
target_sources(wf PRIVATE
  network/architecture.c network/check.c network/denoise.c network/kernels.c network/file.c
  network/json.c network/place.c network/plan.c)
