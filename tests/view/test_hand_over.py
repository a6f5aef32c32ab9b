"""What the panel of times says of the hand-over, and why so."""

import numpy as np
import pytest
from conftest import has_cuda
from frames import FRAMES
from pictures import load

ROW = slice(708, 721), slice(872, 1190)  # of "since", at this size


@pytest.fixture(name="reason")
def fixture_reason(wfview, tmp_path):
    """The row's pixels."""
    def run(*arguments):
        wfview("--headless", "--predictor", "bilateral", "--kernel-size", 3, "--size", "1200x800", "--do", "times",
               "--panes", "noisy", *arguments, "--screenshot", tmp_path / "s.png",
               FRAMES / "terrace" / "terrace.0001.exr").done()
        return load(tmp_path / "s.png")[ROW]

    return run


@pytest.mark.skipif(has_cuda(), reason="auto comes to something else with a GPU")
def test_reasons(reason):
    """A backend that auto came to was not asked for, which the panel does not say either."""
    auto, cpu, vulkan = reason(), reason("--backend", "cpu"), reason("--backend", "vulkan")
    assert min(row.std() for row in (auto, cpu, vulkan)) > 5
    widths = [np.flatnonzero(row.max(axis=(0, 2)) > 100).max() for row in (auto, cpu, vulkan)]
    assert widths[0] > 2 * widths[1] and widths[1] < widths[2]
    assert (reason("--exposure", 1) == auto).all() and (reason("--backend", "cpu", "--exposure", 1) == cpu).all()
