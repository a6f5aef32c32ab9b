"""C is formatted by .clang-format, as requirements.txt's version reads it; nothing is wider than .editorconfig says."""

import pathlib
import re
import subprocess
import sys

FOLDERS, LANGUAGES = ("app", "filter", "shaders", "tests"), {".c", ".h", ".cpp", ".cu", ".cuh"}


def test_format(root):
    files = [path.relative_to(root) for folder in FOLDERS
             for path in (root / folder).rglob("*") if path.suffix in LANGUAGES]
    assert len(files) > 200
    clang_format = pathlib.Path(sys.executable).with_name("clang-format")
    checked = subprocess.run([clang_format, "--dry-run", *files], cwd=root, capture_output=True, text=True, check=True)
    wrong = sorted({line.split(":")[0]
                    for line in checked.stderr.splitlines() if "[-Wclang-format-violations]" in line})
    assert not wrong, f"clang-format -i {' '.join(wrong)}"


def test_widths(root):
    widest = int(re.search(r"max_line_length = (\d+)", (root / ".editorconfig").read_text())[1])
    files = [path for folder in (*FOLDERS, "assets") for path in (root / folder).rglob("*")
             if path.suffix in LANGUAGES | {".glsl", ".py", ".cmake"}]
    assert len(files) > 700
    lines = [(path.relative_to(root), number, line) for path in files
             for number, line in enumerate(path.read_text().splitlines(), 1)]
    assert [f"{path}:{number}" for path, number, line in lines if len(line) > widest] == []
