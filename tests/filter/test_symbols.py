"""Whoever links the static library meets no name of it that does not begin with wf_."""

import re
import shutil
import subprocess

import pytest

# Of a function, a template's instance, or data, as nm -C writes them; and of none, as the compiler made it up.
NAME = re.compile(r"(?:^|[\s*&:])(\w+)(?:<.*>)?\(|^(\w[\w.]*)$")
COMPILERS = re.compile(r"__odr_asan|__asan|__ubsan|DW\.ref\.|guard variable for ")
# Its headers', weak so that all users in a program share them
NVTX = re.compile(r"[WV] (nvtx\w+|InitializeInjectionNvtx2_fnptr)$")


def foreign(lines):
    """The names that others could have, too, of what nm -gC printed."""
    names = [line.split(maxsplit=2)[2] for line in lines if len(line.split(maxsplit=2)) == 3]
    assert names
    shared = {match[1] for match in map(NVTX.search, lines) if match}
    found = []
    for name in names:
        match = NAME.search(name)
        own = next(filter(None, match.groups())) if match else name
        if not own.startswith("wf_") and not COMPILERS.match(name) and name not in shared:
            found.append(name)
    return found


@pytest.mark.skipif(not shutil.which("nm"), reason="there is no nm")
def test_global_symbols(build):
    library = build / "tests" / "libwf_internal.a"
    printed = subprocess.run(["nm", "-gC", "--defined-only", library],
                             capture_output=True, text=True, check=True).stdout
    assert foreign(printed.splitlines()) == []


@pytest.mark.parametrize("line, is_foreign", [
    ("0000 T wf_apply", False),
    ("0000 R node_handover_cpu", True),
    ("0000 T node_wait", True),
    ("0000 T wf_cuda_gather(wf_device*, CUstream_st*)", False),
    ("0000 W void wf_tiles<float, 3, (wf_mode)1>(wf_push)", False),
    ("0000 W void tiles<float, 3>(wf_push)", True),
    ("0000 V wf_table<float>", False),
    ("0000 W nvtxDomainCreateA_impl_init_v3", False),
    ("0000 T nvtxDomainCreateA_impl_init_v3", True),
    ("0000 B __odr_asan.wf_table", False),
])
def test_what_is_foreign(line, is_foreign):
    assert bool(foreign([line])) == is_foreign
