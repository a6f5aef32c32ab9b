"""Frames of other renderers for validation."""

import subprocess
import sys

import numpy as np
import OpenEXR
import pytest
from weighted_filter.train import frames


def write(path, channels):
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}, channels).write(str(path))


@pytest.mark.parametrize("names", [
    {"color": "ViewLayer.Combined.{}", "albedo": "ViewLayer.Denoising Albedo.{}",
     "normal": "ViewLayer.Denoising Normal.{}", "depth": "ViewLayer.Denoising Depth.Z"},
    {"color": "{}", "albedo": "albedo.{}", "normal": "normal.{}", "depth": "Z"},
    {"color": "color.{}", "albedo": "albedo.{}", "normal": "nn.{}", "depth": "dd.T"},
])
def test_converted_and_loaded(names, tmp_path):
    random = np.random.default_rng(1)
    layers = {name: random.random((1 if name == "depth" else 3, 6, 9), np.float32) for name in names}
    channels = {}
    for name, pattern in names.items():
        letters = {"normal": "XYZ", "depth": "-"}.get(name, "RGB")
        channels |= {pattern.format(letter): np.ascontiguousarray(plane)
                     for letter, plane in zip(letters, layers[name])}
    write(tmp_path / "shot.exr", channels)
    reference = random.random((3, 6, 9), np.float32)
    write(tmp_path / "reference.exr", dict(zip("RGB", map(np.ascontiguousarray, reference))))
    result = subprocess.run([sys.executable, "-m", "weighted_filter.train.frames", tmp_path / "out",
                             f"{tmp_path}/shot.exr={tmp_path}/reference.exr"], capture_output=True, text=True,
                            check=False)
    assert (result.returncode, result.stderr) == (0, "")
    loaded = frames.load([str(tmp_path / "out")])
    assert list(loaded) == ["shot"]
    for name, layer in {**layers, "reference": reference}.items():
        np.testing.assert_array_equal(loaded["shot"][name], layer)


def test_errors(tmp_path):
    planes = {letter: np.zeros((4, 5), np.float32) for letter in "RGB"}
    write(tmp_path / "a.exr", planes)
    write(tmp_path / "other.exr", {letter: np.zeros((4, 6), np.float32) for letter in "RGB"})
    write(tmp_path / "depth.exr", {"Z": planes["R"]})
    assert not frames.convert(f"{tmp_path}/a.exr", f"{tmp_path}/a.exr")["albedo"].any()
    for frame, reference, message in (("a", "other", "other.exr: is 6x4, the frame is 5x4"),
                                      ("depth", "a", "depth.exr: has no color"),
                                      ("a", "depth", "depth.exr: has no reference")):
        with pytest.raises(ValueError) as error:
            frames.convert(f"{tmp_path}/{frame}.exr", f"{tmp_path}/{reference}.exr")
        assert str(error.value) == f"{tmp_path}/{message}"
    np.savez(tmp_path / "bad.npz", color=np.zeros(3))
    with pytest.raises(ValueError, match="bad.npz: is no frame of weighted_filter.train.frames: "):
        frames.load([str(tmp_path / "bad.npz")])


def test_imports_without_what_is_optional():
    blocked = "safetensors", "matplotlib", "PIL", "tensorboard", "OpenEXR", "flip_evaluator"
    program = (f"import sys; sys.modules.update(dict.fromkeys({blocked!r}))\n"
               "import weighted_filter, weighted_filter.network, weighted_filter.train.trainer, "
               "weighted_filter.train.frames")
    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
