"""What tools see of wfview: labels of Vulkan's commands and ranges of NVTX, named and counted as the report's stages.
labels_seen.c stands in a tool's place."""

import collections
import functools
import json

import frames
import numpy as np
import pytest

FRAMES, WARMUP = 3, 1
HAND_OVERS = {"hand-over in", "hand-over out"}


@pytest.fixture(name="seen", scope="module")
def fixture_seen(wfview, build, tmp_path_factory):
    """Runs wfview on a backend with labels_seen.c; its file's lines, and from clock and stage to numbers of samples."""

    @functools.cache
    def run(backend):
        folder = tmp_path_factory.mktemp(backend)
        frames.write(folder / "frame.exr", color=np.random.default_rng(5).random((48, 64, 3)))
        library = str(build / "tests" / "liblabels_seen.so")
        wfview("--headless", "--backend", backend, "--kernel-size", 3, "--frames", FRAMES, "--warmup", WARMUP,
               "--size", "320x240", "--pixel", "20,20", "--measure", "gather-splat", "--report",
               folder / "report.json", folder / "frame.exr", LD_PRELOAD=library, NVTX_INJECTION64_PATH=library,
               WF_LABELS=str(folder / "labels"), ASAN_OPTIONS="verify_asan_link_order=0").done()
        stages = json.loads((folder / "report.json").read_text())["stages"]
        return (folder / "labels").read_text().splitlines(), {(stage["clock"], stage["name"]): stage["n"]
                                                              for stage in stages}

    return run


def named(lines, kind):
    """From names to how often they were seen, of lines of a kind."""
    split = [line.strip().split(" ", 1) for line in lines]
    return collections.Counter(name for of, name in split if of == kind)


@pytest.mark.parametrize("backend", ["cpu", "vulkan"])
def test_labels(seen, backend):
    """Of what Vulkan does: all of the viewer's, and of the node's its hand-overs and what it filters with Vulkan. None
    lies in another."""
    lines, stages = seen(backend)
    expected = {name: n for (clock, name), n in stages.items()
                if clock == "vulkan"
                or (clock == "node" and name != "node" and (backend == "vulkan" or name in HAND_OVERS))}
    assert {"upload", "measure", "display", *HAND_OVERS} <= expected.keys()
    assert ({"predict", "gather", "splat", "inspect"} <= expected.keys()) == (backend == "vulkan")
    labels = named(lines, "vulkan")
    assert labels.keys() == expected.keys()
    assert all(n == FRAMES for n in expected.values())
    assert all(n >= FRAMES + WARMUP
               for n in labels.values()) and labels["gather" if backend == "vulkan"
                                                    else "hand-over in"] == FRAMES + WARMUP
    assert [line for line in lines if line.startswith(" ") and line.strip().startswith("vulkan")] == []


@pytest.mark.parametrize("arguments, drawn",
                         [((), 0), (("--report", "{folder}/report.json"), 0),
                          (("--times", "{folder}/times.csv"), FRAMES),
                          (("--report", "{folder}/report.json", "--frames", FRAMES), 2 * FRAMES),
                          (("--do", "panels"), FRAMES)])
def test_saved_frames(wfview, build, tmp_path, arguments, drawn):
    """A run for its frames' files draws no view, unless something shows or times it. The files are the same."""
    (tmp_path / "shot").mkdir()
    for number in range(1, FRAMES + 1):
        frames.write(tmp_path / "shot" / f"s.{number}.exr", color=np.random.default_rng(number).random((48, 64, 3)))
    options = [str(argument).format(folder=tmp_path) for argument in arguments]
    wfview("--headless", "--backend", "vulkan", "--kernel-size", 3, "--size", "320x240", "--save", tmp_path / "out",
           *options, tmp_path / "shot", LD_PRELOAD=str(build / "tests" / "liblabels_seen.so"),
           WF_LABELS=str(tmp_path / "labels"), ASAN_OPTIONS="verify_asan_link_order=0").done()
    labels = named((tmp_path / "labels").read_text().splitlines(), "vulkan")
    assert (labels["gather"], labels["display"]) == (max(FRAMES, drawn), drawn)
    wfview("--headless", "--backend", "cpu", "--kernel-size", 3, "--save", tmp_path / "expected",
           tmp_path / "shot").done()
    for number in range(1, FRAMES + 1):
        for layer in ("gather", "splat"):
            saved, expected = (frames.read_any_rgb(tmp_path / folder / f"{layer}.{number}.exr")
                               for folder in ("out", "expected"))
            np.testing.assert_allclose(saved, expected, rtol=2e-3, atol=1e-4)


def test_ranges(seen):
    """Of threads, where NVTX is built in: each frame, and the node's stages in it."""
    lines, stages = seen("cpu")
    ranges = named(lines, "range")
    if not ranges:
        pytest.skip("built without CUDA, so without NVTX")
    expected = {name for clock, name in stages if clock == "cpu" or (clock == "node" and name != "node")}
    assert {"frame", "predict", "gather", "splat", *HAND_OVERS} <= expected
    assert expected <= ranges.keys() <= expected | {"copy to staging"}
    assert all(ranges[name] == FRAMES + WARMUP for name in ("frame", "predict", "gather", "splat", *HAND_OVERS))
    outer = [line for line in lines if line.startswith("range")]
    assert outer == ["range frame"] * (FRAMES + WARMUP)
