"""tev's protocol: its own client sends frames to wfview. What is saved is to the bit what such a file gives."""

import json
import os
import socket
import struct
import subprocess
import time

import frames
import numpy as np
import pytest
import test_golden
import tevclient
from frames import write
from pictures import load
from test_sequences import DRAWN, is_grey
from test_sequences import write as write_grey
from test_window import display, window  # noqa: F401: fixtures
from tevclient import packet

RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))
HEIGHT, WIDTH = 150, 200
CHANNELS = ["R", "G", "B", "albedo.R", "albedo.G", "albedo.B", "normal.X", "normal.Y", "normal.Z", "Z"]


def picture(channels=len(CHANNELS), height=HEIGHT, width=WIDTH):
    return RANDOM.lognormal(0, 1, (height, width, channels)).astype(np.float32)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connected(port):
    """Once somebody listens there: a sanitized program on a busy machine takes its time."""
    end = time.monotonic() + 180
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.1)


class Server:
    """wfview, listening."""

    def __init__(self, program, folder, arguments):
        self.port = free_port()
        command = [program, "--headless", "--backend", "cpu", "--ipc", f"127.0.0.1:{self.port}", *map(str, arguments)]
        self.process = subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def client(self):
        self.connect().close()
        return tevclient.Ipc("127.0.0.1", self.port)

    def connect(self):
        return connected(self.port)

    def ends(self, status=0):
        """What it says: lines on stderr but those about channels."""
        output, errors = self.process.communicate(timeout=120)
        assert self.process.returncode == status, errors.decode()
        lines = errors.decode().splitlines()
        return [line for line in lines if " from " not in line and not line.startswith("wfview: auto takes")]


@pytest.fixture(name="server")
def fixture_server(build, tmp_path):
    opened = []

    def start(*arguments):
        opened.append(Server(build / "app" / "wfview", tmp_path, arguments))
        return opened[-1]

    yield start
    for each in opened:
        each.process.kill()
        each.process.wait()


@pytest.fixture(name="delta")
def fixture_delta(tmp_path):
    """Kernels of one tap, 1: a filtered frame is the frame."""
    np.save(tmp_path / "delta.npy", np.ones((1, HEIGHT, WIDTH), np.float32))
    return tmp_path / "delta.npy"


def test_what_is_sent_is_saved(server, delta, tmp_path):
    pixels = picture()
    wfview = server("--weights", delta, "--save", "out")
    with wfview.client() as client:
        client.create_image("render", WIDTH, HEIGHT, CHANNELS)
        client.update_image("render", pixels, CHANNELS)  # in tiles of 128x128
        client.close_image("render")
    assert wfview.ends() == []
    for operator in ("gather", "splat"):
        saved = frames.read_channels(tmp_path / "out" / f"{operator}.exr")
        assert sorted(saved) == ["B", "G", "R"]
        for i, name in enumerate("RGB"):
            assert np.array_equal(saved[name], pixels[:, :, i])


@pytest.mark.parametrize("predictor", ["kpn", "bilateral"])
def test_layers_are_those_of_a_file(server, wfview, tmp_path, predictor):
    pixels = picture(height=96, width=80)
    write(tmp_path / "f.exr", color=pixels[:, :, :3], albedo=pixels[:, :, 3:6], normal=pixels[:, :, 6:9],
          depth=pixels[:, :, 9])
    wfview("--headless", "--backend", "cpu", "--predictor", predictor, "--save", tmp_path / "file",
           tmp_path / "f.exr").done()
    listening = server("--predictor", predictor, "--save", "sent")
    with listening.client() as client:
        client.create_image("render", 80, 96, CHANNELS)
        for y in range(0, 96, 32):  # tiles of rows, in channels of their own
            client.update_image("render", pixels[y:y + 32, :, :3], CHANNELS[:3], y=y)
            client.update_image("render", pixels[y:y + 32, :, 3:], CHANNELS[3:], y=y)
    assert listening.ends() == []
    for operator in ("gather", "splat"):
        expected, saved = (frames.read_channels(tmp_path / folder / f"{operator}.exr") for folder in ("file", "sent"))
        assert sorted(saved) == sorted(expected)
        assert all(np.array_equal(saved[name], expected[name]) for name in expected)


def test_alpha_and_further_layers(server, delta, tmp_path):
    channels = ["R", "G", "B", "A", "diffuse.R", "diffuse.G", "diffuse.B"]
    pixels = RANDOM.random((HEIGHT, WIDTH, 7), np.float32)
    wfview = server("--weights", delta, "--save", "out", "--also", "diffuse")
    with wfview.client() as client:
        client.create_image("render", WIDTH, HEIGHT, channels)
        client.update_image("render", pixels, channels, perform_tiling=False)
        client.close_image("render")
    assert wfview.ends() == []
    saved = frames.read_channels(tmp_path / "out" / "gather.exr")
    assert sorted(saved) == sorted(channels)
    for i, name in enumerate(channels):
        assert np.array_equal(saved[name], pixels[:, :, i]), name


def text(words):
    return words.encode() + b"\0"


def old_updates(version, name, channels, x, y, tile):
    """Updates as older clients of tev send them, described in its Ipc.cpp: planes, at first one channel a packet."""
    height, width, _ = tile.shape
    place, planes = struct.pack("<4i", x, y, width, height), np.moveaxis(tile, -1, 0).astype("<f4")
    if version == 1:
        bodies = [b"\3\0" + text(name) + text(channel) + place + plane.tobytes()
                  for channel, plane in zip(channels, planes)]
    else:
        bodies = [b"\5\0" + text(name) + struct.pack("<i", len(channels)) + b"".join(map(text, channels)) + place
                  + planes.tobytes()]
    return [struct.pack("<I", len(body) + 4) + body for body in bodies]


@pytest.mark.parametrize("version", [1, 2])
def test_older_versions(server, delta, tmp_path, version):
    pixels = picture(3)
    wfview = server("--weights", delta, "--save", "out")
    with wfview.connect() as client:
        client.sendall(packet.create_image("render", WIDTH, HEIGHT, ["R", "G", "B"]))
        for x in range(0, WIDTH, 70):
            for each in old_updates(version, "render", "BGR", x, 0, pixels[:, x:x + 70, ::-1]):
                client.sendall(each[:9])  # in pieces
                client.sendall(each[9:])
        client.sendall(packet.close_image("render"))
        assert wfview.ends() == []
    saved = frames.read_channels(tmp_path / "out" / "gather.exr")
    assert all(np.array_equal(saved[name], pixels[:, :, i]) for i, name in enumerate("RGB"))


def test_several_images(server, delta, tmp_path):
    """Also of a connection for each packet, as some renderers do, and of a file."""
    pictures = [picture(3) for _ in range(3)]
    write(tmp_path / "shot.1004.exr", color=pictures[2])
    wfview = server("--weights", delta, "--frames", 3, "--save", "{name}.{layer}.{number}.exr")
    sent = [packet.create_image("a", WIDTH, HEIGHT, ["R", "G", "B"]),
            packet.update_image("a", pictures[0], ["R", "G", "B"])]
    for each in sent:
        with wfview.connect() as client:
            client.sendall(each)
    with wfview.client() as client:
        client.create_image("b", WIDTH, HEIGHT, ["R", "G", "B"])
        client.update_image("b", pictures[1], ["R", "G", "B"])
        client.close_image("a")
        client.close_image("b")
        client.open_image(str(tmp_path / "shot.1004.exr"))
    assert wfview.ends() == []
    for name, expected in zip(["a.gather.0001.exr", "b.gather.0002.exr", "shot.gather.1004.exr"], pictures):
        assert np.array_equal(np.stack([frames.read_channels(tmp_path / name)[c] for c in "RGB"], -1), expected), name


def test_reference(server, delta, wfview, tmp_path):
    pixels, reference = picture(3), picture(3)
    write(tmp_path / "r.exr", color=reference)
    listening = server("--weights", delta, "--reference", "r.exr", "--report", "report.json")
    with listening.client() as client:
        client.create_image("render", WIDTH, HEIGHT, ["R", "G", "B"])
        client.update_image("render", pixels, ["R", "G", "B"])
    assert listening.ends() == []
    expected = np.mean(np.abs(pixels - reference) / (np.abs(pixels) + np.abs(reference) + 0.01))
    [measured] = json.loads((tmp_path / "report.json").read_text())["metrics"]
    assert measured["frame"] == "render"
    assert measured["gather"]["smape"] == pytest.approx(expected, rel=1e-6)


def test_what_cannot_be_done_is_said(server, delta, tmp_path):
    """And the connection goes on."""
    pixels = picture(3)
    (tmp_path / "bad.exr").write_bytes(b"no")
    (tmp_path / "shot").mkdir()
    for number in range(2):
        write(tmp_path / "shot" / f"f.{number}.exr", color=pixels)
    wfview = server("--weights", delta, "--save", "out")
    with wfview.client() as client:
        client.update_image("none", pixels, "RGB")
        client.update_image("none", pixels, "RGB")  # is said once
        client.create_image("depth", 4, 3, ["Z"])
        client.create_image("render", WIDTH, HEIGHT, ["R", "G", "B"])
        client.update_image("render", pixels[:2, :3], ["R", "G", "V"])
        client.update_image("render", pixels[:2, :3], "RGB", x=WIDTH - 2)
        client.reload_image("render")
        client.open_image(str(tmp_path / "bad.exr"))
        client.open_image(str(tmp_path / "shot"))
        client.update_vector_graphics("render", [tevclient.vg_begin_path(), tevclient.vg_fill()])
        client.update_image("render", pixels, "RGB")
        client.close_image("render")
    assert wfview.ends() == [f"wfview: warning: --ipc: {sentence}" for sentence in (
        "none: no image of that name was created",
        "depth: no color among its channels Z; --channel color=NAME tells where it is", "render: has no channel V",
        f"render: a tile of 3x2 pixels at {WIDTH - 2},0 is not within {WIDTH}x{HEIGHT}",
        "render: was created here, there is no file to reload it from",
        f"{tmp_path}/bad.exr: not a readable OpenEXR file (2 bytes in the file): it ends too early",
        f"{tmp_path}/shot: stands for 2 frames, expected one", "render: vector graphics are not drawn")]
    saved = frames.read_channels(tmp_path / "out" / "gather.exr")
    assert all(np.array_equal(saved[name], pixels[:, :, i]) for i, name in enumerate("RGB"))


def test_one_image_too_many(server, delta):
    wfview = server("--weights", delta, "--save", "out")
    with wfview.client() as client:
        client.create_image("render", WIDTH, HEIGHT, ["R", "G", "B"])
        for number in range(64):
            client.create_image(f"further {number}", 5, 4, ["R", "G", "B"])
        client.update_image("render", picture(3), "RGB")
        client.close_image("render")
        said = wfview.ends()
    assert said == ["wfview: warning: --ipc: further 63: there are 64 images already, expected at most that many"]


def closed(connection):
    connection.settimeout(30)
    try:
        return connection.recv(1) == b""
    except ConnectionResetError:
        return True


def test_malformed_packets_end_their_connection(server, delta, tmp_path):
    pixels = picture(3)
    sentences = {
        struct.pack("<I", 3): "a message of 3 bytes, expected 5 to 536870912",
        struct.pack("<I", 2**32 - 1): "a message of 4294967295 bytes, expected 5 to 536870912",
        struct.pack("<IB", 5, 77): "a message of kind 77, expected 0 to 8",
        bytes(packet.create_image("a", 2**31 - 1, 5)): "a is 2147483647x5 pixels, expected 1x1 to 16384x16384",
    }
    wfview = server("--weights", delta, "--save", "out")
    with wfview.client() as good:
        good.create_image("render", WIDTH, HEIGHT, ["R", "G", "B"])
        with wfview.connect() as client:
            client.sendall(packet.create_image("a", 5, 5)[:-1])
        for malformed in sentences:
            with wfview.connect() as client:
                client.sendall(malformed)
                assert closed(client)
        good.update_image("render", pixels, "RGB")
        good.close_image("render")
        said = wfview.ends()
    assert said == [f"wfview: warning: --ipc: {sentence}"
                    for sentence in ("the connection ended within a message", *sentences.values())]
    saved = frames.read_channels(tmp_path / "out" / "gather.exr")
    assert all(np.array_equal(saved[name], pixels[:, :, i]) for i, name in enumerate("RGB"))


def test_nobody_sends_anything(server):
    wfview = server("--frames", 2, "--ipc-wait", 1)
    assert wfview.ends(1) == [f"wfview: --ipc 127.0.0.1:{wfview.port}: no whole image came within 1 s (--ipc-wait), "
                              "after 0 of 2"]


def test_a_port_that_is_taken_headless(server, wfview):
    listening = server()
    listening.connect().close()
    sentence = wfview("--headless", "--ipc", f"127.0.0.1:{listening.port}").sentence()
    assert sentence == f"wfview: 127.0.0.1:{listening.port}: cannot listen there: Address already in use"


@pytest.mark.parametrize("address",
                         ["10.0.0.1:14158", "0.0.0.0:14158", "127.0.0.1", "127.0.0.1:", "[::]:14158", "127.0.0.1:65536",
                          "127.0.0.1:0", "1.2.3.4:1", "127.0.0.1:1x", "example.org:14158"])
def test_only_this_machine(wfview, address):
    sentence = wfview("--headless", "--ipc", address).sentence(2)
    assert sentence == f"wfview: --ipc {address}: expected 127.0.0.1:PORT with a port from 1 to 65535"


def opened(window, *arguments):
    port = free_port()
    viewer = window("--ipc", f"127.0.0.1:{port}", "--predictor", "bilateral", "--panes", "noisy", "--size", "320x240",
                    *arguments)
    viewer.port = port
    return viewer


def middle(viewer):
    """The color in the middle of the window."""
    shown = viewer.screenshot()
    return tuple(int(c) for c in shown[shown.shape[0] // 2, shown.shape[1] // 2])


def shows(viewer, color):
    end = time.monotonic() + 60
    while middle(viewer) != color:
        assert time.monotonic() < end, middle(viewer)
    return True


def plain(red, green, blue, size=64):
    return np.full((size, size, 3), (red, green, blue), np.float32)


def test_nothing_is_saved_of_nothing(window, tmp_path):  # noqa: F811
    """A window may close before anything was sent, or after all of it was closed."""
    viewer = opened(window, "--save", "out", "--report", "report.json")
    viewer.screenshot()
    with tevclient.Ipc("127.0.0.1", viewer.port) as client:
        client.create_image("a", 64, 64, ["R", "G", "B"])
        client.update_image("a", plain(1, 0, 0), "RGB")
        assert shows(viewer, (255, 0, 0))
        client.close_image("a")
        assert shows(viewer, (0, 0, 0))
    viewer.quits("q")
    assert not list((tmp_path / "out").iterdir())
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["layers"] == {"color": f"nothing yet on 127.0.0.1:{viewer.port}"} and report["metrics"] == []


def test_window_follows(window):  # noqa: F811
    """Images that are created, updated by tiles, replaced by others of another size, and closed."""
    viewer = opened(window)
    with tevclient.Ipc("127.0.0.1", viewer.port) as client:
        client.create_image("a", 64, 64, ["R", "G", "B"])
        client.update_image("a", plain(1, 0, 0), "RGB")
        assert shows(viewer, (255, 0, 0))
        client.update_image("a", plain(0, 1, 0, 40), "RGB", x=12, y=12)
        assert shows(viewer, (0, 255, 0))
        client.create_image("b", 96, 96, ["R", "G", "B"], grab_focus=False)
        client.update_image("b", plain(0, 0, 1, 96), "RGB")
        client.update_image("a", plain(1, 1, 0), "RGB")
        assert shows(viewer, (255, 255, 0))
        client.close_image("a")
        assert shows(viewer, (0, 0, 255))
        client.create_image("a", 32, 32, ["R", "G", "B"], grab_focus=True)
        client.update_image("a", plain(1, 0, 1, 32), "RGB")
        assert shows(viewer, (255, 0, 255))
        client.close_image("b")
        client.close_image("a")
        assert shows(viewer, (0, 0, 0))
        client.create_image("c", 64, 64, ["R", "G", "B"], grab_focus=False)
        client.update_image("c", plain(1, 1, 1), "RGB")
        assert shows(viewer, (255, 255, 255))
    viewer.quits("Escape")


def test_window_s_picture(window, tmp_path, build):  # noqa: F811
    """Two images that were sent, one of them with guides."""
    studio = frames.read_blender(test_golden.STUDIO)
    channels = ["R", "G", "B", "normal.X", "normal.Y", "normal.Z"]
    sent = np.concatenate([studio["color"][..., :3], studio["normal"]], -1).astype(np.float32)
    port = free_port()
    viewer = window("--ipc", f"127.0.0.1:{port}", "--predictor", "bilateral", "--size", "960x600",
                    "--timing-placeholders", "--report", "report.json")
    connected(port).close()
    with tevclient.Ipc("127.0.0.1", port) as client:
        for name, count in (("first", 3), ("second", 6)):
            client.create_image(name, 480, 270, channels[:count])
            client.update_image(name, np.ascontiguousarray(sent[..., :count]), channels[:count])
        begin, differences, expected = time.monotonic(), None, load(test_golden.GOLDEN / "ipc.png")
        while differences is None or (not test_golden.matches(differences) and time.monotonic() < begin + 30):
            actual = viewer.screenshot()
            # That the screenshot was saved
            differences = test_golden.difference(actual, expected, [(0, 575, 960, 600)])
    viewer.quits("q")
    if test_golden.BLESS:
        test_golden.bless("ipc", actual, json.loads((tmp_path / "report.json").read_text()))
    elif not test_golden.matches(differences):
        test_golden.keep(build / "golden", "ipc", actual, expected, differences)
        pytest.fail(f"not the golden picture: see {build / 'golden'}")


def test_tevs_client_opens_creates_updates_and_closes(window, tmp_path):  # noqa: F811
    """Frames that are sent are frames: what their channels are called says what they are."""
    write_grey(tmp_path / "a.exr", 0.1)
    write_grey(tmp_path / "b.exr", 0.3)
    port = free_port()
    opened = window(*DRAWN, "--ipc", f"127.0.0.1:{port}", "--report", "report.json", tmp_path / "a.exr",
                    XDG_RUNTIME_DIR=str(tmp_path))
    opened.until(lambda: is_grey(opened, 0.1))
    connected(port).close()
    with tevclient.Ipc("127.0.0.1", port) as tev:
        tev.open_image(str(tmp_path / "b.exr"))
        opened.until(lambda: is_grey(opened, 0.3))
        write_grey(tmp_path / "a.exr", 0.05)
        tev.reload_image(str(tmp_path / "a.exr"))
        opened.until(lambda: is_grey(opened, 0.05))
        channels = ["R", "G", "B", "albedo.R", "albedo.G", "albedo.B"]
        tev.create_image("render", 36, 24, channels)
        pixels = np.zeros((24, 36, 6), np.float32)
        pixels[..., :3], pixels[..., 3:] = 0.6, 0.8
        tev.update_image("render", pixels[:, :20], channels)
        tev.update_image("render", pixels[:, 20:], channels, 20, 0)
        opened.until(lambda: is_grey(opened, 0.6))
        tev.update_image("render", np.full((24, 36), 0.2, np.float32), ["R"])
        opened.until(lambda: not is_grey(opened, 0.6))
        tev.update_image("render", np.full((24, 36, 2), 0.2, np.float32), ["G", "B"])
        opened.until(lambda: is_grey(opened, 0.2))
        tev.close_image(str(tmp_path / "b.exr"))
        tev.close_image(str(tmp_path / "a.exr"))
        opened.key("Right", "Right")
        opened.until(lambda: is_grey(opened, 0.2))
    opened.quits("q")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["size"] == [36, 24] and report["layers"]["albedo"] == "albedo.R,G,B"
    assert not list(tmp_path.glob("wfview-*"))  # nothing of it was ever in a file


def test_nonsense_closes_the_connection_and_nothing_else(window, tmp_path):  # noqa: F811
    write_grey(tmp_path / "a.exr", 0.1)
    port = free_port()
    opened = window(*DRAWN, "--ipc", f"localhost:{port}", tmp_path / "a.exr", XDG_RUNTIME_DIR=str(tmp_path))
    random = np.random.default_rng(int(os.environ["WF_SEED"]))
    sentences = 0
    nonsense = [b"\5\0\0\0\xff", b"\x0b\0\0\0\2abcdef", b"\xff\xff\xff\x7f", bytes(64),
                *(b"\x20\0\0\0" + bytes(random.integers(0, 256, 28, np.uint8)) for _ in range(20))]
    for message in nonsense:
        client = connected(port)
        client.sendall(message + b"\x05\0\0\0\xff")  # at last a message of no kind
        client.settimeout(30)
        assert client.recv(1) == b""
        client.close()
        sentences += 1
    unfinished = connected(port)
    unfinished.sendall(b"\x40\0\0\0\7")
    with tevclient.Ipc("127.0.0.1", port) as tev:
        tev.update_image("nothing", np.zeros((2, 2), np.float32), ["R"])
        tev.create_image("render", 24, 16, ["R", "G", "B"])
        tev.update_image("render", np.full((16, 24, 3), 0.5, np.float32), ["R", "G", "B"])
        opened.until(lambda: is_grey(opened, 0.5))
    unfinished.close()
    opened.key("q")
    _, errors = opened.process.communicate(timeout=60)
    lines = errors.decode().splitlines()
    assert opened.process.returncode == 0
    assert all(line.startswith("wfview: warning: --ipc: ") for line in lines) and len(lines) > sentences
    assert "wfview: warning: --ipc: nothing: no image of that name was created" in lines
    assert "wfview: warning: --ipc: a message of kind 255, expected 0 to 8" in lines


def test_headless_with_frames(wfview):
    sentence = wfview("--ipc", "127.0.0.1:9", "--headless", "a.exr").sentence(2)
    assert sentence == "wfview: --ipc 127.0.0.1:9: headless it takes no frames (a.exr) but those that are sent"


def test_a_port_that_is_taken(wfview, display, tmp_path):  # noqa: F811
    write_grey(tmp_path / "a.exr", 0.1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sentence = wfview("--ipc", f"127.0.0.1:{port}", tmp_path / "a.exr", DISPLAY=display,
                          XDG_CONFIG_HOME=str(tmp_path)).sentence()
    assert sentence == f"wfview: 127.0.0.1:{port}: cannot listen there: Address already in use"
