"""Where results go that is no file yet to be made, and what signals leave behind."""

import io
import json
import os
import pathlib
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import time

import frames
import numpy as np
import pytest
from frames import FRAMES
from PIL import Image

RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))
FRAME = FRAMES / "terrace" / "terrace.0001.exr"
RUN = ["--headless", "--backend", "cpu", "--kernel-size", 3]
STATUS = {signal.SIGINT: 130, signal.SIGTERM: 143}


# ---- Places ----------------------------------------------------------------------------------------------------------


def test_symbolic_links_stay(wfview, tmp_path):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (tmp_path / "report.json").symlink_to("elsewhere/r.json")
    (tmp_path / "out").symlink_to("elsewhere")
    (elsewhere / "gather.0001.exr").symlink_to("picture.exr")
    (elsewhere / "picture.exr").write_text("old")
    wfview(*RUN, "--save", tmp_path / "out", "--report", tmp_path / "report.json", FRAME).done()
    links = [tmp_path / "report.json", tmp_path / "out", elsewhere / "gather.0001.exr"]
    assert all(link.is_symlink() for link in links)
    assert json.loads((elsewhere / "r.json").read_text())["frames"] == 1
    assert frames.read_any_rgb(elsewhere / "picture.exr").shape == (270, 480, 3)
    assert sorted(path.name for path in elsewhere.iterdir()) == ["gather.0001.exr", "picture.exr", "r.json",
                                                                 "splat.0001.exr"]


@pytest.mark.parametrize("name", ["/dev/stdout", "/dev/fd/1", "/proc/self/fd/1", "-"])
def test_standard_output(wfview, tmp_path, name):
    """It has the report and nothing else: the line about the run is on stderr then."""
    result = wfview(*RUN, "--report", name, FRAME)
    assert result.status == 0 and result.errors.startswith("1 frame of 480x270 on cpu (")
    assert json.loads(result.output)["backend"] == "cpu"


def test_standard_output_that_is_a_file(build, tmp_path):
    """It is written to, not replaced: what is printed next comes behind."""
    command = f"'{build}/app/wfview' {' '.join(map(str, RUN))} --report /dev/stdout '{FRAME}' 2>/dev/null; echo behind"
    with open(tmp_path / "out", "wb") as out:
        out.write(b"before\n")
        out.flush()
        subprocess.run(["bash", "-c", command], stdout=out, check=True)
    lines = (tmp_path / "out").read_text().splitlines()
    assert (lines[0], lines[-1]) == ("before", "behind")
    assert json.loads("".join(lines[1:-1]))["frames"] == 1


def test_screenshot_on_standard_output(build):
    command = [build / "app" / "wfview", *map(str, RUN), "--size", "320x200", "--screenshot", "/dev/stdout", FRAME]
    picture = subprocess.run(command, capture_output=True, check=True).stdout
    assert Image.open(io.BytesIO(picture)).size == (320, 200)


def test_pipe(build, tmp_path):
    """An EXR file, whose writer seeks, too."""
    readers = []
    for name in ("gather", "splat"):
        os.mkfifo(tmp_path / f"{name}.pipe.exr")
        readers.append(subprocess.Popen(["cp", tmp_path / f"{name}.pipe.exr", tmp_path / f"{name}.exr"]))
    command = [build / "app" / "wfview", *map(str, RUN), "--save", tmp_path / "{layer}.pipe.exr", FRAME]
    subprocess.run(command, capture_output=True, check=True, timeout=120)
    for name, reader in zip(("gather", "splat"), readers):
        assert reader.wait(60) == 0
        assert stat.S_ISFIFO((tmp_path / f"{name}.pipe.exr").stat().st_mode)
        assert frames.read_any_rgb(tmp_path / f"{name}.exr").shape == (270, 480, 3)


def test_device(wfview):
    assert wfview(*RUN, "--report", "/dev/null", FRAME).done()
    assert stat.S_ISCHR(os.stat("/dev/null").st_mode)


@pytest.mark.parametrize("name", ["view.jpg", "view.PNG.exr", "a.b/view.jpeg"])
def test_screenshots_are_png(wfview, tmp_path, name):
    sentence = wfview(*RUN, "--screenshot", tmp_path / name, FRAME).sentence(2)
    assert "PNG" in sentence and name in sentence and sentence.endswith(name.rsplit(".", 1)[1])
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("name", ["view.PNG", "view"])
def test_names_of_screenshots(wfview, tmp_path, name):
    wfview(*RUN, "--size", "320x200", "--screenshot", tmp_path / name, FRAME).done()
    assert Image.open(tmp_path / name).format == "PNG"


def test_closed_files(build, tmp_path):
    """Nothing else has the numbers of standard files, where what is printed would go."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        address = free.getsockname()
    command = [build / "app" / "wfview", "--headless", "--backend", "cpu", "--ipc", f"127.0.0.1:{address[1]}"]
    process = subprocess.Popen(command, cwd=tmp_path, preexec_fn=lambda: os.closerange(0, 3))
    try:
        end = time.monotonic() + 60
        while True:
            assert process.poll() is None and time.monotonic() < end
            try:
                socket.create_connection(address).close()
                break
            except ConnectionRefusedError:
                time.sleep(0.01)
        assert [os.readlink(f"/proc/{process.pid}/fd/{number}") for number in range(3)] == ["/dev/null"] * 3
    finally:
        process.kill()
        process.wait()


def test_files_larger_than_allowed(build, tmp_path):
    command = [build / "app" / "wfview", *map(str, RUN), "--compression", "none", "--save", tmp_path / "out", FRAME]
    run = subprocess.run(command, capture_output=True, check=False,
                         preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_FSIZE, (10000, 10000)))
    assert run.returncode == 1
    assert run.stderr.decode().endswith(f"{tmp_path}/out/gather.0001.exr: cannot write: File too large\n")
    assert left(tmp_path) == []


# ---- Signals ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def start(build, tmp_path):
    """Starts wfview; a test that fails leaves none behind."""
    started = []

    def run(*arguments):
        command = [build / "app" / "wfview", *map(str, arguments)]
        started.append(subprocess.Popen(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE))
        return started[-1]

    yield run
    for process in started:
        process.kill()
        process.communicate()


def left(folder):
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


def wait_for(pattern, folder, process):
    end = time.monotonic() + 120
    while not list(folder.glob(pattern)):
        assert process.poll() is None, process.stderr.read().decode()
        assert time.monotonic() < end
        time.sleep(0.001)


def catches(process, number):
    """The program is far enough to have a handler for the signal."""
    status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
    return int(re.search(r"SigCgt:\s*(\w+)", status)[1], 16) >> (number - 1) & 1


@pytest.fixture(scope="module")
def large(tmp_path_factory):
    """A frame of noise that takes long to save."""
    path = tmp_path_factory.mktemp("large") / "noise.exr"
    frames.write(path, color=np.random.default_rng(1).random((600, 600, 3)))
    return path


@pytest.mark.parametrize("number", STATUS)
@pytest.mark.parametrize("times", [1, 2])
def test_a_frame_that_is_being_saved_is_finished(start, tmp_path, large, number, times):
    """Also where the signal comes twice, as from a terminal and from a program that passes it on."""
    process = start(*RUN, "--kernel-size", 1, "--save", "out", "--compression", "piz", "--report", "r.json", large)
    wait_for("out/splat.exr.*.tmp", tmp_path, process)
    for _ in range(times):
        process.send_signal(number)
    process.communicate(timeout=120)
    assert process.returncode == STATUS[number]
    assert left(tmp_path) == ["gather.exr", "splat.exr"]
    for name in ("gather", "splat"):
        assert np.isfinite(frames.read(tmp_path / "out" / f"{name}.exr")).all()


@pytest.mark.parametrize("number", STATUS)
def test_a_second_signal_does_not_wait(start, tmp_path, number):
    """Nobody reads the pipe, so that the frame cannot be finished."""
    (tmp_path / "out").mkdir()
    os.mkfifo(tmp_path / "out" / "splat.0001.exr")
    process = start(*RUN, "--save", "out", FRAME)
    wait_for("out/gather.0001.exr", tmp_path, process)
    process.send_signal(number)
    time.sleep(1)
    assert process.poll() is None
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == STATUS[number]
    assert left(tmp_path) == ["gather.0001.exr"]


@pytest.mark.parametrize("number", STATUS)
def test_sequence(start, tmp_path, number):
    """Whatever it is at: frames are whole, both of their files, and nothing else is left."""
    (tmp_path / "shots").mkdir()
    for i in range(400):
        (tmp_path / "shots" / f"shot.{i:04d}.exr").symlink_to(FRAME)
    process = start(*RUN, "--save", "out", "--report", "r.json", "--trace", "t.json", tmp_path / "shots")
    wait_for("out/splat.0001.exr", tmp_path, process)
    time.sleep(float(RANDOM.uniform(0, 0.2)))
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == STATUS[number]
    names = left(tmp_path / "out")
    count = len(names) // 2
    assert 2 <= count < 400
    assert names == [f"{layer}.{i:04d}.exr" for layer in ("gather", "splat") for i in range(count)]
    assert left(tmp_path) == sorted([*names, *(f"shot.{i:04d}.exr" for i in range(400))])


@pytest.mark.parametrize("number", STATUS)
@pytest.mark.parametrize("seconds", [0, 0.1, 0.3, 1])
def test_long_runs(start, tmp_path, number, seconds):
    """While it opens, while it runs."""
    process = start(*RUN, "--frames", 1000000, "--report", "r.json", "--trace", "t.json", FRAME)
    while not catches(process, number):
        assert process.poll() is None
    time.sleep(seconds)
    process.send_signal(number)
    process.communicate(timeout=60)
    assert process.returncode == STATUS[number]
    assert left(tmp_path) == []


@pytest.mark.parametrize("number", STATUS)
def test_folder_of_pairs(start, tmp_path, number):
    """The pair that is being written is finished."""
    process = start("--dataset", "pairs", "--count", 1000, "--render-size", "64x64", "--reference-spp", 4)
    wait_for("pairs/0000.exr", tmp_path, process)
    process.send_signal(number)
    errors = process.communicate(timeout=120)[1].decode()
    assert process.returncode == STATUS[number]
    assert "interrupted after" in errors.splitlines()[-1]
    frames_left = sorted(path.name for path in (tmp_path / "pairs").glob("*.exr"))
    assert left(tmp_path / "pairs" / "reference") == frames_left and frames_left
    assert left(tmp_path) == sorted([*frames_left, *frames_left, "dataset.json"])


def test_data_set_behind_a_link(wfview, tmp_path):
    (tmp_path / "disk").mkdir()
    (tmp_path / "pairs.npy").symlink_to("disk/pairs.npy")
    result = wfview("--dataset", tmp_path / "pairs.npy", "--count", 1, "--render-size", "8x8", "--reference-spp", 1)
    assert result.status == 0
    assert (tmp_path / "pairs.npy").is_symlink() and left(tmp_path / "disk") == ["pairs.npy"]
    assert np.load(tmp_path / "pairs.npy").shape == (1,)


# ---- app/run ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [["--headless", "x.exr"], []])
@pytest.mark.parametrize("number", STATUS)
def test_run_passes_signals_on(root, tmp_path, arguments, number):
    """app/run becomes wfview, here one that only waits."""
    (tmp_path / "app").mkdir()
    (tmp_path / "build" / "app").mkdir(parents=True)
    shutil.copy(root / "app" / "run", tmp_path / "app" / "run")
    (tmp_path / "app" / "setup.sh").write_text("build_packages=() view_packages=()\ninstall_packages() { :; }\nbuild() "
                                               "{ :; }\n")
    program = tmp_path / "build" / "app" / "wfview"
    program.write_text(f"#!{shutil.which('python3')}\nimport signal, sys, time\n"
                       "for number in (signal.SIGINT, signal.SIGTERM):\n"
                       "    signal.signal(number, lambda number, frame: sys.exit(128 + number))\n"
                       "print(*sys.argv[1:], flush=True)\ntime.sleep(60)\n")
    program.chmod(0o755)
    environment = {name: value for name, value in os.environ.items() if name not in ("DISPLAY", "WAYLAND_DISPLAY")}
    process = subprocess.Popen([tmp_path / "app" / "run", *arguments], stdout=subprocess.PIPE, env=environment,
                               text=True)
    while "--headless" not in process.stdout.readline():
        assert process.poll() is None
    process.send_signal(number)
    assert process.wait(30) == STATUS[number]


def test_the_first_picture_is_timed_from_the_beginning_of_wfview(build, tmp_path):
    """Which app/run's process becomes when it has built: not from that of the process."""
    arguments = " ".join(map(str, RUN))
    command = f"sleep 2; date +%s%N >begin; exec '{build}/app/wfview' {arguments} --report r.json '{FRAME}'"
    subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, check=True)
    most = time.time_ns() - int((tmp_path / "begin").read_text())
    assert 0 < json.loads((tmp_path / "r.json").read_text())["first_picture"] <= most * 1e-6


def test_the_manual_fills_its_lines(wfview):
    """What is said about an option is broken only where the next word does not fit."""
    lines = wfview("--help").done().output.splitlines()
    indent = " " * 27
    continued = [(line, after) for line, after in zip(lines, lines[1:])
                 if after.startswith(indent) and line.startswith((indent, "  --"))]
    assert len(continued) > 40
    for line, after in continued:
        assert len(line) <= 115 < len(line) + 1 + len(after.split()[0]), line
