"""PNG files as another program reads them."""

import os

import numpy as np
import PIL.Image
import pytest

RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))


@pytest.mark.parametrize("size", [(1, 1), (3, 7), (720, 1280)])
def test_pixels(dump, tmp_path, size):
    rgba = RANDOM.integers(0, 256, (*size, 4), np.uint8)
    dump("png", tmp_path / "a.png", size[1], size[0], stdin=rgba.tobytes())
    with PIL.Image.open(tmp_path / "a.png") as image:
        assert image.format == "PNG" and image.mode == "RGB" and "srgb" in image.info
        np.testing.assert_array_equal(np.asarray(image), rgba[..., :3])
    assert [file.name for file in tmp_path.iterdir()] == ["a.png"]


def test_replaces(dump, tmp_path):
    (tmp_path / "a.png").write_bytes(b"old")
    dump("png", tmp_path / "a.png", 1, 1, stdin=bytes(4))
    assert (tmp_path / "a.png").read_bytes().startswith(b"\x89PNG")


def test_missing_folder(dump, tmp_path):
    result = dump.run("png", tmp_path / "no" / "a.png", 1, 1, stdin=bytes(4))
    assert result.returncode == 1
    assert result.stderr.decode() == f"{tmp_path}/no/a.png: cannot write: No such file or directory\n"
