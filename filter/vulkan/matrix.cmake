# WF_KHR_MATRICES tells C and shaders (WF_SHADER_OPTIONS) where the headers and the compiler of shaders know
# VK_KHR_cooperative_matrix.
include(CheckSymbolExists)
set(CMAKE_REQUIRED_INCLUDES ${Vulkan_INCLUDE_DIRS})
check_symbol_exists(VK_KHR_COOPERATIVE_MATRIX_EXTENSION_NAME vulkan/vulkan.h WF_HEADERS_KNOW_MATRICES)
unset(CMAKE_REQUIRED_INCLUDES)

# glslang 13 knows the extension, but not its instructions' final numbers.
execute_process(COMMAND ${GLSLANG_VALIDATOR} --version OUTPUT_VARIABLE glslang_version)
string(REGEX MATCH "Glslang Version: [0-9]+:([0-9.]+)" glslang_version "${glslang_version}")

set(WF_SHADER_OPTIONS)
if(WF_HEADERS_KNOW_MATRICES AND CMAKE_MATCH_1 VERSION_GREATER_EQUAL 14)
  set(WF_SHADER_OPTIONS -DWF_KHR_MATRICES=1)
  set_source_files_properties(vulkan/matrix_product.c PROPERTIES COMPILE_DEFINITIONS WF_KHR_MATRICES)
endif()
