"""The README's tables of formats are the program's own."""

import subprocess
import sys


def test_readme(build, root):
    done = subprocess.run([sys.executable, root / "tests" / "files" / "readme.py", "--check", build],
                          capture_output=True, check=False)
    assert done.returncode == 0, done.stderr.decode()
