"""Renders assets/scenes/cornell.py with Mitsuba 3 and writes the picture that test_mitsuba.py compares with.

    pip install mitsuba==3.9.1
    python tests/trace/mitsuba_reference.py [--size 32] [--spp 32768] [--out tests/trace/cornell_mitsuba.npz]

The committed file is what this wrote without options (Mitsuba 3.9.1, scalar_rgb): color (H,W,3), normal (H,W,3), and
depth (H,W), the distance from the eye to the mean of the pixel's points. It took a minute on two cores.
"""

import argparse
import pathlib
import sys

import mitsuba
import numpy as np

ROOT = pathlib.Path(__file__).resolve().parents[2]
SPP_OF_FEATURES = 4096

sys.path.insert(0, str(ROOT / "assets" / "scenes"))
import cornell  # noqa: E402  (from the scenes' folder)


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--size", type=int, default=32)
    parser.add_argument("--spp", type=int, default=32768)
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "tests" / "trace" / "cornell_mitsuba.npz")
    arguments = parser.parse_args()
    mitsuba.set_variant("scalar_rgb")
    description = cornell.mitsuba(arguments.size, arguments.size, arguments.spp, mitsuba.ScalarTransform4f)
    color = np.array(mitsuba.render(mitsuba.load_dict(description)))
    description["integrator"] = {"type": "aov", "aovs": "point:position,normal:sh_normal"}
    features = np.array(mitsuba.render(mitsuba.load_dict(description), spp=min(SPP_OF_FEATURES, arguments.spp)))
    depth = np.linalg.norm(features[..., -6:-3] - cornell.EYE, axis=-1)
    normal = features[..., -3:].astype(np.float16)
    np.savez_compressed(arguments.out, color=color.astype(np.float16), normal=normal, depth=depth.astype(np.float32))


if __name__ == "__main__":
    main()
