"""Machines without Vulkan: the loader is pointed at no driver, at one that does not load, or one without a device."""

import json
import os

import frames
import numpy as np
import pytest
from frames import FRAMES

RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))
TERRACE = FRAMES / "terrace"


REASONS = {"no driver": "no Vulkan driver works here", "a driver that is missing": "no Vulkan driver works here",
           "no device": "the Vulkan drivers here find no device"}


@pytest.fixture(params=REASONS)
def without(request, build, wfview, tmp_path):
    """Runs wfview headless on such a machine."""
    manifest = tmp_path / "driver.json"
    manifest.write_text(json.dumps({"file_format_version": "1.0.0",
                                    "ICD": {"library_path": str(tmp_path / "libnone.so"), "api_version": "1.3.0"}}))
    drivers = {"no driver": "/dev/null", "a driver that is missing": manifest,
               "no device": build / "tests" / "leaking_driver.json"}

    def run(*arguments):
        return wfview("--headless", *arguments, VK_DRIVER_FILES=str(drivers[request.param]), VK_ICD_FILENAMES=None)

    run.reason = REASONS[request.param]
    return run


def same_files(a, b):
    names = sorted(path.name for path in a.iterdir())
    assert names and names == sorted(path.name for path in b.iterdir())
    for name in names:
        assert (a / name).read_bytes() == (b / name).read_bytes(), name


@pytest.mark.parametrize("arguments",
                         [["--kernel-size", 5], ["--predictor", "kpn"], ["--keep-channels", "--kernel-size", 3]])
def test_saves_what_it_saves_elsewhere(without, wfview, tmp_path, arguments):
    run = ["--backend", "cpu", *arguments, TERRACE, "--save"]
    without(*run, tmp_path / "without").done()
    wfview("--headless", *run, tmp_path / "with").done()
    same_files(tmp_path / "without", tmp_path / "with")


def test_further_layers_and_alpha(without, wfview, tmp_path):
    """They are filtered in the same read, there as here."""
    channels = {f"{group}{c}": RANDOM.random((20, 30), np.float32) for group in ("", "diffuse.", "glow.")
                for c in "RGB"}
    channels["A"] = RANDOM.random((20, 30), np.float32)
    frames.write_channels(tmp_path / "frame.exr", channels)
    run = ["--backend", "cpu", "--kernel-size", 5, "--also", "diffuse,glow", tmp_path / "frame.exr", "--save"]
    without(*run, tmp_path / "without").done()
    wfview("--headless", *run, tmp_path / "with").done()
    same_files(tmp_path / "without", tmp_path / "with")
    saved = frames.read_channels(tmp_path / "without" / "gather.exr")
    assert {"A", "glow.G", "R"} <= set(saved)
    for name in ("A", "glow.G"):
        assert 0 < np.abs(saved[name] - channels[name]).mean() < 0.5


def test_weights_of_files(without, tmp_path):
    """Every pixel takes the one to the right of it, and gives itself to that."""
    color = np.random.default_rng(3).random((8, 11, 3)).astype(np.float32)
    frames.write(tmp_path / "frame.exr", color=color)
    weights = np.zeros((9, 8, 11), np.float16)
    weights[5] = 1
    np.save(tmp_path / "w.npy", weights)
    without("--backend", "cpu", "--weights", tmp_path / "w.npy", "--save", tmp_path, tmp_path / "frame.exr").done()
    right = np.pad(color, ((0, 0), (0, 1), (0, 0)))[:, 1:]
    left = np.pad(color, ((0, 0), (1, 0), (0, 0)))[:, :-1]
    assert (frames.read(tmp_path / "gather.exr") == right).all()
    assert (frames.read(tmp_path / "splat.exr") == left).all()


def test_report(without, wfview, tmp_path):
    run = ["--backend", "cpu", "--kernel-size", 5, "--frames", 4, "--warmup", 1, TERRACE]
    without(*run, "--report", tmp_path / "without.json", "--trace", tmp_path / "trace.json").done()
    wfview("--headless", *run, "--report", tmp_path / "with.json").done()
    reports = [json.loads((tmp_path / f"{name}.json").read_text()) for name in ("without", "with")]
    for key in ("metrics", "layers", "backend", "device", "size", "kernel", "frames"):
        assert reports[0][key] == reports[1][key], key
    assert len(reports[0]["metrics"]) == 1
    assert reports[0]["vulkan_device"] is None and reports[0]["vulkan_driver"] is None
    [note] = reports[0]["notes"]
    assert note.startswith(f"filtered on the CPU and drew nothing, without Vulkan: {without.reason}")
    assert reports[1]["notes"] == [] and reports[1]["vulkan_device"]
    counts = {stage["name"]: stage["n"] for stage in reports[0]["stages"]}
    assert {counts[name] for name in ("frame", "upload", "unpack", "predict", "gather", "splat", "pack")} == {4}
    assert "display" not in counts and "hand-over in" not in counts
    names = {event["name"] for event in json.loads((tmp_path / "trace.json").read_text())["traceEvents"]}
    assert {"frame", "upload", "gather", "splat"} <= names


def test_automatic_backend_says_that_it_is_the_cpu(without, tmp_path):
    result = without("--kernel-size", 3, "--save", tmp_path, TERRACE / "terrace.0001.exr")
    assert result.status == 0 and "on cpu" in result.output
    assert result.errors.startswith("wfview: warning: filtered on the CPU") and result.errors.count("\n") == 1
    assert (tmp_path / "gather.0001.exr").exists()


@pytest.mark.parametrize("arguments,words", [
    (["--backend", "cpu", "--screenshot", "view.png", TERRACE], ["--screenshot view.png", "drawn with Vulkan"]),
    (["--backend", "cpu", "--beside", TERRACE, TERRACE], [f"--beside {TERRACE}", "drawn with Vulkan"]),
    (["--backend", "vulkan", TERRACE], ["--backend vulkan", "needs Vulkan"]),
    (["--backend", "cuda", TERRACE], ["--backend cuda", "needs Vulkan"]),
    (["--backend", "cpu", "--scene", "cornell.glb"], ["--scene cornell.glb", "traced with Vulkan"]),
])
def test_what_needs_vulkan_says_so(without, arguments, words):
    if "--scene" in arguments:
        arguments = [*arguments[:-1], FRAMES.parent / "scenes" / "cornell.glb"]
        words = ["cornell.glb", words[1]]
    sentence = without(*arguments).sentence()
    assert all(word in sentence for word in [*words, without.reason]), sentence


@pytest.mark.parametrize("out", ["pairs.npy", "pairs"])
def test_pairs_are_not_begun(without, tmp_path, out):
    before = sorted(tmp_path.iterdir())
    assert without.reason in without("--dataset", tmp_path / out, "--count", 1).sentence()
    assert sorted(tmp_path.iterdir()) == before


def test_lists_frames(without):
    assert "color" in without("--list", TERRACE / "terrace.0001.exr").done().output
