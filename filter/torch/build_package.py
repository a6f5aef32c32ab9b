"""What pip and build call: scikit-build-core, and what a package of part of a repository needs besides it.

libwf lies above this folder; a source distribution has it in its own folder libwf. The version is that of wf.h.
"""

from __future__ import annotations

import os
import pathlib
import re
import shutil
import tempfile

from scikit_build_core import build as backend
from scikit_build_core.build import (  # noqa: F401
    build_editable,
    build_wheel,
    get_requires_for_build_editable,
    get_requires_for_build_sdist,
    get_requires_for_build_wheel,
    prepare_metadata_for_build_editable,
    prepare_metadata_for_build_wheel,
)

HERE = pathlib.Path(__file__).resolve().parent
COPY = HERE / "libwf"
PARTS = ("CMakeLists.txt", "filter", "shaders")


def dynamic_metadata(field: str, settings: dict | None = None) -> str:
    """scikit-build-core asks for the version."""
    root = COPY if COPY.exists() else HERE.parents[1]
    found = re.search('#define WF_VERSION "([^"]+)"', (root / "filter" / "include" / "wf.h").read_text())
    if field != "version" or not found:
        raise ValueError(f"there is no {field} in {root}/filter/include/wf.h")
    return found[1]


def build_sdist(sdist_directory: str, config_settings: dict | None = None) -> str:
    if COPY.exists():  # this is one already
        return backend.build_sdist(sdist_directory, config_settings)
    before, target = os.getcwd(), os.path.abspath(sdist_directory)
    with tempfile.TemporaryDirectory() as folder:
        staged = pathlib.Path(folder) / "weighted_filter"
        shutil.copytree(HERE, staged, ignore=shutil.ignore_patterns("__pycache__", "build", "dist"))
        for part in PARTS:
            copy = staged / COPY.name / part
            if (HERE.parents[1] / part).is_dir():
                shutil.copytree(HERE.parents[1] / part, copy, ignore=shutil.ignore_patterns("torch", "__pycache__"))
            else:
                copy.parent.mkdir(exist_ok=True)
                shutil.copy(HERE.parents[1] / part, copy)
        try:
            os.chdir(staged)
            return backend.build_sdist(target, config_settings)
        finally:
            os.chdir(before)
