"""Who may include whom, and how long a file may be: the shape of the tree, read from its #include lines.

    app, tests         ->  filter/include, shaders
    filter/*           ->  filter/include, shaders
    backends           ->  themselves, filter/*, filter/include, shaders: never each other
    filter/network     ->  itself, filter/*, filter/include, shaders
    filter/node        ->  itself, filter/network, what backends offer it, filter/*, filter/include, shaders

Nothing in filter/ includes app/, and in app/ nothing a CUDA header: the node hides it. Tests of a part look into that
part.
"""

import os
import pathlib
import re

import pytest

FOLDERS = ("app", "filter", "shaders", "tests")
SOURCES = {".c", ".h", ".cpp", ".cu", ".cuh", ".glsl"}
INCLUDE = re.compile(r'^\s*#\s*include\s+(["<])([^">]+)[">]', re.MULTILINE)
PATHS = ("", "filter", "filter/include", "shaders", "tests", "tests/filter", "tests/trace")  # of the builds

FILTER = ("filter/*", "filter/include/*", "shaders/**")

# A folder (the longest that fits counts) and what its files may include beside their own folder; * ends a prefix within
# one folder, ** in all below it.
MAY = {
    "app": ("app/**", "filter/include/*", "shaders/**"),
    "filter": FILTER,
    "filter/include": ("filter/include/*",),
    "filter/cpu": FILTER,
    "filter/cuda": FILTER,
    "filter/vulkan": FILTER,
    "filter/network": FILTER,
    "filter/node": (*FILTER, "filter/network/*", "filter/vulkan/check.h", "filter/vulkan/blend.h",
                    "filter/cuda/interop.h"),
    "shaders": ("shaders/**",),
    "tests": ("tests/**", "app/**", "filter/include/*", "shaders/**", "filter/cpu/reference.h"),
    "tests/bench": ("tests/**", "app/**", "filter/include/*", "shaders/**", "filter/vulkan/device.h"),
    "tests/cuda": ("tests/**", "filter/*", "filter/include/*", "filter/cuda/*"),
    "tests/vulkan": ("tests/**", "filter/include/*", "shaders/**", "filter/vulkan/matrix_code.h"),
    "tests/node": ("tests/**", "filter/include/*", "filter/cpu/reference.h", "filter/backend.h", "filter/node/*"),
}
LONGEST = 600  # lines


def sources(root):
    return [path.relative_to(root) for folder in FOLDERS for path in sorted((root / folder).rglob("*"))
            if path.suffix in SOURCES]


def included(root, path):
    """What a file includes: (is it the project's, its path there or its name)."""
    for quote, name in INCLUDE.findall((root / path).read_text()):
        places = [path.parent / name, *(pathlib.Path(folder) / name for folder in PATHS)] if quote == '"' else []
        found = next((place for place in places if (root / place).is_file()), None)
        yield (True, os.path.normpath(found)) if found else (False, name)


def fits(path, pattern):
    """Whether a file is what a pattern names."""
    folder, _, name = pattern.rpartition("/")
    if name == "**":
        return path.startswith(folder + "/")
    return path.rpartition("/")[0] == folder if name == "*" else path == pattern


def may_include(path, other):
    folder = max((folder for folder in MAY if path.startswith(folder + "/")), key=len)
    return other.rpartition("/")[0] == path.rpartition("/")[0] or any(fits(other, pattern) for pattern in MAY[folder])


def test_includes(root):
    files = sources(root)
    assert len(files) > 300
    edges = [(path.as_posix(), other) for path in files for ours, other in included(root, path) if ours]
    assert len(edges) > 600
    assert [f"{path} includes {other}" for path, other in edges if not may_include(path, other)] == []


def test_no_cuda_in_app(root):
    names = [(path.as_posix(), name) for path in sources(root) if path.parts[0] == "app"
             for _, name in included(root, path)]
    assert [f"{path} includes {name}" for path, name in names if re.search("cuda|nvrtc|nvml|cublas", name)] == []


def test_lengths(root):
    """Longer files are generated ones, and data."""
    written = SOURCES | {".py", ".cmake", ".sh"}
    files = [path for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in written]
    lengths = {path.relative_to(root).as_posix(): len(path.read_text().splitlines()) for path in files}
    assert {path: length for path, length in lengths.items() if length > LONGEST} == {}


@pytest.mark.parametrize("path, other, allowed", [
    ("filter/wf.c", "filter/backend.h", True),
    ("filter/wf.c", "app/error.h", False),
    ("filter/wf.c", "filter/cpu/cpu.h", False),
    ("filter/cpu/filter.c", "filter/cpu/tile.h", True),
    ("filter/cpu/filter.c", "filter/cuda/tiles.h", False),
    ("filter/vulkan/device.c", "filter/node/node.h", False),
    ("filter/node/frame.c", "filter/cpu/cpu.h", False),
    ("filter/node/handover_cuda.c", "filter/cuda/interop.h", True),
    ("app/viewer/open.c", "filter/include/wf.h", True),
    ("app/viewer/open.c", "filter/backend.h", False),
    ("tests/node/test_share.c", "filter/node/share.h", True),
    ("tests/view/test_view.c", "filter/node/share.h", False),
])
def test_the_rules(path, other, allowed):
    assert may_include(path, other) == allowed
