"""What --save writes has all of the frame but its noise: windows, filtered alpha, attributes, and all kept channels."""

import json
import os
import pathlib
import shutil
import subprocess

import frames
import numpy as np
import OpenEXR
import pytest
import reference
from frames import write_channels

RANDOM = np.random.default_rng(11)
RUN = ["--headless", "--backend", "cpu", "--kernel-size", 3]


def box(x, y, width, height):
    return np.array([x, y], np.int32), np.array([x + width - 1, y + height - 1], np.int32)


def noise(height, width, dtype=np.float32):
    if dtype == np.uint32:
        return RANDOM.integers(0, 1 << 32, (height, width), dtype=np.uint32)
    return RANDOM.lognormal(0, 1, (height, width)).astype(dtype)


def read(path):
    return OpenEXR.File(str(path), separate_channels=True)


def same(a, b):
    """Attributes as OpenEXR's bindings have them: tuples, arrays, objects."""
    if isinstance(a, tuple):
        return len(a) == len(b) and all(map(same, a, b))
    return np.array_equal(a, b) if isinstance(a, np.ndarray) else str(a) == str(b)


def check_bits(actual, expected, names):
    for name in names:
        assert actual[name].pixels.dtype == expected[name].dtype, name
        assert actual[name].pixels.tobytes() == expected[name].tobytes(), name


# ---- Windows ---------------------------------------------------------------------------------------------------------


WINDOWS = {"crop": (box(10, 5, 20, 16), box(0, 0, 64, 48)), "overscan": (box(-6, -4, 44, 38), box(0, 0, 32, 30)),
           "elsewhere": (box(105, 5, 20, 16), box(100, -3, 64, 48))}


@pytest.mark.parametrize("windows", WINDOWS)
@pytest.mark.parametrize("mode", ["linear", "normalized", "softmax"])
def test_nothing_outside_the_data_window_counts(wfview, backend, tmp_path, windows, mode):
    """Filtered as if its pixels were all there is, to the last bit; and the windows are kept."""
    data, display = WINDOWS[windows]
    width, height = data[1] - data[0] + 1
    channels = {c: noise(height, width) for c in "RGB"}
    np.save(tmp_path / "w.npy", RANDOM.random((25, height, width), np.float32))
    write_channels(tmp_path / "window.exr", channels, dataWindow=data, displayWindow=display)
    write_channels(tmp_path / "alone.exr", channels)
    for name in ("window", "alone"):
        wfview("--headless", "--backend", backend, "--weights", tmp_path / "w.npy", "--weight-mode", mode, "--save",
               tmp_path / name, tmp_path / f"{name}.exr").done()
    for operator in ("gather", "splat"):
        path = tmp_path / "window" / f"{operator}.exr"
        assert (frames.read(path) == frames.read(tmp_path / "alone" / f"{operator}.exr")).all()
        header = read(path).header()
        assert same(header["dataWindow"], data) and same(header["displayWindow"], display)


def test_reference_of_another_place(wfview, tmp_path):
    """One of the same size is of other pixels, which are not compared, unless it is of another picture."""
    channels = {c: noise(16, 20) for c in "RGB"}
    display = box(0, 0, 64, 48)
    frame = write_channels(tmp_path / "a.exr", channels, dataWindow=box(10, 5, 20, 16), displayWindow=display)
    other = write_channels(tmp_path / "b.exr", channels, dataWindow=box(10, 6, 20, 16), displayWindow=display)
    assert wfview(*RUN, frame, "--reference", other).sentence() == (
        f"wfview: {other}: the reference has 20x16 pixels at 10,6, {frame} has 20x16 at 10,5")
    cut = write_channels(tmp_path / "c.exr", channels)
    wfview(*RUN, frame, "--reference", cut).done()


def test_reference_of_the_whole_picture(wfview, tmp_path):
    """A crop is measured against those of the reference's pixels that it has."""
    whole = {c: noise(48, 64) for c in "RGB"}
    crop = {c: np.ascontiguousarray(pixels[5:21, 10:30]) for c, pixels in whole.items()}
    write_channels(tmp_path / "a.ref.exr", whole)
    write_channels(tmp_path / "a.exr", crop, dataWindow=box(10, 5, 20, 16), displayWindow=box(0, 0, 64, 48))
    np.save(tmp_path / "w.npy", np.ones((1, 16, 20), np.float32))
    result = wfview("--headless", "--backend", "cpu", "--weights", tmp_path / "w.npy", "--report", tmp_path / "r.json",
                    tmp_path / "a.exr").done()
    assert result.taken[0][1]["reference"] == "R,G,B of *.ref.exr"
    [metrics] = json.loads((tmp_path / "r.json").read_text())["metrics"]
    assert metrics["gather"]["smape"] == metrics["noisy"]["smape"] == 0


def test_lossy_compression_of_kept_channels_is_said(wfview, tmp_path):
    channels = {**{c: noise(48, 64) for c in "RGB"}, "fog.Y": noise(48, 64), "id.R": noise(48, 64), "Z": noise(48, 64)}
    path = write_channels(tmp_path / "a.exr", channels)
    result = wfview(*RUN, path, "--save", tmp_path / "out", "--keep-channels", "--compression", "dwaa")
    assert result.status == 0 and result.errors == (
        "wfview: warning: --compression dwaa loses in kept channels called R, G, B or Y, too: of identifiers and "
        "normals\n")
    saved = read(tmp_path / "out" / "gather.exr").channels()
    lost = [name for name in ("fog.Y", "id.R", "Z") if not np.array_equal(saved[name].pixels, channels[name])]
    assert lost == ["fog.Y", "id.R"]


@pytest.mark.parametrize("compression", ["none", "zip", "piz", "dwaa"])
def test_one_processor_writes_the_same_bytes(wfview, tmp_path, compression):
    """As all of them, which compress side by side: chunks of several calls, and kept channels of other types."""
    channels = {**{c: noise(530, 40) for c in "RGB"}, "A": noise(530, 40, np.float16), "id": noise(530, 40, np.uint32)}
    path = write_channels(tmp_path / "a.exr", channels)
    processors = os.sched_getaffinity(0)
    for name, allowed in (("all", processors), ("one", {min(processors)})):
        os.sched_setaffinity(0, allowed)
        wfview(*RUN, path, "--save", tmp_path / name / "{layer}.exr", "--compression", compression).done()
        wfview(*RUN, path, "--save", tmp_path / name / "kept.{layer}.exr", "--keep-channels", "--compression",
               compression)
        os.sched_setaffinity(0, processors)
    names = sorted(file.name for file in (tmp_path / "all").iterdir())
    assert names == ["gather.exr", "kept.gather.exr", "kept.splat.exr", "splat.exr"]
    for name in names:
        assert (tmp_path / "one" / name).read_bytes() == (tmp_path / "all" / name).read_bytes(), name
    check_bits(read(tmp_path / "all" / "kept.splat.exr").channels(), channels, ["id"])


# ---- What comes along ------------------------------------------------------------------------------------------------

ATTRIBUTES = {
    "chromaticities": (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767),
    "timeCode": OpenEXR.TimeCode(), "pixelAspectRatio": 2.0, "owner": "nobody", "cryptomatte/1/manifest": "{}",
    "worldToCamera": np.eye(4, dtype=np.float32) * 3, "view": "left",
}
ATTRIBUTES["timeCode"].hours, ATTRIBUTES["timeCode"].frame = 13, 21


@pytest.mark.parametrize("keep", [[], ["--keep-channels"]])
def test_attributes(wfview, tmp_path, keep):
    path = write_channels(tmp_path / "a.exr", {c: noise(7, 9) for c in "RGB"}, compression=OpenEXR.PIZ_COMPRESSION,
                          **ATTRIBUTES)
    wfview(*RUN, "--save", tmp_path / "out", *keep, path).done()
    before = read(path).header()
    for operator in ("gather", "splat"):
        after = read(tmp_path / "out" / f"{operator}.exr").header()
        assert sorted(after) == sorted(before)
        for name in before:
            assert name in ("channels", "compression") or same(after[name], before[name]), name
        assert after["compression"] == OpenEXR.ZIP_COMPRESSION
        np.testing.assert_allclose(after["chromaticities"], ATTRIBUTES["chromaticities"], rtol=1e-6)
        assert (after["owner"], after["view"], after["pixelAspectRatio"]) == ("nobody", "left", 2)


def test_attributes_of_unknown_types(wfview, tmp_path):
    path = write_channels(tmp_path / "a.exr", {c: noise(7, 9) for c in "RGB"}, own="value")
    content = path.read_bytes().replace(b"own\0string\0", b"own\0strung\0")
    path.write_bytes(content)
    wfview(*RUN, "--save", tmp_path / "out", path).done()
    for name in ("gather.exr", "splat.exr"):
        assert b"own\0strung\0\5\0\0\0value" in (tmp_path / "out" / name).read_bytes()


@pytest.mark.parametrize("names",
                         [["R", "G", "B", "A"], ["x.R", "x.G", "x.B", "x.A"], ["Ci.r", "Ci.g", "Ci.b", "Ci.a"]])
@pytest.mark.parametrize("dtype", [np.float16, np.float32])
@pytest.mark.parametrize("mode", ["linear", "normalized", "softmax"])
def test_alpha(wfview, backend, tmp_path, names, dtype, mode):
    """It takes the color's kernels; another layer's alpha is none of the picture's."""
    channels = {name: noise(7, 9, dtype) for name in names}
    weights = RANDOM.random((25, 7, 9), np.float32)
    np.save(tmp_path / "w.npy", weights)
    wfview("--headless", "--backend", backend, "--weights", tmp_path / "w.npy", "--weight-mode", mode, "--save",
           tmp_path / "out", write_channels(tmp_path / "a.exr", {**channels, "other.A": noise(7, 9)})).done()
    for operator in ("gather", "splat"):
        written = read(tmp_path / "out" / f"{operator}.exr").channels()
        assert sorted(written) == ["A", "B", "G", "R"]
        picture = np.stack([channels[name].astype(np.float64) for name in names], -1)
        expected = reference.apply(operator, picture, weights, (5, 5), mode)
        for i, component in enumerate("RGBA"):
            assert written[component].pixels.dtype == np.float32
            np.testing.assert_allclose(written[component].pixels, expected[..., i], rtol=2e-5)


def test_opaque_stays_opaque(wfview, tmp_path):
    """Normalized weights leave an alpha of 1, and what is premultiplied by it: color and alpha of a disc in step."""
    y, x = np.mgrid[0:20, 0:30]
    disc = ((x - 14) ** 2 + (y - 9) ** 2 < 50).astype(np.float32)
    half = {**{c: disc * 0.5 for c in "RGB"}, "A": disc}
    wfview(*RUN, "--save", tmp_path / "out" / "{name}.{layer}.exr", write_channels(tmp_path / "half.exr", half)).done()
    wfview(*RUN, "--save", tmp_path / "out" / "{name}.{layer}.exr",
           write_channels(tmp_path / "full.exr", {**{c: noise(20, 30)
                                                     for c in "RGB"}, "A": np.ones((20, 30), np.float32)})).done()
    for operator in ("gather", "splat"):
        full, disc_after = (read(tmp_path / "out" / f"{name}.{operator}.exr").channels() for name in ("full", "half"))
        np.testing.assert_allclose(full["A"].pixels, 1, rtol=1e-6)
        assert 0.01 < disc_after["A"].pixels.std()
        for c in "RGB":
            np.testing.assert_allclose(disc_after[c].pixels, 0.5 * disc_after["A"].pixels, atol=1e-6)


def filtered(wfview, tmp_path, path):
    """What a run without --keep-channels saves, by OPERATOR and C."""
    wfview(*RUN, "--save", tmp_path / "plain" / "{layer}.exr", path).done()
    return {(operator, name): channel.pixels for operator in ("gather", "splat")
            for name, channel in read(tmp_path / "plain" / f"{operator}.exr").channels().items()}


@pytest.mark.parametrize("compression", ["none", "zip", "piz"])
def test_keep_channels(wfview, tmp_path, compression):
    types = {"A": np.float16, "Z": np.float32, "id": np.uint32, "diffuse.R": np.float16, "nan.Y": np.float32}
    channels = {**{c: noise(70, 31, np.float16) for c in "RGB"},
                **{name: noise(70, 31, t) for name, t in types.items()}}
    channels["nan.Y"][3, 4] = np.nan
    path = write_channels(tmp_path / "a.exr", channels, dataWindow=box(4, -5, 31, 70))
    right = filtered(wfview, tmp_path, path)
    wfview(*RUN, "--save", tmp_path / "out", "--keep-channels", "--compression", compression, path).done()
    for operator in ("gather", "splat"):
        written = read(tmp_path / "out" / f"{operator}.exr").channels()
        assert sorted(written) == sorted(channels)
        check_bits(written, channels, sorted(set(types) - {"A"}))
        check_bits(written, {c: right[operator, c] for c in "RGBA"}, "RGBA")


def test_keep_parts(wfview, tmp_path):
    """Parts in tiles, of other data windows, of another view; the color is in the second one."""
    description = OpenEXR.TileDescription()
    description.xSize, description.ySize = 8, 16
    tiled = {"type": OpenEXR.tiledimage, "tiles": description}
    parts = {"albedo": (tiled, {c: noise(30, 40, np.float16) for c in "RGB"}),
             "rgba": ({"comment": "the picture"}, {c: noise(30, 40) for c in "RGBA"}),
             "crop": ({"dataWindow": box(5, 7, 11, 13), **tiled}, {"id": noise(13, 11, np.uint32)}),
             "other": ({"view": "right", "comment": "another view"}, {c: noise(30, 40) for c in "RGB"})}
    path = tmp_path / "a.exr"
    OpenEXR.File([OpenEXR.Part({"displayWindow": box(0, 0, 40, 30), **header}, dict(channels), name)
                  for name, (header, channels) in parts.items()]).write(str(path))
    right = filtered(wfview, tmp_path, path)
    wfview(*RUN, "--save", tmp_path / "out", "--keep-channels", path).done()
    written = read(tmp_path / "out" / "gather.exr")
    assert [part.name() for part in written.parts] == list(parts)
    for part, before, (_, channels) in zip(written.parts, read(path).parts, parts.values()):
        kept = {name: pixels for name, pixels in channels.items() if part.name() != "rgba"}
        check_bits(part.channels, kept, kept)
        assert sorted(part.channels) == sorted(channels)
        for name, value in before.header.items():
            if name not in ("channels", "compression", "type", "tiles", "chunkCount"):
                assert same(part.header[name], value), name
    check_bits(written.parts[1].channels, {c: right["gather", c] for c in "RGBA"}, "RGBA")


def test_keep_deep_parts(wfview, tmp_path):
    """A frame beside a deep part is one; but the deep part cannot be kept."""
    deep = np.empty((4, 5), object)
    for i in range(deep.size):
        deep.flat[i] = np.ones(i % 3, np.float32)
    parts = [OpenEXR.Part({}, {c: noise(4, 5) for c in "RGB"}, "rgba"),
             OpenEXR.Part({"type": OpenEXR.deepscanline, "compression": OpenEXR.ZIPS_COMPRESSION}, {"Z": deep}, "deep")]
    path = tmp_path / "a.exr"
    OpenEXR.File(parts).write(str(path))
    assert wfview(*RUN, "--save", tmp_path / "out", path).done().taken == [(str(path), {"color": "rgba.R,G,B"})]
    assert "part 1 \"deep\": deep scan lines, ZIPS" in wfview("--list", path).done().output
    sentence = wfview(*RUN, "--save", tmp_path / "out", "--keep-channels", path).sentence()
    assert sentence.endswith("gather.exr: cannot write: part 1 of the frame is deep, and deep parts cannot be kept")
    listed = wfview("--list", path, "--channel", "depth=deep.Z").done().output
    assert listed.endswith("no frame: part 1 is deep, expected a flat image\n")
    sentence = wfview(*RUN, "--channel", "depth=deep.Z", path).sentence()
    assert sentence == f"wfview: {path}: part 1 is deep, expected a flat image"


def test_keep_what_the_renderer_denoised(wfview, tmp_path):
    """The filtered noisy image is the picture, and takes the place of Combined."""
    names = [f"ViewLayer.{group}.{c}" for group in ("Combined", "Noisy Image", "DiffCol") for c in "RGB"]
    channels = {name: noise(9, 8, np.float16) for name in names}
    path = write_channels(tmp_path / "a.exr", channels)
    wfview(*RUN, "--save", tmp_path / "plain", path, "--channel", "albedo=ViewLayer.DiffCol").done()
    right = read(tmp_path / "plain" / "gather.exr").channels()
    wfview(*RUN, "--save", tmp_path / "out", "--keep-channels", path, "--channel", "albedo=ViewLayer.DiffCol").done()
    written = read(tmp_path / "out" / "gather.exr").channels()
    assert sorted(written) == sorted(names)
    check_bits(written, channels, names[3:])
    check_bits(written, {f"ViewLayer.Combined.{c}": right[c].pixels for c in "RGB"}, names[:3])


@pytest.mark.parametrize("layer", ["Front", "Back"])
def test_keep_what_the_renderer_denoised_in_a_view_layer(wfview, tmp_path, layer):
    """Of one that --channel names, too, the first one or not."""
    names = [f"{name}.{group}.{c}" for name in ("Back", "Front") for group in ("Combined", "Noisy Image")
             for c in "RGB"]
    channels = {name: noise(9, 8, np.float16) for name in names}
    path = write_channels(tmp_path / "a.exr", channels)
    taken = ["--channel", f"color={layer}.Noisy Image"]
    wfview(*RUN, "--save", tmp_path / "plain", path, *taken).done()
    right = read(tmp_path / "plain" / "gather.exr").channels()
    wfview(*RUN, "--save", tmp_path / "out", "--keep-channels", path, *taken).done()
    written = read(tmp_path / "out" / "gather.exr").channels()
    filtered_names = [f"{layer}.Combined.{c}" for c in "RGB"]
    check_bits(written, channels, [name for name in names if name not in filtered_names])
    check_bits(written, {f"{layer}.Combined.{c}": right[c].pixels for c in "RGB"}, filtered_names)


@pytest.mark.parametrize("names", [["Y"], ["Y", "RY", "BY"]])
def test_keep_beside_luminance(wfview, tmp_path, names):
    """R,G,B instead of luminance and chroma; other channels with half as many samples stay so."""
    height, width = 140, 32
    channels = {name: OpenEXR.Channel(noise(height, width, np.float16), *(1, 1) if name == "Y" else (2, 2))
                for name in names}
    channels["half.A"] = OpenEXR.Channel(noise(height, width), 2, 2)
    path = write_channels(tmp_path / "a.exr", channels)
    right = filtered(wfview, tmp_path, path)
    wfview(*RUN, "--save", tmp_path / "out", "--keep-channels", path).done()
    before, written = read(path).channels(), read(tmp_path / "out" / "gather.exr").channels()
    assert sorted(written) == ["B", "G", "R", "half.A"]
    check_bits(written, {c: right["gather", c] for c in "RGB"}, "RGB")
    check_bits(written, {"half.A": before["half.A"].pixels}, ["half.A"])
    assert (written["half.A"].xSampling, written["half.A"].ySampling) == (2, 2)


def test_kept_frames_are_frames(wfview, tmp_path):
    """A file with every channel takes the frame's place: it is read as the frame was."""
    path = frames.FRAMES / "studio" / "studio.0001.exr"
    first = wfview(*RUN, "--save", tmp_path / "out", "--keep-channels", path).done()
    again = wfview(*RUN, tmp_path / "out" / "gather.0001.exr").done()
    [(_, before)], [(_, after)] = first.taken, again.taken
    del before["reference"]
    assert after == before


BLENDER = shutil.which(os.environ.get("WF_BLENDER", "blender"))


@pytest.mark.skipif(not BLENDER, reason="no blender (WF_BLENDER names one)")
def test_blender_opens_kept_frames(wfview, tmp_path):
    """With all layers of the frame; its color is the one that was saved."""
    frame = frames.FRAMES / "studio" / "studio.0001.exr"
    wfview(*RUN, "--save", tmp_path / "out", "--keep-channels", frame).done()
    layers = {}
    for name, path in (("before", frame), ("after", tmp_path / "out" / "gather.0001.exr")):
        subprocess.run([BLENDER, "-b", "--factory-startup", "-noaudio", "--python", pathlib.Path(__file__).parent /
                        "blender_layers.py", "--", path, tmp_path / name, "480", "270"], check=True, timeout=240,
                       capture_output=True)
        layers[name] = {key: channel.pixels for key, channel in read(tmp_path / f"{name}0001.exr").channels().items()}
    assert sorted(layers["after"]) == sorted(layers["before"]) and len(layers["after"]) > 12
    saved = filtered(wfview, tmp_path, frame)
    for name, pixels in layers["after"].items():
        group, _, component = name.rpartition(".")
        expected = saved["gather", component] if group == "Combined" else layers["before"][name]
        np.testing.assert_array_equal(pixels, expected, err_msg=name)
