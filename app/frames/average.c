#include "average.h"

#include "average.comp.h"
#include "display/average_push.h"

#define GROUP 8 /* threads of a workgroup, along each side */

static bool create_layouts(average *average, error *error)
{
    VkDescriptorSetLayoutBinding bindings[2];
    for (uint32_t i = 0; i < 2; i++)
        bindings[i] = (VkDescriptorSetLayoutBinding){
            .binding = i,
            .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
            .descriptorCount = 1,
            .stageFlags = VK_SHADER_STAGE_COMPUTE_BIT,
        };
    return layouts_create(average->device, bindings, 2, VK_SHADER_STAGE_COMPUTE_BIT, sizeof(struct average_push),
                          &average->set_layout, &average->layout, error);
}

static bool create_sets(average *average, error *error)
{
    return descriptor_sets_create(average->device, average->set_layout,
                                  &(VkDescriptorPoolSize){VK_DESCRIPTOR_TYPE_STORAGE_IMAGE, 2 * DENOISER_SLOTS}, 1,
                                  DENOISER_SLOTS, &average->pool, average->sets, error);
}

static bool create_mean(average *average, error *error)
{
    const device *device = average->device;
    VkCommandBuffer commands;
    if (!image_create(device, average->width, average->height, VK_FORMAT_R32G32B32A32_SFLOAT,
                      VK_IMAGE_USAGE_STORAGE_BIT | VK_IMAGE_USAGE_SAMPLED_BIT | VK_IMAGE_USAGE_TRANSFER_SRC_BIT,
                      &average->mean, error) ||
        !commands_allocate(device, 1, &commands, error))
        return false;
    bool ok = commands_begin(commands, error);
    if (ok) {
        commands_discard(commands, &average->mean.image, 1, VK_PIPELINE_STAGE_TOP_OF_PIPE_BIT,
                         VK_PIPELINE_STAGE_ALL_COMMANDS_BIT, 0);
        ok = commands_finish(device, commands, error);
    }
    vkFreeCommandBuffers(device->handle, device->commands, 1, &commands);
    return ok;
}

bool average_create(const device *device, uint32_t width, uint32_t height, average *average, error *error)
{
    *average = (struct average){.device = device, .width = width, .height = height};
    if (create_mean(average, error) && create_layouts(average, error) && create_sets(average, error) &&
        compute_pipeline_create(device, average->layout, average_comp, sizeof average_comp, NULL, &average->pipeline,
                                error))
        return true;
    average_destroy(average);
    return false;
}

void average_destroy(average *average)
{
    const device *device = average->device;
    if (!device)
        return;
    vkDestroyPipeline(device->handle, average->pipeline, NULL);
    vkDestroyPipelineLayout(device->handle, average->layout, NULL);
    vkDestroyDescriptorPool(device->handle, average->pool, NULL);
    vkDestroyDescriptorSetLayout(device->handle, average->set_layout, NULL);
    image_destroy(device, &average->mean);
    *average = (struct average){0};
}

void average_bind(const average *average, const denoiser_turn *turn)
{
    const VkDescriptorImageInfo infos[] = {
        {.imageView = turn->images[FRAME_COLOR].view, .imageLayout = VK_IMAGE_LAYOUT_GENERAL},
        {.imageView = average->mean.view, .imageLayout = VK_IMAGE_LAYOUT_GENERAL},
    };
    const VkWriteDescriptorSet write = {
        .sType = VK_STRUCTURE_TYPE_WRITE_DESCRIPTOR_SET,
        .dstSet = average->sets[turn->slot],
        .descriptorCount = 2, /* goes on from binding 0 to binding 1 */
        .descriptorType = VK_DESCRIPTOR_TYPE_STORAGE_IMAGE,
        .pImageInfo = infos,
    };
    vkUpdateDescriptorSets(average->device->handle, 1, &write, 0, NULL);
}

void average_record(const average *average, const denoiser_turn *turn, float share, bool show)
{
    const VkPipelineStageFlags readers =
        VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_FRAGMENT_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT;
    const struct average_push push = {share, show};
    vkCmdBindDescriptorSets(turn->commands, VK_PIPELINE_BIND_POINT_COMPUTE, average->layout, 0, 1,
                            &average->sets[turn->slot], 0, NULL);
    vkCmdBindPipeline(turn->commands, VK_PIPELINE_BIND_POINT_COMPUTE, average->pipeline);
    vkCmdPushConstants(turn->commands, average->layout, VK_SHADER_STAGE_COMPUTE_BIT, 0, sizeof push, &push);
    /* Pictures of frames before may still be reading the mean. */
    commands_order(turn->commands, readers, VK_ACCESS_SHADER_WRITE_BIT, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT,
                   VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_SHADER_WRITE_BIT);
    vkCmdDispatch(turn->commands, (average->width + GROUP - 1) / GROUP, (average->height + GROUP - 1) / GROUP, 1);
    commands_order(turn->commands, VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT, readers,
                   VK_ACCESS_SHADER_READ_BIT | VK_ACCESS_TRANSFER_READ_BIT);
}
