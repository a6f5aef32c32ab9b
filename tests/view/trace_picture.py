#!/usr/bin/env python3
"""Draws what `wfview --trace FILE.json` wrote, and says how near its frames come to what the GPU's work alone allows.

    tests/view/trace_picture.py TRACE.json [PICTURE.png] [--frames 4] [--title TEXT]

Above: some frames in the middle of the run on one clock, a row for each track. Below: what each stage of the GPU takes
in every frame. Printed: frames a second, the sum of the stages' medians, and how much of the time the GPU had a stage
to work at.
"""

import argparse
import json
import pathlib
import statistics
import typing

WHOLES = ("frame", "node")  # spans that hold others
HAND_OVERS = ("hand-over in", "hand-over out")
CPU, VULKAN, LOADER = "CPU", "Vulkan", "loader"  # tracks; one more is named after the backend that filters
COLORS = {"upload": "#5b8fb9", "trace": "#5b8fb9", "hand-over in": "#c9c9c9", "unpack": "#a9c5a0",
          "predict": "#b07aa1", "gather": "#2f6f9f",
          "splat": "#d1782f", "gather and splat": "#9c6b3f", "inspect": "#e3b23c", "pack": "#6fa287",
          "hand-over out": "#9a9a9a",
          "measure": "#c0504d", "display": "#4d4d4d"}
OTHER = "#dddddd"


class Span(typing.NamedTuple):
    stage: str
    track: str
    frame: int
    begin: float  # milliseconds
    end: float


def read(path):
    """The trace's spans, in the order in which they began."""
    events = json.loads(pathlib.Path(path).read_text())["traceEvents"]
    tracks = {event["tid"]: event["args"]["name"] for event in events if event["name"] == "thread_name"}
    spans = [Span(event["name"], tracks[event["tid"]], event["args"]["frame"], event["ts"] / 1000,
                  (event["ts"] + event["dur"]) / 1000) for event in events if event["ph"] == "X"]
    return sorted(spans, key=lambda span: span.begin)


def work(spans):
    """Of the GPU's queues: stages that hold no others."""
    return [span for span in spans if span.track not in (CPU, LOADER) and span.stage not in WHOLES]


def medians(spans):
    """From each stage to the median of its milliseconds."""
    stages = {}
    for span in spans:
        stages.setdefault(span.stage, []).append(span.end - span.begin)
    return {stage: statistics.median(times) for stage, times in stages.items()}


def covered(spans):
    """Milliseconds in which at least one of the spans lasts."""
    total, until = 0.0, float("-inf")
    for span in sorted(spans, key=lambda span: span.begin):
        total += max(0.0, span.end - max(span.begin, until))
        until = max(until, span.end)
    return total


def figures(spans):
    """frames, seconds, rate: between the ends of the first and the last picture. allowed: frames a second, were there
    nothing but the GPU's stages one after the other; computing: likewise, without hand-overs. busy: the share of the
    time that stages cover."""
    stages = work(spans)
    ends = sorted(span.end for span in stages if span.stage == "display")
    if len(ends) < 2:
        raise SystemExit(f"the trace has {len(ends)} pictures: at least 2 are needed")
    each = medians(stages)
    between = [span for span in stages if ends[0] <= span.begin and span.end <= ends[-1]]
    milliseconds = ends[-1] - ends[0]
    alone = sum(time for stage, time in each.items() if stage not in HAND_OVERS)
    return {"frames": len(ends), "seconds": milliseconds / 1000, "rate": 1000 * (len(ends) - 1) / milliseconds,
            "stages": each, "allowed": 1000 / sum(each.values()), "computing": 1000 / alone,
            "busy": covered([span for span in between if span.stage not in HAND_OVERS]) / milliseconds}


def said(measured):
    stages = ", ".join(f"{stage} {time:.3f}" for stage, time in measured["stages"].items())
    rate = measured["rate"]
    return (f"{measured['frames']} frames, {rate:.1f} a second; medians in ms: {stages}\n"
            f"all stages one after the other would allow {measured['allowed']:.1f} a second: "
            f"{rate / measured['allowed']:.3f} of it\n"
            f"without the hand-overs {measured['computing']:.1f} a second: {rate / measured['computing']:.3f} of it\n"
            f"the GPU computes in {measured['busy']:.3f} of the time")


def draw_frames(axes, spans, count):
    """What there is while the GPU works at `count` frames in the middle of the run; each frame's number where the
    filters and the CPU begin with it."""
    numbers = sorted({span.frame for span in spans})
    first = max(0, (len(numbers) - count) // 2)
    chosen = [span for span in work(spans) if span.frame in numbers[first:first + count]]
    begin, end = min(span.begin for span in chosen), max(span.end for span in chosen)
    tracks = [CPU, *sorted({span.track for span in chosen}, key=lambda name: name != VULKAN)]
    for span in spans:
        left, right = max(span.begin, begin), min(span.end, end)
        if left >= right or span.stage == "node" or span.track not in tracks:
            continue
        row = tracks.index(span.track)
        axes.barh(row, right - left, left=left - begin, height=0.7, color=COLORS.get(span.stage, OTHER),
                  edgecolor="white", linewidth=0.4)
        if span.stage in ("frame", "unpack"):
            axes.text(left - begin, row - 0.38, f"{span.frame}", fontsize=7, color="#555555",
                      verticalalignment="bottom")
    labels = [track if track in (CPU, VULKAN) else f"filters: {track}" for track in tracks]
    axes.set(yticks=range(len(tracks)), yticklabels=labels, xlabel="milliseconds", xlim=(0, end - begin))
    axes.invert_yaxis()


def draw_stages(axes, spans):
    """Every frame's stages on top of each other."""
    numbers = sorted({span.frame for span in spans})
    bottoms = dict.fromkeys(numbers, 0.0)
    for stage in [stage for stage in COLORS if any(span.stage == stage for span in spans)]:
        times = dict.fromkeys(numbers, 0.0)
        for span in spans:
            if span.stage == stage:
                times[span.frame] += span.end - span.begin
        axes.bar(numbers, times.values(), bottom=list(bottoms.values()), width=0.9, color=COLORS[stage], label=stage)
        bottoms = {number: bottoms[number] + times[number] for number in numbers}
    axes.set(xlabel="frame", ylabel="GPU milliseconds", xlim=(numbers[0] - 1, numbers[-1] + 1))
    handles, labels = axes.get_legend_handles_labels()
    axes.legend(handles[::-1], labels[::-1], frameon=False, fontsize=8, loc="center left", bbox_to_anchor=(1, 0.5))


def draw(spans, picture, count, title):
    import matplotlib
    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    matplotlib.rcParams.update({"font.size": 9, "axes.spines.top": False, "axes.spines.right": False,
                                "axes.edgecolor": "#888888",
                                "axes.labelcolor": "#333333", "xtick.color": "#555555", "ytick.color": "#555555"})
    figure, (above, below) = plt.subplots(2, 1, figsize=(10, 5), height_ratios=(2, 3), layout="constrained")
    draw_frames(above, spans, count)
    draw_stages(below, work(spans))
    if title:
        figure.suptitle(title, fontsize=9, color="#333333")
    figure.savefig(picture, dpi=130, metadata={"Software": None})


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("trace")
    parser.add_argument("picture", nargs="?")
    parser.add_argument("--frames", type=int, default=4, help="shown on the clock")
    parser.add_argument("--title", help="above the picture")
    options = parser.parse_args()
    spans = read(options.trace)
    print(said(figures(spans)))
    if options.picture:
        draw(spans, options.picture, options.frames, options.title)


if __name__ == "__main__":
    main()
