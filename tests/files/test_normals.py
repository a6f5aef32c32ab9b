"""Normals: what is stored as n/2 + 1/2 is known by its values, and everything else is taken as it is."""

import numpy as np
import pytest
from exr_frames import HEIGHT, RANDOM, WIDTH, random_channels, write, write_parts

MISSED = 0.2  # of the pixels


def unit_vectors(low=-1):
    normals = RANDOM.normal(size=(HEIGHT, WIDTH, 3))
    normals = np.abs(normals) if low == 0 else normals
    return (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).astype(np.float32)


def means(count=4):
    """What several samples in a pixel leave: shorter than 1."""
    around = unit_vectors()
    mean = np.mean([around + RANDOM.normal(0, 0.3, around.shape) for _ in range(count)], axis=0)
    return mean.clip(-0.57, 0.57).astype(np.float32)


def misses():
    return RANDOM.random((HEIGHT, WIDTH)) < MISSED


def channels_of(normals, letters="XYZ"):
    return {f"normal.{letter}": np.ascontiguousarray(normals[..., i]) for i, letter in enumerate(letters)}


def read(dump, path):
    return dump.layers("frame", path)["normal"][..., :3]


@pytest.mark.parametrize("missed", [0.5, 0.0], ids=["gray", "black"])
@pytest.mark.parametrize("normals", [unit_vectors, means])
@pytest.mark.parametrize("dtype", [np.float32, np.float16])
def test_encoded(dump, tmp_path, missed, normals, dtype):
    expected, nothing = normals(), misses()
    stored = (expected / 2 + 0.5).astype(dtype)
    stored[nothing] = missed
    expected[nothing] = 0
    path = write(tmp_path / "a.exr", random_channels("RGB") | channels_of(stored))
    np.testing.assert_allclose(read(dump, path), expected, atol=1e-6 if dtype == np.float32 else 2e-3)


@pytest.mark.parametrize("wrong, is_decoded", [(0.08, True), (0.12, False)])
def test_pixels_that_are_no_normals(dump, tmp_path, wrong, is_decoded):
    """At edges before black, up to a tenth of them, which are shortened."""
    stored = unit_vectors() / 2 + 0.5
    stored.reshape(-1, 3)[:round(wrong * HEIGHT * WIDTH)] = (0.1, 0.02, 0.03)
    decoded = 2 * stored - 1
    decoded /= np.maximum(np.linalg.norm(decoded, axis=-1, keepdims=True), 1)
    path = write(tmp_path / "a.exr", random_channels("RGB") | channels_of(stored))
    np.testing.assert_allclose(read(dump, path), decoded if is_decoded else stored, atol=1e-6)


def test_of_appleseed(dump, tmp_path):
    """Parts, each with channels of its own; depth has an alpha."""
    expected = unit_vectors()
    parts = {"beauty": random_channels("RGBA", np.float16), "albedo": random_channels("RGBA", np.float16),
             "normal": {letter: np.ascontiguousarray(expected[..., i] / 2 + 0.5) for i, letter in enumerate("RGB")},
             "depth": random_channels("ZA")}
    layers = dump.layers("frame", write_parts(tmp_path / "a.exr", parts))
    assert list(layers) == ["color", "albedo", "normal", "depth"]
    np.testing.assert_allclose(layers["normal"][..., :3], expected, atol=1e-6)
    np.testing.assert_array_equal(layers["color"][..., 3], parts["beauty"]["A"].astype(np.float32))
    np.testing.assert_array_equal(layers["albedo"][..., 1], parts["albedo"]["G"].astype(np.float32))
    np.testing.assert_array_equal(np.squeeze(layers["depth"]), parts["depth"]["Z"])


@pytest.mark.parametrize("normals", [
    unit_vectors, means, lambda: unit_vectors(low=0), lambda: np.abs(means()),
    lambda: np.zeros((HEIGHT, WIDTH, 3), np.float32), lambda: np.full((HEIGHT, WIDTH, 3), 0.5, np.float32),
    lambda: RANDOM.random((HEIGHT, WIDTH, 3), np.float32),
    lambda: np.broadcast_to(np.float32([0, 1, 0]), (HEIGHT, WIDTH, 3)).copy()
], ids=["all directions", "means", "one octant", "means in one octant", "nothing hit", "gray", "no normals", "a floor"])
def test_as_they_are(dump, tmp_path, normals):
    stored = normals()
    path = write(tmp_path / "a.exr", random_channels("RGB") | channels_of(stored))
    np.testing.assert_array_equal(read(dump, path), stored)
