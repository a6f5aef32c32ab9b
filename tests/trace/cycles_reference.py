"""Renders mirrors.py with Cycles and writes its denoising features, which test_cycles.py compares with.

    pip install bpy==4.5.15      (Python 3.11)
    python tests/trace/cycles_reference.py [--width 64] [--height 48] [--spp 4096] [--out
    tests/trace/mirrors_cycles.npz]

The committed file is what this wrote without options: albedo (H,W,3), normal (H,W,3) in world space, depth (H,W)."""

import argparse
import pathlib
import sys
import tempfile

import bpy
import numpy as np
import OpenEXR
from mathutils import Matrix, Vector

sys.path.insert(0, str(pathlib.Path(__file__).parent))
import mirrors  # noqa: E402  (from this folder)


def to_blender(v):
    """From y up to z up."""
    return Vector((v[0], -v[2], v[1]))


def make_material(name, kind, color, roughness):
    material = bpy.data.materials.new(name)
    material.use_nodes = True
    nodes = material.node_tree.nodes
    nodes.clear()
    shader = nodes.new({"matte": "ShaderNodeBsdfDiffuse", "metal": "ShaderNodeBsdfPrincipled",
                        "glass": "ShaderNodeBsdfGlass", "light": "ShaderNodeEmission"}[kind])
    if kind == "metal":
        shader.inputs["Base Color"].default_value = (*color, 1)
        shader.inputs["Metallic"].default_value = 1
    else:
        shader.inputs["Color"].default_value = (*color, 1)
    if kind in ("metal", "glass"):
        shader.inputs["Roughness"].default_value = roughness
    if kind == "glass":
        shader.inputs["IOR"].default_value = 1.5
    output = nodes.new("ShaderNodeOutputMaterial")
    material.node_tree.links.new(shader.outputs[0], output.inputs["Surface"])
    return material


def build():
    bpy.ops.wm.read_factory_settings(use_empty=True)
    materials = {name: make_material(name, *values) for name, values in mirrors.MATERIALS.items()}
    for name, corner, right, up in mirrors.quads():
        corner, right, up = (np.asarray(v, float) for v in (corner, right, up))
        mesh = bpy.data.meshes.new(name)
        mesh.from_pydata([to_blender(p) for p in (corner, corner + right, corner + right + up, corner + up)], [],
                         [(0, 1, 2, 3)])
        mesh.materials.append(materials[name])
        bpy.context.scene.collection.objects.link(bpy.data.objects.new(name, mesh))
    camera = bpy.data.cameras.new("camera")
    camera.sensor_fit, camera.angle = "VERTICAL", np.radians(mirrors.FOV)
    camera.clip_start = 1e-3  # from which depth counts
    placed = bpy.data.objects.new("camera", camera)
    eye, target = to_blender(mirrors.EYE), to_blender(mirrors.TARGET)
    placed.matrix_world = Matrix.Translation(eye) @ (target - eye).to_track_quat("-Z", "Y").to_matrix().to_4x4()
    bpy.context.scene.collection.objects.link(placed)
    bpy.context.scene.camera = placed
    return np.array(placed.matrix_world.to_3x3())


def render(arguments, path):
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.render.resolution_x, scene.render.resolution_y = arguments.width, arguments.height
    scene.cycles.samples, scene.cycles.use_adaptive_sampling, scene.cycles.use_denoising = arguments.spp, False, False
    scene.cycles.pixel_filter_type = "BOX"
    scene.cycles.max_bounces = scene.cycles.transmission_bounces = scene.cycles.glossy_bounces = 32
    scene.cycles.sample_clamp_indirect = 0
    bpy.context.view_layer.cycles.denoising_store_passes = True
    scene.render.image_settings.file_format = "OPEN_EXR_MULTILAYER"
    scene.render.image_settings.color_depth = "32"
    scene.render.filepath = path
    bpy.ops.render.render(write_still=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--width", type=int, default=64)
    parser.add_argument("--height", type=int, default=48)
    parser.add_argument("--spp", type=int, default=4096)
    parser.add_argument("--out", type=pathlib.Path, default=pathlib.Path(__file__).with_name("mirrors_cycles.npz"))
    arguments = parser.parse_args()
    rotation = build()
    with tempfile.TemporaryDirectory() as folder:
        path = f"{folder}/frame.exr"
        render(arguments, path)
        with OpenEXR.File(path, separate_channels=True) as file:
            channels = {name: channel.pixels.astype(np.float64) for name, channel in file.channels().items()}
    stack = lambda layer, names: np.stack([channels[f"ViewLayer.{layer}.{name}"] for name in names], -1)
    camera = stack("Denoising Normal", "XYZ") * (1, 1, -1)  # Cycles' camera space has z into the scene
    world = camera @ rotation.T
    normal = np.stack([world[..., 0], world[..., 2], -world[..., 1]], -1)
    np.savez_compressed(arguments.out, albedo=stack("Denoising Albedo", "RGB").astype(np.float16),
                        normal=normal.astype(np.float16),
                        depth=channels["ViewLayer.Denoising Depth.Z"].astype(np.float32))


if __name__ == "__main__":
    main()
