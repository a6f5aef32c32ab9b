"""What saved files are called, and what is said of a sequence."""

import json
import pathlib
import shutil

import frames
import numpy as np
import pytest

RUN = ["--headless", "--backend", "cpu", "--kernel-size", 3]


def write(path, value=0.5):
    path.parent.mkdir(parents=True, exist_ok=True)
    return frames.write_channels(path, {c: np.full((4, 5), value, np.float32) for c in "RGB"})


def saved(folder):
    return sorted(str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file())


NAMES = [("shot.1004.exr", "1004"), ("shot_0007.exr", "0007"), ("0012.exr", "0012"), ("render0001.exr", "0001"),
         ("a-3.exr", "3"), ("x.0005.hdr.exr", "0005"), ("SHOT.0001.EXR", "0001"), ("shot.exr", None),
         ("scene2.exr", None), ("shot_v003.exr", None), ("shot_v003.1001.exr", "1001"), ("4spp.exr", None),
         ("room_1920x1080.exr", None), ("room_1920x1080.0007.exr", "0007"), ("x1080.exr", "1080"),
         ("my shot 8.exr", "8"), ("shot v003.exr", None), ("shot .exr", None)]


@pytest.mark.parametrize("name,number", NAMES)
def test_a_frame_keeps_its_number(wfview, tmp_path, name, number):
    wfview(*RUN, "--save", tmp_path / "out", write(tmp_path / name)).done()
    middle = f".{number}" if number else ""
    assert saved(tmp_path / "out") == [f"gather{middle}.exr", f"splat{middle}.exr"]


def test_numbers_behind_spaces(wfview, tmp_path):
    for i in (8, 9, 12, 100):
        write(tmp_path / f"my shot {i}.exr", i)
    result = wfview(*RUN, "--save", tmp_path / "out", tmp_path)
    assert result.status == 0
    assert "89 of the frames my shot 8.exr to my shot 100.exr are missing, the first is number 10\n" in result.errors
    for i in (8, 9, 12, 100):
        assert (frames.read(tmp_path / "out" / f"gather.{i}.exr") == i).all()
    wfview(*RUN, "--save", tmp_path / "{name}-{number}-{layer}.exr", tmp_path / "my shot 12.exr").done()
    assert (tmp_path / "my shot-12-gather.exr").exists()


def test_few_digits_behind_a_letter(wfview, tmp_path):
    """They are numbers where there are others of the same name, but versions."""
    for i in (8, 9, 12, 100):
        write(tmp_path / "in" / f"render{i}.exr", i)
        write(tmp_path / f"ref.{i:04}.exr", i)
    result = wfview(*RUN, "--save", tmp_path / "out", "--reference", tmp_path / "ref.%04d.exr", "--report",
                    tmp_path / "r.json", tmp_path / "in")
    assert result.status == 0
    assert "89 of the frames render8.exr to render100.exr are missing, the first is number 10\n" in result.errors
    assert saved(tmp_path / "out") == sorted(f"{layer}.{i}.exr" for layer in ("gather", "splat")
                                             for i in (8, 9, 12, 100))
    for i in (8, 9, 12, 100):
        assert (frames.read(tmp_path / "out" / f"gather.{i}.exr") == i).all()
    metrics = json.loads((tmp_path / "r.json").read_text())["metrics"]
    assert [frame["noisy"]["smape"] for frame in metrics] == [0] * 4
    for names in (("shot_v1", "shot_v2"), ("bunny2", "dragon2")):
        paths = [write(tmp_path / f"{name}.exr") for name in names]
        wfview(*RUN, "--save", tmp_path / names[0], *paths).done()
        assert saved(tmp_path / names[0]) == ["gather.0001.exr", "gather.0002.exr", "splat.0001.exr", "splat.0002.exr"]


def test_frames_of_a_sequence_keep_theirs(wfview, tmp_path):
    for i in (998, 999, 1000):
        write(tmp_path / f"shot.{i:04}.exr", i)
    wfview(*RUN, "--save", tmp_path / "out", tmp_path / "shot.####.exr").done()
    for i in (998, 999, 1000):
        np.testing.assert_allclose(frames.read(tmp_path / "out" / f"gather.{i:04}.exr"), i, rtol=1e-5)
    assert len(saved(tmp_path / "out")) == 6


def test_frames_without_numbers_have_their_places(wfview, tmp_path):
    paths = [write(tmp_path / f"{name}.exr") for name in "ba"]
    wfview(*RUN, "--save", tmp_path / "out", *paths).done()
    assert saved(tmp_path / "out") == ["gather.0001.exr", "gather.0002.exr", "splat.0001.exr", "splat.0002.exr"]


@pytest.mark.parametrize("pattern,expected", [
    ("{name}.{layer}.{number}.exr", "shot.gather.0101.exr"), ("{layer}/{name}.{number}.exr", "gather/shot.0101.exr"),
    ("a/{number}/b{layer}{layer}.EXR", "a/0101/bgathergather.EXR"), ("{layer}.%06d.exr", "gather.000101.exr"),
    ("{layer}.####.{name}.exr", "gather.0101.shot.exr"), ("a#/{layer}.$F.exr", "a#/gather.101.exr"),
    ("{layer}%x.exr", "gather%x.exr")])
def test_patterns(wfview, tmp_path, pattern, expected):
    wfview(*RUN, "--save", tmp_path / "out" / pattern, write(tmp_path / "shot.0101.exr")).done()
    assert saved(tmp_path / "out") == sorted([expected, expected.replace("gather", "splat")])


def test_references_of_a_sequence(wfview, tmp_path):
    """Each frame is compared with its own; that some have none is said."""
    for number, value in ((8, 0.5), (9, 0.25), (10, 0.125)):
        write(tmp_path / "shot" / f"f.{number}.exr", value)
    for number, value in ((8, 0.5), (10, 0.25)):
        write(tmp_path / "refs" / f"f.{number}.exr", value)
    for asked in (tmp_path / "refs", tmp_path / "refs" / "f.#.exr"):
        result = wfview(*RUN, "--reference", asked, "--report", tmp_path / "r.json", tmp_path / "shot")
        assert (result.status, result.errors) == (0, (
            f"wfview: warning: {tmp_path}/shot/f.8.exr: --reference {asked}: no file for 1 of 3 frames, the first "
            f"would be {tmp_path}/refs/f.9.exr\n"))
        metrics = json.loads((tmp_path / "r.json").read_text())["metrics"]
        assert [(pathlib.Path(frame["frame"]).name, frame["noisy"]["smape"] > 0.1) for frame in metrics] == [
            ("f.8.exr", False), ("f.10.exr", True)]


def test_pattern_of_frames_without_numbers(wfview, tmp_path):
    paths = [write(tmp_path / f"{name}.exr") for name in "ba"]
    for count, expected in ((1, ["gather.01.exr", "splat.01.exr"]),
                            (2, ["gather.01.exr", "gather.02.exr", "splat.01.exr", "splat.02.exr"])):
        wfview(*RUN, "--save", tmp_path / f"{count}" / "{layer}.##.exr", *paths[:count]).done()
        assert saved(tmp_path / f"{count}") == expected
        shutil.rmtree(tmp_path / f"{count}")
    wfview(*RUN, "--save", tmp_path / "{name}.{layer}.exr", *paths).done()
    assert saved(tmp_path) == ["a.exr", "a.gather.exr", "a.splat.exr", "b.exr", "b.gather.exr", "b.splat.exr"]


def test_results_among_the_frames_are_no_frames(wfview, tmp_path):
    write(tmp_path / "shot.0001.exr")
    for _ in range(2):
        assert len(wfview(*RUN, "--save", tmp_path, tmp_path).done().taken) == 1
    assert saved(tmp_path) == ["gather.0001.exr", "shot.0001.exr", "splat.0001.exr"]


def test_frames_of_one_name(wfview, tmp_path):
    """Nothing is written over another frame's result."""
    paths = [write(tmp_path / f"{name}.0001.exr") for name in "ab"]
    sentence = wfview(*RUN, "--save", tmp_path / "out", *paths).sentence()
    assert sentence == (f"wfview: --save {tmp_path}/out: {paths[0]} and {paths[1]} (frames 1 and 2) would both be "
                        f"saved as {tmp_path}/out/gather.0001.exr; {{name}} and {{number}} in a pattern tell frames "
                        "apart")
    assert saved(tmp_path / "out") == []
    wfview(*RUN, "--save", tmp_path / "out" / "{name}.{layer}.exr", *paths).done()
    assert len(saved(tmp_path / "out")) == 4


@pytest.mark.parametrize("pattern,sentence", [
    ("{shot}.{layer}.exr", "expected {layer}, {name} or {number} where {shot}.{layer}.e is"),
    ("{name}.exr", "expected {layer} in a pattern, and .exr at its end"),
    ("{layer}.png", "expected {layer} in a pattern, and .exr at its end"),
    ("out/a.exr", "expected a folder, or a pattern such as out/a.{layer}.exr: gather and splat are a file each"),
    ("a.b.PNG", "expected a folder, or a pattern such as a.b.{layer}.exr: gather and splat are a file each")])
def test_wrong_patterns(wfview, tmp_path, pattern, sentence):
    message = wfview(*RUN, "--save", pattern, write(tmp_path / "a.exr")).sentence(2)
    assert message == f"wfview: --save {pattern}: {sentence}"


@pytest.mark.parametrize("beside,sentence", [
    (["b.pfm"], "1 file of other formats beside it is not taken"),
    (["b.pfm", "c.HDR", "d.hdr"], "3 files of other formats beside it are not taken"),
    (["b.png", "b.txt", "gather.hdr"], None)])
def test_files_of_other_formats_are_said(wfview, tmp_path, beside, sentence):
    """Pictures for the screen are previews of frames."""
    path = write(tmp_path / "a.exr")
    for name in beside:
        (tmp_path / name).write_bytes(b"")
    result = wfview(*RUN, tmp_path)
    assert result.status == 0
    assert result.errors == (
        f"wfview: warning: {path}: {sentence}: frames of a folder or pattern are all .exr\n" if sentence else "")


@pytest.mark.parametrize("numbers,sentence", [
    ([1, 2, 4], "1 of the frames s.0001.exr to s.0004.exr is missing, the first is number 0003"),
    ([8, 20, 21], "11 of the frames s.0008.exr to s.0021.exr are missing, the first is number 0009"), ([5, 6], None),
    ([7], None)])
@pytest.mark.parametrize("pattern", ["", "s.%04d.exr", "*.exr"])
def test_gaps_are_said(wfview, tmp_path, numbers, sentence, pattern):
    for i in numbers:
        write(tmp_path / f"s.{i:04}.exr")
    result = wfview(*RUN, tmp_path / pattern)
    first = tmp_path / f"s.{numbers[0]:04}.exr"
    assert result.status == 0
    assert result.errors == (f"wfview: warning: {first}: {sentence}\n" if sentence else "")


def test_no_gaps_among_files_that_were_named(wfview, tmp_path):
    wfview(*RUN, *[write(tmp_path / f"s.{i}.exr") for i in (1, 5)]).done()
