"""Sampled features of mirrors, glass and matte walls against Cycles' denoising passes of the same scene.

mirrors_cycles.npz is Cycles', with many samples; cycles_reference.py makes it again. Beside frame.exr in its temporary
folder lies difference.png: wfview's albedo, Cycles', their difference times 4, and so for normals."""

import pathlib
import subprocess

import mirrors
import numpy as np
import OpenEXR
import pytest
from PIL import Image

REFERENCE = pathlib.Path(__file__).with_name("mirrors_cycles.npz")

# Parts of the picture, (rows, columns), inside of what they show.
PARTS = {
    "floor": (slice(38, 47), slice(5, 60)),
    "wall in gold": (slice(19, 23), slice(12, 19)),
    "floor in gold": (slice(26, 31), slice(12, 24)),
    "satin": (slice(17, 31), slice(29, 35)),
    "rough": (slice(11, 15), slice(13, 24)),
    "through glass": (slice(21, 34), slice(42, 50)),
}


@pytest.fixture(scope="module")
def layers(build, tmp_path_factory):
    """Of wfview's frame and of Cycles', by name."""
    folder = tmp_path_factory.mktemp("mirrors")
    with np.load(REFERENCE) as file:
        expected = {name: file[name].astype(np.float64) for name in file}
    height, width = expected["depth"].shape
    mirrors.write_glb(folder / "mirrors.glb")
    command = [build / "app" / "wfview", "--headless", "--scene", folder / "mirrors.glb", "--render-size",
               f"{width}x{height}", "--features", "sampled", "--spp", 64, "--backend", "cpu", "--kernel-size", 3,
               "--save", folder]
    subprocess.run([str(argument) for argument in command], check=True, timeout=600)
    with OpenEXR.File(str(folder / "frame.exr"), separate_channels=True) as file:
        channels = {name: channel.pixels.astype(np.float64) for name, channel in file.channels().items()}
    stack = lambda *names: np.stack([channels[name] for name in names], -1)
    actual = {"albedo": stack("albedo.R", "albedo.G", "albedo.B"), "normal": stack("normal.X", "normal.Y", "normal.Z"),
              "depth": channels["Z"]}
    shown = []
    for name, scale, shift in (("albedo", 1, 0), ("normal", 0.5, 0.5)):
        a, b = (shift + scale * values[name] for values in (actual, expected))
        shown.append(np.concatenate([a, b, 4 * np.abs(a - b)], 1))
    Image.fromarray((255 * np.clip(np.concatenate(shown), 0, 1)).astype(np.uint8)).save(folder / "difference.png")
    return actual, expected


@pytest.mark.parametrize("part", PARTS)
def test_parts(layers, part):
    actual, expected = ({name: values[name][PARTS[part]] for name in values} for values in layers)
    for name, tolerance in (("albedo", 0.025), ("normal", 0.02)):
        np.testing.assert_allclose(actual[name].mean((0, 1)), expected[name].mean((0, 1)), atol=tolerance, err_msg=name)
    np.testing.assert_allclose(actual["depth"].mean(), expected["depth"].mean(), rtol=0.02)


def test_everywhere(layers):
    """But at the edges of glass, which are darker in Cycles, and for lamps, whose normals there are 0."""
    actual, expected = layers
    for name, most in (("albedo", 0.02), ("normal", 0.02), ("depth", 0.2)):
        error = np.abs(actual[name] - expected[name])
        assert np.percentile(error, 90) <= most, name
        assert error.mean() <= most, name


def test_followed(layers):
    """What a mirror shows: the floor's color times gold's, the floor's normal, the way there and on."""
    actual = {name: values[PARTS["floor in gold"]] for name, values in layers[0].items()}
    np.testing.assert_allclose(actual["albedo"].mean((0, 1)), (0.7, 0.3 * 0.7, 0.2 * 0.3), atol=0.02)
    np.testing.assert_allclose(actual["normal"].mean((0, 1)), (0, 1, 0), atol=1e-2)
