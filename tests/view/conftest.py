"""Runs wfview itself."""

import os
import re
import shutil
import subprocess

import pytest
from frames import ROOT


class Result:
    """What a run left."""

    def __init__(self, process):
        self.status = process.returncode
        self.output = process.stdout.decode()
        self.choices = []  # what was said of the backend that auto takes
        self.taken = []  # what was said of frames' channels: paths, and from layers to channels
        self.errors = ""  # everything else on stderr
        for line in process.stderr.decode().splitlines(keepends=True):
            said = re.fullmatch(r"wfview: (.+?): (color from .+)\n", line)
            if said:
                self.taken.append((said[1], dict(layer.split(" from ", 1) for layer in said[2].split("; "))))
            elif line.startswith("wfview: auto takes "):
                self.choices.append(line)
            else:
                self.errors += line

    def done(self):
        """Asserts that the run did what it should, without a word on stderr but what was taken."""
        assert (self.status, self.errors) == (0, "")
        return self

    def sentence(self, status=1):
        """Asserts that the run failed with one line on stderr (beside which channels were taken), and returns that."""
        assert self.status == status, (self.status, self.errors)
        assert self.output == ""
        assert self.errors.startswith("wfview: ") and self.errors.endswith("\n") and self.errors.count("\n") == 1
        return self.errors.rstrip("\n")


@pytest.fixture(scope="session")
def wfview(build, tmp_path_factory):
    """Runs wfview with arguments, in a folder, with changes to the environment (None removes a variable); with an empty
    cache at first."""
    cache = tmp_path_factory.mktemp("cache")

    def run(*arguments, cwd=ROOT, timeout=240, **changes):
        environment = {**os.environ, "XDG_CACHE_HOME": str(cache), **changes}
        environment = {name: value for name, value in environment.items() if value is not None}
        command = [build / "app" / "wfview", *map(str, arguments)]
        process = subprocess.run(command, capture_output=True, timeout=timeout, cwd=cwd, env=environment, check=False)
        return Result(process)

    return run


@pytest.fixture(scope="session", params=["cpu", "vulkan", "cuda"])
def backend(request, wfview):
    """Each backend; without a CUDA device that one is skipped, or fails where WF_REQUIRE_DEVICES is set."""
    if request.param == "cuda" and not has_cuda():
        if os.environ.get("WF_REQUIRE_DEVICES"):
            pytest.fail("WF_REQUIRE_DEVICES is set, and there is no CUDA device")
        pytest.skip("no CUDA device")
    return request.param


def has_cuda():
    """A driver is there and lists a device."""
    if not shutil.which("nvidia-smi"):
        return False
    listing = subprocess.run(["nvidia-smi", "-L"], capture_output=True, check=False)
    return listing.returncode == 0 and b"GPU" in listing.stdout
