"""Damaged files of every kind are refused or read, without a crash; the sanitizers' build of fuzz makes this sharp."""

import os
import subprocess

import numpy as np
import OpenEXR
import pytest
import safetensors.numpy

RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))
WEIGHTS = RANDOM.normal(0, 1, (9, 4, 5)).astype(np.float16)


@pytest.fixture(name="fuzz")
def fixture_fuzz(build, memory_limit):
    program = build / "tests" / "fuzz"
    limit = memory_limit(program, 4096)  # sizes that damage has made huge must not exhaust the machine

    def run(path):
        result = subprocess.run([program, path], capture_output=True, timeout=300, check=False, **limit)
        assert result.returncode == 0, (result.stdout + result.stderr[-4000:]).decode(errors="replace")
        read, refused = [int(word) for word in result.stdout.split(b"\n")[1].split() if word.isdigit()]
        assert read + refused == 900
        assert refused >= 300, "no file that was cut can be read"

    return run


@pytest.mark.parametrize("layout", ["scanline", "tiled"])
@pytest.mark.parametrize("compression", ["NO", "RLE", "ZIPS", "ZIP", "PIZ", "PXR24", "B44", "B44A", "DWAA", "DWAB"])
def test_exr(fuzz, tmp_path, compression, layout):
    header = {"compression": getattr(OpenEXR, f"{compression}_COMPRESSION"), "type": OpenEXR.scanlineimage}
    if layout == "tiled":
        header.update(type=OpenEXR.tiledimage, tiles=OpenEXR.TileDescription())
        header["tiles"].xSize, header["tiles"].ySize = 8, 16
    types = {"R": np.float16, "G": np.float16, "B": np.float32, "A": np.float16, "Z": np.float32, "id": np.uint32}
    pixels = np.broadcast_to(RANDOM.integers(0, 3, (17, 1)), (17, 12))  # simple, or it would not be compressed at all
    channels = {name: pixels.astype(dtype) for name, dtype in types.items()}
    OpenEXR.File(header, channels).write(str(tmp_path / "a.exr"))
    fuzz(tmp_path / "a.exr")


def test_exr_parts(fuzz, tmp_path):
    OpenEXR.File([OpenEXR.Part({}, {name: RANDOM.random((5, 6)).astype(np.float32) for name in names}, part)
                  for part, names in {"rgba": "RGBA", "depth": "Z"}.items()]).write(str(tmp_path / "a.exr"))
    fuzz(tmp_path / "a.exr")


def test_exr_luminance_and_chroma(fuzz, tmp_path):
    channels = {name: OpenEXR.Channel(RANDOM.random((6, 8)).astype(np.float16), *sampling)
                for name, sampling in {"Y": (1, 1), "RY": (2, 2), "BY": (2, 2)}.items()}
    header = {"chromaticities": (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329), "multiView": ["left", "right"],
              "comments": "of no interest", "timeCode": OpenEXR.TimeCode(), "capDate": "2026:01:01 00:00:00"}
    OpenEXR.File(header, channels).write(str(tmp_path / "a.exr"))
    fuzz(tmp_path / "a.exr")


def test_npy(fuzz, tmp_path):
    np.save(tmp_path / "w.npy", WEIGHTS)
    fuzz(tmp_path / "w.npy")


@pytest.mark.parametrize("save", [np.savez, np.savez_compressed])
def test_npz(fuzz, tmp_path, save):
    save(tmp_path / "w.npz", weight=WEIGHTS, other=np.arange(3))
    fuzz(tmp_path / "w.npz")


def test_safetensors(fuzz, tmp_path):
    safetensors.numpy.save_file({"weight": WEIGHTS, "other": np.arange(3)}, tmp_path / "w.safetensors", {"K": "3"})
    fuzz(tmp_path / "w.safetensors")
