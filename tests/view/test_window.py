"""A real window, on a display server of its own (Xvfb)."""

import ctypes
import json
import os
import pathlib
import shutil
import signal
import subprocess
import time

import frames
import numpy as np
import pytest
import test_golden
from frames import FRAMES
from pictures import load
from scenes import SCENES, camera_path

RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))
STUDIO = FRAMES / "studio"
NEEDED = ["Xvfb", "xdotool"]


def start_server(number):
    """A display server of that number; None where the number is taken. (Xvfb's own search for a free number,
    -displayfd, locks nothing: two servers may find the same.)"""
    server = subprocess.Popen(["Xvfb", f":{number}", "-screen", "0", "1600x1200x24", "-nolisten", "tcp", "-noreset"],
                              stderr=subprocess.DEVNULL)
    environment = {**os.environ, "DISPLAY": f":{number}"}
    lock = pathlib.Path(f"/tmp/.X{number}-lock")
    while server.poll() is None:
        answer = subprocess.run(["xdotool", "getdisplaygeometry"], env=environment, capture_output=True, check=False)
        if answer.returncode == 0 and int(lock.read_text()) == server.pid:
            return server
        time.sleep(0.1)
    return None


@pytest.fixture
def display():
    """A display server of the test's own; its name. A key that ends the program is down when the window goes, and
    xdotool then fails to let go of it: the server would repeat it to the next test's window."""
    missing = [program for program in NEEDED if not shutil.which(program)]
    if missing:
        pytest.fail(f"not installed: {', '.join(missing)}")
    first = 100 + os.getpid() % 400
    for number in range(first, first + 50):
        server = start_server(number)
        if server:
            yield f":{number}"
            server.terminate()
            server.wait(10)
            return
    pytest.fail("Xvfb does not start")


class Window:
    """wfview in a window, and a user in front of it."""

    def __init__(self, program, display, folder, arguments, changes):
        self.folder = folder
        self.environment = {**os.environ, "DISPLAY": display, "XDG_CONFIG_HOME": str(folder / "config"), **changes}
        self.process = subprocess.Popen([program, *map(str, arguments)], env=self.environment, cwd=folder,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.window = self.until(lambda: self.xdotool("search", "--name", "^wfview$").split()[-1:])[0]

    def xdotool(self, *arguments):
        command = ["xdotool", *map(str, arguments)]
        return subprocess.run(command, env=self.environment, capture_output=True, text=True, check=False).stdout

    def until(self, condition, seconds=60):
        """Polls until the condition holds, and returns what it gave."""
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            value = condition()
            if value:
                return value
            assert self.process.poll() is None, self.process.stderr.read().decode()
            time.sleep(0.1)
        raise AssertionError("waited in vain")

    def key(self, *keys):
        self.xdotool("key", "--window", self.window, *keys)

    def close(self):
        """What a window manager does when its close button is pressed: sends WM_DELETE_WINDOW."""
        x11 = ctypes.CDLL("libX11.so.6")
        for function in (x11.XOpenDisplay, x11.XInternAtom):
            function.restype = ctypes.c_void_p
        display = ctypes.c_void_p(x11.XOpenDisplay(self.environment["DISPLAY"].encode()))

        class ClientMessage(ctypes.Structure):
            _fields_ = [("type", ctypes.c_int), ("serial", ctypes.c_ulong), ("send_event", ctypes.c_int),
                        ("display", ctypes.c_void_p), ("window", ctypes.c_ulong), ("message_type", ctypes.c_ulong),
                        ("format", ctypes.c_int), ("data", ctypes.c_long * 5), ("rest_of_XEvent", ctypes.c_long * 12)]

        protocols, delete = (x11.XInternAtom(display, name, 0) for name in (b"WM_PROTOCOLS", b"WM_DELETE_WINDOW"))
        message = ClientMessage(33, 0, 1, display, int(self.window), protocols, 32, (ctypes.c_long * 5)(delete, 0))
        x11.XSendEvent(display, ctypes.c_ulong(int(self.window)), 0, ctypes.c_long(0), ctypes.byref(message))
        x11.XCloseDisplay(display)

    def click(self, x, y):
        """Slowly enough for every step to be seen in a picture of its own."""
        for action in (["mousemove", "--window", self.window, x, y], ["mousedown", 1], ["mouseup", 1]):
            self.xdotool(*action)
            time.sleep(0.5)

    def screenshot(self):
        """What the P key saves."""
        path = self.folder / "wfview.png"
        path.unlink(missing_ok=True)

        def saved():
            """An open list takes keys: press again, but not where the picture is only late: the next would say that it
            was saved."""
            self.key("p")
            time.sleep(0.5)
            end = time.monotonic() + 5
            while not path.exists() and time.monotonic() < end:
                time.sleep(0.05)
            return path.exists()

        self.until(saved)
        return load(path)

    def quits(self, *keys):
        """Ends by a key, pressed again while the program runs: a window that is being resized may miss one."""
        end = time.monotonic() + 60
        while self.process.poll() is None and time.monotonic() < end:
            self.key(*keys)
            try:
                self.process.wait(5)
            except subprocess.TimeoutExpired:
                pass
        return self.ends()

    def ends(self):
        """The program ends by itself, well, and silently."""
        try:
            output, errors = self.process.communicate(timeout=60)
        finally:
            self.process.kill()
        assert (self.process.returncode, errors.decode()) == (0, "")
        return output


@pytest.fixture
def window(build, display, tmp_path):
    """Opens a window once; a test that fails leaves no program behind."""
    opened = []

    def start(*arguments, **changes):
        program = build / "app" / "wfview"
        opened.append(Window(program, display, tmp_path, ["--backend", "cpu", *arguments], changes))
        return opened[-1]

    yield start
    for each in opened:
        each.process.kill()
        each.process.wait()


def size(picture):
    return picture.shape[1], picture.shape[0]


TIMES = (290, 365, 960, 572)  # the table's rows: a window's has one more, what presenting takes


def test_shows_what_headless_shows(wfview, display, backend, tmp_path):
    arguments = ["--backend", backend, "--kernel-size", 5, "--size", "960x600", "--timing-placeholders", "--frames", 2,
                 STUDIO]
    wfview("--screenshot", tmp_path / "window.png", *arguments, DISPLAY=display).done()
    wfview("--screenshot", tmp_path / "headless.png", "--headless", *arguments, DISPLAY=None).done()
    difference = test_golden.difference(test_golden.load(tmp_path / "window.png"),
                                        test_golden.load(tmp_path / "headless.png"), [TIMES])
    assert test_golden.matches(difference)


@pytest.mark.parametrize("how", ["q", "Escape", "close"])
def test_closes(window, how):
    opened = window("--kernel-size", 3, "--size", "640x400", STUDIO)
    opened.screenshot()
    if how == "close":
        opened.close()
    else:
        opened.key(how)
    opened.ends()


def test_resizes(window):
    opened = window("--kernel-size", 3, "--size", "1280x720", STUDIO / "studio.0001.exr")
    assert size(opened.screenshot()) == (1280, 720)
    for wanted in ((700, 900), (1500, 1100), (320, 200), (1280, 720)):
        opened.xdotool("windowsize", "--sync", opened.window, *wanted)
        opened.until(lambda: size(opened.screenshot()) == wanted)
    opened.quits("q")


def test_keys_and_mouse_change_the_view(window):
    opened = window("--kernel-size", 3, "--size", "1280x720", "--timing-placeholders", STUDIO)
    views = [opened.screenshot()]

    def changes(act):
        """What the user does shows."""
        act()
        opened.until(lambda: not test_golden.matches(test_golden.difference(opened.screenshot(), views[-1])))
        views.append(opened.screenshot())

    changes(lambda: opened.key("Right"))
    changes(lambda: opened.key("e"))
    changes(lambda: opened.xdotool("mousemove", "--window", opened.window, 640, 120, "click", 4, "click", 4))
    changes(lambda: opened.key("a"))
    changes(lambda: opened.key("Return"))
    changes(lambda: opened.key("Tab"))
    changes(lambda: opened.key("F1"))
    opened.quits("Escape", "q")


def seen(opened):
    """The panes in a screenshot, whatever the panels below them say by then."""
    return opened.screenshot()[:440]


def lies_over(picture, without):
    """Help, menu or the list of commands."""
    return (np.abs(picture.astype(int) - without).max(-1) > 8).mean() > 0.02


def test_the_list_of_commands_finds_and_runs(window):
    """What is typed is searched for; Enter runs the first, and keys that are typed do nothing else."""
    opened = window("--kernel-size", 3, "--size", "1280x720", "--timing-placeholders", STUDIO / "studio.0002.exr")
    before = seen(opened)
    opened.key("slash")
    time.sleep(1)
    opened.key("f", "i", "r", "s", "t", "space", "r", "o", "w")
    time.sleep(1)
    opened.key("Return")
    opened.until(lambda: lies_over(seen(opened), before))
    one_row = seen(opened)
    opened.key("l")
    opened.until(lambda: (seen(opened) == before).all(), 20)
    opened.key("slash")
    time.sleep(1)
    opened.key("q", "Escape")
    opened.until(lambda: (seen(opened) == before).all(), 20)
    opened.key("l")
    opened.until(lambda: (seen(opened) == one_row).all())
    opened.quits("q")


def test_the_menu_runs_commands(window):
    opened = window("--kernel-size", 3, "--size", "1280x720", "--timing-placeholders", STUDIO / "studio.0002.exr")
    before = seen(opened)
    opened.xdotool("mousemove", "--window", opened.window, 300, 100)
    time.sleep(0.5)
    opened.xdotool("click", 3)
    time.sleep(1)
    opened.xdotool("mousemove", "--window", opened.window, 330, 156)  # tone
    time.sleep(1)
    opened.click(460, 156)  # exposure up
    opened.xdotool("mousemove", "--window", opened.window, 640, 712)
    opened.until(lambda: lies_over(seen(opened), before))
    opened.key("0")
    opened.until(lambda: (seen(opened) == before).all(), 20)
    opened.quits("q")


def test_toggles_do_not_repeat(window):
    """Keys that are held down for a second, as the server repeats them: Tab turns once, Right goes on."""
    opened = window("--kernel-size", 3, "--size", "1280x720", "--timing-placeholders", STUDIO / "studio.0002.exr")
    opened.xdotool("windowfocus", "--sync", opened.window)
    before = seen(opened)

    def hold(key):
        opened.xdotool("keydown", key)
        time.sleep(1.3)
        opened.xdotool("keyup", key)

    for _ in range(3):
        hold("Tab")
        opened.until(lambda: lies_over(seen(opened), before))
        hold("Tab")
        opened.until(lambda: (seen(opened) == before).all(), 20)
    opened.quits("q")


def inspected(window, tmp_path, act):
    """What the user makes the inspector tell of a frame of noise: the report's pixels have the file's weights."""
    weights = RANDOM.random((9, 9, 16)).astype(np.float32)
    np.save(tmp_path / "w.npy", weights)
    frames.write(tmp_path / "a.exr", color=RANDOM.random((9, 16, 3)))
    opened = window("--weights", "w.npy", "--report", "r.json", "--size", "1280x720", "a.exr")
    opened.screenshot()
    act(opened)
    opened.quits("q")
    kernels = json.loads((tmp_path / "r.json").read_text())["inspect"]
    for kernel in kernels:
        x, y = kernel["pixel"]
        if kernel["operator"] == "gather" and 0 < x < 15 and 0 < y < 8:
            np.testing.assert_allclose(np.ravel(kernel["factors"]), weights[:, y, x], rtol=1e-6)
    assert [kernel["operator"] for kernel in kernels] == ["gather", "splat"] * (len(kernels) // 2)
    return [tuple(kernel["pixel"]) for kernel in kernels[::2]]


# The inspector takes 320 pixels of 1280. Of the three panes beside it, 318 wide, the first has its middle at 159, 250;
# pixels of the frame are 19.9 wide there.
MIDDLE, STEP = (159, 250), 19.9


def at(x, y):
    """Where a pixel of that frame is in the first pane."""
    return round(MIDDLE[0] + (x - 7.5) * STEP), round(MIDDLE[1] + (y - 4) * STEP)


def do(opened, *action):
    """Until it shows: the first picture after it knows what the mouse is over, the second one was filtered for that."""
    opened.xdotool(*action)
    for _ in range(2):
        opened.screenshot()


def point(opened, x, y):
    do(opened, "mousemove", "--window", opened.window, *at(x, y))


def click(opened, x, y):
    point(opened, x, y)
    do(opened, "mousedown", 1)
    do(opened, "mouseup", 1)


def test_inspects_the_pixel_under_the_mouse(window, tmp_path):
    def act(opened):
        opened.key("i")
        for pixel in ((3, 3), (12, 5), (9, 2)):
            point(opened, *pixel)

    assert inspected(window, tmp_path, act) == [(9, 2)]


def test_clicks_pin_pixels(window, tmp_path):
    def act(opened):
        opened.key("i")
        click(opened, 4, 3)
        opened.xdotool("keydown", "Shift_L")
        click(opened, 9, 2)
        opened.xdotool("keyup", "Shift_L")
        point(opened, 12, 5)

    assert inspected(window, tmp_path, act) == [(4, 3), (9, 2)]


def test_a_closed_inspector_tells_nothing(window, tmp_path):
    def act(opened):
        opened.key("i")
        point(opened, 4, 3)
        opened.key("i")
        opened.screenshot()

    assert inspected(window, tmp_path, act) == []


@pytest.fixture(scope="module")
def cuda_is_built(wfview):
    result = wfview("--headless", "--backend", "cuda", STUDIO / "studio.0001.exr", CUDA_VISIBLE_DEVICES="")
    return "not built" not in result.errors


def has_notice(picture):
    """Amber words in the status bar."""
    bar = picture[-22:].astype(int)
    return ((bar[:, :, 0] > 150) & (bar[:, :, 2] < 120) & (bar[:, :, 1] > 90)).sum() > 100


@pytest.mark.parametrize("number,status", [(signal.SIGINT, 130), (signal.SIGTERM, 143)])
def test_signals(window, tmp_path, number, status):
    opened = window("--kernel-size", 3, "--report", tmp_path / "report.json", "--save", tmp_path / "out", STUDIO)
    opened.process.send_signal(number)
    assert opened.process.wait(60) == status
    assert [path.name for path in tmp_path.iterdir()] == ["out"] and not list((tmp_path / "out").iterdir())


def test_titles_explain_layers(window):
    """The mouse over a pane's title: which channels the layer is."""
    opened = window("--kernel-size", 3, "--size", "1280x720", "--timing-placeholders", STUDIO / "studio.0001.exr")

    def below_title(x):
        opened.xdotool("mousemove", "--window", opened.window, x, 10)
        time.sleep(0.5)
        return opened.screenshot()[26:60, x : x + 250].astype(int)

    opened.xdotool("mousemove", "--window", opened.window, 640, 712)
    time.sleep(0.5)
    before = opened.screenshot().astype(int)
    # The noisy picture's
    opened.until(lambda: (np.abs(below_title(60) - before[26:60, 60:310]).max(-1) > 30).mean() > 0.2)
    assert (np.abs(below_title(500) - before[26:60, 500:750]).max(-1)
            > 30).mean() < 0.01, "what is filtered is of no file"
    opened.quits("q")


def test_notice_of_guides_that_are_not_taken(window, tmp_path):
    channels = {c: np.ones((16, 24), np.float32) for c in ("R", "G", "B", "myAlbedo.R", "myAlbedo.G", "myAlbedo.B")}
    frames.write_channels(tmp_path / "frame.exr", channels)
    opened = window("--kernel-size", 3, "--size", "1280x720", tmp_path / "frame.exr")
    assert has_notice(opened.screenshot())
    opened.quits("q")


def choose_backend(opened, entry):
    """In the list at the view's bottom left."""
    opened.click(180, 493)
    opened.click(180, 518 + 20 * entry)


def test_backend_switch(window, cuda_is_built, tmp_path):
    opened = window("--kernel-size", 3, "--size", "1280x720", "--report", tmp_path / "report.json",
                    STUDIO / "studio.0001.exr")
    before = opened.screenshot()
    choose_backend(opened, 1 if cuda_is_built else 0)
    opened.until(lambda: (opened.screenshot()[-22:, :300] != before[-22:, :300]).any())
    opened.quits("q")
    report = json.loads((tmp_path / "report.json").read_text())
    assert (report["backend"], report["requested_backend"]) == ("vulkan", "cpu")
    assert next(stage for stage in report["stages"] if stage["name"] == "present")["n"] >= report["frames"]


def test_backend_switch_that_fails_keeps_the_old_one(window, cuda_is_built, tmp_path):
    if not cuda_is_built:
        pytest.skip("every backend of this build works here")
    opened = window("--kernel-size", 3, "--size", "1280x720", "--report", tmp_path / "report.json",
                    STUDIO / "studio.0001.exr", CUDA_VISIBLE_DEVICES="")
    assert not has_notice(opened.screenshot())

    def says_so():
        """A picture that is saved late shows that it was saved instead: once more then."""
        choose_backend(opened, 0)
        return has_notice(opened.screenshot())

    opened.until(says_so)
    opened.quits("q")
    assert json.loads((tmp_path / "report.json").read_text())["backend"] == "cpu"


def test_predictor_switch(window, tmp_path):
    """In the list below that of backends: the network, the bilateral filter with its numbers, the network again."""
    opened = window("--kernel-size", 3, "--size", "1280x720", "--report", tmp_path / "report.json",
                    STUDIO / "studio.0001.exr")
    panel, filtered = (slice(530, 690), slice(0, 280)), (slice(30, 230), slice(450, 830))
    pictures = [opened.screenshot()]
    for entry in (0, 1):
        opened.click(180, 516)
        opened.click(180, 541 + 20 * entry)
        opened.until(lambda: (opened.screenshot()[panel] != pictures[-1][panel]).any())
        pictures.append(opened.screenshot())
    assert (pictures[0][filtered] == pictures[2][filtered]).all()
    assert (pictures[0][filtered] != pictures[1][filtered]).mean() > 0.5
    opened.click(180, 516)
    opened.click(180, 541)
    opened.until(lambda: (opened.screenshot()[filtered] == pictures[1][filtered]).all())
    opened.quits("q")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["predictor"] == "kpn (network)" and report["network"]["parameters"] > 0


def test_gather_and_splat_in_one_stage(window, tmp_path):
    """T: the stages of a frame change, what they make does not."""
    arguments = ["--kernel-size", 3, "--size", "1280x720", "--report", tmp_path / "report.json",
                 STUDIO / "studio.0001.exr"]
    stages = []
    pictures = []
    for together in (False, True):
        opened = window(*arguments)
        if together:
            opened.key("t")
        opened.key("c")
        pictures.append(opened.screenshot()[30:230, :1280])
        opened.quits("q")
        report = json.loads((tmp_path / "report.json").read_text())
        stages.append({stage["name"] for stage in report["stages"] if stage["clock"] == "node"})
    assert {"predict", "gather", "splat"} <= stages[0] and "gather and splat" not in stages[0]
    assert stages[1] == stages[0] - {"gather", "splat"} | {"gather and splat"}
    assert test_golden.matches(test_golden.difference(*pictures))


# ---- Live frames -----------------------------------------------------------------------------------------------------

LIVE = ["--scene", SCENES / "cornell.glb", "--render-size", "96x54", "--kernel-size", 3, "--size", "960x600"]
NOISY, REFERENCE, ALBEDO = ((slice(top, top + 120), slice(left, left + 280))
                            for top, left in ((30, 20), (205, 20), (205, 340)))
REST = ["mousemove", 30, 20]  # over no pane


def noise(picture, pane):
    """How much neighbors differ."""
    return np.abs(np.diff(picture[pane].astype(float), axis=1)).mean()


def is_averaged(opened):
    picture = opened.screenshot()
    return noise(picture, REFERENCE) < 0.7 * noise(picture, NOISY)


def test_live_frames_accumulate_at_rest_and_follow_the_camera(window, tmp_path):
    opened = window(*LIVE, "--report", tmp_path / "report.json")
    opened.screenshot()
    views = []

    def shows_albedo():
        opened.xdotool("mousemove", "--window", opened.window, 480, 280)
        time.sleep(1)
        opened.key("a")
        time.sleep(1)
        opened.xdotool(*REST)
        return noise(opened.screenshot(), ALBEDO) < noise(opened.screenshot(), REFERENCE)

    def accumulates():
        opened.until(lambda: is_averaged(opened))
        views.append(opened.screenshot()[ALBEDO].astype(float))

    def drag(button, x, y, *keys):
        opened.xdotool("mousemove", "--window", opened.window, 200, 90, "mousedown", button)
        time.sleep(1)
        opened.xdotool("mousemove", "--window", opened.window, 200 + x, 90 + y)
        for key in keys:
            opened.xdotool("keydown", "--window", opened.window, key)
            time.sleep(1)
            opened.xdotool("keyup", "--window", opened.window, key)
        time.sleep(1)
        opened.xdotool("mouseup", button)
        time.sleep(1)
        opened.xdotool(*REST)

    def moved():
        return np.abs(views[-1] - views[-2]).mean() > 1

    opened.until(shows_albedo)
    accumulates()
    drag(1, 12, 3)
    accumulates()
    assert moved(), "orbit"
    drag(3, 8, 3)
    accumulates()
    assert moved(), "look"
    drag(3, 0, 0, "q", "d")
    accumulates()
    assert moved(), "fly; keys do nothing else then"
    opened.xdotool("mousemove", "--window", opened.window, 200, 90)
    time.sleep(1)
    opened.xdotool("click", 4, "click", 4)
    time.sleep(1)
    opened.xdotool(*REST)
    accumulates()
    assert moved(), "closer"
    opened.key("v")
    accumulates()
    assert (views[-1] == views[0]).all(), "the scene's own camera"
    before = opened.screenshot()
    opened.key("u")
    opened.until(lambda: noise(opened.screenshot(), NOISY) < 0.7 * noise(before, NOISY))
    opened.quits("q")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["spp"] == 1 < report["samples"]


def test_a_resting_camera_shows_all_samples_and_saves_them(window, tmp_path):
    opened = window(*LIVE, "--accumulate", 24, "--spp", 8, "--save", tmp_path / "out", "--report",
                    tmp_path / "report.json")
    opened.until(lambda: (opened.screenshot()[:350] == opened.screenshot()[:350]).all())
    opened.quits("q")
    assert json.loads((tmp_path / "report.json").read_text())["samples"] == 24
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == ["frame.exr", "gather.exr", "splat.exr"]


def test_a_camera_path_plays(window, tmp_path):
    path = camera_path(tmp_path / "way.json", [(0.3 * i, 1, 3.6) for i in range(4)], seconds_a_key=0.5)
    opened = window(*LIVE, "--camera-path", path)
    first = opened.screenshot()
    opened.until(lambda: np.abs(opened.screenshot()[NOISY].astype(float) - first[NOISY]).mean() > 8)
    opened.key("space")
    opened.until(lambda: is_averaged(opened))
    opened.quits("q")
