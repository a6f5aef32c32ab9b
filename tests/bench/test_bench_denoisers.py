"""The network beside Open Image Denoise, with a program in oidnBenchmark's place."""

import json
import pathlib
import subprocess
import sys

import pytest

PROGRAM = pathlib.Path(__file__).with_name("bench_denoisers.py")
BENCHMARK = """#!/bin/sh
[ "$1 $2 $3 $5 $7 $8 $9" = "-d cuda -q -r -s 1920 1080" ] || exit 3
case "$4 $6" in
"high RT.hdr_alb_nrm\\\\..*") echo "RT.hdr_alb_nrm.1920x1080 ... 3.5 msec/image (host 0.2 msec/image)" ;;
"high RT.hdr_calb_cnrm\\\\..*") echo "RT.hdr_calb_cnrm.1920x1080 ... 6.5 msec/image (host 0.2 msec/image)" ;;
"balanced RT.hdr_alb_nrm\\\\..*") echo "RT.hdr_alb_nrm.1920x1080 ... 3.25 msec/image (host 0.2 msec/image)" ;;
"fast RT.hdr_alb_nrm\\\\..*") FAST ;;
esac
"""
NETWORK_BENCH = """#!/usr/bin/env python3
import json, sys
backend, file = sys.argv[sys.argv.index("--backend") + 1], sys.argv[sys.argv.index("--json") + 1]
json.dump({"device": "a", "driver": "b", "backend": backend, "date": "c", "commit": "d", "width": 1920,
           "height": 1080, "network": "e", "milliseconds": {"cuda": 1.0, "vulkan": 2.0}[backend]}, open(file, "w"))
"""


@pytest.fixture(name="measure")
def fixture_measure(tmp_path):
    """What the script does where `fast` prints this."""
    def run(fast):
        for path, text in ((tmp_path / "oidn" / "oidnBenchmark", BENCHMARK.replace("FAST", fast)),
                           (tmp_path / "build" / "tests" / "network_bench", NETWORK_BENCH)):
            path.parent.mkdir(parents=True)
            path.write_text(text)
            path.chmod(0o755)
        return subprocess.run([sys.executable, PROGRAM, tmp_path / "oidn", "--json", tmp_path / "r.json"],
                              capture_output=True, text=True, check=False,
                              env={"WF_BUILD": str(tmp_path / "build"), "PATH": "/usr/bin:/bin"})
    return run


def test_results(measure, tmp_path):
    done = measure('echo "RT.hdr_alb_nrm.1920x1080 ... 2.25 msec/image (host 0.2 msec/image)"')
    assert done.returncode == 0, done.stderr
    assert json.loads((tmp_path / "r.json").read_text()) == {
        "device": "a", "driver": "b", "date": "c", "commit": "d", "width": 1920, "height": 1080, "network": "e",
        "milliseconds": {"cuda": 1.0, "vulkan": 2.0, "OIDN, default": 3.5, "OIDN, clean guides": 6.5,
                         "OIDN, balanced": 3.25, "OIDN, fast": 2.25}}


def test_nothing_measured(measure):
    done = measure("true")
    assert done.returncode == 1
    assert done.stderr == "oidnBenchmark gave 0 times instead of one: \n"
