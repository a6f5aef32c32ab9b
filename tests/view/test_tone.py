"""What panes show of known radiance, against numpy."""

import frames
import numpy as np
import pytest
from pictures import RAMP, check, load, on, srgb

# Blocks of one color each, in a frame of 480x270 that is fit into its pane.
RADIANCE = np.array([
    [[0, 0, 0], [0.001, 0.002, 0.003], [0.1, 0.2, 0.4], [1, 1, 1]],
    [[0.18, 0.18, 0.18], [0.9, 0.01, 0.5], [0.02, 0.7, 0.05], [0.6, 0.3, 0.99]],
    [[2, 0.5, 0.1], [7, 7, 7], [0.3, 30, 0.2], [-0.5, 0.25, 0.125]],
], np.float32)
ROWS, COLUMNS = RADIANCE.shape[:2]
NAN, INFINITE, ABOVE, BELOW = (255, 0, 255), (0, 255, 255), (255, 0, 0), (0, 51, 255)


def enlarge(blocks, height=270, width=480):
    return np.repeat(np.repeat(blocks, height // ROWS, 0), width // COLUMNS, 1)


FRAME = enlarge(RADIANCE)
FRAME[:2], FRAME[2:5] = 500, 40  # few pixels, and so many more that one in a hundred is as bright as these


@pytest.fixture(scope="module")
def draw(wfview, tmp_path_factory):
    """The blocks as a pane shows them: that of the noisy picture, or of gather with given weights."""
    folder = tmp_path_factory.mktemp("tone")
    frames.write(folder / "frame.exr", color=FRAME)
    frames.write(folder / "black.exr", color=np.zeros((270, 480, 3)))
    frames.write(folder / "white.exr", color=np.ones((270, 480, 3)))

    def screenshot(name, *arguments):
        wfview("--headless", "--backend", "cpu", "--size", "640x360", "--timing-placeholders", "--screenshot",
               folder / "s.png", *arguments, folder / f"{name}.exr").done()
        return load(folder / "s.png").astype(int)

    differs = (screenshot("black", "--kernel-size", "1") != screenshot("white", "--kernel-size", "1")).any(2)
    columns = np.flatnonzero(differs.any(0))
    first_gap = np.flatnonzero(np.diff(columns) > 1)
    left, rows = columns[0], np.flatnonzero(differs[:, columns[0] + 5])
    width, second = first_gap[0] + 1, columns[first_gap[0] + 1]
    assert width > 150
    assert len(rows) > 80

    def blocks(*arguments, pane=left):
        picture = screenshot("frame", *arguments)
        y = rows[0] + (2 * np.arange(ROWS) + 1) * len(rows) // (2 * ROWS)
        x = pane + (2 * np.arange(COLUMNS) + 1) * width // (2 * COLUMNS)
        return picture[np.ix_(y, x)]

    blocks.gather = second
    blocks.folder = folder
    return blocks


def aces(linear):
    x = np.maximum(linear, 0)
    return x * (2.51 * x + 0.03) / (x * (2.43 * x + 0.59) + 0.14)


LUMINANCE = np.array([0.2126, 0.7152, 0.0722])


CURVES = [
    ([], srgb),
    (["--tone", "srgb"], srgb),
    (["--tone", "gamma"], lambda x: np.clip(x, 0, 1) ** (1 / 2.2)),
    (["--tone", "gamma", "--gamma", "1"], lambda x: np.clip(x, 0, 1)),
    (["--tone", "gamma", "--gamma", "3.5"], lambda x: np.clip(x, 0, 1) ** (1 / 3.5)),
    (["--tone", "aces"], lambda x: srgb(aces(x))),
    (["--tone", "false-color"], lambda x: on(RAMP, x @ LUMINANCE)),
    (["--tone", "false-color", "--channel-shown", "green"], lambda x: on(RAMP, x[..., 1])),
]


@pytest.mark.parametrize(("arguments", "curve"), CURVES,
                         ids=lambda value: " ".join(value) if isinstance(value, list) else "")
def test_curves(draw, arguments, curve):
    check(draw("--kernel-size", "1", *arguments), curve(RADIANCE))


@pytest.mark.parametrize(("exposure", "offset"), [(1.5, 0), (-3, 0), (0, 0.25), (2, -0.125)])
@pytest.mark.parametrize("curve", [0, 5, 6])
def test_exposure_and_offset(draw, exposure, offset, curve):
    arguments, function = CURVES[curve]
    drawn = draw("--kernel-size", "1", "--exposure", exposure, "--offset", offset, *arguments)
    check(drawn, function(RADIANCE * 2**exposure + offset))


@pytest.mark.parametrize("channel", ["all", "red", "green", "blue", "luminance"])
def test_channels(draw, channel):
    """One channel is gray; the exposure and the curve apply to it as to all."""
    weights = {"red": [1, 0, 0], "green": [0, 1, 0], "blue": [0, 0, 1], "luminance": [0.2126, 0.7152, 0.0722]}
    one = RADIANCE @ np.array(weights[channel])[:, None] if channel in weights else RADIANCE
    drawn = draw("--kernel-size", "1", "--channel-shown", channel, "--exposure", "0.5", "--tone", "aces")
    check(drawn, srgb(aces(np.broadcast_to(one, RADIANCE.shape) * 2**0.5)))


@pytest.mark.parametrize(("arguments", "curve", "scale"), [
    ([], lambda x: x, 1), (["--exposure", "2"], lambda x: x, 4), (["--tone", "aces"], aces, 1)],
                         ids=["srgb", "exposed", "aces"])
def test_clipped(draw, arguments, curve, scale):
    """Above what a curve can show, which for aces is far above 1; below 0; nothing else."""
    actual = draw("--kernel-size", "1", "--mark-clipped", *arguments)
    above, below = (curve(RADIANCE * scale) > 1).any(2), (RADIANCE < 0).any(2)
    assert above.any()
    assert below.any()
    assert (actual[above] == ABOVE).all()
    assert (actual[below & ~above] == BELOW).all()
    free = ~(above | below)
    check(actual[free], srgb(curve(RADIANCE * scale))[free])


def percentile(values):
    """The 99th, as one of the values."""
    return np.sort(values.ravel())[-1 - values.size // 100]


@pytest.mark.parametrize("exposure", ["0", "-2.5"])
def test_auto_exposure(draw, exposure):
    """What the luminance of 99 % of the pixels is not above becomes white, whatever the exposure was."""
    white = percentile(FRAME @ LUMINANCE)
    assert white == pytest.approx(40)
    arguments = ["--kernel-size", "1", "--tone", "false-color", "--exposure", exposure]
    check(draw(*arguments, "--do", "auto-exposure"), on(RAMP, RADIANCE / white @ LUMINANCE))


def test_auto_exposure_of_a_difference(draw):
    """Is the pane's own: the channel that differs most, by its 99th percentile, is at the end of the ramp."""
    np.save(draw.folder / "twice.npy", np.full((1, 270, 480), 0.75, np.float32))
    panes = ["--panes", "noisy-gather:absolute,noisy,noisy", "--columns", "3", "--weights", draw.folder / "twice.npy",
             "--exposure", "1"]
    difference = np.abs(RADIANCE) / 4
    end = percentile(np.abs(FRAME).max(-1) / 4)
    left, right = draw(*panes, "--do", "auto-exposure"), draw(*panes, "--do", "auto-exposure", pane=draw.gather)
    check(left, on(RAMP, difference.mean(-1) / end))
    check(right, srgb(2 * RADIANCE))


def test_nothing_to_expose(draw):
    """Black stays black, and no pane of radiance is no error."""
    before = draw("--kernel-size", "1", "--panes", "normal,albedo,depth", "--columns", "3")
    assert (draw("--kernel-size", "1", "--panes", "normal,albedo,depth", "--columns", "3", "--do", "auto-exposure")
            == before).all()


def test_not_finite(draw):
    """Weights whose sum overflows make NaN, one that overflows with its color infinity: marked, whatever the tone."""
    weights = np.full((3, ROWS, COLUMNS), 1 / 3, np.float32)
    weights[:, 2, 1] = 3e38
    weights[:, 2, 2] = 0, 3e38, 0
    np.save(draw.folder / "w.npy", np.stack([enlarge(tap) for tap in weights]))
    given = ["--weights", draw.folder / "w.npy", "--kernel-size", "1x3", "--weight-mode", "normalized"]
    finite = np.ones((ROWS, COLUMNS), bool)
    finite[2, 1:3] = False
    for arguments in ([], ["--tone", "aces", "--mark-clipped", "--channel-shown", "green"]):
        actual = draw(*given, *arguments, pane=draw.gather)
        assert tuple(actual[2, 1]) == NAN
        assert tuple(actual[2, 2]) == INFINITE
    check(draw(*given, pane=draw.gather)[finite], srgb(RADIANCE)[finite])
