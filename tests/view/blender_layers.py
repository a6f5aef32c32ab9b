"""Run by Blender: opens a multilayer file, and saves the passes that its image node has.

    blender -b --factory-startup --python blender_layers.py -- IN.exr OUT WIDTH HEIGHT     writes OUT0001.exr
"""

import sys

import bpy

source, out, width, height = sys.argv[sys.argv.index("--") + 1 :]
scene = bpy.context.scene
scene.use_nodes = True
tree = scene.node_tree
tree.nodes.clear()
image = tree.nodes.new("CompositorNodeImage")
image.image = bpy.data.images.load(source)
file = tree.nodes.new("CompositorNodeOutputFile")
file.base_path = out
file.format.file_format = "OPEN_EXR_MULTILAYER"
file.format.color_depth = "32"
file.layer_slots.clear()
for socket in image.outputs:
    if socket.enabled and socket.name != "Alpha":
        file.layer_slots.new(socket.name)
        tree.links.new(socket, file.inputs[-1])
tree.links.new(image.outputs[0], tree.nodes.new("CompositorNodeComposite").inputs[0])
scene.camera = bpy.data.objects.new("camera", bpy.data.cameras.new("camera"))  # it does not render without one
scene.collection.objects.link(scene.camera)
scene.render.resolution_x, scene.render.resolution_y = int(width), int(height)
bpy.ops.render.render()
