#version 460

// copy.comp.glsl -- copies memory, 16 bytes a thread: what the compute units can reach.
// vkCmdCopyBuffer need not use them.
#extension GL_EXT_buffer_reference : require
#extension GL_EXT_scalar_block_layout : require
#extension GL_EXT_shader_explicit_arithmetic_types_int64 : require

layout(local_size_x = 256) in;
layout(buffer_reference, scalar, buffer_reference_align = 16) buffer Bytes16 { uvec4 value; };
layout(push_constant, scalar) uniform Push { uint64_t to, from, size; } push;

void main()
{
    uint64_t group = uint64_t(gl_WorkGroupID.y) * gl_NumWorkGroups.x + gl_WorkGroupID.x;
    uint64_t at = (group * 256 + gl_LocalInvocationID.x) * 16;
    if (at < push.size) {
        Bytes16(push.to + at).value = Bytes16(push.from + at).value;
    }
}
