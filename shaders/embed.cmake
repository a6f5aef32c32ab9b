# wf_embed_shader(target file...): compiles each GLSL file, named from this folder on, to SPIR-V and embeds it as a C
# array: filter/gather.comp.glsl becomes the header gather.comp.h with `static const uint32_t gather_comp[]`, for one
# source file to include. Files include shared.h and *.glsl of this folder.

set(WF_SHADER_DIR ${CMAKE_CURRENT_LIST_DIR})

function(wf_embed_shader target)
  set(dir ${CMAKE_CURRENT_BINARY_DIR}/${target}-shaders)
  file(MAKE_DIRECTORY ${dir})
  foreach(file IN LISTS ARGN)
    cmake_path(ABSOLUTE_PATH file BASE_DIRECTORY ${WF_SHADER_DIR})
    cmake_path(GET file STEM LAST_ONLY name)
    string(MAKE_C_IDENTIFIER ${name} symbol)
    add_custom_command(
      OUTPUT ${dir}/${name}.h
      COMMAND ${GLSLANG_VALIDATOR} --quiet -V --target-env vulkan1.2 -g0 -I${WF_SHADER_DIR}
              --depfile ${dir}/${name}.d --vn ${symbol} -o ${dir}/${name}.h ${file}
      COMMAND ${CMAKE_COMMAND} -D FILE=${dir}/${name}.h -P ${WF_SHADER_DIR}/static.cmake
      DEPENDS ${file}
      DEPFILE ${dir}/${name}.d
      COMMENT "Compiling ${name}.glsl"
      VERBATIM)
    target_sources(${target} PRIVATE ${dir}/${name}.h)
  endforeach()
  target_include_directories(${target} PRIVATE ${dir} ${WF_SHADER_DIR})
endfunction()
