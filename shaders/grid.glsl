// grid.glsl -- workgroups of WF_GROUP_WIDTH x WF_GROUP_HEIGHT threads over an image.
#include "in_image.glsl"
#include "shared.h"

layout(local_size_x = WF_GROUP_WIDTH, local_size_y = WF_GROUP_HEIGHT) in;

// The place of a thread in a grid where its workgroup is `group`.
ivec2 group_thread(ivec2 group)
{
    return group * ivec2(WF_GROUP_WIDTH, WF_GROUP_HEIGHT) + ivec2(gl_LocalInvocationID);
}

// The thread's pixel where each has one. first_group says where in the grid the dispatch begins.
ivec2 thread_pixel(int first_group_x, int first_group_y)
{
    return group_thread(ivec2(gl_WorkGroupID) + ivec2(first_group_x, first_group_y));
}
