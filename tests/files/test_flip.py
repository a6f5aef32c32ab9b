"""FLIP is what its authors' evaluator says, at every pixel of real pictures and of tiny ones."""

import flip_evaluator
import numpy as np
import pytest
from PIL import Image

TOLERANCE = 1e-3


def evaluate(picture, reference):
    """The authors' map and mean of two sRGB pictures of 8 bits."""
    shown = [np.ascontiguousarray(pixels, np.float32) / 255 for pixels in (reference, picture)]
    return flip_evaluator.evaluate(*shown, "LDR", inputsRGB=True, applyMagma=False, computeMeanError=True)[:2]


def load(path):
    return np.asarray(Image.open(path).convert("RGB"))


def check(dump, folder, picture, reference):
    for name, pixels in (("picture", picture), ("reference", reference)):
        Image.fromarray(pixels).save(folder / f"{name}.png")
    shapes, elements = dump("flip", folder / "picture.png", folder / "reference.png")
    actual = np.frombuffer(elements, np.float32).reshape(shapes["flip"])
    expected, mean = evaluate(picture, reference)
    np.testing.assert_allclose(actual, expected.reshape(actual.shape), atol=TOLERANCE)
    assert abs(actual.mean(dtype=float) - mean) <= TOLERANCE
    return mean


@pytest.mark.parametrize(
    "names", [("room", "court"), ("sequence", "glass"), ("court", "glass")], ids=lambda names: "-".join(names))
def test_views(dump, root, tmp_path, names):
    pictures = [load(root / "tests" / "view" / "golden" / f"{name}.png") for name in names]
    assert check(dump, tmp_path, *pictures) > 0.1


def test_small_differences(dump, root, tmp_path):
    """Noise of a few steps, and a word that is gone: what a comparison of screenshots is about."""
    picture = load(root / "tests" / "view" / "golden" / "studio.png")
    noise = np.random.default_rng(3).integers(-4, 5, picture.shape)
    noisy = np.clip(picture.astype(int) + noise, 0, 255).astype(np.uint8)
    assert 0.005 < check(dump, tmp_path, noisy, picture) < 0.2
    wordless = picture.copy()
    wordless[:25, :133] = picture[24, 0]
    assert 0 < check(dump, tmp_path, wordless, picture) < 0.01


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (3, 2), (37, 5)], ids=str)
def test_sizes(dump, tmp_path, size):
    """Filters are wider than some of these pictures."""
    random = np.random.default_rng(5)
    check(dump, tmp_path, *random.integers(0, 256, (2, *size, 3), np.uint8))


def test_extremes(dump, tmp_path):
    """The largest difference that there is, and none."""
    green, blue = (np.full((16, 16, 3), color, np.uint8) for color in ((0, 255, 0), (0, 0, 255)))
    assert check(dump, tmp_path, green, blue) == pytest.approx(1, abs=TOLERANCE)
    assert check(dump, tmp_path, green, green) == 0
