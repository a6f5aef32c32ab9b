"""What is handed to others: the source distribution, the README's example, the self-test, the types."""

import os
import pathlib
import re
import subprocess
import sys
import tarfile

import pytest
import weighted_filter
from weighted_filter import selftest

PACKAGE = pathlib.Path(__file__).parents[2] / "filter" / "torch"
VERSION = re.search('#define WF_VERSION "(.*)"', (PACKAGE.parent / "include" / "wf.h").read_text())[1]


def test_source_distribution(tmp_path):
    """It has all that it is built from; tests/run installs the package from one."""
    subprocess.run([sys.executable, "-c", f"import build_package; build_package.build_sdist({str(tmp_path)!r})"],
                   cwd=PACKAGE, check=True, capture_output=True, timeout=600)
    with tarfile.open(tmp_path / f"weighted_filter-{VERSION}.tar.gz") as archive:
        names = {name.partition("/")[2] for name in archive.getnames()}
        metadata = archive.extractfile(f"weighted_filter-{VERSION}/PKG-INFO").read().decode()
    wanted = {f"libwf/{path.relative_to(PACKAGE.parents[1])}" for folder in ("cpu", "cuda", "include", "network")
              for path in (PACKAGE.parent / folder).iterdir()}
    assert wanted | {"libwf/CMakeLists.txt", "libwf/shaders/shared.h", "LICENSE", "README.md", "pyproject.toml",
                     "CMakeLists.txt", "build_package.py", "src/weighted_filter/py.typed",
                     "src/weighted_filter/train/trainer.py"} <= names
    assert not [name for name in names if "torch/" in name or name.endswith(".pyc")]
    for line in (f"Version: {VERSION}", "Requires-Python: >=3.10", "Requires-Dist: torch>=2.6",
                 "License-Expression: MIT", "Classifier: Typing :: Typed"):
        assert line in metadata.splitlines()
    assert (PACKAGE / "README.md").read_text() in metadata
    assert (PACKAGE / "LICENSE").read_text() == (PACKAGE.parents[1] / "LICENSE").read_text()


def test_readme():
    """Its example runs, and what it names exists."""
    text = (PACKAGE / "README.md").read_text()
    example = re.search("```python\n(.*?)```", text, re.DOTALL)[1]
    variables = {}
    exec(example, variables)
    assert variables["network"].weight.grad.abs().sum() > 0
    table = re.findall(r"^\| `(.*?)` \|", text, re.MULTILINE)
    for name in re.findall(r"(\w+)\(", " ".join(table)):
        assert name in weighted_filter.__all__


def test_what_is_built():
    assert weighted_filter.__version__ == VERSION
    assert weighted_filter.backends() in (("cpu",), ("cpu", "cuda"))
    assert all(hasattr(weighted_filter, name) for name in weighted_filter.__all__)


def test_selftest(capsys, monkeypatch):
    monkeypatch.setattr(selftest, "CASES", selftest.CASES[:2])
    assert selftest.main() == 0
    output = capsys.readouterr().out
    assert output.startswith(f"weighted_filter {VERSION} (cpu") and "\ncpu: right; " in output

    def splat(*arguments, **options):
        return 1.001 * weighted_filter.splat(*arguments, **options)

    monkeypatch.setattr(selftest, "splat", splat)
    assert selftest.main() == 1
    assert re.fullmatch(r"cpu: splat of torch.float64 on cpu, mode linear, .*: error 0.001, allowed is 1e-12\n",
                        capsys.readouterr().err)


GOOD = """\
from __future__ import annotations
from typing import Literal
import torch
import weighted_filter
from weighted_filter import KernelPyramid, WeightedFilter, backends, gather, gather_splat, kernel_pyramid, merge, splat

image, weight = torch.rand(1, 3, 8, 8), torch.rand(1, 9, 8, 8)
output: torch.Tensor = gather(image, weight, 3, mode="softmax", padding_mode="reflect")
both: tuple[torch.Tensor, torch.Tensor] = splat(image, weight, (3, 3), return_coverage=True)
merged, coverage = merge([both, gather(image, weight, return_coverage=True)], "linear")
first, second = gather_splat(image, weight)
layer = WeightedFilter(3, 5, bias=False, splat=True, mode="normalized", eps=1e-3)
other = WeightedFilter(channels=3, kernel_size=(3, 5))
names: tuple[str, ...] = backends()
version: str = weighted_filter.__version__
mode: Literal["linear", "normalized", "softmax"] = layer.mode
pyramid: torch.Tensor = KernelPyramid(3, 5)(image, [torch.rand(1, 25, 8, 8)], [])
pyramid = kernel_pyramid(image, [weight], [])
"""
BAD = """\
import torch
from weighted_filter import WeightedFilter, gather
image, weight = torch.rand(1, 3, 8, 8), torch.rand(1, 9, 8, 8)
gather(image, weight, mode="gaussian")
gather(image, weight, 3.0)
output: torch.Tensor = gather(image, weight, return_coverage=True)
WeightedFilter(3)
WeightedFilter(3, 5, splat="False")
"""


def test_types(tmp_path):
    """Good calls satisfy mypy --strict, of the bad ones it finds each."""
    pytest.importorskip("mypy")
    (tmp_path / "good.py").write_text(GOOD)
    (tmp_path / "bad.py").write_text(BAD)
    environment = {**os.environ, "PYTHONPATH": str(pathlib.Path(weighted_filter.__file__).parents[1])}
    found = subprocess.run([sys.executable, "-m", "mypy", "--strict", "good.py", "bad.py"], cwd=tmp_path,
                           env=environment, capture_output=True, text=True, timeout=300, check=False)
    lines = [int(number) for number in re.findall(r"^bad.py:(\d+): error:", found.stdout, re.MULTILINE)]
    assert lines == [4, 5, 6, 7, 8] and found.stdout.count("error:") == 5, found.stdout
