"""The panel of metrics in a window: a region that is dragged, and maps of kernels that come and go."""

import json

import frames
import numpy as np
import pytest
from test_window import at, display, do, window  # noqa: F401

COLOR = np.random.default_rng(4).random((9, 16, 3)).astype(np.float32)


@pytest.fixture
def measured(window, tmp_path):  # noqa: F811
    """What the report has of a frame of noise, which a filter of one tap leaves alone, after what the user did;
    a message of Vulkan's validation is a failure."""

    def run(act):
        frames.write(tmp_path / "a.exr", color=COLOR)
        opened = window("--kernel-size", 1, "--report", "r.json", "--size", "1280x720", "a.exr",
                        VK_INSTANCE_LAYERS="VK_LAYER_KHRONOS_validation")
        opened.screenshot()
        act(opened)
        opened.quits("q")
        return json.loads((tmp_path / "r.json").read_text())

    return run


def drag(opened, begin, end):
    """With Shift."""
    opened.xdotool("keydown", "Shift_L")
    do(opened, "mousemove", "--window", opened.window, *at(*begin))
    do(opened, "mousedown", 1)
    do(opened, "mousemove", "--window", opened.window, *at(*end))
    do(opened, "mouseup", 1)
    opened.xdotool("keyup", "Shift_L")


def test_a_region_is_dragged(measured):
    def act(opened):
        opened.key("k")
        opened.screenshot()
        drag(opened, (10, 6), (3, 2))

    [entry] = measured(act)["measured"]
    assert (entry["layer"], entry["against"], entry["region"]) == ("gather", None, [3, 2, 8, 5])
    for channel, column in zip(entry["channels"], COLOR[2:7, 3:11].reshape(-1, 3).T, strict=True):
        assert channel["mean"] == pytest.approx(column.mean(), rel=1e-4)
        assert (channel["min"], channel["max"]) == (pytest.approx(column.min()), pytest.approx(column.max()))


def test_a_click_measures_the_whole_frame_again(measured):
    def act(opened):
        opened.key("k")
        opened.screenshot()
        drag(opened, (10, 6), (3, 2))
        drag(opened, (5, 5), (5, 5))

    [entry] = measured(act)["measured"]
    assert entry["region"] == [0, 0, 16, 9]


def test_maps_come_and_go(measured):
    """Another layer of a pane by command: the frame is filtered once more, with the map."""
    def act(opened):
        for name in ("gather entropy", "splat own", "noisy"):
            opened.key("slash")
            opened.xdotool("type", "--window", opened.window, name)
            opened.key("Return")
            opened.screenshot()

    stages = {stage["name"] for stage in measured(act)["stages"]}
    assert "inspect" in stages
