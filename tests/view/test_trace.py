"""trace_picture.py on a trace whose figures are known, and on one of wfview's."""

import json

import frames
import numpy as np
import pytest
import trace_picture
from pictures import load

# Three frames of 10 ms: stage, track, begin and length in the frame. 7 of 10 ms are covered without hand-overs, which
# take 1 and 0.5.
STAGES = (("frame", 0, 0.0, 0.25), ("trace", 1, 0.0, 3.0), ("hand-over in", 2, 3.0, 1.0), ("gather", 2, 4.0, 2.0),
          ("splat", 2, 6.0, 1.5), ("hand-over out", 2, 7.5, 0.5), ("node", 2, 3.0, 5.0), ("display", 1, 8.0, 0.5))


def write_trace(path):
    events = [{"ph": "M", "name": "thread_name", "pid": 1, "tid": tid, "args": {"name": name}}
              for tid, name in enumerate(("CPU", "Vulkan", "cuda"))]
    events += [{"ph": "X", "name": stage, "pid": 1, "tid": tid, "ts": 1000 * (10 * frame + begin), "dur": 1000 * length,
                "args": {"frame": frame}} for frame in (1, 2, 3) for stage, tid, begin, length in STAGES]
    path.write_text(json.dumps({"traceEvents": events}))
    return path


def test_figures(tmp_path):
    measured = trace_picture.figures(trace_picture.read(write_trace(tmp_path / "trace.json")))
    assert measured["frames"] == 3 and measured["rate"] == pytest.approx(100)
    assert measured["seconds"] == pytest.approx(0.02)
    assert measured["stages"] == pytest.approx({"trace": 3, "hand-over in": 1, "gather": 2, "splat": 1.5,
                                                "hand-over out": 0.5, "display": 0.5})
    assert measured["allowed"] == pytest.approx(1000 / 8.5) and measured["computing"] == pytest.approx(1000 / 7)
    assert measured["busy"] == pytest.approx(0.7)


def test_readme_s_figures(root):
    """What README.md says of the trace that it shows."""
    measured = trace_picture.figures(trace_picture.read(root / "tests" / "bench" / "results"
                                                        / "wfview-trace-cuda.json"))
    text = " ".join((root / "README.md").read_text().split())
    rate, stages = measured["rate"], measured["stages"]
    for said in (f"{measured['frames']} frames come at {rate:.1f} a second, {rate / measured['allowed']:.3f} of what",
                 f"the GPU computes in {measured['busy']:.3f} of the time",
                 f"`display` takes {stages['display']:.2f} ms, `measure` (metrics and FLIP) {stages['measure']:.2f}, "
                 f"`inspect` {stages['inspect']:.2f}"):
        assert said in text


def test_what_overlaps_counts_once():
    spans = [trace_picture.Span("gather", "cuda", 1, begin, end) for begin, end in ((0, 4), (1, 2), (3, 6), (8, 9))]
    assert trace_picture.covered(spans) == 7


def test_one_picture_is_too_few(tmp_path):
    spans = [span for span in trace_picture.read(write_trace(tmp_path / "trace.json")) if span.frame == 1]
    with pytest.raises(SystemExit, match="the trace has 1 pictures: at least 2 are needed"):
        trace_picture.figures(spans)


def test_a_run_s(wfview, tmp_path):
    """Medians are the report's; the picture has the stages in their colors, the longest as the largest area."""
    frames.write(tmp_path / "frame.exr", color=np.random.default_rng(3).random((120, 160, 3)))
    wfview("--headless", "--backend", "vulkan", "--kernel-size", 5, "--frames", 5, "--warmup", 1, "--size", "320x240",
           "--trace", tmp_path / "trace.json", "--report", tmp_path / "report.json", tmp_path / "frame.exr").done()
    spans = trace_picture.read(tmp_path / "trace.json")
    expected = {stage["name"]: stage["median"] for stage in json.loads((tmp_path / "report.json").read_text())["stages"]
                if stage["clock"] != "cpu" and stage["name"] != "node"}
    measured = trace_picture.figures(spans)
    assert {"upload", "gather", "splat", "display"} <= expected.keys()
    assert measured["stages"] == pytest.approx(expected, abs=2e-6)
    assert measured["frames"] == 5

    trace_picture.draw(spans, tmp_path / "trace.png", 3, "five frames")
    pixels = load(tmp_path / "trace.png")

    def area(stage):
        color = trace_picture.COLORS[stage]
        return int((pixels == [int(color[i:i + 2], 16) for i in (1, 3, 5)]).all(-1).sum())

    total = {stage: sum(span.end - span.begin for span in spans if span.stage == stage) for stage in expected}
    assert max(total, key=area) == max(total, key=total.get)
    assert all(area(stage) > 0 for stage, time in total.items() if time > 0.05 * sum(total.values()))


def test_loading_is_a_track_of_its_own(wfview, tmp_path):
    """Of each file once, however often its frame is filtered; in the report, the trace and the table, and no part of
    the GPU's work."""
    names = [tmp_path / f"f.{i}.exr" for i in range(3)]
    for i, name in enumerate(names):
        frames.write(name, color=np.random.default_rng(i).random((24, 32, 3)))
    report, trace, table = (tmp_path / f"run.{kind}" for kind in ("json", "trace", "csv"))
    wfview("--headless", "--backend", "cpu", "--kernel-size", 3, "--frames", 7, "--report", report, "--trace", trace,
           "--times", table, *names).done()
    load = next(stage for stage in json.loads(report.read_text())["stages"] if stage["name"] == "load")
    assert (load["clock"], load["n"]) == ("loader", 3) and 0 < load["median"] <= load["max"]
    spans = trace_picture.read(trace)
    assert [(span.track, span.frame) for span in spans if span.stage == "load"] == [("loader", i) for i in (1, 2, 3)]
    assert "load" not in {span.stage for span in trace_picture.work(spans)}
    assert sum(line.split(",")[1:3] == ["loader", "load"] for line in table.read_text().splitlines()) == 3
