"""Hundreds of frames on a GPU: every picture is the CPU's, and validation is silent. WF_RESULTS names a folder for the
reports; WF_LARGE_FRAME a frame of 1920x1080."""

import os
import pathlib
import shutil

import frames
import pytest
import reference
from frames import FRAMES, ROOT

SEQUENCES = {"480x270": FRAMES.relative_to(ROOT) / "studio", "1920x1080": os.environ.get("WF_LARGE_FRAME")}


@pytest.mark.parametrize("backend", ["cuda"], indirect=True)
@pytest.mark.parametrize("size", SEQUENCES)
def test_500_frames(wfview, backend, tmp_path, size):
    if not SEQUENCES[size]:
        pytest.skip("WF_LARGE_FRAME names no frame")
    arguments = ["--headless", "--kernel-size", 11, SEQUENCES[size]]
    report = tmp_path / f"wfview-{backend}-{size}.json"
    wfview(*arguments, "--backend", backend, "--frames", 500, "--warmup", 20, "--report", report).done()
    for name in ("cpu", backend):
        wfview(*arguments, "--backend", name, "--save", tmp_path / name).done()
    saved = sorted(path.name for path in (tmp_path / "cpu").iterdir())
    assert saved
    for name in saved:
        expected = frames.read_any_rgb(tmp_path / "cpu" / name)
        assert reference.relative_error(frames.read_any_rgb(tmp_path / backend / name), expected) <= 2e-3, name
    if "WF_RESULTS" in os.environ:
        shutil.copy(report, pathlib.Path(os.environ["WF_RESULTS"]))
