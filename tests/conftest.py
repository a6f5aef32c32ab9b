"""Where the programs are: in the build folder that WF_BUILD names, relative to the repository; default build."""

import json
import os
import pathlib
import subprocess

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("WF_BUILD", "build")


@pytest.fixture(scope="session")
def build():
    """The build folder."""
    if not BUILD.is_dir():
        pytest.fail(f"{BUILD} does not exist: build first, or name the folder with WF_BUILD")
    return BUILD


@pytest.fixture(scope="session")
def root():
    """The repository."""
    return ROOT


class Dump:
    """Runs tests/app/dump.c."""

    def __init__(self, program):
        self.program = program

    def run(self, *arguments, stdin=b""):
        command = [self.program, *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=60, check=False)

    def __call__(self, *arguments, stdin=b""):
        """What a successful run printed: the JSON line, and the bytes behind it."""
        result = self.run(*arguments, stdin=stdin)
        assert result.returncode == 0, result.stderr.decode()
        assert result.stderr == b""
        header, _, rest = result.stdout.partition(b"\n")
        return json.loads(header) if header else None, rest

    def layers(self, *arguments):
        """`frame` or `reference`: a dictionary from layer names to (H,W,C) arrays."""
        shapes, rest = self(*arguments)
        layers, offset = {}, 0
        for name, shape in shapes.items():
            count = int(np.prod(shape))
            layers[name] = np.frombuffer(rest, np.float32, count, offset).reshape(shape)
            offset += 4 * count
        assert offset == len(rest)
        return layers

    def error(self, *arguments):
        """The one sentence of a run that must fail."""
        result = self.run(*arguments)
        message = result.stderr.decode()
        assert result.returncode == 1, message
        assert message.endswith("\n") and message.count("\n") == 1, message
        assert result.stdout == b""
        return message.rstrip("\n")


@pytest.fixture(scope="session")
def dump(build):
    return Dump(build / "tests" / "dump")
