"""The inspector: --pixel, and what --report says of the kernels of that pixel. Numbers against numpy on the file of
weights, and against the pictures that were saved."""

import json
import os

import frames
import numpy as np
import pytest
import reference
from scenes import SCENES

RANDOM = np.random.default_rng(12)
HEIGHT, WIDTH = 11, 14
PIXELS = [(0, 0), (13, 10), (6, 5), (1, 9)]  # x, y: corners, where all taps are inside, near an edge
STUDIO = frames.FRAMES / "studio" / "studio.0001.exr"


def inspect(wfview, folder, *arguments, pixels=PIXELS[:1]):
    """The kernels by pixel, operator and level."""
    asked = [word for x, y in pixels for word in ("--pixel", f"{x},{y}")]
    wfview("--headless", "--report", folder / "r.json", *asked, *arguments).done()
    return {(*kernel["pixel"], kernel["operator"], kernel["level"]): kernel
            for kernel in json.loads((folder / "r.json").read_text())["inspect"]}


def expected_factors(weights, size, mode, operator, x, y):
    """Factors by the place of what the pixel reads, or of whose weight lands on it."""
    found = {}
    for t, dy, dx in reference.taps(*size):
        sign = 1 if operator == "gather" else -1
        row, column = y + sign * dy, x + sign * dx
        if 0 <= row < HEIGHT and 0 <= column < WIDTH:
            found[row, column] = float(weights[t, y, x] if operator == "gather" else weights[t, row, column])
    if mode == "softmax":
        found = {place: np.exp(weight) for place, weight in found.items()}
    total = 1 if mode == "linear" else reference.divisor(sum(found.values()))
    return {place: weight / total for place, weight in found.items()}


def told_factors(kernel):
    """The same of a report; what lies outside of the image has no weight."""
    (x, y), step = kernel["first"], kernel["step"]
    found = {(y + step * i, x + step * j): factor for i, row in enumerate(kernel["factors"])
             for j, factor in enumerate(row)}
    inside = {place: factor for place, factor in found.items() if 0 <= place[0] < HEIGHT and 0 <= place[1] < WIDTH}
    assert all(factor == 0 for place, factor in found.items() if place not in inside)
    return inside


def check_figures(kernel, factors, x, y):
    """factors: by row and column."""
    values = np.array(list(factors.values()))
    p = np.abs(values) / np.abs(values).sum()
    squares = np.array([(row - y) ** 2 + (column - x) ** 2 for row, column in factors])
    logarithms = np.log2(p, out=np.zeros_like(p), where=p > 0)
    expected = [values.sum(), -(p * logarithms).sum(), np.sqrt((p * squares).sum())]
    np.testing.assert_allclose([kernel[key] for key in ("sum", "entropy", "effective_radius")], expected, rtol=1e-5,
                               atol=1e-6)


@pytest.mark.parametrize("mode, size, scale", [
    ("linear", (5, 3), 1), ("linear", (2, 4), 1), ("normalized", (3, 3), 1), ("normalized", (3, 3), -1e-8),
    ("softmax", (5, 3), 1), ("softmax", (2, 4), 1), ("softmax", (1, 1), 1)])
def test_numbers_of_files(wfview, backend, tmp_path, mode, size, scale):
    """scale: of weights that are normalized, with sums too small to divide by where it is small."""
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    weights = RANDOM.normal(0.4, 1, (size[0] * size[1], HEIGHT, WIDTH)).astype(np.float32)
    if mode == "normalized":
        weights = np.float32(scale) * np.abs(weights)
    np.save(tmp_path / "w.npy", weights)
    for pair in (PIXELS[:2], PIXELS[2:]):
        told = inspect(wfview, tmp_path, "--backend", backend, "--weights", tmp_path / "w.npy", "--weight-mode", mode,
                       "--kernel-size", f"{size[0]}x{size[1]}", tmp_path / "a.exr", pixels=pair)
        assert set(told) == {(x, y, operator, 0) for x, y in pair for operator in ("gather", "splat")}
        for (x, y, operator, _), kernel in told.items():
            assert (kernel["mode"], kernel["kernel"], kernel["place"], kernel["alpha"]) == (mode, [*size], [x, y], None)
            expected, found = expected_factors(weights, size, mode, operator, x, y), told_factors(kernel)
            assert set(found) == set(expected)
            np.testing.assert_allclose([found[place] for place in expected], list(expected.values()), rtol=2e-5,
                                       atol=1e-7)
            check_figures(kernel, expected, x, y)


def check_footprint(told, expected):
    """expected: factors by where they land."""
    assert told["kernel"] and told["factors"]
    found = told_factors(told | {"step": 1})
    assert set(found) == set(expected)
    np.testing.assert_allclose([found[place] for place in expected], list(expected.values()), rtol=2e-5, atol=1e-7)


@pytest.mark.parametrize("mode, size",
                         [("linear", (5, 3)), ("linear", (2, 4)), ("normalized", (4, 2)), ("softmax", (5, 3))])
def test_what_a_pixel_writes(wfview, backend, tmp_path, mode, size):
    """Of the file's own weights of the pixel; each neighbor normalizes what lands on it."""
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    weights = RANDOM.normal(0.4, 1, (size[0] * size[1], HEIGHT, WIDTH)).astype(np.float32)
    weights = np.abs(weights) if mode == "normalized" else weights
    np.save(tmp_path / "w.npy", weights)
    told = inspect(wfview, tmp_path, "--backend", backend, "--weights", tmp_path / "w.npy", "--weight-mode", mode,
                   "--kernel-size", f"{size[0]}x{size[1]}", tmp_path / "a.exr", pixels=PIXELS[1:3])
    for x, y in PIXELS[1:3]:
        assert told[x, y, "gather", 0]["footprint"] is None
        written = {}
        for t, dy, dx in reference.taps(*size):
            if 0 <= y + dy < HEIGHT and 0 <= x + dx < WIDTH:
                if mode == "linear":
                    written[y + dy, x + dx] = float(weights[t, y, x])
                else:
                    written[y + dy, x + dx] = expected_factors(weights, size, mode, "splat", x + dx, y + dy)[y, x]
        footprint = told[x, y, "splat", 0]["footprint"]
        check_footprint(footprint, written)
        check_figures(footprint, written, x, y)


def test_kernels_too_large_to_tell_what_a_pixel_writes(wfview, tmp_path):
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    told = inspect(wfview, tmp_path, "--backend", "cpu", "--kernel-size", 33, tmp_path / "a.exr", pixels=[(6, 5)])
    assert [kernel["footprint"] for kernel in told.values()] == [None, None]


def test_a_pyramid_s_footprint(wfview, tmp_path):
    """What one pixel writes of itself to another is what the other has of it; and at each level all is written."""
    studio = frames.read_blender(STUDIO)
    frames.write(tmp_path / "a.exr", **{name: studio[name][100:171, 150:235] for name in ("color", "normal")})
    for pair in ([(41, 37), (43, 30)], [(0, 0), (2, 9)], [(84, 70), (80, 70)]):
        told = inspect(wfview, tmp_path, "--backend", "cpu", tmp_path / "a.exr", pixels=pair)
        for (x, y), (other_x, other_y) in (pair, pair[::-1]):
            footprint, whole = told[x, y, "splat", None]["footprint"], told[other_x, other_y, "splat", None]
            (left, top), factors = footprint["first"], np.array(footprint["factors"])
            (first_x, first_y), others = whole["first"], np.array(whole["factors"])
            expected = others[y - first_y, x - first_x]
            assert factors[other_y - top, other_x - left] == pytest.approx(expected, rel=1e-4, abs=1e-7)
            assert footprint["sum"] == pytest.approx(factors.sum(), rel=1e-5)


def apply(kernel, picture):
    """What the kernel makes of a picture: the pixel's r,g,b."""
    (x, y), factors = kernel["first"], np.array(kernel["factors"])
    return np.einsum("ij,ijc->c", factors, picture[y:y + factors.shape[0], x:x + factors.shape[1]].astype(np.float64))


def check_levels(told, operator, x, y):
    """Of the pyramid; returns the kernel that all levels make together."""
    levels = [level for *where, level in told if where == [x, y, operator]]
    assert levels == [*range(len(levels) - 1), None] and len(levels) > 2
    for level in levels[:-1]:
        kernel = told[x, y, operator, level]
        assert kernel["mode"] == "softmax" and kernel["place"] == [x >> level, y >> level]
        assert abs(kernel["sum"] - 1) < 1e-5
        assert (kernel["alpha"] is None) == (level == levels[-2])
        assert kernel["alpha"] is None or 0 <= kernel["alpha"] <= 1
    return told[x, y, operator, None]


def some_pairs(width, height):
    """Corners, borders, and anything; WF_PIXELS=1000 has more of it than CI."""
    pairs = [[(0, 0), (41, 37)], [(width - 1, height - 1), (3, 50)]]
    while 2 * len(pairs) < int(os.environ.get("WF_PIXELS", "4")):
        pairs.append([(int(RANDOM.integers(width)), int(RANDOM.integers(height))) for _ in range(2)])
    return pairs


@pytest.mark.parametrize("albedo", [True, False])
def test_the_network_s_kernels_make_the_picture(wfview, tmp_path, albedo):
    """The effective kernel of the pyramid on the noisy picture is the pixel that was saved: on the color, or, where the
    network divides that by an albedo, on a further layer that it takes as it is."""
    part = (slice(100, 171), slice(150, 235))
    whole = frames.read_blender(STUDIO)
    noisy, normal = (np.ascontiguousarray(whole[name][part]) for name in ("color", "normal"))
    channels = {c: noisy[:, :, i].copy() for i, c in enumerate("RGB")}
    channels |= {f"normal.{c}": normal[:, :, i].copy() for i, c in enumerate("XYZ")}
    if albedo:
        channels |= {f"albedo.{c}": RANDOM.random(noisy.shape[:2]).astype(np.float32) for c in "RGB"}
    channels |= {f"same.{c}": channels[c] for c in "RGB"}
    frames.write_channels(tmp_path / "a.exr", channels)
    for pair in some_pairs(85, 71):
        told = inspect(wfview, tmp_path, "--backend", "cpu", "--save", tmp_path / "out", "--also", "same=plain",
                       tmp_path / "a.exr", pixels=pair)
        for operator in ("gather", "splat"):
            saved = frames.read_channels(tmp_path / "out" / f"{operator}.exr")
            for x, y in pair:
                kernel = check_levels(told, operator, x, y)
                (left, top), (rows, columns) = kernel["first"], kernel["kernel"]
                assert left + columns <= noisy.shape[1] and top + rows <= noisy.shape[0]
                made, prefix = apply(kernel, noisy), "same." if albedo else ""
                np.testing.assert_allclose(made, [saved[prefix + c][y, x] for c in "RGB"], rtol=1e-4)
                assert not np.allclose(made, [saved[prefix + c][y, x - 1] for c in "RGB"], rtol=1e-4)
                factors = np.array(kernel["factors"])
                check_figures(kernel, {(top + i, left + j): factors[i, j] for i, j in np.ndindex(*factors.shape)}, x, y)


def test_what_two_pixels_have_in_common(wfview, backend, tmp_path):
    """By distance from each pixel; at a corner much of a kernel has no counterpart."""
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    np.save(tmp_path / "w.npy", RANDOM.normal(0.4, 1, (15, HEIGHT, WIDTH)).astype(np.float32))
    words = ["--backend", backend, "--weights", tmp_path / "w.npy", "--kernel-size", "5x3"]
    for pixels in ([(6, 5), (7, 5)], [(0, 0), (6, 5)]):
        told = inspect(wfview, tmp_path, *words, tmp_path / "a.exr", pixels=pixels)
        common = json.loads((tmp_path / "r.json").read_text())["in_common"]
        for operator in ("gather", "splat"):
            parts = []
            for x, y in pixels:
                factors = told_factors(told[x, y, operator, 0])
                size = sum(map(abs, factors.values()))
                parts.append({(row - y, column - x): abs(factor) / size for (row, column), factor in factors.items()})
            expected = sum(min(part, parts[1].get(place, 0)) for place, part in parts[0].items())
            assert common[operator] == pytest.approx(expected, rel=1e-5)
    inspect(wfview, tmp_path, *words, tmp_path / "a.exr")
    assert json.loads((tmp_path / "r.json").read_text())["in_common"] == {}


def test_closed(wfview, tmp_path):
    """Nothing is told, and no stage runs, unless it is asked for."""
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    words = ["--headless", "--backend", "cpu", "--kernel-size", 3, "--report", tmp_path / "r.json", tmp_path / "a.exr"]
    for asked, count in (([], 0), (["--pixel", "3,4"], 2)):
        wfview(*asked, *words).done()
        report = json.loads((tmp_path / "r.json").read_text())
        assert len(report["inspect"]) == count
        assert ("inspect" in {stage["name"] for stage in report["stages"]}) == (count > 0)


def test_of_the_last_frame(wfview, tmp_path):
    weights = RANDOM.random((9, HEIGHT, WIDTH)).astype(np.float32)
    for number in (1, 2):
        frames.write(tmp_path / f"a.{number}.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
        np.save(tmp_path / f"w.{number}.npy", weights * number)
    told = inspect(wfview, tmp_path, "--backend", "cpu", "--weights", tmp_path / "w.#.npy", tmp_path / "a.#.exr",
                   pixels=[(6, 5)])
    np.testing.assert_allclose(np.ravel(told[6, 5, "gather", 0]["factors"]), 2 * weights[:, 5, 6], rtol=1e-6)


def test_of_live_frames(wfview, tmp_path):
    scene = ["--backend", "cpu", "--scene", SCENES / "cornell.glb", "--render-size", "32x24", "--kernel-size", 3]
    told = inspect(wfview, tmp_path, *scene, "--frames", 2, pixels=[(31, 23)])
    assert [kernel["kernel"] for kernel in told.values()] == [[3, 3], [3, 3]]
    result = wfview("--headless", *scene, "--pixel", "32,23")
    assert result.sentence() == (f"wfview: --pixel 32,23: not in {SCENES / 'cornell.glb'}, "
                                 "whose 32x24 pixels go from 0,0 to 31,23")


def test_frames_of_other_sizes(wfview, tmp_path):
    """A pixel that some frame does not have is an error when it is that frame's turn."""
    frames.write(tmp_path / "a.1.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    frames.write(tmp_path / "a.2.exr", color=RANDOM.random((HEIGHT + 2, WIDTH, 3)))
    words = ["--backend", "cpu", "--kernel-size", 3]
    assert inspect(wfview, tmp_path, *words, tmp_path / "a.#.exr")[0, 0, "gather", 0]["place"] == [0, 0]
    result = wfview("--headless", *words, "--pixel", "0,12", tmp_path / "a.2.exr", tmp_path / "a.1.exr")
    assert result.sentence() == (f"wfview: --pixel 0,12: not in {tmp_path}/a.1.exr, "
                                 "whose 14x11 pixels go from 0,0 to 13,10")


def test_without_vulkan(wfview, tmp_path):
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    none = {"VK_DRIVER_FILES": str(tmp_path / "none.json"), "VK_ICD_FILENAMES": str(tmp_path / "none.json")}
    wfview("--headless", "--backend", "cpu", "--kernel-size", 3, "--pixel", "2,3", "--report", tmp_path / "r.json",
           tmp_path / "a.exr", **none).done()
    assert [kernel["pixel"] for kernel in json.loads((tmp_path / "r.json").read_text())["inspect"]] == [[2, 3]] * 2


@pytest.mark.parametrize("pixel", ["14,3", "3,11", "16383,16383"])
def test_outside(wfview, tmp_path, pixel):
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    result = wfview("--headless", "--backend", "cpu", "--kernel-size", 3, "--pixel", pixel, tmp_path / "a.exr")
    assert result.sentence() == (f"wfview: --pixel {pixel}: not in {tmp_path}/a.exr, "
                                 "whose 14x11 pixels go from 0,0 to 13,10")
