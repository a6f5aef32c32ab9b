"""What panes show of known layers, against numpy: a frame of one color a block, drawn by a window of panes alone."""

import os

import flip_evaluator
import frames
import numpy as np
import pytest
from pictures import RAMP, SIGNED, check, load, on, srgb

HEIGHT, WIDTH = 60, 96
BLOCK = 12
ROWS, COLUMNS = HEIGHT // BLOCK, WIDTH // BLOCK


def enlarge(blocks):
    return np.repeat(np.repeat(blocks, BLOCK, 0), BLOCK, 1)


@pytest.fixture(scope="module")
def layers():
    """Blocks of the frame, and of its reference."""
    random = np.random.default_rng(int(os.environ["WF_SEED"]))
    color = random.random((ROWS, COLUMNS, 3)).astype(np.float32) * 1.5
    return {"noisy": color, "reference": (color * random.uniform(0.5, 1.5, color.shape)).astype(np.float32),
            "albedo": random.random((ROWS, COLUMNS, 3)).astype(np.float32)}


@pytest.fixture(scope="module")
def draw(wfview, tmp_path_factory, layers):
    """Blocks as one pane shows them."""
    folder = tmp_path_factory.mktemp("panes")
    frames.write(folder / "frame.exr", color=enlarge(layers["noisy"]), albedo=enlarge(layers["albedo"]))
    frames.write(folder / "frame.ref.exr", color=enlarge(layers["reference"]))

    def blocks(pane, *arguments):
        # Nothing but the pane, its title and the status bar fits: the picture is 960 wide then.
        wfview("--headless", "--backend", "cpu", "--kernel-size", "1", "--size", "960x400", "--timing-placeholders",
               "--screenshot", folder / "s.png", "--panes", pane, *arguments, folder / "frame.exr").done()
        picture = load(folder / "s.png").astype(int)[25:376]
        scale = min(960 / WIDTH, 351 / HEIGHT)
        left, top = 480 - WIDTH * scale / 2, 175.5 - HEIGHT * scale / 2
        y = top + (np.arange(ROWS) + 0.5) * BLOCK * scale
        x = left + (np.arange(COLUMNS) + 0.5) * BLOCK * scale
        return picture[np.ix_(y.astype(int), x.astype(int))]

    return blocks


@pytest.mark.parametrize("layer", ["noisy", "gather", "reference", "albedo"])
def test_layers(draw, layers, layer):
    check(draw(layer), srgb(layers["noisy" if layer == "gather" else layer]))


def test_own_exposure(draw, layers):
    """On top of that of all panes."""
    check(draw("noisy@-1.5", "--exposure", "0.5"), srgb(layers["noisy"] / 2))


MEASURES = {
    "absolute": lambda a, b: np.abs(a - b),
    "relative": lambda a, b: np.abs(a - b) / (np.abs(b) + 0.01),
    "smape": lambda a, b: np.abs(a - b) / (np.abs(a) + np.abs(b) + 0.01),
    "relmse": lambda a, b: (a - b) ** 2 / (b**2 + 1e-4),
}


@pytest.mark.parametrize("measure", MEASURES)
@pytest.mark.parametrize("pair", ["gather-reference", "reference-noisy", "albedo-splat"])
def test_measures(draw, layers, measure, pair):
    """Means over the channels, 0 to 1; the exposure counts for what is of radiance itself."""
    a, b = (layers.get(name, layers["noisy"]) for name in pair.split("-"))
    values = MEASURES[measure](a, b).mean(-1)
    check(draw(f"{pair}:{measure}@-1"), on(RAMP, values / 2, 0))
    check(draw(f"{pair}:{measure}", "--exposure", "1"), on(RAMP, values * (2 if measure == "absolute" else 1), 0))


@pytest.mark.parametrize("pair", ["noisy-reference", "reference-noisy", "splat-albedo"])
def test_signed_differences(draw, layers, pair):
    """Of the channel that differs most, around zero."""
    a, b = (layers.get(name, layers["noisy"]) for name in pair.split("-"))
    difference = a - b
    farthest = np.take_along_axis(difference, np.abs(difference).argmax(-1)[..., None], -1)[..., 0]
    assert farthest.min() < -0.1
    assert farthest.max() > 0.1
    check(draw(pair), on(SIGNED, farthest, -1))
    check(draw(f"{pair}@1"), on(SIGNED, 2 * farthest, -1))


@pytest.mark.parametrize("zoom, has_grid", [(15, False), (16, True), (24, True)])
def test_grid(wfview, tmp_path, zoom, has_grid):
    """Between texels of at least 16 pixels."""
    frames.write(tmp_path / "frame.exr", color=np.ones((HEIGHT, WIDTH, 3)))
    wfview("--headless", "--backend", "cpu", "--kernel-size", "1", "--size", "960x400", "--timing-placeholders",
           "--panes", "noisy", "--view", f"48,30,{zoom}", "--screenshot", tmp_path / "s.png",
           tmp_path / "frame.exr").done()
    inside = load(tmp_path / "s.png")[50:350] != 255
    for lines in (np.flatnonzero(inside.any(2).all(axis)) for axis in (0, 1)):
        assert set(np.diff(lines)) == ({zoom} if has_grid else set())


def test_what_is_not_there(wfview, tmp_path):
    frames.write(tmp_path / "frame.exr", color=np.ones((16, 24, 3)))
    sentence = wfview("--headless", "--panes", "noisy,further", tmp_path / "frame.exr").sentence(2)
    assert sentence == ("wfview: --panes noisy,further: 'further' is no layer, nor LAYER-LAYER; there are noisy, "
                        "albedo, normal, depth, motion, reference, gather, splat, "
                        + ", ".join(f"{operator}-{figure}" for operator in ("gather", "splat")
                                    for figure in ("sum", "entropy", "radius", "own", "blend"))
                        + "; maps of coarser levels are gather-sum/1 to /7, and of every level gather-sum/*")
    wfview("--headless", "--backend", "cpu", "--kernel-size", "1", "--size", "640x400", "--panes",
           "depth,noisy-reference", "--screenshot", tmp_path / "s.png", tmp_path / "frame.exr").done()


def test_further_layers(wfview, tmp_path):
    """--also names them, whichever option comes first."""
    color = np.full((16, 24, 3), 0.25, np.float32)
    frames.write(tmp_path / "frame.exr", color=color, extra=4 * color)
    pictures = []
    for panes in ("extra,gather of extra", "noisy,gather"):
        wfview("--headless", "--backend", "cpu", "--panes", panes, "--also", "extra=plain", "--kernel-size", "1",
               "--size", "640x300", "--timing-placeholders", "--exposure", "-2", "--screenshot", tmp_path / "s.png",
               tmp_path / "frame.exr").done()
        pictures.append(load(tmp_path / "s.png")[150, [160, 480]].astype(int))
    check(pictures[0], srgb(np.full((2, 3), 0.25)))
    check(pictures[1], srgb(np.full((2, 3), 0.0625)))


@pytest.mark.parametrize("colors",
                         [([0.2, 0.4, 0.1], [0.25, 0.3, 0.1]), ([0, 1, 0], [0, 0, 1]),
                          ([0.5, 0.5, 0.5], [0.5, 0.5, 0.5])], ids=["near", "far", "same"])
def test_flip(wfview, tmp_path, colors):
    """As its authors' evaluator has it, of pictures that are one color."""
    pictures = [np.broadcast_to(np.float32(color), (20, 30, 3)) for color in colors]
    for name, picture in zip(("frame", "frame.ref"), pictures, strict=True):
        frames.write(tmp_path / f"{name}.exr", color=picture)
    wfview("--headless", "--backend", "cpu", "--kernel-size", "1", "--size", "640x360", "--timing-placeholders",
           "--screenshot", tmp_path / "s.png", "--panes", "reference-noisy,gather-reference:flip",
           tmp_path / "frame.exr").done()
    shown = [np.ascontiguousarray(srgb(picture), np.float32) for picture in pictures]
    expected = flip_evaluator.evaluate(*shown, "LDR", inputsRGB=True, applyMagma=False, computeMeanError=True)[1]
    check(load(tmp_path / "s.png").astype(int)[180, 480], on(RAMP, expected, 0))
