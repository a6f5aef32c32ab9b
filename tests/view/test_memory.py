"""Memory does not grow while frames run; memory.py does the same with more of them, on GPUs too."""

import frames
import numpy as np
import pytest
from memory import growth, samples

LEAST_SAMPLES = 12
FRAMES = 400  # so many that the start, in which drivers compile, is less than a fifth of the time


@pytest.mark.parametrize("backend", ["cpu", "vulkan"])
def test_memory_stays(build, tmp_path, backend):
    for i in range(3):
        frames.write(tmp_path / f"f.{i}.exr", color=np.random.default_rng(i).random((72, 128, 3)))
    taken, _ = samples(["--backend", backend, "--kernel-size", 3, "--size", "320x240", tmp_path], FRAMES, 0.05)
    assert len(taken) >= LEAST_SAMPLES
    host, device = growth(taken)
    assert host < 6 and device == 0


def test_growth_is_seen():
    """Of a run that leaks 2 MiB a second."""
    taken = [(i / 10, 100 + i / 5, 50) for i in range(200)]
    host, device = growth(taken)
    assert host == pytest.approx(28, abs=2) and device == 0
