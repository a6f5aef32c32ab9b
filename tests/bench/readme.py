"""Writes README.md's measured tables from tests/bench/results/*.json; --check fails where they differ.

    python3 tests/bench/readme.py [--check]
"""

import json
import pathlib
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]
RESULTS = ROOT / "tests" / "bench" / "results"
BEGIN, END = "<!-- measured: tests/bench/readme.py -->\n", "<!-- /measured -->\n"


def load(name):
    return json.loads((RESULTS / f"{name}.json").read_text())


def table(header, rows):
    lines = ["| " + " | ".join(header) + " |", "|" + " ---: |" * len(header)]
    return "\n".join(lines + ["| " + " | ".join(row) + " |" for row in rows]) + "\n"


def filter_rows(results):
    """{(dtype, kernel size, operator): row}"""
    return {(row["dtype"], row["kernel_height"], row["operator"]): row for row in results["rows"]}


def filter_table():
    cuda, vulkan = load("wf_bench-cuda"), load("wf_bench-vulkan")
    on_cuda, on_vulkan = filter_rows(cuda), filter_rows(vulkan)

    def cell(dtype, kernel, operator):
        row = on_cuda[dtype, kernel, operator]
        return f"{row['milliseconds']:.3f} ({row['fraction_of_copy']:.2f})"

    rows = []
    for kernel in sorted({kernel for _, kernel, _ in on_cuda}):
        rows.append([f"{kernel}×{kernel}"]
                    + [cell(dtype, kernel, operator) for dtype in ("float32", "float16")
                       for operator in ("gather", "splat")]
                    + [f"{on_vulkan['float32', kernel, operator]['milliseconds']:.3f}"
                       for operator in ("gather", "splat")])
    intro = (f"Forward, 1920×1080, 3 channels, on {cuda['device']} ({cuda['date'][:10]}, commit {cuda['commit']}): "
             "milliseconds, and for CUDA in brackets the fraction of the speed at which the same run copied memory, "
             f"{cuda['copy_bytes_per_second'] / 1e12:.2f} TB/s (read and written), counting each weight, the input and "
             "the output once. Above 1 is possible: the filter mostly reads, a copy writes as much as it reads.\n\n")
    header = ["K", "gather, float32", "splat, float32", "gather, float16", "splat, float16", "GLSL gather, float32",
              "GLSL splat, float32"]
    return intro + table(header, rows)


def node_table():
    reports = [load(f"wfview-cuda-{size}") for size in ("480x270", "1920x1080")]
    names = []
    for report in reports:
        names += [stage["name"] for stage in report["stages"] if stage["name"] not in names]
    rows = []
    for name in names:
        row = [name]
        for report in reports:
            stage = next((stage for stage in report["stages"] if stage["name"] == name), None)
            row += [f"{stage['median']:.3f}", f"{stage['p95']:.3f}"] if stage else ["–", "–"]
        rows.append(row)
    first = reports[0]
    intro = (f"The node in `wfview --headless --backend cuda`, {first['frames']} frames each, "
             f"{first['kernel'][0]}×{first['kernel'][1]} {first['predictor']} weights in float16, "
             f"{first['frames_in_flight']} frames in flight, on {first['device']}: medians and 95th percentiles in "
             "milliseconds, with Vulkan validation on.\n\n")
    header = ["stage"] + [f"{'×'.join(map(str, report['size']))} {what}" for report in reports
                          for what in ("median", "p95")]
    return intro + table(header, rows)


def main():
    readme = ROOT / "README.md"
    text = readme.read_text()
    before, rest = text.split(BEGIN)
    after = rest.split(END)[1]
    made = before + BEGIN + filter_table() + "\n" + node_table() + END + after
    if "--check" in sys.argv[1:]:
        sys.exit(0 if made == text else "README.md's tables are not those of tests/bench/results: run this without --check")
    readme.write_text(made)


if __name__ == "__main__":
    main()
