"""Text and controls on displays of high resolution: what the display asks for, and --scale."""

import ctypes

import test_golden
from frames import FRAMES
from pictures import load
from test_habits import copied
from test_window import display, size, window  # noqa: F401: fixtures

DRAWN = ["--kernel-size", 3, "--timing-placeholders", "--panes", "noisy,gather", FRAMES / "studio" / "studio.0001.exr"]
PANES = slice(0, 400)  # below, a window has a time more, and says that the screenshot was saved


def ask_for(display, dots_per_inch):  # noqa: F811
    """What a desktop's settings do: 96 are a scale of 1."""
    x11 = ctypes.CDLL("libX11.so.6")
    x11.XOpenDisplay.restype = x11.XInternAtom.restype = x11.XDefaultRootWindow.restype = ctypes.c_void_p
    connection = ctypes.c_void_p(x11.XOpenDisplay(display.encode()))
    resources = f"Xft.dpi:\t{dots_per_inch}\n".encode()
    x11.XChangeProperty(connection, ctypes.c_ulong(x11.XDefaultRootWindow(connection)),
                        ctypes.c_ulong(x11.XInternAtom(connection, b"RESOURCE_MANAGER", 0)), ctypes.c_ulong(31), 8, 0,
                        resources, len(resources))
    x11.XCloseDisplay(connection)


def headless(wfview, folder, *arguments):
    wfview("--headless", "--backend", "cpu", "--screenshot", folder / "headless.png", *arguments, *DRAWN).done()
    return load(folder / "headless.png")


def test_a_display_asks_for_a_scale(wfview, display, window, tmp_path):  # noqa: F811
    ask_for(display, 192)
    opened = window("--size", "1280x960", *DRAWN)
    shown = opened.screenshot()
    opened.xdotool("windowsize", "--sync", opened.window, 1500, 1100)
    opened.until(lambda: size(opened.screenshot()) == (1500, 1100))
    larger = opened.screenshot()
    opened.quits("q")
    for picture in (shown, larger):
        width, height = size(picture)
        expected = headless(wfview, tmp_path, "--size", f"{width}x{height}", "--scale", 2)
        assert test_golden.matches(test_golden.difference(picture[PANES], expected[PANES]))
    assert not test_golden.matches(test_golden.difference(shown[PANES],
                                                          headless(wfview, tmp_path, "--size", "1280x960")[PANES]))


def test_a_scale_of_its_own(wfview, display, window, tmp_path):  # noqa: F811
    """--scale goes before what the display asks for."""
    ask_for(display, 192)
    opened = window("--size", "1280x720", "--scale", "1", *DRAWN)
    shown = opened.screenshot()
    opened.quits("q")
    expected = headless(wfview, tmp_path, "--size", "1280x720")
    assert test_golden.matches(test_golden.difference(shown[PANES], expected[PANES]))


def test_a_copied_command_line_has_the_scale(wfview):
    run = ["--headless", "--backend", "cpu", "--do", "copy-command-line", "--size", "1600x1200"]
    words = copied(wfview(*run, "--scale", "1.5", *DRAWN))
    assert words[words.index("--scale") + 1] == "1.5"
    assert "--scale" not in copied(wfview(*run, *DRAWN))
