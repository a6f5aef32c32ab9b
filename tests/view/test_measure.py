"""--measure and --region: what --report says of real frames, against numpy and the authors' evaluator of FLIP, on the
pictures that were saved."""

import json

import flip_evaluator
import frames
import numpy as np
import pytest
from pictures import srgb

STUDIO = frames.FRAMES / "studio" / "studio.0001.exr"
TERRACE = frames.FRAMES / "terrace" / "terrace.0002.exr"
QUANTILES = [0.01, 0.25, 0.5, 0.75, 0.99]
RANDOM = np.random.default_rng(3)


def report_of(wfview, folder, *arguments):
    wfview("--headless", "--report", folder / "r.json", *arguments).done()
    return json.loads((folder / "r.json").read_text())


def crop(pixels, region):
    x, y, width, height = region
    return pixels[y:y + height, x:x + width]


def flip_map(picture, reference):
    shown = [np.ascontiguousarray(srgb(pixels), np.float32) for pixels in (reference, picture)]
    return flip_evaluator.evaluate(*shown, "LDR", inputsRGB=True, applyMagma=False, computeMeanError=False)[0].squeeze()


def check_difference(told, picture, reference, region):
    d, r = (crop(pixels, region).astype(np.float64) for pixels in (picture, reference))
    size = np.abs(d - r)
    expected = {
        "signed": (d - r).mean(),
        "absolute": size.mean(),
        "relative": (size / (np.abs(r) + 0.01)).mean(),
        "smape": (size / (np.abs(d) + np.abs(r) + 0.01)).mean(),
        "rel_mse": (size**2 / (r**2 + 1e-4)).mean(),
        "psnr": -10 * np.log10(((srgb(d) - srgb(r)) ** 2).mean()),
    }
    assert set(told) == {*expected, "flip"}
    for key, value in expected.items():
        assert told[key] == pytest.approx(value, rel=1e-4), key
    assert told["flip"] == pytest.approx(crop(flip_map(picture, reference), region).mean(dtype=np.float64), abs=1e-3)


def check_channels(told, picture, region):
    """Also with values that are not finite."""
    values = crop(picture, region).reshape(-1, picture.shape[2])
    assert len(told) == values.shape[1]
    for channel, column in zip(told, values.T, strict=True):
        finite = column[np.isfinite(column)].astype(np.float64)
        assert (channel["count"], channel["nan"], channel["infinite"]) == \
            (len(finite), np.isnan(column).sum(), np.isinf(column).sum())
        assert (np.float32(channel["min"]), np.float32(channel["max"])) == (finite.min(), finite.max())
        assert channel["mean"] == pytest.approx(finite.mean(), rel=1e-4)
        assert channel["deviation"] == pytest.approx(finite.std(), rel=1e-4)
        expected = np.quantile(finite, QUANTILES, method="inverted_cdf")
        assert list(map(float, channel["quantiles"])) == QUANTILES
        np.testing.assert_array_equal(np.float32(list(channel["quantiles"].values())), expected)


def check_histogram(told, picture, region):
    values = crop(picture, region).reshape(-1, picture.shape[2])
    assert len(told) == values.shape[1]
    for bins, column in zip(told, values.T, strict=True):
        finite = column[np.isfinite(column)].astype(np.float64)
        counts = [count for _, _, count in bins]
        assert sum(counts) == len(finite)
        assert all(count > 0 for count in counts)
        edges = np.float32([[low, high] for low, high, _ in bins]).astype(np.float64)
        assert (edges[1:, 0] >= edges[:-1, 1]).all()
        normal = np.abs(edges).min(1) > 1e-30
        assert (np.abs(edges[normal, 1] - edges[normal, 0]) <= np.abs(edges[normal]).min(1) / 8 * (1 + 1e-9)).all()
        for (low, high), count in zip(edges, counts, strict=True):
            inside = (finite >= low) & (finite < high) if high > 0 else (finite > low) & (finite <= high)
            assert inside.sum() == count


@pytest.mark.parametrize("frame, predictor, region", [
    (STUDIO, [], None), (STUDIO, ["--kernel-size", 5], (101, 37, 203, 151)),
    (TERRACE, ["--kernel-size", 3], (479, 269, 1, 1)), (TERRACE, ["--kernel-size", 3], (400, 200, 1000, 1000)),
], ids=["network", "region", "pixel", "beyond"])
def test_numbers(wfview, tmp_path, frame, predictor, region):
    asked = ["--region", ",".join(map(str, region))] if region else []
    report = report_of(wfview, tmp_path, "--backend", "cpu", *predictor, "--measure", "splat-reference", *asked,
                       "--save", tmp_path / "out", frame)
    [measured] = report["measured"]
    x, y, width, height = region or (0, 0, 480, 270)
    region = [x, y, min(width, 480 - x), min(height, 270 - y)]
    assert (measured["frame"], measured["layer"], measured["against"], measured["region"]) == \
        (str(frame), "splat", "reference", region)
    picture = frames.read(next((tmp_path / "out").glob("splat*.exr")))
    reference = frames.read_any_rgb(frame.parent / "reference" / frame.name).astype(np.float32)
    check_difference(measured["difference"], picture, reference, region)
    if region[2] > 1:
        check_channels(measured["channels"], picture, region)
    check_histogram(report["histogram"], picture, region)


def test_two_layers(wfview, tmp_path):
    """Any against any, of each frame of a sequence."""
    colors = {}
    for number, size in ((1, (37, 50)), (2, (21, 9))):
        colors[number] = RANDOM.random((*size, 3), np.float32)
        frames.write(tmp_path / f"a.{number}.exr", color=colors[number])
    report = report_of(wfview, tmp_path, "--backend", "cpu", "--kernel-size", 5, "--measure", "noisy-splat", "--save",
                       tmp_path / "out", tmp_path / "a.1.exr", tmp_path / "a.2.exr")
    assert [entry["frame"] for entry in report["measured"]] == [f"{tmp_path}/a.{number}.exr" for number in (1, 2)]
    for number, entry in enumerate(report["measured"], 1):
        splat = frames.read(tmp_path / "out" / f"splat.{number}.exr")
        check_difference(entry["difference"], colors[number], splat, entry["region"])
        check_channels(entry["channels"], colors[number], entry["region"])
    check_histogram(report["histogram"], colors[2], report["measured"][1]["region"])


def test_said(wfview, tmp_path):
    """Of the last of the frames, with as many decimals as the view has; the order is the view's."""
    run = ["--headless", "--kernel-size", "3", "--report", tmp_path / "r.json", TERRACE, STUDIO]
    said = wfview(*run, "--measure", "gather-noisy").done().output.splitlines()[-1]
    told = json.loads((tmp_path / "r.json").read_text())["measured"][-1]["difference"]
    figures = [("SMAPE", "smape", 4), ("relMSE", "rel_mse", 4), ("PSNR dB", "psnr", 2), ("FLIP", "flip", 4),
               ("relative", "relative", 4), ("absolute", "absolute", 4), ("signed", "signed", 4)]
    assert said == f"{STUDIO}: gather-noisy: " + ", ".join(f"{label} {told[key]:.{decimals}f}"
                                                           for label, key, decimals in figures)
    said = wfview(*run, "--measure", "depth").done().output.splitlines()[-1]
    told, = json.loads((tmp_path / "r.json").read_text())["measured"][-1]["channels"]
    assert said == (f"{STUDIO}: depth: mean {told['mean']:g}, deviation {told['deviation']:g}, "
                    f"from {told['min']:g} to {told['max']:g}")
    said = wfview(*run, "--measure", "depth-depth").done().output.splitlines()[-1]  # one channel has no PSNR
    assert said == (f"{STUDIO}: depth-depth: SMAPE 0.0000, relMSE 0.0000, PSNR dB -, FLIP -, "
                    "relative 0.0000, absolute 0.0000, signed 0.0000")
    for measure in ("depth", "gather-noisy"):
        said = wfview(*run, "--measure", measure, "--region", "470,262,99,99").done().output.splitlines()[-1]
        assert said.startswith(f"{STUDIO}: {measure} in 470,262,10,8: {'mean' if measure == 'depth' else 'SMAPE'} ")


def test_what_is_no_number(wfview, tmp_path):
    """NaN and infinity are counted, the rest measured; no metric hides them."""
    color = RANDOM.normal(0, 3, (31, 44, 3)).astype(np.float32)
    weights = np.ones((2, 31, 44), np.float32)
    weights[:, 5, 6] = weights[:, 30, 43] = 3e38  # a sum that is infinite, of pictures and of weights
    weights[:, 7, 8] = 3e38, 0
    color[7, 7:9], color[5, 5:7], color[30, 42:44] = [[2, -2, 1]] * 2, 1.5, 1.5
    frames.write(tmp_path / "a.exr", color=color)
    np.save(tmp_path / "w.npy", weights)
    report = report_of(wfview, tmp_path, "--backend", "cpu", "--weights", tmp_path / "w.npy", "--kernel-size", "1x2",
                       "--weight-mode", "normalized", "--measure", "gather-noisy", "--save", tmp_path,
                       tmp_path / "a.exr")
    [measured] = report["measured"]
    picture = frames.read(tmp_path / "gather.exr")
    assert np.isnan(picture).sum() == 6
    assert np.isinf(picture[7, 8]).sum() == 2
    check_channels(measured["channels"], picture, measured["region"])
    check_histogram(report["histogram"], picture, measured["region"])
    assert all(value is None for value in measured["difference"].values())


def test_nothing_against(wfview, tmp_path):
    """A layer with a single channel, and values far from their deviation."""
    depth = (1000 + RANDOM.normal(0, 0.1, (64, 48))).astype(np.float32)
    frames.write(tmp_path / "a.exr", color=RANDOM.random((64, 48, 3)), depth=depth)
    report = report_of(wfview, tmp_path, "--backend", "cpu", "--kernel-size", 1, "--measure", "depth",
                       tmp_path / "a.exr")
    [measured] = report["measured"]
    assert (measured["layer"], measured["against"], measured["difference"]) == ("depth", None, None)
    check_channels(measured["channels"], depth[:, :, None], measured["region"])
    check_histogram(report["histogram"], depth[:, :, None], measured["region"])


def test_closed(wfview, tmp_path):
    frames.write(tmp_path / "a.exr", color=RANDOM.random((9, 11, 3)))
    report = report_of(wfview, tmp_path, "--backend", "cpu", "--kernel-size", 1, tmp_path / "a.exr")
    assert (report["measured"], report["histogram"]) == ([], [])
    assert "measure" not in {stage["name"] for stage in report["stages"]}


@pytest.mark.parametrize("words, sentence", [
    (["--measure", "gather-reference"], "--measure gather-reference: {frame} has no reference"),
    (["--measure", "depth"], "--measure depth: {frame} has no depth"),
    (["--measure", "gather", "--region", "11,0,2,2"],
     "--region 11,0,2,2: not in {frame}, whose 11x9 pixels go from 0,0 to 10,8"),
])
def test_what_a_frame_lacks(wfview, tmp_path, words, sentence):
    frame = tmp_path / "a.exr"
    frames.write(frame, color=RANDOM.random((9, 11, 3)))
    result = wfview("--headless", "--backend", "cpu", "--kernel-size", 1, *words, frame)
    assert result.sentence() == "wfview: " + sentence.format(frame=frame)


@pytest.mark.parametrize("words, sentence", [
    (["--measure", "gather:smape"], "--measure gather:smape: "),
    (["--measure", "gather-splat:smape"], "--measure gather-splat:smape: expected LAYER or LAYER-LAYER"),
    (["--measure", "sum"], "--measure sum: 'sum' is no layer"),
    (["--measure", "gather-depth"],
     "--measure gather-depth: gather-depth: images of 4 and of 1 channels cannot be compared"),
    (["--measure", "gather", "--region", "1,2,0,4"],
     "--region 1,2,0,4: expected X,Y,W,H, all up to 16384, W and H at least 1"),
    (["--measure", "gather", "--region", "1,2,3"],
     "--region 1,2,3: expected X,Y,W,H, all up to 16384, W and H at least 1"),
    (["--region", "1,2,3,4"], "--region 1,2,3,4: needs --measure too"),
])
def test_wrong_usage(wfview, words, sentence):
    assert wfview("--headless", *words, STUDIO).sentence(2).startswith("wfview: " + sentence)


def test_without_vulkan(wfview, tmp_path):
    frames.write(tmp_path / "a.exr", color=RANDOM.random((9, 11, 3)))
    none = {"VK_DRIVER_FILES": str(tmp_path / "none.json"), "VK_ICD_FILENAMES": str(tmp_path / "none.json")}
    result = wfview("--headless", "--backend", "cpu", "--kernel-size", 1, "--measure", "gather", tmp_path / "a.exr",
                    **none)
    assert result.sentence().startswith("wfview: --measure gather: pictures are measured with Vulkan: ")
