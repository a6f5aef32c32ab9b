"""Sequences in a window: files that are dropped onto it, files that change, playing and scrubbing while they load."""

import json
import shutil
import time

import frames
import numpy as np
from drop import drop
from frames import FRAMES
from test_window import display, has_notice, window  # noqa: F401 (fixtures)

STUDIO = FRAMES / "studio"
DRAWN = ["--kernel-size", 3, "--size", "800x600", "--timing-placeholders"]


def write(path, value, size=(24, 16)):
    frames.write(path, color=np.full((size[1], size[0], 3), value, np.float32))


def middle(opened):
    """The color in the middle of the first pane."""
    picture = opened.screenshot()
    return picture[picture.shape[0] // 4 - 40, 130].astype(int)


def is_grey(opened, value):
    """In sRGB."""
    linear = np.float32(value)
    expected = 255 * (1.055 * linear ** (1 / 2.4) - 0.055)
    return np.abs(middle(opened) - expected).max() < 3


def test_dropped_files_take_the_place_of_others(window, tmp_path):  # noqa: F811
    folder = tmp_path / "two frames"
    folder.mkdir()
    write(tmp_path / "a.exr", 0.1)
    for i, value in enumerate((0.3, 0.6)):
        write(folder / f"b {i}.exr", value, (40, 30))
    opened = window(*DRAWN, "--report", "report.json", tmp_path / "a.exr")
    opened.until(lambda: is_grey(opened, 0.1))
    server = opened.environment["DISPLAY"]
    assert drop(server, opened.window, [folder])
    opened.until(lambda: is_grey(opened, 0.3))
    opened.key("Right")
    opened.until(lambda: is_grey(opened, 0.6))
    assert drop(server, opened.window, [tmp_path / "a.exr", folder / "b 1.exr"])
    opened.until(lambda: is_grey(opened, 0.1))
    (tmp_path / "c.exr").write_bytes(b"nothing")
    assert drop(server, opened.window, [tmp_path / "c.exr"])
    opened.until(lambda: is_grey(opened, 0.1))
    opened.key("Right")
    opened.until(lambda: is_grey(opened, 0.6))
    opened.quits("q")
    assert json.loads((tmp_path / "report.json").read_text())["size"] == [40, 30]


def test_a_frame_that_changes_is_read_anew(window, tmp_path):  # noqa: F811
    """Also after a state of it that cannot be read, which is said, and the picture stays."""
    path = tmp_path / "render.exr"
    write(path, 0.1)
    opened = window(*DRAWN, path)
    opened.until(lambda: is_grey(opened, 0.1))
    write(tmp_path / "next.exr", 0.4)
    shutil.move(tmp_path / "next.exr", path)
    opened.until(lambda: is_grey(opened, 0.4))
    path.write_bytes(path.read_bytes()[:300])
    time.sleep(2)
    assert is_grey(opened, 0.4)
    write(path, 0.7, (30, 20))
    opened.until(lambda: is_grey(opened, 0.7))
    opened.quits("q")


def test_frames_that_cannot_be_read_are_passed(window, tmp_path):  # noqa: F811
    """At the beginning, a step at a time, to the ends, and while it plays, which goes on."""
    folder = tmp_path / "shot"
    folder.mkdir()
    for i in range(5):
        write(folder / f"f.{i}.exr", 0.2 * i)
    for i in (0, 2, 4):
        (folder / f"f.{i}.exr").write_bytes((folder / f"f.{i}.exr").read_bytes()[:300])
    opened = window(*DRAWN, "--rate", 5, folder)
    opened.until(lambda: is_grey(opened, 0.2))
    for key, value in (("Right", 0.6), ("Right", 0.2), ("Left", 0.6), ("Home", 0.2), ("End", 0.6)):
        opened.key(key)
        opened.until(lambda value=value: is_grey(opened, value))
    opened.key("space")
    for value in (0.2, 0.6, 0.2):
        opened.until(lambda value=value: is_grey(opened, value))
    opened.quits("q")


def test_none_of_the_frames_can_be_read(wfview, display, tmp_path):  # noqa: F811
    for i in range(3):
        (tmp_path / f"f.{i}.exr").write_bytes(b"nothing")
    sentence = wfview(*DRAWN, tmp_path / "f.#.exr", DISPLAY=display).sentence()
    assert sentence.startswith(f"wfview: {tmp_path}/f.0.exr: not a readable OpenEXR file")


def test_scrubbing_while_frames_load(window, tmp_path):  # noqa: F811
    """The mouse goes to and fro over the track from the first picture on, while key after key steps and plays."""
    folder = tmp_path / "long"
    folder.mkdir()
    for i in range(60):
        write(folder / f"f.{i}.exr", 0.01 * (i + 1), (400, 300))
    opened = window(*DRAWN, "--rate", 120, folder)
    opened.xdotool("mousemove", "--window", opened.window, 150, 339)
    opened.xdotool("mousedown", 1)
    for x in (300, 500, 200, 120, 420, 250, 480):
        opened.xdotool("mousemove", "--window", opened.window, x, 339)
        opened.key("Right", "Left", "bracketleft")
        time.sleep(0.1)
    opened.xdotool("mouseup", 1)
    opened.key("space")
    time.sleep(1)
    opened.key("space", "End")
    opened.until(lambda: is_grey(opened, 0.6))
    opened.key("Home")
    opened.until(lambda: is_grey(opened, 0.01))
    opened.key("R", "bracketright", "bracketright", "bracketright", "bracketright", "space")
    opened.until(lambda: is_grey(opened, 0.6))
    time.sleep(1)
    assert is_grey(opened, 0.6), "once"
    opened.quits("q")
