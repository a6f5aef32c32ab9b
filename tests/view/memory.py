#!/usr/bin/env python3
"""Whether wfview's memory grows while it runs: 5,000 frames headless with the inspector and the times open, on whatever
device there is.

    tests/view/memory.py [--frames 5000] [--backend auto] [--most 8] [ARGUMENTS of wfview ...]

Prints the memory of the process, and on NVIDIA GPUs what it has there, after a fifth of the frames' time and at the
end; exits 1 where one has grown by more than --most MiB between. WF_BUILD names the build folder.
"""

import argparse
import os
import pathlib
import shutil
import subprocess
import sys
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
STUDIO = ROOT / "assets" / "frames" / "studio"
PANELS = ["--pixel", "100,60", "--do", "times", "--size", "640x480"]


def resident(process):
    """MiB of the host, None where the process has ended."""
    try:
        for line in pathlib.Path(f"/proc/{process}/status").read_text().splitlines():
            if line.startswith("VmRSS:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return None


def on_device(process):
    """MiB of an NVIDIA GPU; 0 where there is none, or the process has nothing there."""
    if not shutil.which("nvidia-smi"):
        return 0
    command = ["nvidia-smi", "--query-compute-apps=pid,used_memory", "--format=csv,noheader,nounits"]
    rows = subprocess.run(command, capture_output=True, text=True, check=False).stdout.splitlines()
    return sum(int(row.split(",")[1]) for row in rows if row.split(",")[0].strip() == str(process))


def samples(arguments, frames, every=0.5):
    """Of a run: pairs of MiB on host and device, with the time; and what the run printed."""
    program = ROOT / os.environ.get("WF_BUILD", "build") / "app" / "wfview"
    command = [program, "--headless", "--frames", frames, *PANELS, *arguments]
    process = subprocess.Popen([str(word) for word in command], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                               text=True)
    taken, begin = [], time.monotonic()
    try:
        while process.poll() is None:
            host = resident(process.pid)
            if host:
                taken.append((time.monotonic() - begin, host, on_device(process.pid)))
            time.sleep(every)
    finally:
        process.kill()
    output = process.stdout.read()
    if process.returncode:
        sys.exit(f"wfview ended with {process.returncode}: {output}")
    return taken, output


def growth(taken):
    """MiB on host and device, from the median around a fifth of the time to that of the last tenth."""
    last = taken[-1][0]

    def median(low, high, column):
        values = sorted(row[column] for row in taken if low * last <= row[0] <= high * last)
        return values[len(values) // 2]

    return tuple(median(0.9, 1, column) - median(0.2, 0.3, column) for column in (1, 2))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--frames", type=int, default=5000)
    parser.add_argument("--backend", default="auto")
    parser.add_argument("--most", type=float, default=8, help="MiB")
    options, arguments = parser.parse_known_args()
    taken, output = samples(["--backend", options.backend, *(arguments or ["--kernel-size", 5, STUDIO])],
                            options.frames)
    host, device = growth(taken)
    print(output.strip())
    print(f"host {taken[-1][1]:.1f} MiB at last, grown by {host:+.2f}; device {taken[-1][2]} MiB, grown by "
          f"{device:+.0f}")
    sys.exit(host > options.most or device > options.most)


if __name__ == "__main__":
    main()
