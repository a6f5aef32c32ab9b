"""The benchmark of the PyTorch layer: it runs, verifies, and says what it measured."""

import argparse
import json
import pathlib
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).parents[1] / "bench" / "bench_torch.py"
KEYS = ["candidate", "operator", "direction", "mode", "dtype", "weight_dtype", "kernel_height", "kernel_width", "width",
        "height", "batch", "channels", "milliseconds", "memory_bytes", "skipped"]


@pytest.fixture
def bench(monkeypatch):
    monkeypatch.syspath_prepend(PROGRAM.parent)
    import bench_torch

    return bench_torch


def test_quick(tmp_path):
    file = tmp_path / "results.json"
    done = subprocess.run([sys.executable, PROGRAM, "--device", "cpu", "--quick", "--operator", "splat", "--candidate",
                           "weighted_filter", "unfold", "carafe", "--json", file], capture_output=True, text=True,
                          timeout=600, check=False)
    assert done.returncode == 0, done.stderr
    results = json.loads(file.read_text())
    assert list(results) == ["device", "driver", "backend", "torch", "date", "commit", "rows", "training_crop"]
    measured = set()
    for row in results["rows"]:
        assert list(row) == KEYS
        assert (row["skipped"] is None) == (row["milliseconds"] is not None) == (row["memory_bytes"] is not None)
        if row["skipped"] is None:
            assert row["milliseconds"] > 0 and row["memory_bytes"] >= 0
            measured.add((row["candidate"], row["operator"], row["direction"]))
    assert measured == {(candidate, "splat", direction) for candidate in ("weighted_filter", "unfold")
                        for direction in ("forward", "forward+backward")}
    assert len(done.stdout.splitlines()) == 1 + len(results["rows"])


@pytest.mark.parametrize("operator", ["gather", "splat"])
@pytest.mark.parametrize("candidate", ["weighted_filter", "unfold", "shift_and_add"])
def test_candidates_are_right(bench, monkeypatch, candidate, operator):
    monkeypatch.setitem(bench.CANDIDATES, "shift_and_add", bench.shift_and_add)  # what is compiled
    case = bench.Case(candidate, operator, "forward+backward", "cpu", 5, 12, 11, 2, 2)
    tensors = case.tensors()
    bench.verify(case, *tensors, *case.run(*tensors))


@pytest.mark.parametrize("operator", ["gather", "splat"])
def test_wrong_results_are_not_timed(bench, monkeypatch, operator):
    """A candidate that leaves out a tap is found."""
    def wrong(operator, input, weight, kernel):
        return bench.shift_and_add(operator, input, weight.index_fill(1, weight.new_tensor([2]).long(), 0), kernel)

    monkeypatch.setitem(bench.CANDIDATES, "weighted_filter", wrong)
    for direction in bench.DIRECTIONS:
        case = bench.Case("weighted_filter", operator, direction, "cpu", 3, 8, 7, 2, 1)
        with pytest.raises(ArithmeticError, match="is off by"):
            bench.measure(case, argparse.Namespace(budget=0, compile_up_to=1))


def test_training_crop_on_cuda(bench, gpu):
    """Of few calls: which rows there are, and that they were right."""
    rows = bench.measure_training_crop(0)
    assert [(row["operator"], row["backward_thread"]) for row in rows] == [
        (operator, thread) for operator in ("gather", "splat") for thread in ("their own", "the caller's")]
    assert all(min(row["eager_milliseconds"], row["graph_milliseconds"], row["nothing_milliseconds"]) > 0
               for row in rows)


@pytest.mark.parametrize("arguments, problem", [
    (["--kernel-size", "4"], "the kernel size is 4, needs to be odd and at most 2159"),
    (["--training-crop"], "--training-crop compares with a captured CUDA graph, it needs --device cuda")])
def test_wrong_usage(bench, capsys, arguments, problem):
    with pytest.raises(SystemExit) as ended:
        bench.parse(["--device", "cpu", *arguments])
    assert ended.value.code == 2
    assert capsys.readouterr().err.splitlines()[-1].endswith(problem)
