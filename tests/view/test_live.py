"""Live frames, headless: what they save, how they accumulate, and what wfview says of scenes that it cannot trace."""

import json

import frames
import numpy as np
import pytest
import reference
import scenes
from pictures import load
from scenes import SCENES

CORNELL = SCENES / "cornell.glb"
SMALL = ["--render-size", "48x27", "--kernel-size", 3, "--size", "64x64"]
CHANNELS = ["B", "G", "R", "Z", "albedo.B", "albedo.G", "albedo.R", "motion.X", "motion.Y", "normal.X", "normal.Y",
            "normal.Z"]
WAY = [(0, 1, 3.6), (0.2, 1.1, 3.5), (0.4, 1.2, 3.4)]


def read(path):
    """A saved frame's layers as (H,W,C)."""
    channels = frames.read_channels(path)
    assert sorted(channels) == CHANNELS
    assert all(np.isfinite(pixels).all() and pixels.dtype == np.float32 for pixels in channels.values())

    def stack(*names):
        return np.stack([channels[name] for name in names], -1)

    return {
        "color": stack("R", "G", "B"),
        "albedo": stack("albedo.R", "albedo.G", "albedo.B"),
        "normal": stack("normal.X", "normal.Y", "normal.Z"),
        "depth": stack("Z"),
        "motion": stack("motion.X", "motion.Y"),
    }


@pytest.fixture
def live(wfview, tmp_path):
    """Renders a scene into a folder of tmp_path; its frames' layers."""

    def render(name, *arguments):
        out = tmp_path / name
        wfview("--headless", "--backend", "cpu", *SMALL, "--save", out, *arguments).done()
        return [read(path) for path in sorted(out.glob("frame*.exr"))]

    return render


def axes(eye):
    """A camera on the way: right, up, forward; right and up as long as half the picture is at distance 1."""
    forward = np.array([0, 1, 0]) - eye
    forward = forward / np.linalg.norm(forward)
    right = np.cross(forward, [0, 1, 0])
    right /= np.linalg.norm(right)
    slope = np.tan(np.radians(40) / 2)
    return slope * 48 / 27 * right, slope * np.cross(right, forward), forward


def expected_motion(depth, eye, eye_before):
    """Where the camera before saw each pixel's point, minus where it is now."""
    height, width, _ = depth.shape
    pixels = np.stack(np.meshgrid(np.arange(width) + 0.5, np.arange(height) + 0.5), -1)
    right, up, forward = axes(np.array(eye))
    across, above = 2 * pixels[:, :, :1] / width - 1, 1 - 2 * pixels[:, :, 1:] / height
    rays = forward + across * right + above * up
    points = np.array(eye) + depth * rays / np.linalg.norm(rays, axis=-1, keepdims=True)
    right, up, forward = axes(np.array(eye_before))
    seen = points - np.array(eye_before)
    seen = seen / (seen @ forward)[:, :, None]
    before = np.stack([(seen @ right / (right @ right) + 1) * width / 2, (1 - seen @ up / (up @ up)) * height / 2], -1)
    return before - pixels


def test_frames_of_a_path(wfview, backend, tmp_path):
    """Numbered, with features, motion, times and spans; one read back from its file is filtered alike."""
    out, report, trace = tmp_path / "out", tmp_path / "report.json", tmp_path / "trace.json"
    path = scenes.camera_path(tmp_path / "way.json", WAY)
    wfview("--headless", "--backend", backend, *SMALL, "--scene", CORNELL, "--camera-path", path, "--spp", 4, "--save",
           out, "--report", report, "--trace", trace, "--screenshot", tmp_path / "view.png").done()
    names = [f"{kind}.{i:04}.exr" for kind in ("frame", "gather", "splat") for i in (1, 2, 3)]
    assert sorted(file.name for file in out.iterdir()) == names
    first, second, _ = (read(out / f"frame.{i:04}.exr") for i in (1, 2, 3))
    seen = first["depth"][:, :, 0] > 0
    assert seen.mean() > 0.5
    assert np.allclose(np.linalg.norm(first["normal"][seen], axis=-1), 1, atol=1e-4)
    assert (first["normal"][~seen] == 0).all()
    assert np.abs(first["motion"]).max() < 1e-4, "no frame before"
    error = np.abs(second["motion"] - expected_motion(second["depth"], WAY[1], WAY[0]))
    assert error[second["depth"][:, :, 0] > 0].max() < 0.01
    report = json.loads(report.read_text())
    assert (report["scene"], report["triangles"], report["spp"], report["samples"]) == (str(CORNELL), 38, 4, 4)
    assert report["size"] == [48, 27] and report["frames"] == 3
    stages = {stage["name"]: stage for stage in report["stages"]}
    assert "upload" not in stages
    assert stages["trace"]["n"] == 3 and stages["trace"]["clock"] == "vulkan"
    assert 0 < stages["trace"]["median"] <= stages["trace"]["p95"] <= stages["trace"]["max"]
    spans = [event for event in json.loads(trace.read_text())["traceEvents"] if event["ph"] == "X"]
    for number in {span["args"]["frame"] for span in spans if span["name"] == "gather"}:
        starts = {span["name"]: span["ts"] for span in spans if span["args"]["frame"] == number}
        order = ["trace", "predict", "gather", "splat", "display"]
        assert sorted(order, key=starts.get) == order
    wfview("--headless", "--backend", backend, "--kernel-size", 3, "--save", tmp_path / "again",
           out / "frame.0002.exr").done()
    for name in ("gather", "splat"):
        expected = frames.read(out / f"{name}.0002.exr")
        assert reference.relative_error(frames.read(tmp_path / "again" / f"{name}.0002.exr"), expected) <= 1e-6


def test_accumulated_frames_are_the_mean_of_single_ones(live, wfview, tmp_path):
    single = live("single", "--scene", CORNELL, "--frames", 12)
    assert len(single) == 12
    again = live("again", "--scene", CORNELL, "--frames", 2, "--warmup", 1)
    assert (again[1]["color"] == single[1]["color"]).all(), "frames are repeatable"
    assert (single[0]["color"] != single[1]["color"]).any() and (single[0]["albedo"] == single[1]["albedo"]).all()
    mean = np.mean([frame["color"].astype(np.float64) for frame in single], 0)
    for spp in (1, 5, 12):
        [accumulated] = live(f"spp{spp}", "--scene", CORNELL, "--accumulate", 12, "--spp", spp, "--report",
                             tmp_path / "report.json")
        assert reference.relative_error(accumulated["color"], mean) <= 1e-5
        report = json.loads((tmp_path / "report.json").read_text())
        assert (report["samples"], report["spp"]) == (12, spp)


def test_accumulated_frames_between(live, tmp_path):
    """Frames that accumulate are filtered where they are looked at, else only the last one of each 16 samples; what is
    saved is the same."""
    saved, stages = {}, {}
    for watched in (True, False):
        name = "watched" if watched else "alone"
        report = tmp_path / f"{name}.json"
        [saved[name]] = live(name, "--scene", CORNELL, "--accumulate", 70, "--spp", 10, "--report", report,
                             *["--times", tmp_path / "times.csv"] * watched)
        report = json.loads(report.read_text())
        stages[name] = {stage["name"]: stage["n"] for stage in report["stages"]}
        assert (report["samples"], report["frames"]) == (70, stages[name]["gather"])
    assert stages["watched"]["trace"] == stages["watched"]["gather"] == 7
    assert stages["alone"]["trace"] == stages["alone"]["gather"] == 4
    for layer, pixels in saved["watched"].items():
        assert (saved["alone"][layer] == pixels).all(), layer
    for operator in ("gather", "splat"):
        files = [(tmp_path / name / f"{operator}.exr").read_bytes() for name in saved]
        assert files[0] == files[1]


def test_reference(wfview, tmp_path):
    """A converged picture of the same size is what noise, gather and splat are measured against."""
    arguments = ["--headless", "--backend", "cpu", *SMALL, "--scene", CORNELL]
    wfview(*arguments, "--accumulate", 64, "--spp", 64, "--save", tmp_path / "converged").done()
    converged = tmp_path / "converged" / "frame.exr"
    wfview(*arguments, "--reference", converged, "--save", tmp_path / "out", "--report",
           tmp_path / "report.json").done()
    [measured] = json.loads((tmp_path / "report.json").read_text())["metrics"]
    expected = read(converged)["color"].astype(np.float64)
    for name, actual in (("noisy", read(tmp_path / "out" / "frame.exr")["color"]),
                         ("gather", frames.read(tmp_path / "out" / "gather.exr"))):
        smape = np.mean(np.abs(actual - expected) / (np.abs(actual) + np.abs(expected) + 0.01))
        assert measured[name]["smape"] == pytest.approx(smape, rel=1e-6)
    sentence = wfview("--headless", "--backend", "cpu", "--scene", CORNELL, "--render-size", "32x18", "--reference",
                      converged).sentence()
    assert "48x27" in sentence and "32x18" in sentence


def test_environments(live, tmp_path):
    """What a ray that misses the triangle sees."""
    scene = scenes.triangle(tmp_path / "one.obj")
    [colored] = live("color", "--scene", scene, "--environment", "0.25,3,0")
    outside = colored["depth"][:, :, 0] == 0
    assert 0.2 < outside.mean() < 1
    assert (colored["color"][0, 0] == np.float32([0.25, 3, 0])).all()
    frames.write(tmp_path / "half.exr", color=np.full((4, 8, 3), 0.5))
    [pictured] = live("picture", "--scene", scene, "--environment", tmp_path / "half.exr")
    assert np.allclose(pictured["color"][0, 0], 0.5)
    (tmp_path / "half.pfm").write_bytes(b"PF\n8 4\n-1\n" + np.full((4, 8, 3), 0.5, "<f4").tobytes())
    [same] = live("float map", "--scene", scene, "--environment", tmp_path / "half.pfm")
    assert (same["color"] == pictured["color"]).all()
    [sky] = live("sky", "--scene", scene, "--environment", "sky")
    assert (sky["color"] > 0).all() and sky["color"].std() > 0.05


def test_warnings(wfview, tmp_path):
    """What is left out or made up is said, and the picture is there."""
    (tmp_path / "t.mtl").write_text("newmtl a\nKd 1 1 1\nmap_Kd missing.png\n")
    scene = scenes.write_obj(tmp_path / "poor.obj", [
        "mtllib t.mtl", "usemtl a", "v 0 0 0", "v 1 0 0", "v 0 1 0", "v nan 0 0", "vt 0 0", "vt 1 0", "vt 0 1",
        "f 1/1 2/2 3/3", "f 1/1 2/2 4/3"])
    result = wfview("--headless", "--backend", "cpu", *SMALL, "--scene", scene, "--screenshot", tmp_path / "view.png")
    assert result.status == 0
    lines = result.errors.splitlines()
    assert all(line.startswith(f"wfview: warning: {scene}: ") for line in lines)
    for words in ("missing.png", "1 of 2 triangles", "no light; a plain sky"):
        assert sum(words in line for line in lines) == 1, words
    assert len(lines) == 3
    assert (tmp_path / "view.png").exists()


def test_one_pixel(wfview, tmp_path):
    """The smallest frame; its one depth has a shade, not the color of what is no number."""
    wfview("--headless", "--backend", "cpu", "--scene", CORNELL, "--render-size", "1x1", "--kernel-size", 3,
           "--screenshot", tmp_path / "view.png").done()
    view = load(tmp_path / "view.png")
    assert (view[:470] == (255, 255, 255)).all(2).sum() > 10000, "it is as near as can be"
    assert not (view == (255, 0, 255)).all(2).any()


def test_many_triangles(wfview, tmp_path):
    scene = scenes.waves(tmp_path / "waves.glb", 320)
    wfview("--headless", "--backend", "cpu", *SMALL, "--scene", scene, "--environment", "1,1,1", "--report",
           tmp_path / "report.json").done()
    assert json.loads((tmp_path / "report.json").read_text())["triangles"] == 2 * 320**2


def broken_scenes(folder):
    whole = (SCENES / "room.glb").read_bytes()
    (folder / "cut.glb").write_bytes(whole[:3000])
    (folder / "empty.glb").write_bytes(b"")
    (folder / "text.gltf").write_text("not a scene")
    (folder / "nothing.gltf").write_text('{"asset": {"version": "2.0"}, "scenes": [{"nodes": []}], "scene": 0}')
    scenes.write_obj(folder / "nan.obj", ["v 0 0 0", "v 1 0 0", "v nan 1 0", "f 1 2 3"])
    scenes.write_obj(folder / "flat.obj", ["v 0 0 0", "v 1 0 0", "v 2 0 0", "f 1 2 3"])
    (folder / "picture.png").write_bytes(b"")


@pytest.mark.parametrize("name,words", [
    ("cut.glb", "damaged"),
    ("empty.glb", "empty"),
    ("text.gltf", "cannot read"),
    ("nothing.gltf", "no triangles"),
    ("nan.obj", "1 triangles are broken"),
    ("flat.obj", "1 triangles are broken"),
    ("picture.png", ".gltf, .glb or .obj"),
    ("missing.glb", "No such file"),
])
def test_scenes_that_cannot_be_traced(wfview, tmp_path, name, words):
    broken_scenes(tmp_path)
    sentence = wfview("--headless", "--backend", "cpu", "--scene", tmp_path / name, "--screenshot",
                      tmp_path / "view.png").sentence()
    assert name in sentence and words in sentence
    assert not (tmp_path / "view.png").exists()


@pytest.mark.parametrize("option,name,words", [
    ("--environment", "missing.exr", "No such file"),
    ("--environment", "text.exr", "text.exr"),
    ("--reference", "missing.exr", "No such file"),
    ("--camera-path", "missing.json", "No such file"),
    ("--camera-path", "text.exr", "no JSON"),
    ("--weights", "missing.npy", "missing.npy"),
])
def test_files_of_live_frames(wfview, tmp_path, option, name, words):
    (tmp_path / "text.exr").write_text("neither a picture nor a path")
    sentence = wfview("--headless", "--backend", "cpu", "--scene", CORNELL, *SMALL, option, tmp_path / name).sentence()
    assert words in sentence


def test_weights_of_another_size(wfview, tmp_path):
    np.save(tmp_path / "w.npy", np.ones((9, 27, 47), np.float32))
    sentence = wfview("--headless", "--backend", "cpu", "--scene", CORNELL, "--render-size", "48x27", "--weights",
                      tmp_path / "w.npy").sentence()
    assert "48" in sentence and "27" in sentence
