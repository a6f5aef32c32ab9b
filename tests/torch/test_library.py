"""The package and its library: found, loaded, refused in a sentence."""

import importlib.metadata
import os
import pathlib
import subprocess
import sys

import pytest
import torch
import weighted_filter
from weighted_filter import library

PACKAGE = pathlib.Path(weighted_filter.__file__).parent


def run_python(code, **environment):
    paths = os.pathsep.join([str(PACKAGE.parent), os.environ.get("PYTHONPATH", "")])
    return subprocess.run([sys.executable, "-c", code], env={**os.environ, "PYTHONPATH": paths, **environment},
                          capture_output=True, text=True, timeout=600, check=False)


@pytest.mark.parametrize("name, reason", [
    ("/no/libwf.so", "/no/libwf.so: cannot open shared object file: No such file or directory"),
    ("libc.so.6", "undefined symbol: wf_create"),
])
def test_no_library(name, reason):
    result = run_python("import weighted_filter", WEIGHTED_FILTER_LIBRARY=name)
    assert result.returncode == 1
    last = result.stderr.splitlines()[-1]
    assert last.startswith("ImportError: weighted_filter cannot load its library: ") and last.endswith(reason)


def test_other_version(tmp_path):
    """One whose calls take other arguments is not called."""
    names = ("create", "destroy", "apply", "gather_splat", "backward", "backward_workspace", "grad_weight",
             "backend_built")
    source = "".join(f"void wf_{name}(void) {{}}\n" for name in names)
    source += 'void omp_set_num_threads(int n) { (void)n; }\nconst char *wf_version(void) { return "0.1.9"; }\n'
    other = tmp_path / "libwf.so"
    subprocess.run(["cc", "-shared", "-fPIC", "-x", "c", "-", "-o", other], input=source, text=True, check=True)
    result = run_python("import weighted_filter", WEIGHTED_FILTER_LIBRARY=str(other))
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == ("ImportError: weighted_filter cannot use its library: "
                                              f"{other} is version 0.1.9, it needs 0.2.x")


def test_library_refuses():
    """What libwf says about the machine is what Python raises."""
    result = run_python("import torch, weighted_filter as w; w.gather(torch.ones(1, 2, 2), torch.ones(1, 2, 2))",
                        WF_CPU_INSTRUCTIONS="abacus")
    assert result.returncode == 1
    assert result.stderr.splitlines()[-1] == ("RuntimeError: WF_CPU_INSTRUCTIONS is abacus, this processor has no such "
                                              "set (baseline, avx2, avx512)")


@pytest.mark.skipif(torch.cuda.is_available(), reason="there is a GPU")
def test_no_gpu():
    with pytest.raises(RuntimeError, match="there is no cuda device: |the tensors are on cuda:0 and this build of "):
        library._open(torch.device("cuda:0"))


def test_at_exit():
    """Devices outlive what runs while the process ends, such as daemon threads."""
    result = run_python("import atexit; atexit.register(lambda: run()); import torch; from weighted_filter import "
                        "library; ones, output = torch.ones(1, 1, 2, 2), torch.zeros(1, 1, 2, 2); "
                        "apply = lambda: library.apply(0, ((1, 1), 'linear', 1, 1), ones, ones, None, output); "
                        "run = lambda: (apply(), print(output.sum())); apply()")
    assert (result.returncode, result.stdout) == (0, "tensor(4.)\n"), result.stderr


def test_without_cuda_devices():
    """Importing and filtering on the CPU starts no CUDA."""
    result = run_python("import torch, weighted_filter as w; "
                        "print(w.gather(torch.ones(1, 2, 2), torch.ones(9, 2, 2)).sum(), torch.cuda.is_initialized())",
                        CUDA_VISIBLE_DEVICES="")
    assert result.stdout == "tensor(16.) False\n", result.stderr


def test_installed_package():
    """pip's, with its own library."""
    try:
        files = [str(file) for file in importlib.metadata.files("weighted-filter")]
    except importlib.metadata.PackageNotFoundError:
        pytest.skip("the package is not installed; PYTHONPATH finds it")
    assert {"weighted_filter/libwf.so", "weighted_filter/py.typed", "weighted_filter/LICENSE"} <= set(files)
    header = pathlib.Path(__file__).parents[2] / "filter" / "include" / "wf.h"
    assert f'#define WF_VERSION "{importlib.metadata.version("weighted-filter")}"' in header.read_text()
    environment = {name: value for name, value in os.environ.items()
                   if name not in ("PYTHONPATH", "WEIGHTED_FILTER_LIBRARY")}
    code = "import torch, weighted_filter as w; print(w.gather(torch.ones(1, 2, 2), torch.ones(9, 2, 2)).sum().item())"
    result = subprocess.run([sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=600,
                            check=False)
    assert result.stdout == "16.0\n", result.stderr
