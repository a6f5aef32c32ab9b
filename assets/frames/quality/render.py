"""Renders the test frames of Cycles, with Blender 4.5 as PyPI has it (bpy, for Python 3.11).

    pip install bpy==4.5.*
    python render.py --scene cellar --spp 4 --out raw               # raw/cellar_4spp.exr
    python render.py --scene cellar --spp 512 --reference --seed 1 --out raw    # raw/cellar_ref.512.1.exr, a part

A frame is a multilayer EXR with color and denoising albedo, normal and depth, under Blender's own channel names; of a
reference only color is kept; it is rendered in parts, each with a seed of its own. finish.py averages those and makes
all files smaller.
"""

import argparse
import pathlib
import sys

import bpy

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent.parent))
import exteriors  # noqa: E402  (they need kit.py, of the folder above)
import interiors  # noqa: E402
from kit import plain_cycles  # noqa: E402

SCENES = {**interiors.SCENES, **exteriors.SCENES}


def render(args):
    plain_cycles(args, diffuse_bounces=3, glossy_bounces=4)
    scene = bpy.context.scene
    scene.view_settings.view_transform = "Standard"
    scene.cycles.volume_bounces = 0
    scene.cycles.seed = args.seed + 100 if args.reference else args.spp
    name = f"ref.{args.spp}.{args.seed}" if args.reference else f"{args.spp}spp"
    scene.render.filepath = str((args.out / f"{args.scene}_{name}.exr").resolve())
    bpy.ops.render.render(write_still=True)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--scene", choices=sorted(SCENES), required=True)
    parser.add_argument("--spp", type=int, default=4)
    parser.add_argument("--reference", action="store_true", help="color only")
    parser.add_argument("--seed", type=int, default=1, help="of a part of the reference")
    parser.add_argument("--out", type=pathlib.Path, required=True, help="folder of the files")
    parser.add_argument("--percent", type=int, default=100, help="size, for a quick look")
    args = parser.parse_args()
    bpy.ops.wm.read_factory_settings(use_empty=True)
    bpy.context.scene.cycles.caustics_reflective = False
    SCENES[args.scene]()
    render(args)


if __name__ == "__main__":
    main()
