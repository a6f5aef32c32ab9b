"""The quality report: its metrics against numbers worked out here, its frames, and what it writes."""

import json
import math
import subprocess

import goals
import methods
import numpy as np
import OpenEXR
import picture_metrics
import pytest
import renders
import report
import sheet
import tables
from PIL import Image


VALIDATED = ("room_4spp", "studio.0001")


def constant(*values):
    return np.broadcast_to(np.float32(values), (24, 32, 3)).copy()


def save(path, **layers):
    """Channels by name, as (H,W,3) with the letters that end it, or (H,W)."""
    channels = {}
    for name, (letters, pixels) in layers.items():
        prefix = name.replace("__", ".").replace("_", " ")
        for index, letter in enumerate(letters):
            plane = pixels if pixels.ndim == 2 else pixels[:, :, index]
            channels[f"{prefix}.{letter}" if prefix != "plain" else letter] = np.ascontiguousarray(plane, np.float32)
    path.parent.mkdir(parents=True, exist_ok=True)
    OpenEXR.File({"compression": OpenEXR.ZIP_COMPRESSION, "type": OpenEXR.scanlineimage}, channels).write(str(path))


@pytest.fixture
def shots(tmp_path):
    """A folder with one small frame as Blender writes it, and its reference."""
    random = np.random.default_rng(5)
    clean = np.broadcast_to(np.linspace(0.05, 0.9, 40, dtype=np.float32)[None, :, None], (30, 40, 3))
    noisy = clean * random.gamma(2.0, 0.5, (30, 40, 3)).astype(np.float32)
    normal = np.broadcast_to(np.float32((0, 0, -1)), clean.shape)
    save(tmp_path / "shots" / "ramp_4spp.exr", ViewLayer__Combined=("RGB", noisy),
         ViewLayer__Denoising_Albedo=("RGB", np.full_like(clean, 0.5)), ViewLayer__Denoising_Normal=("XYZ", normal),
         ViewLayer__Denoising_Depth=("Z", np.full((30, 40), 3.0)))
    save(tmp_path / "shots" / "ramp_ref.exr", plain=("RGB", clean))
    return tmp_path / "shots"


def run(*arguments):
    return report.main([str(argument) for argument in arguments])


# ------------------------------------------------------------------- metrics


def test_psnr_is_of_the_clamped_display_transform():
    curve = [1.055 * value ** (1 / 2.4) - 0.055 for value in (0.5, 0.25)]
    assert picture_metrics.psnr(constant(0.5, 0.5, 0.5), constant(0.25, 0.25, 0.25)) == pytest.approx(
        -20 * math.log10(curve[0] - curve[1]), abs=1e-6)
    linear = 12.92 * 0.002  # of one channel of three
    assert picture_metrics.psnr(constant(0, 0.002, 7), constant(0, 0, 3)) == pytest.approx(
        -10 * math.log10(linear ** 2 / 3), abs=1e-5)
    assert picture_metrics.psnr(constant(-1, 2, 0), constant(0, 1, 0)) == math.inf


def test_smape_and_relmse():
    picture, reference = np.float64([[[0.5, 2, 0], [-0.1, 0, 1]]]), np.float64([[[0.25, 1, 0], [0.1, 0.01, 1]]])
    assert picture_metrics.smape(picture, reference) == pytest.approx(
        (0.25 / 0.76 + 1 / 3.01 + 0 + 0.2 / 0.21 + 0.01 / 0.02 + 0) / 6)
    assert picture_metrics.relmse(picture, reference) == pytest.approx(
        (0.0625 / 0.0626 + 1 / 1.0001 + 0 + 0.04 / 0.0101 + 0.0001 / 0.0002 + 0) / 6)


def test_energy():
    assert picture_metrics.energy(constant(1, 2, 3), constant(1, 1, 2)) == pytest.approx(1.5)


def test_flip():
    random = np.random.default_rng(3)
    reference = random.random((32, 32, 3)) ** 2
    assert picture_metrics.flip(reference, reference) == 0
    # Between green and blue, and 100 between black and white: HyAB distances, the first to the power 0.7
    largest = 41.276
    expected = 0.95 + 0.05 * (100 ** 0.7 - 0.4 * largest) / (0.6 * largest)
    assert picture_metrics.flip(constant(0, 0, 0), constant(1, 1, 1)) == pytest.approx(expected, abs=1e-4)
    # What only differs above 1 is shown equal; what differs in the dark is shown, where linear values would hide it.
    assert picture_metrics.flip(reference + 5, reference + 2) == 0
    dark, darker = constant(0.01, 0.01, 0.01), constant(0, 0, 0)
    assert picture_metrics.flip(darker, dark) > 0.07
    steps = [picture_metrics.flip(reference + noise * random.standard_normal(reference.shape), reference)
             for noise in (0.02, 0.1, 0.3)]
    assert 0 < steps[0] < steps[1] < steps[2] < 1


def test_numbers_that_are_not_finite():
    picture = constant(1, 1, 1)
    picture[3, 4, 1], picture[3, 4, 2], picture[9, 9, 0] = np.nan, np.inf, -np.inf
    with pytest.raises(ValueError, match="^2 pixels are not finite$"):
        picture_metrics.compare(picture, constant(1, 1, 1))


def test_wfview_reports_the_same(build, shots, tmp_path):
    """On what it saves, by its own implementation of the formulas."""
    command = [build / "app" / "wfview", "--headless", "--backend", "cpu", "--save", tmp_path, "--report",
               tmp_path / "report.json", shots / "ramp_4spp.exr", "--reference", shots / "ramp_ref.exr", "--predictor",
               "bilateral"]
    subprocess.run(command, check=True, capture_output=True)
    (theirs,) = json.loads((tmp_path / "report.json").read_text())["metrics"]
    (frame,) = renders.find((shots,))
    layers = frame.layers()
    for name, picture in (("noisy", layers["color"]), ("gather", renders.read(tmp_path / "gather.exr")["color"]),
                          ("splat", renders.read(tmp_path / "splat.exr")["color"])):
        ours = picture_metrics.compare(picture, layers["reference"])
        assert theirs[name] == pytest.approx({"psnr": ours["psnr"], "smape": ours["smape"], "rel_mse": ours["relmse"]},
                                             rel=1e-5)


# -------------------------------------------------------------------- frames


def test_the_frames_are_whole():
    """Each has every guide, as many pixels as its reference, only finite numbers, and its mean radiance."""
    found = renders.find()
    assert {"studio.0001", "studio.0005", "terrace.0002"} <= {render.name for render in found}
    for render in found:
        layers = render.layers()
        for name, layer in layers.items():
            assert layer is not None and np.isfinite(layer).all(), (render.name, name)
            assert layer.shape[:2] == layers["color"].shape[:2], (render.name, name)
        assert picture_metrics.energy(layers["color"], layers["reference"]) == pytest.approx(1, abs=0.05), render.name
        assert np.abs(layers["normal"]).max() < 1.01 and layers["depth"].min() >= 0, render.name
        assert picture_metrics.psnr(layers["color"], layers["reference"]) < 35, render.name


def test_references_are_found_by_name(tmp_path):
    pixels = constant(1, 1, 1)
    for path in ("a/room_1spp.exr", "a/room_ref.exr", "a/lonely_1spp.exr", "b/shot.0001.exr", "b/shot.0002.exr",
                 "b/reference/shot.0002.exr"):
        save(tmp_path / path, plain=("RGB", pixels))
    found = renders.find((tmp_path,))
    assert [(render.name, render.reference.relative_to(tmp_path).as_posix()) for render in found] == [
        ("room_1spp", "a/room_ref.exr"), ("shot.0002", "b/reference/shot.0002.exr")]


def test_layers_by_their_renderers_names(tmp_path):
    color, normal, depth = constant(1, 2, 3), constant(0, 0, 1), constant(5, 5, 5)[:, :, 0]
    save(tmp_path / "m.exr", plain=("RGB", color), albedo=("RGB", color / 4), nn=("XYZ", normal), dd=("T", depth))
    layers = renders.read(tmp_path / "m.exr")
    for name, expected in (("color", color), ("albedo", color / 4), ("normal", normal), ("depth", depth)):
        assert np.array_equal(layers[name], expected), name
    save(tmp_path / "denoised.exr", ViewLayer__Combined=("RGB", 2 * color), ViewLayer__Noisy_Image=("RGB", color))
    layers = renders.read(tmp_path / "denoised.exr")
    assert np.array_equal(layers["color"], color) and layers["albedo"] is None


def test_training_validates_on_the_same(build, shots, tmp_path, monkeypatch):
    """Layers and metrics of weighted_filter.train are those of the report."""
    pytest.importorskip("torch")
    monkeypatch.setenv("WEIGHTED_FILTER_LIBRARY", str(build / "filter" / "libwf.so"))
    methods.add_torch_package()
    from weighted_filter.train import frames, metrics

    chosen = [*renders.find((shots,)), *(render for render in renders.find() if render.name in VALIDATED)]
    assert len(chosen) == 1 + len(VALIDATED)
    assert frames.main([str(tmp_path / "npz"), *(f"{render.frame}={render.reference}" for render in chosen)]) == 0
    theirs = frames.load([str(tmp_path / "npz")])
    for render in chosen:
        ours, found = render.layers(), theirs[render.name]
        for name, layer in ours.items():
            assert np.array_equal(np.atleast_3d(layer).transpose(2, 0, 1), found[name]), (render.name, name)
        values = metrics.compare(found["color"], found["reference"])
        assert values == pytest.approx(picture_metrics.compare(ours["color"], ours["reference"]), rel=1e-6), render.name


# -------------------------------------------------------------------- report


def test_means_and_distances():
    frames = {}
    for name, psnr in (("a", 30.0), ("b", 20.0)):
        values = {"gather": psnr, "oidn": psnr + 1, "oidn_best": psnr + 2}
        frames[name] = {"methods": {method: {"psnr": value, "smape": value / 100, "relmse": 1.0, "flip": value / 10,
                                             "energy": 1.0}
                                    for method, value in values.items()}}
    mean = tables.mean(frames)
    assert mean["oidn"] == {"psnr": 26.0, "smape": 0.26, "relmse": 1.0, "flip": 2.6, "energy": 1.0}
    against = tables.against(mean)
    assert sorted(against) == ["gather_oidn", "gather_oidn_best"]
    assert against["gather_oidn"] == pytest.approx({"psnr": -1.0, "flip": 25 / 26, "smape": 25 / 26})


def judged(gather, oidn, best, energy=1.0):
    """The goals that are met, of one frame with these (psnr, flip, smape)."""
    values = {name: {"psnr": psnr, "flip": flip, "smape": smape, "relmse": 1.0, "energy": energy}
              for name, (psnr, flip, smape) in (("gather", gather), ("oidn", oidn), ("oidn_best", best))}
    frames = {"a": {"methods": values, "against": tables.against(values)}}
    mean = tables.mean(frames)
    return [goal["met"] for goal in goals.check({"frames": frames, "mean": mean, "mean_against": tables.against(mean)})]


def test_goals():
    assert judged((30, 0.10, 0.05), (30, 0.10, 0.05), (30.5, 0.0953, 0.01)) == [True] * 7
    assert judged((29.9, 0.10, 0.05), (30, 0.10, 0.05), (30, 0.10, 0.05)) == [False] + [True] * 6
    assert judged((28.9, 0.11, 0.051), (30, 0.10, 0.05), (29.5, 0.10, 0.05), 1.02) == [False] * 7
    assert judged((30, 0.10, 0.05), (30, 0.10, 0.05), (30, 0.10, 0.05), 0.985) == [True] * 6 + [False]
    assert goals.check({"frames": {}, "mean": {}, "mean_against": {}}) == []


def test_a_report(build, shots, tmp_path, capsys):
    out = tmp_path / "out"
    arguments = ("--extra", shots, "--frames", "ramp*", "--methods", "noisy,bilateral", "--out", out)
    assert run(*arguments, "--wfview", build / "app" / "wfview") == 0
    result = json.loads((out / "quality.json").read_text())
    assert list(result["frames"]) == ["ramp_4spp"] and list(result["mean"]) == ["noisy", "bilateral"]
    assert result["frames"]["ramp_4spp"]["methods"] == result["mean"]
    assert set(result["mean"]["noisy"]) == {"psnr", "smape", "relmse", "flip", "energy"}
    assert (result["frames"]["ramp_4spp"]["width"], result["frames"]["ramp_4spp"]["height"]) == (40, 30)
    (frame,) = renders.find((shots,))
    layers = frame.layers()
    assert result["mean"]["noisy"] == pytest.approx(picture_metrics.compare(layers["color"], layers["reference"]))
    assert result["mean"]["bilateral"]["psnr"] > result["mean"]["noisy"]["psnr"] + 3
    text = (out / "quality.md").read_text()
    assert text in capsys.readouterr().out
    assert f"| ramp_4spp | {result['mean']['noisy']['psnr']:.2f} / " in text and "| **mean** |" in text
    picture = Image.open(out / "quality-1.png")
    assert picture.size == (sheet.LEFT + 3 * (2 * 30 + sheet.GAP), sheet.TOP + 2 * (2 * 30 + sheet.GAP))


def test_a_network_in_pytorch(build, shots, tmp_path, monkeypatch):
    """Its two pictures are what weighted_filter.network makes of the frame's layers, and what wfview saves."""
    torch = pytest.importorskip("torch")
    monkeypatch.setenv("WEIGHTED_FILTER_LIBRARY", str(build / "filter" / "libwf.so"))
    methods.add_torch_package()
    from weighted_filter.network import Architecture, Frame, Network, denoise, save_network

    torch.manual_seed(1)
    network = Network(Architecture(channels=(16, 16), encoder=(1, 1), decoder=(1,), kernels=(3, 3), albedo_kernel=3))
    save_network(tmp_path / "small.safetensors", network.half().float(), name="small", origin="a test", licence="MIT")
    (frame,) = renders.find((shots,))
    layers = frame.layers()
    pictures = methods.Torch(tmp_path / "small.safetensors", "cpu").pictures(frame, layers)
    planes = [torch.tensor(layers[name]).permute(2, 0, 1)[None] for name in ("color", "albedo", "normal")]
    expected = denoise(network, Frame(*planes, torch.tensor(layers["depth"])[None, None]))
    for name in ("gather", "splat"):
        assert np.allclose(pictures[name], getattr(expected, name)[0].permute(1, 2, 0).numpy(), atol=1e-6)
    assert np.abs(pictures["gather"] - pictures["splat"]).max() > 1e-3
    shipped = methods.Wfview(build / "app" / "wfview", "cpu",
                             ["--predictor", "kpn", "--network", str(tmp_path / "small.safetensors")])
    for name, picture in shipped.pictures(frame, layers).items():
        assert np.abs(picture - pictures[name]).max() <= 1e-4, name
    out = tmp_path / "out"
    assert run("--extra", shots, "--frames", "ramp*", "--methods", "noisy,gather,splat", "--engine", "torch",
               "--network", tmp_path / "small.safetensors", "--out", out) == 0
    result = json.loads((out / "quality.json").read_text())
    assert result["network"] == {"engine": "torch", "file": "small.safetensors"}
    assert result["mean"]["splat"] == pytest.approx(picture_metrics.compare(pictures["splat"], layers["reference"]))


def test_crops_show_the_same_place_at_the_same_gain(shots):
    (frame,) = renders.find((shots,))
    reference = np.full((270, 480, 3), 0.02, np.float32)
    reference[120:, 290:] = 0.09
    rows = sheet.crops(frame, {"noisy": reference / 2}, reference)
    assert len(rows) == 2
    shown = rows[1][1]
    assert shown["reference"].shape == (renders.CROP, renders.CROP, 3)
    assert np.all(shown["reference"] == round(255 * (1.055 * 0.18 ** (1 / 2.4) - 0.055)))  # 0.09, doubled
    assert np.all(shown["noisy"] == round(255 * (1.055 * 0.09 ** (1 / 2.4) - 0.055)))


def test_pictures_are_kept_until_the_frame_changes(shots, tmp_path):
    (frame,) = renders.find((shots,))
    cache, made = methods.Cache(tmp_path / "cache"), []

    def make():
        made.append(1)
        return np.full((2, 2, 3), len(made), np.float32)

    assert cache(("oidn", "1"), frame, make)[0, 0, 0] == cache(("oidn", "1"), frame, make)[0, 0, 0] == 1
    assert cache(("oidn", "2"), frame, make)[0, 0, 0] == 2
    frame.frame.write_bytes(frame.frame.read_bytes() + b"x")
    assert cache(("oidn", "1"), frame, make)[0, 0, 0] == 3


@pytest.mark.parametrize(("arguments", "status", "sentence"), [
    (("--methods", "noisy,median"), 2,
     "unknown method median; there are noisy, bilateral, gather, splat, oidn, oidn_best"),
    (("--engine", "torch"), 2, "--engine torch needs --network"),
    (("--frames", "nothing*"), 1, "report.py: no frame is named nothing*\n"),
    (("--frames", "figure*", "--methods", "noisy", "--check"), 1, "report.py: missed: nothing could be judged\n"),
])
def test_what_is_wrong_is_said(arguments, status, sentence, tmp_path, capsys):
    try:
        ended = run(*arguments, "--out", tmp_path)
    except SystemExit as error:
        ended = error.code
    assert ended == status
    assert sentence in capsys.readouterr().err


def test_a_reference_of_another_size(shots, tmp_path, capsys):
    save(shots / "ramp_ref.exr", plain=("RGB", constant(1, 1, 1)))
    assert run("--extra", shots, "--frames", "ramp*", "--methods", "noisy", "--out", tmp_path) == 1
    assert capsys.readouterr().err.endswith("ramp_ref.exr: is 32x24, the frame is 40x30\n")


def test_oidn(shots):
    """Its default and its best differ, and both are far ahead of the noise."""
    pytest.importorskip("pyoidn")
    import oidn

    (frame,) = renders.find((shots,))
    layers = frame.layers()
    device = oidn.Oidn()
    found = {name: picture_metrics.psnr(picture, layers["reference"]) for name, picture in (
        ("noisy", layers["color"]), ("default", device.default(layers)), ("best", device.best(layers)))}
    assert found["default"] > found["noisy"] + 8 and found["best"] > found["noisy"] + 8
    assert found["default"] != found["best"]
    assert oidn.version().startswith("2.")
