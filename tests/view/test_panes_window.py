"""Panes in a real window, with mouse and keys: the wipe's edge, pages of the flip-book, a place that is typed, and a
storm of sizes. Vulkan's validation is on, and a message of it is a failure."""

import signal
import time

import frames
import numpy as np
import pytest
from test_window import display, window  # noqa: F401, fixtures

VALIDATED = {"VK_INSTANCE_LAYERS": "VK_LAYER_KHRONOS_validation"}
ROW = 300


@pytest.fixture
def opened(window, tmp_path):  # noqa: F811
    """White, of which gather makes black, and a gray albedo; zoomed it fills a pane from side to side."""
    frames.write(tmp_path / "a.exr", color=np.ones((90, 160, 3)), albedo=np.full((90, 160, 3), 0.2))
    np.save(tmp_path / "w.npy", np.zeros((1, 90, 160), np.float32))
    started = window("--weights", "w.npy", "--size", "1280x720", "--timing-placeholders", "--panes",
                     "noisy,gather,albedo", "--view", "80,45,8", "a.exr", **VALIDATED)
    started.screenshot()  # it listens
    return started


def shade(picture, x, y=ROW):
    """Of a few pixels there."""
    return picture[y - 2 : y + 3, x - 2 : x + 3].mean()


WHITE, BLACK, GRAY = 255, 0, 255 * (1.055 * 0.2 ** (1 / 2.4) - 0.055)


def until_shades(opened, **places):
    """Waits until the picture has these shades, given as xN=shade."""
    def fits():
        picture = opened.screenshot()
        return all(abs(shade(picture, int(x[1:])) - value) < 2 for x, value in places.items())

    opened.until(fits, 30)


def drag(opened, start, end):
    """Each step is seen in a picture of its own."""
    for action in (["mousemove", "--window", opened.window, *start], ["mousedown", 1],
                   ["mousemove", "--window", opened.window, (start[0] + end[0]) // 2, (start[1] + end[1]) // 2],
                   ["mousemove", "--window", opened.window, *end], ["mouseup", 1]):
        opened.xdotool(*action)
        opened.screenshot()


def test_the_edge_of_a_wipe_is_dragged_and_stays(opened):
    opened.key("w")
    until_shades(opened, x100=WHITE, x620=WHITE, x660=BLACK, x1200=BLACK)
    drag(opened, (640, 200), (400, 260))
    until_shades(opened, x100=WHITE, x380=WHITE, x420=BLACK, x1200=BLACK)
    drag(opened, (800, ROW), (830, ROW + 20))  # the picture
    opened.xdotool("mousemove", "--window", opened.window, 700, ROW, "click", 4, "click", 4)
    until_shades(opened, x380=WHITE, x420=BLACK)
    opened.key("3")  # under the mouse: right of the edge
    until_shades(opened, x380=WHITE, x420=GRAY)
    opened.xdotool("mousemove", "--window", opened.window, 100, ROW)
    opened.screenshot()  # it knows what the mouse is over
    opened.key("2")
    until_shades(opened, x380=BLACK, x420=GRAY)
    drag(opened, (400, 100), (1279, 100))
    until_shades(opened, x100=BLACK, x420=BLACK, x1260=BLACK)
    opened.key("Return")
    until_shades(opened, x200=WHITE)
    opened.quits("q")


def test_what_the_mouse_did_during_one_picture_is_done_in_order(opened):
    """Of a whole drag, and of two, as a slow picture finds them."""
    def unseen(*actions):
        opened.process.send_signal(signal.SIGSTOP)
        opened.xdotool(*actions)
        opened.process.send_signal(signal.SIGCONT)

    def at(x, y):
        return "mousemove", "--window", opened.window, x, y

    opened.key("w")
    until_shades(opened, x620=WHITE, x660=BLACK)
    unseen(*at(640, 200), "mousedown", 1, *at(400, 260), "mouseup", 1)
    until_shades(opened, x380=WHITE, x420=BLACK)
    unseen(*at(400, 200), "mousedown", 1, *at(500, 260), "mouseup", 1, *at(500, 200), "mousedown", 1, *at(900, 260),
           "mouseup", 1)
    until_shades(opened, x880=WHITE, x920=BLACK)
    opened.quits("q")


def test_a_picture_may_see_the_last_move_and_the_release_at_once(opened):
    """As a slow one does: here the program is stopped meanwhile."""
    def drag_unseen(start, end):
        for action in (["mousemove", "--window", opened.window, *start], ["mousedown", 1]):
            opened.xdotool(*action)
            opened.screenshot()
        opened.process.send_signal(signal.SIGSTOP)
        opened.xdotool("mousemove", "--window", opened.window, *end, "mouseup", 1)
        opened.process.send_signal(signal.SIGCONT)

    opened.key("w")
    until_shades(opened, x620=WHITE, x660=BLACK)
    drag_unseen((640, 200), (400, 260))
    until_shades(opened, x380=WHITE, x420=BLACK)
    opened.key("1")
    opened.key("Return")
    opened.key("1")
    until_shades(opened, x100=WHITE, x1200=WHITE)
    drag_unseen((640, 200), (940, 260))
    until_shades(opened, x320=WHITE, x1200=WHITE)
    assert shade(opened.screenshot(), 280) < 20
    opened.quits("q")


def test_pages_of_the_flip_book(opened):
    for key, value in (("2", BLACK), ("3", GRAY), ("1", WHITE), ("comma", GRAY), ("period", WHITE), ("period", BLACK),
                       ("9", BLACK)):
        opened.key(key)
        until_shades(opened, x100=value, x640=value, x1200=value)
    opened.key("Return")
    until_shades(opened, x200=WHITE)
    opened.quits("q")


def test_a_place_that_is_typed(opened):
    """The picture's corner in the middle of the pane: around it is nothing."""
    opened.key("1")
    until_shades(opened, x500=WHITE, x800=WHITE)

    def hold(key):
        """Text fields see keys that are down while a picture is made."""
        opened.xdotool("keydown", "--window", opened.window, key)
        time.sleep(0.5)
        opened.xdotool("keyup", "--window", opened.window, key)
        time.sleep(0.5)

    def type_it():
        opened.click(435, 561)
        opened.xdotool("keydown", "--window", opened.window, "Control_L")
        hold("a")
        opened.xdotool("keyup", "--window", opened.window, "Control_L")
        opened.xdotool("type", "--window", opened.window, "160, 45, 4")
        hold("Return")
        picture = opened.screenshot()
        return shade(picture, 600) == WHITE and shade(picture, 700) < 20

    opened.until(type_it)
    opened.key("f")
    until_shades(opened, x500=WHITE, x800=WHITE)
    opened.quits("q")


def storm():
    """200 sizes: tiny, huge, flat and thin ones among them; None: out of sight for a while."""
    random = np.random.default_rng(7)
    sizes = [(1, 1), (1600, 1), (1, 1200), (64, 64), None, (1600, 1200), (321, 201)]
    while len(sizes) < 200:
        sizes.append(None if len(sizes) % 40 == 0 else tuple(int(n) for n in random.integers(1, (1600, 1200))))
    return sizes


def test_a_storm_of_sizes(opened):
    opened.key("w")
    until_shades(opened, x100=WHITE, x1200=BLACK)
    for size in storm():
        if size:
            opened.xdotool("windowsize", opened.window, *size)
        else:
            opened.xdotool("windowunmap", "--sync", opened.window)
            opened.xdotool("windowmap", "--sync", opened.window)
        time.sleep(0.02)
        assert opened.process.poll() is None, opened.process.stderr.read().decode()
    opened.xdotool("windowsize", "--sync", opened.window, 1280, 720)
    opened.until(lambda: opened.screenshot().shape == (720, 1280, 3))
    until_shades(opened, x100=WHITE, x1200=BLACK)
    opened.quits("q")


def test_minimized_from_the_start(opened):
    """Out of sight for longer than pictures are waited for."""
    opened.xdotool("windowunmap", "--sync", opened.window)
    time.sleep(3)
    opened.xdotool("windowmap", "--sync", opened.window)
    opened.key("2")
    until_shades(opened, x640=BLACK)
    opened.quits("q")
