#!/usr/bin/env python3
"""Our network beside Open Image Denoise on one GPU, in one run: milliseconds of a frame of 1920x1080.

    tests/bench/bench_denoisers.py OIDN [--json FILE] [--network FILE]

OIDN is the folder with oidnBenchmark and its libraries (github.com/RenderKit/oidn/releases). Ours are both filters,
from planes in the device's memory to such, by network_bench of the build folder (WF_BUILD, default build); theirs one
image, its prefilters for noisy guides not counted.
"""

import argparse
import json
import os
import pathlib
import re
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
SIZE = (1920, 1080)
FILTERS = {"default": ("RT.hdr_alb_nrm", "high"), "clean guides": ("RT.hdr_calb_cnrm", "high"),
           "balanced": ("RT.hdr_alb_nrm", "balanced"), "fast": ("RT.hdr_alb_nrm", "fast")}


def milliseconds(output):
    """What oidnBenchmark says of its one benchmark."""
    times = re.findall(r"\.\.\. ([0-9.]+) msec/image", output)
    if len(times) != 1:
        sys.exit(f"oidnBenchmark gave {len(times)} times instead of one: {output.strip()}")
    return float(times[0])


def oidn(folder, name):
    kind, quality = FILTERS[name]
    command = [folder / "oidnBenchmark", "-d", "cuda", "-q", quality, "-r", f"{kind}\\..*", "-s", *map(str, SIZE)]
    environment = {**os.environ, "LD_LIBRARY_PATH": f"{folder}:{os.environ.get('LD_LIBRARY_PATH', '')}"}
    return milliseconds(subprocess.run(command, capture_output=True, text=True, check=True, env=environment).stdout)


def ours(backend, network):
    program = ROOT / os.environ.get("WF_BUILD", "build") / "tests" / "network_bench"
    with tempfile.TemporaryDirectory() as folder:
        file = pathlib.Path(folder) / "results.json"
        subprocess.run([program, "--backend", backend, "--repeats", "20", "--json", file, network], check=True,
                       stdout=subprocess.DEVNULL)
        return json.loads(file.read_text())


def summary(results, times):
    """The file's contents, of network_bench's results by backend and of OIDN's times by name."""
    cuda = results["cuda"]
    return {**{key: cuda[key] for key in ("device", "driver", "date", "commit", "width", "height", "network")},
            "milliseconds": {**{backend: result["milliseconds"] for backend, result in results.items()},
                             **{f"OIDN, {name}": time for name, time in times.items()}}}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("oidn", type=pathlib.Path)
    parser.add_argument("--json", type=pathlib.Path)
    parser.add_argument("--network", type=pathlib.Path, default=ROOT / "assets" / "networks" / "kpn.safetensors")
    options = parser.parse_args()
    results = {backend: ours(backend, options.network) for backend in ("cuda", "vulkan")}
    contents = json.dumps(summary(results, {name: oidn(options.oidn.resolve(), name) for name in FILTERS}), indent=1)
    if options.json:
        options.json.write_text(contents + "\n")
    print(contents)


if __name__ == "__main__":
    main()
