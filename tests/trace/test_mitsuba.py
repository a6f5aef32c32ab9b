"""The Cornell-style box, traced until it has converged, against Mitsuba 3's picture of the same description.

cornell_mitsuba.npz is Mitsuba's, small, so that this takes seconds on a CPU; mitsuba_reference.py makes it again, in
any size:

    python tests/trace/mitsuba_reference.py --size 256 --spp 4096 --out reference.npz
    WF_MITSUBA_REFERENCE=reference.npz WF_MITSUBA_SPP=4096 python -m pytest --basetemp=out tests/trace/test_mitsuba.py

Beside frame.exr in its temporary folder lies difference.png: wfview's picture, Mitsuba's, and their difference times 8.
"""

import os
import pathlib
import subprocess

import numpy as np
import OpenEXR
import pytest
from PIL import Image

REFERENCE = pathlib.Path(os.environ.get("WF_MITSUBA_REFERENCE",
                                        pathlib.Path(__file__).with_name("cornell_mitsuba.npz")))
SPP = int(os.environ.get("WF_MITSUBA_SPP", 2048))
SPP_OF_FRAME = 64


@pytest.fixture(scope="module")
def reference():
    with np.load(REFERENCE) as file:
        return {name: file[name].astype(np.float64) for name in file}


@pytest.fixture(scope="module")
def frame(build, root, reference, tmp_path_factory):
    """The layers of wfview's frame, and the folder it is in."""
    folder = tmp_path_factory.mktemp("cornell")
    height, width = reference["depth"].shape
    command = [build / "app" / "wfview", "--headless", "--scene", root / "assets" / "scenes" / "cornell.glb",
               "--render-size", f"{width}x{height}", "--spp", SPP_OF_FRAME, "--accumulate", SPP, "--backend", "vulkan",
               "--kernel-size", 3, "--save", folder]
    subprocess.run([str(argument) for argument in command], check=True, timeout=1800)
    with OpenEXR.File(str(folder / "frame.exr"), separate_channels=True) as file:
        channels = {name: channel.pixels.astype(np.float64) for name, channel in file.channels().items()}
    stack = lambda *names: np.stack([channels[name] for name in names], -1)
    return {"color": stack("R", "G", "B"), "normal": stack("normal.X", "normal.Y", "normal.Z"),
            "depth": channels["Z"]}, folder


def display(linear):
    return (255 * np.clip(linear, 0, 1) ** (1 / 2.2) + 0.5).astype(np.uint8)


def test_color(frame, reference):
    layers, folder = frame
    color, expected = layers["color"], reference["color"]
    picture = np.concatenate([display(color), display(expected), display(8 * np.abs(color - expected))], 1)
    Image.fromarray(picture).save(folder / "difference.png")
    relative_error = np.mean((color - expected) ** 2 / (expected**2 + 1e-4))
    print(f"relMSE {relative_error:.2e}, means {color.mean((0, 1))}, Mitsuba {expected.mean((0, 1))}")
    assert relative_error <= 1e-3
    np.testing.assert_allclose(color.mean((0, 1)), expected.mean((0, 1)), rtol=3e-3)


def test_no_structure_in_the_difference(frame, reference):
    """Means over 4 x 4 parts of the picture, where what is noise has averaged out."""
    size = reference["depth"].shape[0] // 4
    parts = lambda pixels: pixels.reshape(4, size, 4, size, 3).mean((1, 3))
    actual, expected = parts(frame[0]["color"]), parts(reference["color"])
    np.testing.assert_allclose(actual, expected, rtol=0.02)


def inside_of_faces(reference):
    """Pixels whose rays all met one plane: there the mean normal has length 1."""
    return np.linalg.norm(reference["normal"], axis=-1) > 0.9995


def test_normals(frame, reference):
    inside = inside_of_faces(reference)
    assert inside.mean() > 0.7
    np.testing.assert_allclose(frame[0]["normal"][inside], reference["normal"][inside], atol=1e-3)


def test_depth(frame, reference):
    """Of the pixel's middle; Mitsuba's is the mean over the pixel, which perspective shifts by up to 0.13 %."""
    inside = inside_of_faces(reference)
    np.testing.assert_allclose(frame[0]["depth"][inside], reference["depth"][inside], rtol=2e-3)


def test_sampled_features(build, root, reference, tmp_path):
    """Means over the pixel, as Mitsuba's are: at edges too."""
    height, width = reference["depth"].shape
    command = [build / "app" / "wfview", "--headless", "--scene", root / "assets" / "scenes" / "cornell.glb",
               "--render-size", f"{width}x{height}", "--spp", 64, "--features", "sampled", "--backend", "vulkan",
               "--kernel-size", 3, "--save", tmp_path]
    subprocess.run([str(argument) for argument in command], check=True, timeout=600)
    with OpenEXR.File(str(tmp_path / "frame.exr"), separate_channels=True) as file:
        channels = {name: channel.pixels.astype(np.float64) for name, channel in file.channels().items()}
    normal = np.stack([channels[f"normal.{axis}"] for axis in "XYZ"], -1)
    np.testing.assert_allclose(normal, reference["normal"], atol=0.12)  # 64 points of a pixel
    assert np.abs(normal - reference["normal"]).mean() <= 0.005
    inside = inside_of_faces(reference)
    np.testing.assert_allclose(channels["Z"][inside], reference["depth"][inside], rtol=2e-3)
