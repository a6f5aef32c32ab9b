"""Frames with bad pixels, and bad frames, do not end a run: they are said, and the rest is done."""

import json

import frames
import numpy as np
import pytest
from frames import write_channels

RANDOM = np.random.default_rng(13)
RUN = ["--headless", "--backend", "cpu", "--kernel-size", 3]


def noise(names="RGB", height=6, width=9):
    return {name: RANDOM.random((height, width), np.float32) for name in names}


def test_bad_pixels_are_said_and_the_sequence_goes_on(wfview, tmp_path):
    paths = []
    for i in range(3):
        channels = noise(["R", "G", "B", "Z"])
        if i == 1:
            channels["G"][2, 5] = channels["B"][2, 5] = np.nan
            channels["Z"][:4] = np.inf
        paths.append(write_channels(tmp_path / f"a.{i}.exr", channels))
    result = wfview(*RUN, "--save", tmp_path / "out", "--report", tmp_path / "r.json", *paths)
    assert result.status == 0
    damage = ["2 values of its color are NaN or infinite, the first at pixel x=5 y=2",
              "36 values of its depth are NaN or infinite, the first at pixel x=0 y=0"]
    assert result.errors.splitlines() == [f"wfview: warning: {paths[1]}: {line}; mended" for line in damage]
    for number in range(3):
        assert np.isfinite(frames.read(tmp_path / "out" / f"gather.{number}.exr")).all()
    assert json.loads((tmp_path / "r.json").read_text())["problems"] == [
        {"frame": str(paths[1]), "problem": "\n".join(damage), "skipped": False}]


@pytest.mark.parametrize("operator", ["gather", "splat"])
def test_neighbors_fill_a_bad_pixel(wfview, tmp_path, operator):
    """Of one color it stays a picture of that color; what no weight brings to the bad pixel does not change at all."""
    channels = {c: np.full((20, 20), 0.75, np.float32) for c in "RGB"}
    write_channels(tmp_path / "sound.exr", channels)
    channels["R"][8, 11] = np.nan
    write_channels(tmp_path / "bad.exr", channels)
    for name in ("sound", "bad"):
        assert wfview(*RUN, "--save", tmp_path / name, tmp_path / f"{name}.exr").status == 0
    sound, bad = (frames.read(tmp_path / name / f"{operator}.exr") for name in ("sound", "bad"))
    np.testing.assert_allclose(bad, 0.75, rtol=1e-5)
    far = np.ones((20, 20), bool)
    far[6:11, 9:14] = False
    assert (bad[far] == sound[far]).all()


def test_an_endless_sky(wfview, tmp_path):
    """Infinite depth is depth 0: where nothing was hit."""
    channels = noise(["R", "G", "B", "Z"], 20, 20)
    for name, sky in (("infinite", np.inf), ("nothing", 0)):
        channels["Z"][:9] = sky
        write_channels(tmp_path / f"{name}.exr", channels)
        assert wfview(*RUN, "--save", tmp_path / name, tmp_path / f"{name}.exr").status == 0
    assert (frames.read(tmp_path / "infinite" / "gather.exr") == frames.read(tmp_path / "nothing" / "gather.exr")).all()


def test_a_bad_reference_is_said(wfview, tmp_path):
    reference = noise()
    reference["R"][0, 1] = np.inf
    write_channels(tmp_path / "a.ref.exr", reference)
    path = write_channels(tmp_path / "a.exr", noise())
    result = wfview(*RUN, path)
    line = "1 values of its reference are NaN or infinite, the first at pixel x=1 y=0"
    assert (result.status, result.errors) == (0, f"wfview: warning: {path}: {line}; mended\n")
    assert wfview(*RUN, "--strict", path).sentence() == f"wfview: {tmp_path}/a.ref.exr: {line}"


@pytest.mark.parametrize("bad", [[0], [1], [2], [0, 1], [1, 2]])
def test_unreadable_frames_are_skipped(wfview, tmp_path, bad):
    paths = [write_channels(tmp_path / f"a.{i}.exr", noise()) for i in range(3)]
    for i in bad:
        paths[i].write_bytes(paths[i].read_bytes()[: -20 - i])
    result = wfview(*RUN, "--save", tmp_path / "out", "--report", tmp_path / "r.json", *paths)
    assert result.status == 1
    lines = result.errors.splitlines()
    assert len(lines) == len(bad)
    for line, i in zip(lines, bad):
        assert line.startswith(f"wfview: {paths[i]}: cannot decode the pixels ({paths[i].stat().st_size} bytes in the "
                               "file): ")
    problems = json.loads((tmp_path / "r.json").read_text())["problems"]
    assert problems == [{"frame": str(paths[i]), "problem": line.removeprefix("wfview: "), "skipped": True}
                        for line, i in zip(lines, bad)]
    done = sorted(path.name for path in (tmp_path / "out").iterdir())
    assert done == sorted(f"{operator}.{i}.exr" for operator in ("gather", "splat") for i in range(3) if i not in bad)


def test_only_unreadable_frames(wfview, tmp_path):
    """The first one's sentence, and nothing is written."""
    paths = [tmp_path / f"a.{i}.exr" for i in range(2)]
    for path in paths:
        path.write_bytes(b"nothing")
    sentence = wfview(*RUN, "--report", tmp_path / "r.json", *paths).sentence()
    assert sentence.startswith(f"wfview: {paths[0]}: not a readable OpenEXR file (7 bytes in the file): ")
    assert not (tmp_path / "r.json").exists()


def test_none_of_the_frames_asked_for(wfview, tmp_path):
    paths = [tmp_path / "a.0.exr", write_channels(tmp_path / "a.1.exr", noise())]
    paths[0].write_bytes(b"nothing")
    sentence = wfview(*RUN, "--frames", 1, "--screenshot", tmp_path / "s.png", *paths).sentence()
    assert sentence.startswith(f"wfview: {paths[0]}: not a readable OpenEXR file (7 bytes in the file): ")
    assert not (tmp_path / "s.png").exists()


def test_strict(wfview, tmp_path):
    """A frame with a bad pixel is one that cannot be read."""
    channels = noise()
    channels["R"][3, 4] = np.nan
    paths = [write_channels(tmp_path / "a.0.exr", noise()), write_channels(tmp_path / "a.1.exr", channels),
             write_channels(tmp_path / "a.2.exr", noise())]
    result = wfview(*RUN, "--strict", "--save", tmp_path / "out", *paths)
    line = "1 values of its color are NaN or infinite, the first at pixel x=4 y=3"
    assert (result.status, result.errors) == (1, f"wfview: {paths[1]}: {line}\n")
    assert len(list((tmp_path / "out").iterdir())) == 4


def test_frames_of_several_sizes(wfview, tmp_path):
    paths = [write_channels(tmp_path / f"{name}.exr", noise(width=width))
             for name, width in (("a", 9), ("b", 8), ("c", 8))]
    assert wfview(*RUN, *paths).done().output.startswith("3 frames of several sizes on cpu (")
    assert wfview(*RUN, *paths[1:]).done().output.startswith("2 frames of 8x6 on cpu (")
