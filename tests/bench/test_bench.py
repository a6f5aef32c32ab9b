"""wf_bench's command line and its JSON; that README.md has the committed results."""

import json
import subprocess
import sys

import pytest

KEYS = ["operator", "direction", "mode", "dtype", "weight_dtype", "kernel_height", "kernel_width", "width", "height",
        "batch", "channels", "kernel", "bytes", "milliseconds", "bytes_per_second", "fraction_of_copy", "skipped"]


def run(*command):
    return subprocess.run(command, capture_output=True, text=True, timeout=600, check=False)


@pytest.fixture(name="bench")
def fixture_bench(build):
    return lambda *arguments: run(build / "tests" / "wf_bench", *arguments)


def results(bench, tmp_path, *arguments):
    file = tmp_path / "results.json"
    done = bench("--quick", "--size", "2x19x13", "--json", file, *arguments)
    assert done.returncode == 0, done.stderr
    return json.loads(file.read_text())


@pytest.mark.parametrize("arguments, message", [
    (["--op", "gather,x"], '--op is "x", needs gather, splat or gather_splat'),
    (["--direction", ""], '--direction is "", needs forward, backward, backward_input, backward_weight or grad_weight'),
    (["--mode", "linear,"], '--mode is "", needs linear, normalized or softmax'),
    (["--dtype", "int8"], '--dtype is "int8", needs float32, float16, bfloat16, float64 or mixed'),
    (["--kernel-size", "3x3x3"], '--kernel-size is "3x3x3", needs K or KhxKw, each 1 to 255'),
    (["--kernel-size", "256"], '--kernel-size is "256", needs K or KhxKw, each 1 to 255'),
    (["--channels", "0"], '--channels is "0", needs 1 to 1024'),
    (["--size", "64"], '--size is "64", needs WxH or NxWxH, each 1 to 65536'),
    (["--backend", "metal"], '--backend is "metal", needs auto, cuda, vulkan or cpu'),
    (["--op", "gather_splat", "--direction", "backward"],
     "no call is gather_splat and backward, or grad_weight and not linear"),
    (["file"], '"file" is no option; wf_bench --help lists them'),
])
def test_wrong_usage(bench, arguments, message):
    done = bench(*arguments)
    assert done.returncode == 2
    assert done.stderr == f"wf_bench: {message}\n"
    assert done.stdout == ""


def test_unwritable_file(bench):
    done = bench("--backend", "cpu", "--quick", "--size", "8x8", "--op", "gather", "--kernel-size", "1",
                 "--json", "/no/file")
    assert done.returncode == 1
    assert done.stderr == "wf_bench: cannot write /no/file: No such file or directory\n"


def test_json(bench, tmp_path):
    made = results(bench, tmp_path, "--backend", "cpu", "--kernel-size", "3x2", "--channels", "4", "--dtype", "mixed",
                   "--mode", "linear,softmax",
                   "--direction", "forward,backward,backward_input,backward_weight,grad_weight")
    assert list(made) == ["device", "driver", "backend", "date", "commit", "copy_bytes_per_second", "rows"]
    assert made["backend"] == "cpu" and made["copy_bytes_per_second"] > 0
    weight, image, coverage = 6 * 2, 4 * 4, 4  # bytes of a pixel
    expected = {("forward", "linear"): weight + 2 * image,
                ("forward", "softmax"): weight + 2 * image,
                ("backward", "linear"): 2 * weight + 3 * image,
                ("backward", "softmax"): 2 * weight + 4 * image + coverage,
                ("backward_input", "linear"): weight + 2 * image,
                ("backward_input", "softmax"): weight + 2 * image + coverage,
                ("backward_weight", "linear"): weight + 2 * image,
                ("backward_weight", "softmax"): 2 * weight + 3 * image + coverage,
                ("grad_weight", "linear"): weight + 2 * image}
    seen = []
    for row in made["rows"]:
        assert list(row) == KEYS
        assert (row["dtype"], row["weight_dtype"]) == ("float32", "float16")
        assert (row["kernel_height"], row["kernel_width"]) == (3, 2)
        assert (row["batch"], row["channels"], row["height"], row["width"]) == (2, 4, 13, 19)
        fused = image if row["operator"] == "gather_splat" else 0
        assert row["bytes"] == 2 * 13 * 19 * (expected[row["direction"], row["mode"]] + fused)
        assert row["kernel"] == ("filter_rows" if row["direction"] == "forward" else "backward_rows")
        assert row["skipped"] is None and row["milliseconds"] > 0
        assert row["bytes_per_second"] == pytest.approx(1e3 * row["bytes"] / row["milliseconds"])
        assert row["fraction_of_copy"] == pytest.approx(row["bytes_per_second"] / made["copy_bytes_per_second"])
        seen.append((row["operator"], row["direction"], row["mode"]))
    wanted = [(operator, *case) for case in expected for operator in ("gather", "splat")]
    wanted += [("gather_splat", "forward", "linear"), ("gather_splat", "forward", "softmax")]
    assert sorted(seen) == sorted(wanted)


def test_skipped(bench, tmp_path):
    """Vulkan has no float64: the row says so, and the next one is measured."""
    made = results(bench, tmp_path, "--backend", "vulkan", "--kernel-size", "3", "--op", "gather",
                   "--direction", "forward", "--dtype", "float64,float32")
    refused, measured = made["rows"]
    assert list(refused) == list(measured) == KEYS
    assert "float64" in refused["skipped"]
    assert refused["milliseconds"] is refused["bytes_per_second"] is refused["fraction_of_copy"] is None
    assert refused["kernel"] is None and measured["kernel"] == "gather"
    assert measured["skipped"] is None and measured["milliseconds"] > 0


def test_readme(root):
    done = run(sys.executable, root / "tests" / "bench" / "readme.py", "--check")
    assert done.returncode == 0, done.stderr
