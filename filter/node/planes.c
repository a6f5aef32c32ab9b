/* Where the planes of the node's roles lie. Filtered pictures are together in a block: color, its alpha where that is
 * filtered, then the further layers; so is what each operator makes of them. */
#include "node.h"
#include "wf_node_inspect.h"

int wf_node_channels(const wf_node *node, wf_node_role role)
{
    const node_role row = wf_node_role_of(role);
    return row.channels + (node->options.alpha && row.block != NODE_NO_BLOCK && row.layer < 0);
}

static int64_t place_in_block(const wf_node *node, wf_node_role role)
{
    const int layer = wf_node_role_of(role).layer;
    return layer < 0 ? 0 : wf_node_channels(node, WF_NODE_COLOR) + NODE_LAYER_CHANNELS * layer;
}

wf_tensor wf_node_frame_tensor(const wf_node *node, wf_dtype dtype, int64_t channels)
{
    return wf_dense(NULL, dtype, 1, channels, node->options.height, node->options.width);
}

wf_tensor wf_node_pictures(const wf_node *node, node_block block, int layers)
{
    wf_tensor pictures =
        wf_node_frame_tensor(node, WF_FLOAT32, wf_node_channels(node, WF_NODE_COLOR) + NODE_LAYER_CHANNELS * layers);
    pictures.data = node->blocks[block].data;
    return pictures;
}

/* The roles' planes are views of their block; the color's alpha lies behind them. */
static void place_planes(wf_node *node, node_block block)
{
    const wf_tensor *all = &node->blocks[block];
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        const node_role row = wf_node_role_of(role);
        const int64_t place = place_in_block(node, role);
        if (row.block != block || place + row.channels > all->size[1])
            continue;
        node->planes[role] = wf_node_frame_tensor(node, WF_FLOAT32, row.channels);
        node->planes[role].data = (float *)all->data + place * all->stride[1];
    }
}

static wf_result allocate(const wf_node *node, int64_t channels, wf_tensor *planes)
{
    wf_tensor made = wf_node_frame_tensor(node, WF_FLOAT32, channels);
    WF_TRY(wf_alloc(node->device, (size_t)made.stride[0] * sizeof(float), &made.data));
    *planes = made;
    return WF_OK;
}

/* Frames that are under way have the smaller one. */
static wf_result grow_block(wf_node *node, node_block block, int64_t channels)
{
    wf_tensor grown;
    WF_TRY(wf_node_wait_for_all(node));
    WF_TRY(allocate(node, channels, &grown));
    wf_free(node->device, node->blocks[block].data);
    node->blocks[block] = grown;
    place_planes(node, block);
    return WF_OK;
}

wf_result wf_node_need_planes(wf_node *node, wf_node_role role)
{
    const node_block block = wf_node_role_of(role).block;
    const int64_t channels = wf_node_channels(node, role);
    if (block == NODE_NO_BLOCK)
        return node->planes[role].data ? WF_OK : allocate(node, channels, &node->planes[role]);
    const int64_t alone = node->options.alpha ? NODE_ALPHA_PLACE + NODE_LAYER_CHANNELS : 0;
    const int64_t end = place_in_block(node, role) + channels, needed = end > alone ? end : alone;
    return node->blocks[block].size[1] >= needed ? WF_OK : grow_block(node, block, needed);
}

void wf_node_drop_map(wf_node *node, wf_node_role role)
{
    int bound = !node_is_map(role);
    for (uint32_t slot = 0; slot < node->options.slots; slot++)
        bound = bound || node_is_bound(&node->slots[slot], role);
    if (bound)
        return;
    wf_free(node->device, node->planes[role].data);
    node->planes[role] = (wf_tensor){0};
}

void wf_node_free_planes(wf_node *node)
{
    for (wf_node_role role = 0; role < WF_NODE_ROLE_COUNT; role++) {
        if (wf_node_role_of(role).block == NODE_NO_BLOCK)
            wf_free(node->device, node->planes[role].data);
    }
    for (node_block block = 0; block < NODE_BLOCK_COUNT; block++)
        wf_free(node->device, node->blocks[block].data);
}
