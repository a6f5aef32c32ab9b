"""The footprint, by its key: of the pixel under the mouse, and of one that is pinned."""

import frames
import numpy as np
import test_golden
from pictures import load
from test_window import click, display, point, window  # noqa: F401: fixtures

FIGURES = (slice(0, 476), slice(1280 - 474, 1280))  # the inspector where the footprint is in it
WRITTEN = (slice(44, 476), slice(1127, 1266))


def make(folder):
    np.save(folder / "w.npy", np.random.RandomState(3).random_sample((9, 9, 16)).astype(np.float32))
    frames.write(folder / "a.exr", color=np.random.RandomState(4).random_sample((9, 16, 3)))
    return ["--weights", folder / "w.npy", "--timing-placeholders", "--size", "1280x720", folder / "a.exr"]


def same(a, b):
    return test_golden.matches(test_golden.difference(a, b))


def test_a_key_shows_it_and_hides_it(window, tmp_path):  # noqa: F811
    opened = window(*make(tmp_path))
    opened.screenshot()
    opened.key("i")
    point(opened, 4, 3)
    without = opened.screenshot()
    opened.key("shift+i")
    opened.until(lambda: not same(opened.screenshot()[FIGURES], without[FIGURES]))
    opened.key("shift+i")
    opened.until(lambda: same(opened.screenshot()[FIGURES], without[FIGURES]))
    opened.quits("q")


def test_it_is_the_pinned_pixel_s(wfview, window, tmp_path):  # noqa: F811
    """What a headless run shows of it, wherever the mouse goes."""
    arguments = make(tmp_path)

    def headless(pixel):
        wfview("--headless", "--backend", "cpu", "--pixel", pixel, "--do", "footprint", "--screenshot",
               tmp_path / "headless.png", *arguments).done()
        return load(tmp_path / "headless.png")

    expected, other = headless("4,3"), headless("12,5")
    opened = window(*arguments)
    opened.screenshot()
    opened.key("i")
    click(opened, 4, 3)
    opened.key("shift+i")
    opened.until(lambda: same(opened.screenshot()[FIGURES], expected[FIGURES]))
    point(opened, 12, 5)
    assert same(opened.screenshot()[FIGURES], expected[FIGURES])
    assert not same(other[WRITTEN], expected[WRITTEN])
    opened.quits("q")
