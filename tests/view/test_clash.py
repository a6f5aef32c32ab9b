"""A run does not write over what it reads, nor two things to one file: it says so before it begins."""

import json

import frames
import numpy as np
import pytest

RUN = ["--headless", "--backend", "cpu", "--kernel-size", 3]


@pytest.fixture(name="frame")
def fixture_frame(tmp_path):
    path = tmp_path / "gather.0001.exr"
    frames.write(path, color=np.full((9, 8, 3), 0.5, np.float32))
    return path


def content(folder):
    return {path.name: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@pytest.mark.parametrize("output,read",
                         [("screenshot", "compare"), ("report", "compare-report"), ("trace", "compare-report"),
                          ("times", "reference"), ("report", "weights")])
def test_what_is_read(wfview, tmp_path, frame, output, read):
    """A picture that is compared with itself would always match."""
    given = tmp_path / ("a.png" if read == "compare" else "a.exr" if read == "reference" else "a.json")
    wfview(*RUN, frame, "--screenshot", tmp_path / "a.png", "--report", tmp_path / "a.json").done()
    frames.write(tmp_path / "a.exr", color=np.full((9, 8, 3), 0.5, np.float32))
    (tmp_path / "link").symlink_to(given)
    path = given if output == "screenshot" else tmp_path / "link"
    arguments = ["--headless", "--backend", "cpu", frame, f"--{output}", path, f"--{read}", given]
    before = content(tmp_path)
    assert wfview(*arguments).sentence() == f"wfview: --{output} {path}: would take the place of what --{read} reads"
    assert content(tmp_path) == before


@pytest.mark.parametrize("path,other", [("a", "a"), ("a", "link")])
def test_what_is_written(wfview, tmp_path, frame, path, other):
    (tmp_path / "link").symlink_to(tmp_path / "a")
    sentence = wfview(*RUN, frame, "--report", tmp_path / other, "--trace", tmp_path / path).sentence()
    assert sentence == f"wfview: --trace {tmp_path / path}: --report writes there, too"
    assert not (tmp_path / "a").exists()


def test_standard_output_takes_several(wfview, frame):
    result = wfview(*RUN, frame, "--report", "/dev/stdout", "--times", "/dev/stdout")
    assert result.status == 0
    output = result.output
    report, end = json.JSONDecoder().raw_decode(output[output.index("{"):])
    assert report["predictor"] and "frame,clock,stage,begin_ns,end_ns" in output[end:]


def test_saved_over_a_frame(wfview, tmp_path, frame):
    before = content(tmp_path)
    assert wfview(*RUN, frame, "--save", tmp_path).sentence() == (
        f"wfview: --save {tmp_path}: {frame} would take the place of the frame itself")
    (tmp_path / "b.0001.exr").symlink_to(frame)
    assert wfview(*RUN, tmp_path / "b.0001.exr", "--save", tmp_path).status == 1
    assert content(tmp_path) == {**before, "b.0001.exr": before[frame.name]}


def test_saved_over_a_reference(wfview, tmp_path, frame):
    other = tmp_path / "b.0001.exr"
    other.write_bytes(frame.read_bytes())
    before = content(tmp_path)
    assert wfview(*RUN, other, "--reference", frame, "--save", tmp_path).sentence() == (
        f"wfview: --save {tmp_path}: {frame} would take the place of what --reference reads")
    assert content(tmp_path) == before
