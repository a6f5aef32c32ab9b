"""Bad input through the real program: one sentence with the numbers in it, the exit status, nothing written."""

import json
import os
import subprocess

import frames
import numpy as np
import pytest
from frames import FRAMES

FRAME = FRAMES / "terrace" / "terrace.0001.exr"


@pytest.fixture
def fails(wfview, tmp_path):
    """Runs wfview where it must fail without writing anything, and returns its sentence."""

    def run(*arguments, status=1, **changes):
        wanted = ["--save", tmp_path / "out", "--screenshot", tmp_path / "view.png", "--report",
                  tmp_path / "report.json", "--trace", tmp_path / "trace.json"]
        result = wfview("--headless", "--backend", "cpu", *wanted, *arguments, **changes)
        sentence = result.sentence(status)
        left = {path.name for path in tmp_path.rglob("*") if path.is_file()}
        assert not left & {"view.png", "report.json", "trace.json", "gather.exr", "splat.exr"}
        assert not any(name.endswith(".tmp") for name in left)
        return sentence

    return run


def save(path, array):
    np.save(path, array)
    return path


def frame(path, height=4, width=6, **layers):
    frames.write(path, color=np.ones((height, width, 3)), **layers)
    return path


# ---- Frames ----------------------------------------------------------------------------------------------------------


def test_missing_frame(fails, tmp_path):
    assert "nothing.exr" in fails(tmp_path / "nothing.exr")


@pytest.mark.parametrize("kept", [0, 4, 100, 5000, 100000])
def test_truncated_frame(fails, tmp_path, kept):
    (tmp_path / "cut.exr").write_bytes(FRAME.read_bytes()[:kept])
    assert "cut.exr" in fails(tmp_path / "cut.exr")


def test_frame_that_is_no_exr(fails, tmp_path):
    (tmp_path / "text.exr").write_text("not a picture")
    assert "text.exr" in fails(tmp_path / "text.exr")


@pytest.mark.parametrize("value,name", [(np.nan, "NaN"), (np.inf, "infin")])
def test_color_that_is_not_finite(fails, tmp_path, value, name):
    color = np.ones((4, 6, 3), np.float32)
    color[2, 5, 1] = value
    frames.write(tmp_path / "bad.exr", color=color)
    sentence = fails("--strict", tmp_path / "bad.exr")
    assert "bad.exr" in sentence
    assert "1" in sentence
    assert "5" in sentence and "2" in sentence


def test_directory_without_frames(fails, tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty" in fails(tmp_path / "empty")


def test_reference_of_another_size(fails, tmp_path):
    reference = frame(tmp_path / "ref.exr", 5, 6)
    sentence = fails("--reference", reference, frame(tmp_path / "frame.exr"))
    assert "6x5" in sentence and "6x4" in sentence


def test_second_frame_of_another_size_than_the_weights(fails, tmp_path):
    weights = save(tmp_path / "w.npy", np.ones((9, 4, 6), np.float32))
    first, second = frame(tmp_path / "a.1.exr"), frame(tmp_path / "a.2.exr", 5, 6)
    sentence = fails("--weights", weights, "--frames", 2, first, second)
    assert "6x4" in sentence and "6x5" in sentence


# ---- Weights ---------------------------------------------------------------------------------------------------------


def test_missing_weights(fails, tmp_path):
    assert "w.npy" in fails("--weights", tmp_path / "w.npy", frame(tmp_path / "frame.exr"))


@pytest.mark.parametrize("shape,numbers", [((24, 4, 6), ["24"]), ((25, 5, 6), ["6x5", "6x4"]), ((25, 4), []),
                                           ((2, 25, 4, 6), ["2"])], ids=str)
def test_weights_that_do_not_fit(fails, tmp_path, shape, numbers):
    weights = save(tmp_path / "w.npy", np.ones(shape, np.float32))
    sentence = fails("--weights", weights, frame(tmp_path / "frame.exr"))
    assert "w.npy" in sentence
    for number in numbers:
        assert number in sentence


def test_weights_that_are_not_the_kernel_asked_for(fails, tmp_path):
    weights = save(tmp_path / "w.npy", np.ones((25, 4, 6), np.float32))
    sentence = fails("--weights", weights, "--kernel-size", "3x7", frame(tmp_path / "frame.exr"))
    assert "25" in sentence and "21" in sentence


@pytest.mark.parametrize("value", [np.nan, -np.inf])
def test_weights_that_are_not_finite(fails, tmp_path, value):
    array = np.ones((9, 4, 6), np.float32)
    array[7, 3, 2] = value
    sentence = fails("--weights", save(tmp_path / "w.npy", array), frame(tmp_path / "frame.exr"))
    assert "w.npy" in sentence and "7" in sentence


def test_truncated_weights(fails, tmp_path):
    weights = save(tmp_path / "w.npy", np.ones((9, 4, 6), np.float32))
    weights.write_bytes(weights.read_bytes()[:500])
    assert "w.npy" in fails("--weights", weights, frame(tmp_path / "frame.exr"))


def test_weights_of_another_type(fails, tmp_path):
    weights = save(tmp_path / "w.npy", np.ones((9, 4, 6), np.int32))
    assert "w.npy" in fails("--weights", weights, frame(tmp_path / "frame.exr"))


# ---- Usage, devices, displays ----------------------------------------------------------------------------------------


def test_usage(fails, wfview):
    assert "rocm" in fails("--backend", "rocm", FRAME, status=2)
    assert "--frobnicate" in fails("--frobnicate", FRAME, status=2)
    assert "no frames" in wfview("--headless").sentence(2)


def test_networks(fails, tmp_path):
    file = tmp_path / "n.safetensors"
    file.write_bytes(b"no network at all")
    assert f"wfview: {file}: " in fails("--predictor", "kpn", "--network", file, FRAME)
    assert fails("--predictor", "kpn", "--network", tmp_path / "none", FRAME).startswith(f"wfview: {tmp_path / 'none'}")
    assert "needs --predictor kpn" in fails("--network", file, "--predictor", "bilateral", FRAME, status=2)


def test_no_vulkan_driver(fails):
    assert "Vulkan" in fails(FRAME, VK_ICD_FILENAMES="/nonexistent.json", VK_DRIVER_FILES="/nonexistent.json")


def test_no_cuda(fails):
    """CUDA_VISIBLE_DEVICES hides the devices where there are any."""
    sentence = fails("--backend", "cuda", FRAME, CUDA_VISIBLE_DEVICES="")
    assert "cuda" in sentence


def test_automatic_backend_notes_what_it_left_out(wfview, tmp_path):
    """In the report: a machine without CUDA, or without any GPU, is nothing to warn of."""
    path = tmp_path / "r.json"
    result = wfview("--headless", "--kernel-size", 3, "--report", path, FRAME, CUDA_VISIBLE_DEVICES="",
                    XDG_CACHE_HOME=str(tmp_path)).done()
    report = json.loads(path.read_text())
    cuda, *others = report["notes"]
    assert cuda.startswith("the node cannot use cuda: ")
    if "llvmpipe" in report["vulkan_device"]:
        assert "on cpu" in result.output
        assert others == [f"the node passes over vulkan: {report['vulkan_device']} is no GPU, cpu is faster"]
    else:
        assert "on vulkan" in result.output and others == []


@pytest.mark.parametrize("display", [None, ":987"])
def test_no_display(wfview, display):
    sentence = wfview(FRAME, DISPLAY=display, WAYLAND_DISPLAY=None).sentence()
    assert "--headless" in sentence


# ---- Outputs ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("option", ["--screenshot", "--report", "--trace"])
def test_unwritable_file(wfview, tmp_path, option):
    path = tmp_path / "missing" / "file"
    assert str(path) in wfview("--headless", "--backend", "cpu", option, path, FRAME).sentence()
    assert str(tmp_path) in wfview("--headless", "--backend", "cpu", option, tmp_path, FRAME).sentence()
    assert list(tmp_path.iterdir()) == []


def test_unwritable_directory(wfview, tmp_path):
    (tmp_path / "file").write_text("kept")
    sentence = wfview("--headless", "--backend", "cpu", "--save", tmp_path / "file", FRAME).sentence()
    assert "file" in sentence
    assert (tmp_path / "file").read_text() == "kept"


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
@pytest.mark.parametrize("arguments",
                         [["--list", FRAME], ["--help"],
                          ["--headless", "--backend", "cpu", "--kernel-size", "3", FRAME]])
def test_full_standard_output(build, arguments):
    with open("/dev/full", "wb") as full:
        run = subprocess.run([build / "app" / "wfview", *arguments], stdout=full, stderr=subprocess.PIPE, text=True,
                             check=False)
    assert run.returncode == 1
    assert run.stderr.splitlines()[-1] == "wfview: standard output: cannot write: No space left on device"


def test_closed_standard_output(build):
    command = [build / "app" / "wfview", "--list", FRAME]
    assert subprocess.run(["sh", "-c", '"$@" >&-', "sh", *command], check=False).returncode == 0


@pytest.mark.skipif(not os.path.exists("/dev/full"), reason="needs /dev/full")
def test_full_device(wfview):
    assert "/dev/full" in wfview("--headless", "--backend", "cpu", "--report", "/dev/full", FRAME).sentence()
