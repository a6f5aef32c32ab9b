"""Where the programs are: in the build folder that WF_BUILD names, relative to the repository; default build."""

import json
import os
import pathlib
import re
import resource
import subprocess
import zlib

import numpy as np
import pytest

ROOT = pathlib.Path(__file__).resolve().parent.parent
BUILD = ROOT / os.environ.get("WF_BUILD", "build")

# Random numbers are fresh in every run; the tests, and the programs they run, start from this.
os.environ.setdefault("WF_SEED", str(int.from_bytes(os.urandom(4), "little")))


def pytest_terminal_summary(terminalreporter):
    if terminalreporter.stats.get("failed"):
        terminalreporter.write_line(f"seed {os.environ['WF_SEED']} (WF_SEED repeats it, whichever tests are selected)")


@pytest.fixture(autouse=True)
def fixture_own_numbers(request):
    """A module's RANDOM begins anew with each test, by the module's seed and the test's name: which tests ran before it
    in the same process is another matter in every run."""
    random = getattr(request.module, "RANDOM", None)
    if random:
        seed = [random.bit_generator.seed_seq.entropy, zlib.crc32(request.node.name.encode())]
        random.bit_generator.state = np.random.default_rng(seed).bit_generator.state


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


def limit_memory(program, megabytes):
    """Arguments of subprocess.run that limit what a program can allocate; AddressSanitizer brings its own way."""
    if b"__asan_init" in program.read_bytes():
        options = f"{os.environ.get('ASAN_OPTIONS', '')}:allocator_may_return_null=1:max_allocation_size_mb={megabytes}"
        return {"env": {**os.environ, "ASAN_OPTIONS": options}}
    size = megabytes << 20
    return {"preexec_fn": lambda: resource.setrlimit(resource.RLIMIT_AS, (size, size))}


@pytest.fixture(scope="session")
def memory_limit():
    return limit_memory


class Dump:
    """Runs tests/files/dump.c."""

    def __init__(self, program):
        self.program = program

    def run(self, *arguments, stdin=b"", **options):
        command = [self.program, *map(str, arguments)]
        return subprocess.run(command, input=stdin, capture_output=True, timeout=240, check=False, **options)

    def __call__(self, *arguments, stdin=b""):
        """What a successful run printed: the JSON line, and the bytes behind it."""
        result = self.run(*arguments, stdin=stdin)
        assert result.returncode == 0, result.stderr.decode()
        assert result.stderr == b""
        header, _, rest = result.stdout.partition(b"\n")
        return json.loads(header) if header else None, rest

    def layers(self, *arguments):
        """`frame` or `reference`: a dictionary from layer names to (H,W,C) arrays."""
        return self.mended(*arguments)[0]

    def mended(self, *arguments):
        """`mended`: the same, and the lines about what was."""
        shapes, rest = self(*arguments)
        damage = shapes.pop("damage", "").splitlines()
        layers, offset = {}, 0
        for name, shape in shapes.items():
            count = int(np.prod(shape))
            layers[name] = np.frombuffer(rest, np.float32, count, offset).reshape(shape)
            offset += 4 * count
        assert offset == len(rest)
        return layers, damage

    def error(self, *arguments, megabytes=None):
        """The one sentence of a run that must fail, where asked for with little memory."""
        result = self.run(*arguments, **(limit_memory(self.program, megabytes) if megabytes else {}))
        message = re.sub(r"==\d+==WARNING: AddressSanitizer failed to allocate .*\n", "", result.stderr.decode())
        assert result.returncode == 1, message
        assert message.endswith("\n") and message.count("\n") == 1, message
        assert result.stdout == b""
        return message.rstrip("\n")


@pytest.fixture(scope="session")
def dump(build):
    return Dump(build / "tests" / "dump")
