"""The code is formatted by .clang-format, as the version in requirements.txt reads it."""

import pathlib
import subprocess
import sys

FOLDERS, LANGUAGES = ("app", "filter", "shaders", "tests"), {".c", ".h", ".cpp", ".cu", ".cuh"}


def test_format(root):
    files = [path.relative_to(root) for folder in FOLDERS for path in (root / folder).rglob("*") if path.suffix in LANGUAGES]
    assert len(files) > 200
    clang_format = pathlib.Path(sys.executable).with_name("clang-format")
    checked = subprocess.run([clang_format, "--dry-run", *files], cwd=root, capture_output=True, text=True, check=True)
    wrong = sorted({line.split(":")[0] for line in checked.stderr.splitlines() if "[-Wclang-format-violations]" in line})
    assert not wrong, f"clang-format -i {' '.join(wrong)}"
