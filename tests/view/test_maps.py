"""Maps of kernels: figures of every pixel's kernel, against numpy on files of weights, and against what the inspector tells of single
pixels of a pyramid."""

import json

import frames
import numpy as np
import pytest
import reference

RANDOM = np.random.default_rng(7)
HEIGHT, WIDTH = 17, 22
STUDIO = frames.FRAMES / "studio" / "studio.0001.exr"


def measure(wfview, folder, layer, *arguments):
    """What is said of a map's values."""
    wfview("--headless", "--report", folder / "r.json", "--measure", layer, *arguments).done()
    report = json.loads((folder / "r.json").read_text())
    return report["measured"][0]["channels"][0], report["inspect"]


def expected_maps(weights, size, mode, operator):
    """By figure, from each pixel's factors and where they read, or come from."""
    factors, squares = np.zeros((len(weights), HEIGHT, WIDTH)), np.zeros(len(weights))
    inside = np.zeros(factors.shape, bool)
    for t, dy, dx in reference.taps(*size):
        p, q = reference.pairs(HEIGHT, WIDTH, dy, dx)
        to, carrier = (p, p) if operator == "gather" else (q, p)
        factors[t][to], inside[t][to] = weights[t][carrier], True
        squares[t] = dy * dy + dx * dx
    if mode == "softmax":
        largest = np.where(inside, factors, -np.inf).max(0)
        factors = np.where(inside, np.exp(factors - largest), 0)
    total = factors.sum(0) if mode != "linear" else 1
    size_of = np.abs(factors)
    p = size_of / size_of.sum(0)
    center = (size[0] // 2) * size[1] + size[1] // 2
    return {"sum": factors.sum(0) / total, "own": factors[center] / total, "radius": np.sqrt((p * squares[:, None, None]).sum(0)),
            "entropy": -(p * np.log2(p, out=np.zeros_like(p), where=p > 0)).sum(0), "blend": np.zeros((HEIGHT, WIDTH))}


@pytest.mark.parametrize("mode, size", [("linear", (3, 5)), ("normalized", (4, 2)), ("softmax", (5, 3))])
def test_files(wfview, backend, tmp_path, mode, size):
    """Statistics of the whole map, and a pixel at a border."""
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    weights = RANDOM.normal(0.4, 1, (size[0] * size[1], HEIGHT, WIDTH)).astype(np.float32)
    weights = np.abs(weights) if mode == "normalized" else weights
    np.save(tmp_path / "w.npy", weights)
    words = ["--backend", backend, "--weights", tmp_path / "w.npy", "--weight-mode", mode, "--kernel-size", f"{size[0]}x{size[1]}"]
    for operator, figure in (("gather", "own"), ("splat", "sum"), ("gather", "radius"), ("splat", "entropy")):
        values = expected_maps(weights.astype(np.float64), size, mode, operator)[figure]
        told, _ = measure(wfview, tmp_path, f"{operator}-{figure}", *words, tmp_path / "a.exr")
        for key, value in (("min", values.min()), ("max", values.max()), ("mean", values.mean()), ("deviation", values.std())):
            assert told[key] == pytest.approx(value, rel=1e-4, abs=2e-5), (operator, figure, key)
    told, _ = measure(wfview, tmp_path, "splat-entropy", "--region", f"{WIDTH - 1},3,1,1", *words, tmp_path / "a.exr")
    assert told["min"] == told["max"] == pytest.approx(values[3, -1], rel=1e-4)


def own_factor(kernel):
    (x, y), (left, top), step = kernel["place"], kernel["first"], kernel["step"]
    return kernel["factors"][(y - top) // step][(x - left) // step]


@pytest.mark.parametrize("level", [0, 2, 7])
def test_a_pyramid_s_levels(wfview, backend, tmp_path, level):
    """As the inspector has them; of a level that there is none the coarsest one."""
    part = (slice(100, 171), slice(150, 235))
    studio = frames.read_blender(STUDIO)
    frames.write(tmp_path / "a.exr", **{name: studio[name][part] for name in ("color", "normal")})
    x, y = 41, 37
    keys = {"sum": lambda k: k["sum"], "entropy": lambda k: k["entropy"], "radius": lambda k: k["effective_radius"],
            "own": own_factor, "blend": lambda k: k["alpha"] or 0}
    for operator, figure in (("gather", "entropy"), ("splat", "own"), ("splat", "blend")):
        told, inspected = measure(wfview, tmp_path, f"{operator}-{figure}", "--region", f"{x},{y},1,1", "--pixel", f"{x},{y}",
                                  "--map-level", level, "--backend", backend, tmp_path / "a.exr")
        kernels = [kernel for kernel in inspected if kernel["operator"] == operator and kernel["level"] is not None]
        assert len(kernels) == 5
        expected = keys[figure](kernels[min(level, 4)])
        assert told["min"] == told["max"] == pytest.approx(expected, rel=1e-3, abs=1e-5), (operator, figure)


def test_closed(wfview, tmp_path):
    """No stage runs for maps that nothing shows."""
    frames.write(tmp_path / "a.exr", color=RANDOM.random((HEIGHT, WIDTH, 3)))
    words = ["--headless", "--backend", "cpu", "--kernel-size", 3, "--report", tmp_path / "r.json", "--size", "640x360"]
    for panes, there in (("noisy,gather", False), ("noisy,gather-own", True), ("splat-sum-gather-sum", True)):
        wfview(*words, "--panes", panes, tmp_path / "a.exr").done()
        stages = {stage["name"] for stage in json.loads((tmp_path / "r.json").read_text())["stages"]}
        assert ("inspect" in stages) == there
