"""The benchmark of the PyTorch layer: it runs, verifies, and says what it measured."""

import json
import subprocess
import sys

import pytest

KEYS = ["candidate", "operator", "direction", "mode", "dtype", "weight_dtype", "kernel_height", "kernel_width", "width",
        "height", "batch", "channels", "milliseconds", "memory_bytes", "skipped"]


@pytest.fixture
def bench(root):
    def run(*arguments):
        return subprocess.run([sys.executable, root / "tests" / "bench" / "bench_torch.py", *arguments], capture_output=True,
                              text=True, timeout=120, check=False)
    return run


def test_quick(bench, tmp_path):
    file = tmp_path / "results.json"
    done = bench("--device", "cpu", "--quick", "--candidate", "weighted_filter", "unfold", "carafe", "--json", file)
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
    assert measured == {(candidate, operator, direction) for candidate in ("weighted_filter", "unfold")
                        for operator in ("gather", "splat") for direction in ("forward", "forward+backward")}
    assert len(done.stdout.splitlines()) == 1 + len(results["rows"])


def test_wrong_results_are_not_timed(root):
    """A candidate that leaves out a tap is found."""
    code = ("import bench_torch as bench, argparse\n"
            "right = bench.shift_and_add\n"
            "def wrong(operator, input, weight, kernel):\n"
            "    weight = weight.clone()\n"
            "    weight[:, 2] = 0\n"
            "    return right(operator, input, weight, kernel)\n"
            "bench.CANDIDATES['weighted_filter'] = wrong\n"
            "case = bench.Case('weighted_filter', 'splat', 'forward', 'cpu', 3, 8, 7, 2, 1)\n"
            "bench.measure(case, argparse.Namespace(budget=0, compile_up_to=1))\n")
    done = subprocess.run([sys.executable, "-c", code], cwd=root / "tests" / "bench", capture_output=True, text=True,
                          timeout=120, check=False)
    assert done.returncode == 1 and "ArithmeticError" in done.stderr and "output is off by" in done.stderr


def test_wrong_usage(bench):
    done = bench("--device", "cpu", "--kernel-size", "4")
    assert done.returncode == 2
    assert done.stderr.splitlines()[-1].endswith("the kernel size is 4, needs to be odd and at most 2159")
