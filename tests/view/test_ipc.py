"""Programs that tell wfview what to show: tev's own client, and others that talk nonsense."""

import json
import os
import socket
import time

import numpy as np
import pytest
import tevclient
from test_sequences import DRAWN, is_grey, write
from test_window import display, window  # noqa: F401 (fixtures)


def free_port():
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def connected(port):
    end = time.monotonic() + 30
    while True:
        try:
            return socket.create_connection(("127.0.0.1", port))
        except ConnectionRefusedError:
            assert time.monotonic() < end
            time.sleep(0.1)


def test_tevs_client_opens_creates_updates_and_closes(window, tmp_path):  # noqa: F811
    """Frames that are sent are frames: what their channels are called says what they are."""
    write(tmp_path / "a.exr", 0.1)
    write(tmp_path / "b.exr", 0.3)
    port = free_port()
    opened = window(*DRAWN, "--ipc", f"127.0.0.1:{port}", "--report", "report.json", tmp_path / "a.exr",
                    XDG_RUNTIME_DIR=str(tmp_path))
    opened.until(lambda: is_grey(opened, 0.1))
    connected(port).close()
    with tevclient.Ipc("127.0.0.1", port) as tev:
        tev.open_image(str(tmp_path / "b.exr"))
        opened.until(lambda: is_grey(opened, 0.3))
        write(tmp_path / "a.exr", 0.05)
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
        assert len(list(tmp_path.glob("wfview-*/render-1.exr"))) == 1
        tev.close_image(str(tmp_path / "b.exr"))
        tev.close_image(str(tmp_path / "a.exr"))
        opened.key("Right", "Right")
        opened.until(lambda: is_grey(opened, 0.2))
    opened.quits("q")
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["size"] == [36, 24] and report["layers"]["albedo"] == "albedo.R,G,B"
    assert not list(tmp_path.glob("wfview-*"))


def test_nonsense_closes_the_connection_and_nothing_else(window, tmp_path):  # noqa: F811
    write(tmp_path / "a.exr", 0.1)
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


@pytest.mark.parametrize("arguments,sentence", [
    (["--ipc", "0.0.0.0:14158"], "--ipc 0.0.0.0:14158: expected 127.0.0.1:PORT with a port from 1 to 65535"),
    (["--ipc", "127.0.0.1:9", "--headless"], "--ipc 127.0.0.1:9: not together with --headless , which has no window"),
])
def test_wrong_usage(wfview, arguments, sentence):
    assert wfview(*arguments, "a.exr").sentence(2) == f"wfview: {sentence}"


def test_a_port_that_is_taken(wfview, display, tmp_path):  # noqa: F811
    write(tmp_path / "a.exr", 0.1)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        sentence = wfview("--ipc", f"127.0.0.1:{port}", tmp_path / "a.exr", DISPLAY=display, XDG_CONFIG_HOME=str(tmp_path)).sentence()
    assert sentence == f"wfview: 127.0.0.1:{port}: cannot listen there: Address already in use"
