"""What wfview's networks make of frames of every size, down to one pixel, against a float64 reference from formulas and
the file alone."""

import re
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


def test_numbers_at_their_limits(wfview, backend, tmp_path):
    """Blocks that are too dark to count beside one that is not, albedo beyond 0 and 1, normals beyond -1 and 1, depths
    from the nearest to those that hit nothing."""
    random, (height, width) = np.random.default_rng(5), (45, 31)
    color = random.lognormal(-1, 1.5, (height, width, 3)).astype(np.float32)
    color[:16] *= 1e-6
    color[16:32] *= 1e-10
    albedo, normal = (random.uniform(*limits, (height, width, 3)).astype(np.float32)
                      for limits in ((-0.5, 1.5), (-2, 2)))
    depth = (10 ** random.uniform(-3, 8, (height, width))).astype(np.float32)
    depth[::5], depth[1::5] = 9e8, 1.1e9
    frames.write(tmp_path / "f.exr", color=color, albedo=albedo, normal=normal, depth=depth)
    network = ROOT / "tests" / "network" / "networks" / "tiny.safetensors"
    wfview("--headless", "--backend", backend, "--network", network, "--save", tmp_path, tmp_path / "f.exr").done()
    layers = [layer.transpose(2, 0, 1) for layer in (color, albedo, normal, depth[..., None])]
    *expected, _ = network_reference.denoise(network, *layers)
    for operator, picture in zip(("gather", "splat"), expected):
        actual = frames.read(tmp_path / f"{operator}.exr")
        assert reference.relative_error(actual, picture.transpose(1, 2, 0)) <= TOLERANCES[backend], operator


@pytest.mark.parametrize("damage", [lambda value: 0, lambda value: value ^ 0x8000], ids=["zero", "sign"])
def test_a_network_of_other_parameters_is_refused(wfview, tmp_path, damage):
    """Its file is whole, but does not compute the reference that is in it."""
    file = bytearray((ROOT / "tests" / "network" / "networks" / "tiny.safetensors").read_bytes())
    begin = 8 + int.from_bytes(file[:8], "little")
    halves = np.frombuffer(memoryview(file)[begin:], np.uint16).copy()
    halves[:len(halves) // 2] = [damage(int(value)) for value in halves[:len(halves) // 2]]
    (tmp_path / "n.safetensors").write_bytes(bytes(file[:begin]) + halves.tobytes())
    write_frame(tmp_path / "f.exr", np.random.default_rng(1), 5, 4)
    sentence = wfview("--headless", "--backend", "cpu", "--network", tmp_path / "n.safetensors",
                      tmp_path / "f.exr").sentence()
    found = re.fullmatch(f"wfview: {tmp_path}/n.safetensors: what it computes differs by (.*) from its reference, at "
                         "most 0.001 may: it is damaged, or its parameters are another network's", sentence)
    assert float(found[1]) > 0.001
