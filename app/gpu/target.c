#include "target.h"

/* Neutral, so that it does not tint what the eye makes of the pictures. */
static const VkClearColorValue background = {.float32 = {0.09f, 0.09f, 0.092f, 1}};

static bool create_render_pass(target *target, error *error)
{
    VkAttachmentDescription attachment = {
        .format = TARGET_FORMAT,
        .samples = VK_SAMPLE_COUNT_1_BIT,
        .loadOp = VK_ATTACHMENT_LOAD_OP_LOAD,
        .storeOp = VK_ATTACHMENT_STORE_OP_STORE,
        .stencilLoadOp = VK_ATTACHMENT_LOAD_OP_DONT_CARE,
        .stencilStoreOp = VK_ATTACHMENT_STORE_OP_DONT_CARE,
        .initialLayout = VK_IMAGE_LAYOUT_GENERAL,
        .finalLayout = VK_IMAGE_LAYOUT_TRANSFER_SRC_OPTIMAL,
    };
    VkSubpassDescription subpass = {
        .pipelineBindPoint = VK_PIPELINE_BIND_POINT_GRAPHICS,
        .colorAttachmentCount = 1,
        .pColorAttachments = &(VkAttachmentReference){0, VK_IMAGE_LAYOUT_COLOR_ATTACHMENT_OPTIMAL},
    };
    const VkSubpassDependency dependencies[] = {
        {
            .srcSubpass = VK_SUBPASS_EXTERNAL,
            .dstSubpass = 0,
            .srcStageMask = VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT | VK_PIPELINE_STAGE_TRANSFER_BIT,
            .dstStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
            .srcAccessMask = VK_ACCESS_SHADER_WRITE_BIT | VK_ACCESS_TRANSFER_WRITE_BIT,
            .dstAccessMask = VK_ACCESS_COLOR_ATTACHMENT_READ_BIT | VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
        },
        {
            .srcSubpass = 0,
            .dstSubpass = VK_SUBPASS_EXTERNAL,
            .srcStageMask = VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
            .dstStageMask = VK_PIPELINE_STAGE_TRANSFER_BIT,
            .srcAccessMask = VK_ACCESS_COLOR_ATTACHMENT_WRITE_BIT,
            .dstAccessMask = VK_ACCESS_TRANSFER_READ_BIT,
        },
    };
    return vk_ok(vkCreateRenderPass(target->device->handle,
                                    &(VkRenderPassCreateInfo){
                                        .sType = VK_STRUCTURE_TYPE_RENDER_PASS_CREATE_INFO,
                                        .attachmentCount = 1,
                                        .pAttachments = &attachment,
                                        .subpassCount = 1,
                                        .pSubpasses = &subpass,
                                        .dependencyCount = 2,
                                        .pDependencies = dependencies,
                                    },
                                    NULL, &target->render_pass),
                 "vkCreateRenderPass", error);
}

bool target_create(const device *device, uint32_t width, uint32_t height, target *target, error *error)
{
    *target = (struct target){.device = device};
    if (create_render_pass(target, error) && target_resize(target, width, height, error))
        return true;
    target_destroy(target);
    return false;
}

static void destroy_image(target *target)
{
    vkDestroyFramebuffer(target->device->handle, target->framebuffer, NULL);
    target->framebuffer = VK_NULL_HANDLE;
    image_destroy(target->device, &target->image);
}

void target_destroy(target *target)
{
    if (!target->device)
        return;
    destroy_image(target);
    vkDestroyRenderPass(target->device->handle, target->render_pass, NULL);
    *target = (struct target){0};
}

bool target_resize(target *target, uint32_t width, uint32_t height, error *error)
{
    destroy_image(target);
    target->width = width;
    target->height = height;
    return image_create(target->device, width, height, TARGET_FORMAT,
                        VK_IMAGE_USAGE_COLOR_ATTACHMENT_BIT | VK_IMAGE_USAGE_STORAGE_BIT |
                            VK_IMAGE_USAGE_TRANSFER_SRC_BIT | VK_IMAGE_USAGE_TRANSFER_DST_BIT,
                        &target->image, error) &&
           vk_ok(vkCreateFramebuffer(target->device->handle,
                                     &(VkFramebufferCreateInfo){
                                         .sType = VK_STRUCTURE_TYPE_FRAMEBUFFER_CREATE_INFO,
                                         .renderPass = target->render_pass,
                                         .attachmentCount = 1,
                                         .pAttachments = &target->image.view,
                                         .width = width,
                                         .height = height,
                                         .layers = 1,
                                     },
                                     NULL, &target->framebuffer),
                 "vkCreateFramebuffer", error);
}

void target_begin(const target *target, VkCommandBuffer commands)
{
    /* What copies of the frame before read is written now. */
    commands_discard(commands, &target->image.image, 1,
                     VK_PIPELINE_STAGE_TRANSFER_BIT | VK_PIPELINE_STAGE_COLOR_ATTACHMENT_OUTPUT_BIT,
                     VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT);
    vkCmdClearColorImage(commands, target->image.image, VK_IMAGE_LAYOUT_GENERAL, &background, 1, &image_range);
    commands_order(commands, VK_PIPELINE_STAGE_TRANSFER_BIT, VK_ACCESS_TRANSFER_WRITE_BIT,
                   VK_PIPELINE_STAGE_COMPUTE_SHADER_BIT, VK_ACCESS_SHADER_WRITE_BIT);
}

void target_begin_overlay(const target *target, VkCommandBuffer commands)
{
    vkCmdBeginRenderPass(commands,
                         &(VkRenderPassBeginInfo){
                             .sType = VK_STRUCTURE_TYPE_RENDER_PASS_BEGIN_INFO,
                             .renderPass = target->render_pass,
                             .framebuffer = target->framebuffer,
                             .renderArea = {.extent = {target->width, target->height}},
                         },
                         VK_SUBPASS_CONTENTS_INLINE);
}

void target_end(VkCommandBuffer commands)
{
    vkCmdEndRenderPass(commands);
}
