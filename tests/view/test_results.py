"""What wfview saves is what the contract's loops say, for weights of every kind of file; what it reports is true."""

import json

import frames
import numpy as np
import OpenEXR
import pytest
import reference
from frames import FRAMES
from pictures import srgb
from safetensors.numpy import save_file

TOLERANCE = 1e-5


def check(out, color, gather_weight, splat_weight, kernel, mode="linear", number=""):
    for operator, weight in (("gather", gather_weight), ("splat", splat_weight)):
        actual = frames.read(out / f"{operator}{number}.exr")
        expected = reference.apply(operator, color, weight, kernel, mode)
        assert reference.relative_error(actual, expected) <= TOLERANCE, operator


def random_frame(tmp_path, seed, height, width):
    random = np.random.default_rng(seed)
    color = random.lognormal(0, 1.5, (height, width, 3)).astype(np.float32)
    frames.write(tmp_path / "frame.exr", color=color)
    return random, color


@pytest.mark.parametrize("mode", ["linear", "normalized", "softmax"])
@pytest.mark.parametrize("kernel", [(5, 5), (4, 4), (3, 6)], ids=str)
def test_random_weights(wfview, backend, tmp_path, kernel, mode):
    random, color = random_frame(tmp_path, 7, 37, 53)
    weight = random.normal(0.3, 1, (kernel[0] * kernel[1], 37, 53)).astype(np.float32)
    if mode == "normalized":
        weight = np.abs(weight)
    np.save(tmp_path / "w.npy", weight)
    size = [] if kernel[0] == kernel[1] else ["--kernel-size", f"{kernel[0]}x{kernel[1]}"]
    wfview("--headless", "--backend", backend, "--weights", tmp_path / "w.npy", "--weight-mode", mode, *size,
           "--save", tmp_path / "out", tmp_path / "frame.exr").done()
    check(tmp_path / "out", color, weight, weight, kernel, mode)


@pytest.mark.parametrize("compression", ["none", "zip", "piz", "dwaa"])
def test_compression(wfview, tmp_path, compression):
    """Every one is what the independent reader says it is; all but dwaa lose nothing."""
    random_frame(tmp_path, 6, 33, 47)
    pictures = {}
    for name in ("zip", compression):
        wfview("--headless", "--backend", "cpu", "--kernel-size", 3, "--save", tmp_path / name, "--compression", name,
               tmp_path / "frame.exr").done()
        for operator in ("gather", "splat"):
            path = tmp_path / name / f"{operator}.exr"
            with OpenEXR.File(str(path)) as file:
                expected = getattr(OpenEXR, f"{'NO' if name == 'none' else name.upper()}_COMPRESSION")
                assert file.header()["compression"] == expected
            pictures[name, operator] = frames.read(path)
    for operator in ("gather", "splat"):
        right, picture = pictures["zip", operator], pictures[compression, operator]
        assert reference.relative_error(picture, right) <= (0.1 if compression == "dwaa" else 0)


def test_real_weights(wfview, backend, tmp_path):
    path = FRAMES / "studio" / "studio.0001.exr"
    frame = frames.read_blender(path)
    weight = reference.bilateral(frame, (7, 7)).astype(np.float32)
    np.save(tmp_path / "w.npy", weight)
    wfview("--headless", "--backend", backend, "--weights", tmp_path / "w.npy", "--save", tmp_path / "out", path).done()
    check(tmp_path / "out", frame["color"], weight, weight, (7, 7), number=".0001")


def test_network(wfview, root, tmp_path):
    """The bundled network's pictures are PyTorch's; with --network, those of another one."""
    torch = pytest.importorskip("torch")
    from weighted_filter.network import Frame, denoise, load_network
    from weighted_filter.train.frames import convert

    path = FRAMES / "studio" / "studio.0001.exr"
    arrays = convert(str(path), str(FRAMES / "studio" / "reference" / path.name))
    layers = [torch.from_numpy(arrays[name])[None] for name in Frame._fields]
    bundled = root / "assets" / "networks" / "kpn.safetensors"
    other = root / "tests" / "network" / "networks" / "single.safetensors"
    for network, options in ((bundled, []), (other, ["--network", other])):
        wfview("--headless", "--backend", "cpu", "--predictor", "kpn", *options, "--save", tmp_path / network.stem,
               path, "--report", tmp_path / "report.json").done()
        expected = denoise(load_network(network)[0], Frame(*layers))
        for operator in ("gather", "splat"):
            picture = frames.read(tmp_path / network.stem / f"{operator}.0001.exr")
            right = getattr(expected, operator)[0].numpy().transpose(1, 2, 0)
            assert reference.relative_error(picture, right) <= 1e-4, (network.name, operator)
    report = json.loads((tmp_path / "report.json").read_text())
    assert report["predictor"] == "kpn (network)" and report["network"]["parameters"] > 0
    assert report["mode"] == "softmax"


def test_weights_for_each_operator_and_half_precision(wfview, backend, tmp_path):
    random, color = random_frame(tmp_path, 8, 21, 34)
    gather = random.random((1, 25, 21, 34)).astype(np.float16)
    splat = random.random((9, 21, 34)).astype(np.float32)
    np.savez(tmp_path / "gather.npz", weight=gather, other=np.zeros(3))
    save_file({"weights": splat}, tmp_path / "splat.safetensors")
    wfview("--headless", "--backend", backend, "--weights", tmp_path / "gather.npz", "--splat-weights",
           tmp_path / "splat.safetensors", "--save", tmp_path / "out", tmp_path / "frame.exr").done()
    for operator, weight, kernel in (("gather", gather[0], (5, 5)), ("splat", splat, (3, 3))):
        actual = frames.read(tmp_path / "out" / f"{operator}.exr")
        expected = reference.apply(operator, color, weight, kernel)
        assert reference.relative_error(actual, expected) <= TOLERANCE, operator


@pytest.mark.parametrize("height,width", [(1, 1), (1, 9), (6, 1)])
def test_kernel_larger_than_the_image(wfview, backend, tmp_path, height, width):
    random, color = random_frame(tmp_path, 9, height, width)
    weight = random.random((81, height, width)).astype(np.float32)
    np.save(tmp_path / "w.npy", weight)
    wfview("--headless", "--backend", backend, "--weights", tmp_path / "w.npy", "--save", tmp_path / "out",
           "--screenshot", tmp_path / "view.png", tmp_path / "frame.exr").done()
    check(tmp_path / "out", color, weight, weight, (9, 9))


def test_sequence_is_numbered_and_reported(wfview, backend, tmp_path):
    out, report = tmp_path / "deep" / "out", tmp_path / "report.json"
    wfview("--headless", "--backend", backend, "--kernel-size", 5, "--save", out, "--report", report, "--trace",
           tmp_path / "trace.json", "--frames", 4, "--warmup", 1, FRAMES / "terrace").done()
    names = sorted(path.name for path in out.iterdir())
    assert names == ["gather.0001.exr", "gather.0002.exr", "splat.0001.exr", "splat.0002.exr"]
    report = json.loads(report.read_text())
    assert report["backend"] == report["requested_backend"] == backend
    assert report["predictor"] == "bilateral (analytic)" and report["mode"] == "normalized"
    assert report["kernel"] == [5, 5]
    assert (report["frames"], report["warmup"]) == (4, 1)
    stages = {stage["name"]: stage for stage in report["stages"]}
    for name in ("frame", "upload", "predict", "gather", "splat", "display", "hand-over in", "hand-over out"):
        assert stages[name]["n"] == 4, name
        assert 0 <= stages[name]["median"] <= stages[name]["p95"] <= stages[name]["p99"] <= stages[name]["max"]
    check_metrics(report, out)
    spans = [event for event in json.loads((tmp_path / "trace.json").read_text())["traceEvents"] if event["ph"] == "X"]
    for frame in {span["args"]["frame"] for span in spans if span["name"] == "gather"}:
        starts = {span["name"]: span["ts"] for span in spans if span["args"]["frame"] == frame}
        order = ["frame", "upload", "predict", "gather", "splat", "display"]
        assert sorted(order, key=starts.get) == order, "on one clock, one after the other"
    assert sum(span["name"] == "gather" for span in spans) == 4


def check_metrics(report, out):
    """The one frame with a reference, recomputed."""
    [measured] = report["metrics"]
    assert measured["frame"].endswith("terrace.0002.exr")
    expected = frames.read_any_rgb(FRAMES / "terrace" / "reference" / "terrace.0002.exr")
    for name in ("gather", "splat"):
        actual = frames.read(out / f"{name}.0002.exr").astype(np.float64)
        smape = np.mean(np.abs(actual - expected) / (np.abs(actual) + np.abs(expected) + 0.01))
        relative = np.mean((actual - expected) ** 2 / (expected**2 + 1e-4))
        assert measured[name]["smape"] == pytest.approx(smape, rel=1e-6)
        assert measured[name]["rel_mse"] == pytest.approx(relative, rel=1e-6)
        assert measured[name]["psnr"] == pytest.approx(psnr(actual, expected), abs=1e-4)


def psnr(actual, expected):
    return -10 * np.log10(np.mean((srgb(actual) - srgb(expected)) ** 2))


def test_bilateral_predictor_denoises_and_backends_agree(wfview, backend, tmp_path):
    path = FRAMES / "studio" / "studio.0001.exr"
    for name in ("cpu", backend):
        wfview("--headless", "--backend", name, "--predictor", "bilateral", "--save", tmp_path / name, "--report",
               tmp_path / f"{name}.json", path).done()
    [metrics] = json.loads((tmp_path / f"{backend}.json").read_text())["metrics"]
    assert metrics["gather"]["smape"] < 0.5 * metrics["noisy"]["smape"]
    assert metrics["splat"]["smape"] < 0.5 * metrics["noisy"]["smape"]
    for name in ("gather.0001.exr", "splat.0001.exr"):
        expected = frames.read(tmp_path / "cpu" / name)
        assert reference.relative_error(frames.read(tmp_path / backend / name), expected) <= 2e-3


def test_runs_without_files_to_write(wfview):
    result = wfview("--headless", "--backend", "cpu", "--kernel-size", 3,
                    FRAMES / "terrace" / "terrace.0001.exr").done()
    assert result.output.startswith("1 frame of 480x270 on cpu (")
