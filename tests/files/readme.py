"""Writes what README.md says about formats, layers and limits, as the build's tests/formats prints it; --check fails
where they differ.

    python3 tests/files/readme.py [--check] [BUILD]
"""

import pathlib
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
BEGIN, END = "<!-- of the program: tests/files/readme.py -->\n", "<!-- /of the program -->\n"


def main():
    words = [word for word in sys.argv[1:] if word != "--check"]
    program = pathlib.Path(words[0] if words else ROOT / "build") / "tests" / "formats"
    tables = subprocess.run([program], capture_output=True, check=True, text=True).stdout
    page = ROOT / "README.md"
    text = page.read_text()
    before, rest = text.split(BEGIN)
    made = before + BEGIN + tables + END + rest.split(END)[1]
    if "--check" not in sys.argv[1:]:
        page.write_text(made)
    elif made != text:
        sys.exit("README.md's formats are not those of the program: run tests/files/readme.py")


if __name__ == "__main__":
    main()
