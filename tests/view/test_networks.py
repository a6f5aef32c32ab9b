"""What wfview's networks make of frames of every size, down to one pixel, against a float64 reference from formulas and the file alone."""

import sys

import frames
import numpy as np
import pytest
import reference
from frames import ROOT

sys.path.append(str(ROOT / "tests" / "torch"))
import network_reference  # noqa: E402

SIZES = [(1, 1), (1, 9), (2, 1), (5, 3), (16, 16), (17, 33), (45, 31)]
TOLERANCES = {"cpu": 1e-4, "vulkan": 1e-2, "cuda": 1e-2}  # the GPUs' numbers between layers are float16


def write_frame(path, random, height, width):
    """Its layers, (C,H,W)."""
    color = random.lognormal(-1, 1.5, (height, width, 3)).astype(np.float32)
    albedo, normal = random.random((2, height, width, 3)).astype(np.float32)
    depth = (random.uniform(1, 9, (height, width, 1)) * (random.random((height, width, 1)) > 0.1)).astype(np.float32)
    frames.write(path, color=color, albedo=albedo, normal=2 * normal - 1, depth=depth[..., 0])
    return [layer.transpose(2, 0, 1) for layer in (color, albedo, 2 * normal - 1, depth)]


@pytest.mark.parametrize("name", ["tiny", "uneven", "single"])
def test_sizes(wfview, backend, tmp_path, name):
    network = ROOT / "tests" / "network" / "networks" / f"{name}.safetensors"
    random = np.random.default_rng(len(name))
    paths = [tmp_path / f"f.{number:04}.exr" for number in range(len(SIZES))]
    layers = [write_frame(path, random, *size) for path, size in zip(paths, SIZES)]
    wfview("--headless", "--backend", backend, "--network", network, "--save", tmp_path / "out", *paths).done()
    for number, size in enumerate(SIZES):
        *expected, _ = network_reference.denoise(network, *layers[number])
        for operator, picture in zip(("gather", "splat"), expected):
            actual = frames.read(tmp_path / "out" / f"{operator}.{number:04}.exr")
            error = reference.relative_error(actual, picture.transpose(1, 2, 0))
            assert error <= TOLERANCES[backend], (size, operator)
