"""Weights that lie beside the frames, a file for each: --weights kernels.%04d.npy."""

import json
import os

import frames
import numpy as np
import pytest
import reference

RANDOM = np.random.default_rng(int(os.environ["WF_SEED"]))
RUN = ["--headless", "--backend", "cpu"]
SIZE = (6, 9)


@pytest.fixture
def shots(tmp_path):
    """Frames 1003 to 1006 of noise, and 3x3 kernels of noise for each; what they are, by number."""
    made = {}
    for number in range(1003, 1007):
        color = RANDOM.random((*SIZE, 3)).astype(np.float32)
        kernels = RANDOM.random((9, *SIZE)).astype(np.float32)
        frames.write(tmp_path / f"shot.{number}.exr", color=color)
        np.save(tmp_path / f"kernels.{number}.npy", kernels)
        made[number] = color, kernels
    return made


def check(folder, name, color, kernels, splat=None):
    for operator, weights in (("gather", kernels), ("splat", kernels if splat is None else splat)):
        expected = reference.apply(operator, color, weights, (3, 3))
        written = frames.read(folder / f"{operator}.{name}.exr")
        assert reference.relative_error(written, expected) < 1e-6, (operator, name)


@pytest.mark.parametrize("pattern", ["%04d", "####", "#", "$F4", "%d", "$F"])
def test_each_frame_has_its_own(wfview, shots, tmp_path, pattern):
    wfview(*RUN, "--weights", tmp_path / f"kernels.{pattern}.npy", "--save", tmp_path / "out",
           tmp_path / "shot.####.exr").done()
    for number, (color, kernels) in shots.items():
        check(tmp_path / "out", number, color, kernels)


def test_in_measured_runs(wfview, shots, backend, tmp_path):
    """Frames come around again, and are saved when all has been measured."""
    wfview("--headless", "--backend", backend, "--weights", tmp_path / "kernels.%04d.npy", "--frames", 6, "--warmup", 2,
           "--report", tmp_path / "r.json", "--save", tmp_path / "out", tmp_path / "shot.####.exr").done()
    for number, (color, kernels) in shots.items():
        check(tmp_path / "out", number, color, kernels)
    counts = {stage["name"]: stage["n"] for stage in json.loads((tmp_path / "r.json").read_text())["stages"]}
    assert counts["read weights"] == counts["frame"] == 6


def test_of_the_splat(wfview, shots, tmp_path):
    """Beside one file for every frame's gather, in files of several arrays."""
    one = RANDOM.random((9, *SIZE)).astype(np.float32)
    np.save(tmp_path / "one.npy", one)
    for number, (_, kernels) in shots.items():
        np.savez(tmp_path / f"both.{number}.npz", first=one, second=kernels)
    wfview(*RUN, "--weights", tmp_path / "one.npy", "--splat-weights", tmp_path / "both.%04d.npz:second", "--save",
           tmp_path / "out", tmp_path / "shot.####.exr").done()
    for number, (color, kernels) in shots.items():
        check(tmp_path / "out", number, color, one, kernels)


def test_by_place_where_frames_have_no_numbers(wfview, shots, tmp_path):
    for place, number in enumerate(shots):
        (tmp_path / f"{'abcd'[place]}.exr").symlink_to(f"shot.{number}.exr")
        (tmp_path / f"k.{place + 1}.npy").symlink_to(f"kernels.{number}.npy")
    wfview(*RUN, "--weights", tmp_path / "k.#.npy", "--save", tmp_path / "out",
           *(tmp_path / f"{c}.exr" for c in "abcd")).done()
    for place, (color, kernels) in enumerate(shots.values()):
        check(tmp_path / "out", f"{place + 1:04d}", color, kernels)


def test_kernels_of_different_sizes(wfview, shots, tmp_path):
    np.save(tmp_path / "kernels.1004.npy", np.full((25, *SIZE), 0.5, np.float32))
    wfview(*RUN, "--weights", tmp_path / "kernels.%04d.npy", "--save", tmp_path / "out",
           tmp_path / "shot.####.exr").done()
    expected = reference.apply("gather", shots[1004][0], np.full((25, *SIZE), 0.5), (5, 5))
    assert reference.relative_error(frames.read(tmp_path / "out" / "gather.1004.exr"), expected) < 1e-6
    check(tmp_path / "out", 1005, *shots[1005])


def test_a_file_whose_name_looks_like_a_pattern(wfview, shots, tmp_path):
    (tmp_path / "kernels.1005.npy").rename(tmp_path / "k#.npy")
    wfview(*RUN, "--weights", tmp_path / "k#.npy", "--save", tmp_path / "out", tmp_path / "shot.1005.exr").done()
    check(tmp_path / "out", 1005, *shots[1005])


def test_missing_ones(wfview, shots, tmp_path):
    """Said in one sentence before all else; their frames are left out, as frames that cannot be read are."""
    (tmp_path / "kernels.1004.npy").unlink()
    (tmp_path / "kernels.1006.npy").unlink()
    result = wfview(*RUN, "--weights", "kernels.%04d.npy", "--save", "out", "--report", "r.json", "shot.####.exr",
                    cwd=tmp_path)
    assert result.status == 1
    assert result.errors.splitlines() == [
        "wfview: warning: --weights kernels.%04d.npy: no file for 2 of 4 frames, the first would be kernels.1004.npy "
        "for shot.1004.exr",
        "wfview: kernels.1004.npy: cannot open: No such file or directory",
        "wfview: kernels.1006.npy: cannot open: No such file or directory"]
    check(tmp_path / "out", 1003, *shots[1003])
    check(tmp_path / "out", 1005, *shots[1005])
    assert len(list((tmp_path / "out").iterdir())) == 4
    problems = json.loads((tmp_path / "r.json").read_text())["problems"]
    told = [(problem["frame"], problem["skipped"]) for problem in problems]
    assert told == [("shot.1004.exr", True), ("shot.1006.exr", True)]


def test_bad_ones(wfview, shots, tmp_path):
    """The frame before keeps nothing of its own for them."""
    np.save(tmp_path / "kernels.1004.npy", np.ones((9, 5, 5), np.float32))
    (tmp_path / "kernels.1005.npy").write_bytes(b"nonsense")
    result = wfview(*RUN, "--weights", "kernels.%04d.npy", "--save", "out", "shot.####.exr", cwd=tmp_path)
    assert result.status == 1
    lines = result.errors.splitlines()
    assert len(lines) == 2 and "kernels.1004.npy: its weights are for 5x5 pixels, the frame has 9x6" in lines[0]
    assert "kernels.1005.npy" in lines[1]
    assert sorted(path.name for path in (tmp_path / "out").iterdir()) == [
        f"{operator}.{number}.exr" for operator in ("gather", "splat") for number in (1003, 1006)]
    check(tmp_path / "out", 1006, *shots[1006])


def test_none_at_all(wfview, shots, tmp_path):
    sentence = wfview(*RUN, "--weights", "none.%06d.npy", "--save", "out", "shot.####.exr", cwd=tmp_path).sentence()
    assert sentence == ("wfview: --weights none.%06d.npy: no file for any of 4 frames, the first would be "
                        "none.001003.npy for shot.1003.exr")


def test_one_frame_without_a_number(wfview, shots, tmp_path):
    (tmp_path / "shot.1003.exr").rename(tmp_path / "still.exr")
    sentence = wfview(*RUN, "--weights", "kernels.####.npy", "still.exr", cwd=tmp_path).sentence()
    assert sentence == "wfview: --weights kernels.####.npy: still.exr has no number to take weights by"
