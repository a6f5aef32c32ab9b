"""Which files a path stands for, in which order, and which reference belongs to each."""

import os

import numpy as np
import OpenEXR
import pytest


def write(path, width=3, height=2, value=1.0):
    path.parent.mkdir(parents=True, exist_ok=True)
    OpenEXR.File({}, {name: np.full((height, width), value, np.float32) for name in "RGB"}).write(str(path))


def names(dump, *paths):
    items, _ = dump("sequence", *paths)
    return [os.path.basename(item["path"]) for item in items]


def references(dump, *paths):
    items, _ = dump("sequence", *paths)
    return [item["reference"] for item in items]


FRAMES = ["a.exr", "b1.exr", "b1c.exr", "b2.exr", "b9.exr", "b010.exr", "b10.exr", "b11.exr", "b20.exr", "c 1 x 2.exr",
          "c 1 x 10.exr", "c 2 x 1.exr"]
OTHERS = [".hidden.exr", "b1.png", "b1.ref.exr", "b2_ref.exr", "x.alb.exr", "x.nrm.exr", "exr", "sub/z.exr",
          "reference/b1.exr"]


@pytest.fixture(name="folder")
def fixture_folder(tmp_path):
    for name in reversed(FRAMES + OTHERS):
        write(tmp_path / name)
    return tmp_path


def test_folder(dump, folder):
    assert names(dump, folder) == FRAMES
    assert names(dump, f"{folder}/") == FRAMES


def test_current_folder(dump, folder, monkeypatch):
    monkeypatch.chdir(folder)
    assert names(dump, ".") == FRAMES
    assert names(dump, "b%d.exr") == ["b1.exr", "b2.exr", "b9.exr", "b10.exr", "b11.exr", "b20.exr"]
    assert names(dump, "b?.exr") == ["b1.exr", "b2.exr", "b9.exr"]


@pytest.mark.parametrize("pattern,expected", [
    ("*.exr", FRAMES), ("b?.exr", ["b1.exr", "b2.exr", "b9.exr"]), ("b[29].exr", ["b2.exr", "b9.exr"]),
    ("b1*", ["b1.exr", "b1c.exr", "b10.exr", "b11.exr"]),
    ("b%d.exr", ["b1.exr", "b2.exr", "b9.exr", "b10.exr", "b11.exr", "b20.exr"]),
    ("b%02d.exr", ["b10.exr", "b11.exr", "b20.exr"]), ("b%03d.exr", ["b010.exr"]), ("b%01d.exr", ["b1.exr", "b2.exr",
     "b9.exr", "b10.exr", "b11.exr", "b20.exr"])])
def test_pattern(dump, folder, pattern, expected):
    assert names(dump, folder / pattern) == expected


def test_files_in_the_order_given(dump, folder):
    files = ["b20.exr", "b1.ref.exr", "a.exr", "a.exr"]
    assert names(dump, *[folder / name for name in files]) == files


def test_several_paths(dump, folder):
    assert names(dump, folder / "b9.exr", folder / "c*", folder / "b%03d.exr") == [
        "b9.exr", "c 1 x 2.exr", "c 1 x 10.exr", "c 2 x 1.exr", "b010.exr"]


def test_existing_file_that_looks_like_a_pattern(dump, tmp_path):
    write(tmp_path / "a[1]%d*.exr")
    write(tmp_path / "a1.exr")
    assert names(dump, tmp_path / "a[1]%d*.exr") == ["a[1]%d*.exr"]


@pytest.mark.parametrize("place", ["{}/reference/f.exr", "{}/f.ref.exr", "{}/f_ref.exr"])
def test_reference(dump, tmp_path, place):
    write(tmp_path / "f.exr")
    write(tmp_path / "g.exr")
    write(type(tmp_path)(place.format(tmp_path)))
    assert references(dump, tmp_path) == [True, False]


def test_reference_in_current_folder(dump, tmp_path, monkeypatch):
    write(tmp_path / "f.exr")
    write(tmp_path / "reference/f.exr")
    monkeypatch.chdir(tmp_path)
    assert references(dump, "f.exr") == [True]


def test_shared_reference(dump, folder):
    write(folder / "other/one.exr")
    assert references(dump, "--reference", folder / "other/one.exr", folder) == [True] * len(FRAMES)


# ---- Errors ----------------------------------------------------------------------------------------------------------


def test_missing_file(dump, tmp_path):
    message = dump.error("sequence", tmp_path / "a.exr")
    assert message == f"{tmp_path}/a.exr: cannot open: No such file or directory"


@pytest.mark.parametrize("path", ["*.exr", "x%04d.exr", "a.*"])
def test_no_frames(dump, tmp_path, path):
    write(tmp_path / "a.ref.exr")
    path = tmp_path / path
    message = dump.error("sequence", path)
    assert message == (f"{path}: no frames there (references, OIDN's .alb.exr and .nrm.exr and results of --save do "
                       "not count)")


def test_folder_without_frames_says_what_it_has(dump, tmp_path):
    assert dump.error("sequence", tmp_path) == f"{tmp_path}: no frames there, nor anything else"
    for name in ("a.ref.exr", "b_REF.EXR", "c.alb.exr", "gather.0001.exr", "splat.0001.exr", "shot_gather.exr", "a.jpg",
                 ".b.exr", "sub/z.exr"):
        write(tmp_path / name)
    assert dump.error("sequence", tmp_path) == (
        f"{tmp_path}: no frames there, but 2 references, 1 OIDN feature, 3 saved results, 1 hidden file, 1 other file, "
        "1 folder")


RESULTS = ["gather.exr", "splat.exr", "gather.0001.exr", "splat.0002.exr", "shot.gather.0001.exr",
           "shot_0001_splat.exr", "GATHER.1001.EXR"]


def test_results_are_no_frames(dump, tmp_path):
    """But those that are named are."""
    for name in ["a.0001.exr", "gathering.exr", "frame.0001.exr", *RESULTS]:
        write(tmp_path / name)
    frames = ["a.0001.exr", "frame.0001.exr", "gathering.exr"]
    assert names(dump, tmp_path) == frames
    assert names(dump, tmp_path / "*.exr") == frames
    assert names(dump, tmp_path / "gather.*.exr") == ["gather.0001.exr"]
    assert names(dump, tmp_path / "gather.%04d.exr") == ["gather.0001.exr"]
    assert names(dump, tmp_path / "splat.exr") == ["splat.exr"]


@pytest.mark.parametrize("pattern,expected", [
    ("s.####.EXR", ["s.0998.EXR", "s.1001.EXR", "s.10000.EXR"]), ("s.#.EXR", ["s.1001.EXR", "s.10000.EXR"]),
    ("s.$F4.EXR", ["s.0998.EXR", "s.1001.EXR", "s.10000.EXR"]), ("s.$F.EXR", ["s.1001.EXR", "s.10000.EXR"]),
    ("s.%04d.EXR", ["s.0998.EXR", "s.1001.EXR", "s.10000.EXR"]), ("#_x.exr", ["7_x.exr"])])
def test_ways_to_write_a_number(dump, tmp_path, pattern, expected):
    for name in ("s.0998.EXR", "s.1001.EXR", "s.10000.EXR", "s.x.EXR", "7_x.exr"):
        write(tmp_path / name)
    assert names(dump, tmp_path / pattern) == expected
    assert names(dump, tmp_path) == ["7_x.exr", "s.0998.EXR", "s.1001.EXR", "s.10000.EXR", "s.x.EXR"]


@pytest.mark.parametrize("pattern", ["a$F", "a$G4.exr", "a%x.exr", "a%04x.exr"])
def test_what_is_no_pattern(dump, tmp_path, pattern):
    write(tmp_path / "a1.exr")
    if pattern != "a$F":
        assert dump.error("sequence",
                          tmp_path / pattern) == f"{tmp_path}/{pattern}: cannot open: No such file or directory"
    else:
        assert "no frames there" in dump.error("sequence", tmp_path / pattern)


def test_pattern_in_missing_folder(dump, tmp_path):
    message = dump.error("sequence", tmp_path / "no" / "a%d.exr")
    assert message == f"{tmp_path}/no/: cannot open: No such file or directory"


def test_bad_frame(dump, tmp_path):
    write(tmp_path / "a1.exr")
    (tmp_path / "a2.exr").write_bytes(b"")
    assert dump.error("sequence", tmp_path).startswith(f"{tmp_path}/a2.exr: not a readable OpenEXR file (0 bytes")


@pytest.mark.parametrize("shared", [False, True])
def test_reference_of_another_size(dump, tmp_path, shared):
    frame = tmp_path / "f.exr"
    reference = tmp_path / ("other.exr" if shared else "f_ref.exr")
    write(frame)
    write(reference, 5, 4)
    message = dump.error("sequence", *(["--reference", reference] if shared else []), frame)
    assert message == f"{reference}: the reference has 5x4 pixels, {frame} has 3x2"


@pytest.mark.parametrize("shared", [False, True])
def test_bad_reference(dump, tmp_path, shared):
    frame = tmp_path / "f.exr"
    reference = tmp_path / ("other.exr" if shared else "f_ref.exr")
    write(frame)
    write(reference, value=np.nan)
    message = dump.error("sequence", *(["--reference", reference] if shared else []), frame)
    assert message == f"{reference}: 18 values of its reference are NaN or infinite, the first at pixel x=0 y=0"


@pytest.mark.parametrize("asked", ["refs", "refs/", "refs/f.%d.exr", "refs/f.#.exr", "refs/f.$F.exr"])
def test_references_elsewhere(dump, tmp_path, asked):
    """By the frames' names, or their numbers, and not those that lie beside them; a file that is called like a pattern
    is one for all."""
    for name in ("shot/f.8.exr", "shot/f.9.exr", "shot/f.10.exr", "shot/f.9.ref.exr", "refs/f.8.exr", "refs/f.10.exr"):
        write(tmp_path / name)
    assert references(dump, "--reference", f"{tmp_path}/{asked}", tmp_path / "shot") == [True, False, True]
    if "%" in asked:
        write(tmp_path / asked)
        assert references(dump, "--reference", f"{tmp_path}/{asked}", tmp_path / "shot") == [True] * 3


def test_no_references_elsewhere(dump, tmp_path):
    for name in ("f.8.exr", "f.9.exr"):
        write(tmp_path / name)
    (tmp_path / "refs").mkdir()
    for asked, expected in (("refs", "refs/f.8.exr"), ("refs/####.exr", "refs/0008.exr")):
        assert dump.error("sequence", "--reference", tmp_path / asked, tmp_path) == (
            f"--reference {tmp_path}/{asked}: no file for any of 2 frames, the first would be {tmp_path}/{expected}")
    write(tmp_path / "g.exr")
    assert dump.error("sequence", "--reference", tmp_path / "refs/#.exr", tmp_path / "g.exr") == (
        f"--reference {tmp_path}/refs/#.exr: {tmp_path}/g.exr has no number to take one by")


def test_missing_shared_reference(dump, tmp_path):
    write(tmp_path / "f.exr")
    message = dump.error("sequence", "--reference", tmp_path / "no.exr", tmp_path / "f.exr")
    assert message == f"{tmp_path}/no.exr: cannot open: No such file or directory"
