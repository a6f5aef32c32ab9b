"""Frames written by another implementation of OpenEXR (PyPI's) are read value by value."""

import shutil
import struct

import numpy as np
import OpenEXR
import pytest
from exr_frames import (HEIGHT, PLAIN, RANDOM, WIDTH, check_layer, check_plain, random_channel, random_channels, tiles,
                        window, write)

# ---- Storage ---------------------------------------------------------------------------------------------------------

LOSSLESS = {
    "none": OpenEXR.NO_COMPRESSION,
    "rle": OpenEXR.RLE_COMPRESSION,
    "zips": OpenEXR.ZIPS_COMPRESSION,
    "zip": OpenEXR.ZIP_COMPRESSION,
    "piz": OpenEXR.PIZ_COMPRESSION,
}
LAYOUTS = {"scanline": {}, "tiled": {"tiles": tiles(16, 8)}, "one tile": {"tiles": tiles(64, 64)}}


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("dtype", [np.float32, np.float16, np.uint32])
@pytest.mark.parametrize("compression", LOSSLESS)
def test_lossless(dump, tmp_path, compression, dtype, layout):
    channels = random_channels(PLAIN, dtype)
    path = write(tmp_path / "a.exr", channels, LOSSLESS[compression], **LAYOUTS[layout])
    check_plain(dump.layers("frame", path), channels)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("names", ["RGB", "RGBA", "RGBAZ", "RGBZ"])
@pytest.mark.parametrize("compression", LOSSLESS)
def test_few_half_channels(dump, tmp_path, compression, names, layout):
    """Where not every channel of a small file is used: OpenEXR 3.1's own conversion cannot do that."""
    channels = random_channels(names, np.float16)
    path = write(tmp_path / "a.exr", channels, LOSSLESS[compression], **LAYOUTS[layout])
    check_layer(dump.layers("frame", path)["color"], channels, "RGBA" if "A" in names else "RGB")


def test_mixed_types(dump, tmp_path):
    types = [np.float16, np.float32, np.uint32]
    channels = {name: random_channel(types[i % 3]) for i, name in enumerate(PLAIN)}
    check_plain(dump.layers("frame", write(tmp_path / "a.exr", channels)), channels)


def test_every_half(dump, tmp_path):
    halves = np.arange(1 << 16, dtype=np.uint16).view(np.float16)
    halves = halves[np.isfinite(halves)].reshape(62, 1024)
    channels = dict.fromkeys("RGB", halves)
    color = dump.layers("frame", write(tmp_path / "a.exr", channels))["color"]
    assert (color[..., 0].view(np.uint32) == halves.astype(np.float32).view(np.uint32)).all()


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("compression", ["PXR24", "B44", "B44A", "DWAA", "DWAB"])
def test_lossy(dump, tmp_path, compression, layout):
    """The same values as the other implementation reads."""
    channels = random_channels(PLAIN, np.float16)
    path = write(tmp_path / "a.exr", channels, getattr(OpenEXR, f"{compression}_COMPRESSION"), **LAYOUTS[layout])
    decoded = OpenEXR.File(str(path), separate_channels=True).channels()
    check_plain(dump.layers("frame", path), {name: decoded[name].pixels for name in channels})


@pytest.mark.parametrize("size", [(1, 1), (1, 40), (40, 1), (270, 480)])
def test_sizes(dump, tmp_path, size):
    channels = random_channels(PLAIN, height=size[0], width=size[1])
    check_plain(dump.layers("frame", write(tmp_path / "a.exr", channels)), channels)


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("corner", [(0, 0), (5, 9), (-7, -3), (-100, 4), (60, 0), (40, 33)])
def test_data_window(dump, tmp_path, corner, layout):
    """The frame is the data window, wherever the display window is: crops, overscan, and what is not shown at all."""
    channels = random_channels("RGB")
    path = write(tmp_path / "a.exr", channels, dataWindow=window(corner[0] + 2, corner[1] - 1, WIDTH, HEIGHT),
                 displayWindow=window(2, -1, 50, 41), **LAYOUTS[layout])
    check_layer(dump.layers("frame", path)["color"], channels, "RGB")


@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("corner", [(0, 0), (5, 9), (-7, -3), (-100, 4), (60, 0), (40, 33)])
def test_data_windows_of_parts(dump, tmp_path, corner, layout):
    """The frame is the color's; what another part's data window does not cover is 0."""
    x, y = corner
    display, color, depth = window(0, 0, 50, 41), random_channels("RGB", height=41, width=50), random_channels("Z")
    kind = OpenEXR.tiledimage if LAYOUTS[layout] else OpenEXR.scanlineimage
    OpenEXR.File([OpenEXR.Part({"displayWindow": display}, dict(color), "rgba"),
                  OpenEXR.Part({"displayWindow": display, "dataWindow": window(x, y, WIDTH, HEIGHT), "type": kind,
                                **LAYOUTS[layout]}, dict(depth), "depth")]).write(str(tmp_path / "a.exr"))
    canvas = np.zeros((41 + 2 * HEIGHT + 200, 50 + 2 * WIDTH + 200), np.float32)
    canvas[100 + y : 100 + y + HEIGHT, 100 + x : 100 + x + WIDTH] = depth["Z"]
    layers = dump.layers("frame", tmp_path / "a.exr")
    check_layer(layers["color"], color, "RGB")
    np.testing.assert_array_equal(layers["depth"][..., 0], canvas[100:141, 100:150])


@pytest.mark.parametrize("order", ["INCREASING_Y", "DECREASING_Y"])
def test_line_order(dump, tmp_path, order):
    channels = random_channels("RGB")
    path = write(tmp_path / "a.exr", channels, lineOrder=getattr(OpenEXR, order))
    check_layer(dump.layers("frame", path)["color"], channels, "RGB")


# ---- Channels with fewer samples than pixels -------------------------------------------------------------------------


def write_subsampled(path, samples, height, width, **header):
    """samples: from names to rows of samples and how many pixels are between them, across and down."""
    channels = {}
    for name, (pixels, *sampling) in samples.items():
        # The writer wants room for all pixels, with the samples in front
        room = np.zeros((height, width), pixels.dtype)
        room.flat[: pixels.size] = pixels.flat
        channels[name] = OpenEXR.Channel(room, *sampling)
    write(path, channels, **header)
    written = OpenEXR.File(str(path), separate_channels=True).channels()
    for name, (pixels, *sampling) in samples.items():
        np.testing.assert_array_equal(written[name].pixels, pixels)
    return path


def upsample(samples, across, down):
    """Bilinear, with a sample at every across-th pixel of every down-th row; the last ones go on to the edge."""
    for axis, step in ((1, across), (0, down)):
        positions = np.arange(samples.shape[axis] * step) / step
        lower = positions.astype(int)
        upper = np.minimum(lower + 1, samples.shape[axis] - 1)
        fraction = (positions - lower).reshape((-1, 1) if axis == 0 else (1, -1))
        samples = np.take(samples, lower, axis) * (1 - fraction) + np.take(samples, upper, axis) * fraction
    return samples


@pytest.mark.parametrize("corner", [(0, 0), (6, -12)])
@pytest.mark.parametrize("compression", ["NO", "ZIP", "PIZ"])
def test_subsampled(dump, tmp_path, compression, corner):
    samples = {"R": (random_channel(height=24, width=36), 1, 1), "G": (random_channel(np.float16, 24, 12), 3, 1),
               "B": (random_channel(height=12, width=18), 2, 2)}
    box = window(*corner, 36, 24)
    path = write_subsampled(tmp_path / "a.exr", samples, 24, 36, dataWindow=box, displayWindow=box,
                            compression=getattr(OpenEXR, f"{compression}_COMPRESSION"))
    color = dump.layers("frame", path)["color"]
    np.testing.assert_array_equal(color[..., 0], samples["R"][0])
    np.testing.assert_allclose(color[..., 1], upsample(samples["G"][0].astype(np.float64), 3, 1), rtol=0, atol=1e-5)
    np.testing.assert_allclose(color[..., 2], upsample(samples["B"][0].astype(np.float64), 2, 2), rtol=0, atol=1e-5)


REC709 = (0.64, 0.33, 0.3, 0.6, 0.15, 0.06, 0.3127, 0.329)
ACES = (0.7347, 0.2653, 0.0, 1.0, 0.0001, -0.077, 0.32168, 0.33767)


def luminance_weights(primaries):
    """What red, green and blue count in Y: the RGB to XYZ matrix's row, from the primaries' and white's x and y."""
    xyz = np.array([[x / y, 1, (1 - x - y) / y] for x, y in np.reshape(primaries, (4, 2))], np.float64)
    return np.linalg.solve(xyz[:3].T, xyz[3]) * xyz[:3, 1]


@pytest.mark.parametrize("primaries", [None, ACES])
@pytest.mark.parametrize("sampling", [(1, 1), (2, 2)])
def test_luminance_and_chroma(dump, tmp_path, sampling, primaries):
    """What was written comes back, where chroma varies so slowly that every pixel's is known from its neighbors'."""
    height, width = 24, 32
    ramp = np.add.outer(np.arange(height), np.arange(width)) / (height + width)
    luminance = RANDOM.uniform(0.1, 4, (height, width))
    chroma = {"RY": 0.3 - 0.5 * ramp, "BY": -0.2 + 0.4 * ramp}
    red, blue = (chroma["RY"] + 1) * luminance, (chroma["BY"] + 1) * luminance
    weights = luminance_weights(primaries or REC709)
    green = (luminance - weights[0] * red - weights[2] * blue) / weights[1]
    samples = {"Y": (luminance.astype(np.float32), 1, 1)}
    for name, pixels in chroma.items():
        samples[name] = (np.ascontiguousarray(pixels[:: sampling[1], :: sampling[0]], np.float32), *sampling)
    header = {"chromaticities": primaries} if primaries else {}
    path = write_subsampled(tmp_path / "a.exr", samples, height, width, **header)
    color = dump.layers("frame", path)["color"]
    inner = slice(None), slice(0, height - 1), slice(0, width - 1)  # the last samples go on to the edge
    np.testing.assert_allclose(np.moveaxis(color[..., :3], 2, 0)[inner], np.stack([red, green, blue])[inner], rtol=2e-5,
                               atol=2e-5)


def test_luminance_alone(dump, tmp_path):
    channels = random_channels(["Y", "Z"])
    layers = dump.layers("frame", write(tmp_path / "a.exr", channels))
    assert list(layers) == ["color", "depth"]
    check_layer(layers["color"], channels, "YYY")


def test_value_alone(dump, tmp_path):
    """Blender's black and white. Beside others V is something else."""
    for names, taken in (("V", "VVV"), ("VA", "VVVA"), ("VZ", "VVV"), ("UV", None), ("HSV", None)):
        channels = random_channels(names)
        path = write(tmp_path / f"{names}.exr", channels)
        if taken:
            check_layer(dump.layers("frame", path)["color"], channels, taken)
        else:
            assert "no color among its channels" in dump.error("frame", path)


def test_useless_chromaticities(dump, tmp_path):
    path = write(tmp_path / "a.exr", random_channels(["Y", "RY", "BY"]), chromaticities=(0.5, 0.5) * 4)
    assert dump.error("frame", path).startswith(f"{path}: its chromaticities are of no use: ")


# ---- Errors ----------------------------------------------------------------------------------------------------------


@pytest.fixture(name="frame")
def fixture_frame(tmp_path):
    return write(tmp_path / "a.exr", random_channels(PLAIN))


def test_missing(dump, tmp_path):
    assert dump.error("frame", tmp_path / "b.exr") == f"{tmp_path}/b.exr: cannot open: No such file or directory"


def test_directory(dump, tmp_path):
    assert dump.error("frame", tmp_path) == f"{tmp_path}: cannot open: not a regular file"


@pytest.mark.parametrize("content", [b"", b"v/1", b"\x89PNG\r\n\x1a\n" + bytes(100)])
def test_no_exr(dump, tmp_path, content):
    path = tmp_path / "a.exr"
    path.write_bytes(content)
    message = dump.error("frame", path)
    assert message.startswith(f"{path}: not a readable OpenEXR file ({len(content)} bytes in the file): ")


@pytest.mark.parametrize("fraction", [0.02, 0.2, 0.5, 0.9, 0.9999])
def test_truncated(dump, frame, fraction):
    content = frame.read_bytes()
    frame.write_bytes(content[: int(fraction * len(content))])
    message = dump.error("frame", frame)
    assert message.startswith(f"{frame}: ") and f"({int(fraction * len(content))} bytes in the file)" in message


def test_corrupt_pixels(dump, frame):
    content = bytearray(frame.read_bytes())
    content[len(content) * 3 // 4 :] = b"\xa5" * (len(content) - len(content) * 3 // 4)
    frame.write_bytes(content)
    message = dump.error("frame", frame)
    assert message.startswith(f"{frame}: ")


def test_no_color(dump, tmp_path):
    path = write(tmp_path / "a.exr", random_channels(["albedo.R", "albedo.G", "albedo.B", "V"]))
    assert dump.error("frame", path) == (
        f"{path}: no color among its channels V, albedo.B, albedo.G, albedo.R; --channel color=NAME tells where it is")


def test_ambiguous_color(dump, tmp_path):
    path = write(tmp_path / "a.exr", random_channels([f"{name}.{c}" for name in ("one", "two") for c in "RGB"]))
    assert "no color among its channels one.B, one.G, one.R, two.B" in dump.error("frame", path)
    assert "--channel reference=NAME" in dump.error("reference", path)


def test_many_channels_in_message(dump, tmp_path):
    path = write(tmp_path / "a.exr", random_channels([f"channel {i}" for i in range(200)], height=1, width=1))
    message = dump.error("frame", path)
    assert ", ...; --channel color=NAME tells where it is" in message and len(message) < 1000


def test_mapping_without_channels(dump, frame):
    message = dump.error("frame", frame, "albedo=base")
    assert message.startswith(f"{frame}: --channel albedo=base: no such channels among B, G, R, Z, albedo.B, ")


@pytest.mark.parametrize("which", ["data", "display"])
@pytest.mark.parametrize("size", [(16385, 1), (1, 16385)])
def test_too_large(dump, tmp_path, which, size):
    channels = random_channels("RGB", height=size[0], width=size[1])
    path = tmp_path / "a.exr"
    if which == "data":
        write(path, channels)
    else:
        write(path, random_channels("RGB", height=1, width=1), displayWindow=window(0, 0, size[1], size[0]))
    assert dump.error("frame", path) == (
        f"{path}: its {which} window is {size[1]}x{size[0]} pixels, expected 1x1 to 16384x16384")


def test_not_enough_memory(dump, tmp_path):
    path = write(tmp_path / "a.exr", random_channels("RGB"))
    head, entry, tail = path.read_bytes().partition(b"dataWindow\0box2i\0" + struct.pack("<I", 16))
    path.write_bytes(head + entry + struct.pack("<4i", 0, 0, 16383, 16383) + tail[16:])
    message = dump.error("frame", path, megabytes=1024)
    assert message == f"{path}: not enough memory for 16384x16384 pixels"


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
@pytest.mark.parametrize("channel,layer", [("G", "color"), ("albedo.B", "albedo"), ("normal.X", "normal"),
                                           ("Z", "depth"), ("motion.Y", "motion")])
def test_not_finite(dump, tmp_path, channel, layer, value):
    channels = random_channels(PLAIN)
    channels[channel][20, 31] = channels[channel][30, 2] = value
    path = write(tmp_path / "a.exr", channels)
    assert dump.error("frame", path) == (
        f"{path}: 2 values of its {layer} are NaN or infinite, the first at pixel x=31 y=20")


def mend(pixels):
    """The mean of the sound ones among eight neighbors, again and again up to 16 pixels away; 0 beyond."""
    pixels = pixels.astype(np.float64)
    height, width, _ = pixels.shape
    for _ in range(16):
        bad = ~np.isfinite(pixels).all(2)
        sums, counts = np.zeros_like(pixels), np.zeros((height, width))
        padded = np.pad(np.where(bad[..., None], 0, pixels), ((1, 1), (1, 1), (0, 0)))
        sound = np.pad(~bad, 1)
        for y in range(3):
            for x in range(3):
                sums += padded[y : y + height, x : x + width]
                counts += sound[y : y + height, x : x + width]
        fill = bad & (counts > 0)
        pixels[fill] = sums[fill] / counts[fill][:, None]
    pixels[~np.isfinite(pixels).all(2)] = 0
    return pixels


@pytest.mark.parametrize("share", [0.001, 0.2, 0.9, 1])
def test_color_is_mended_from_its_neighbors(dump, tmp_path, share):
    channels = random_channels("RGB", height=61, width=47)
    pixels = np.stack([channels[c] for c in "RGB"], -1)
    bad = RANDOM.random(pixels.shape) < share
    bad[5:55, 3:44, 1] |= share == 0.2  # wider than what is filled
    bad[9, 13, 2] = True
    pixels[bad] = RANDOM.choice([np.nan, np.inf, -np.inf], bad.sum())
    path = write(tmp_path / "a.exr", {c: np.ascontiguousarray(pixels[..., i]) for i, c in enumerate("RGB")})
    layers, damage = dump.mended("mended", path)
    y, x = np.argwhere(bad.any(2))[0]
    assert damage == [f"{bad.sum()} values of its color are NaN or infinite, the first at pixel x={x} y={y}"]
    sound = ~bad.any(2)
    assert (layers["color"][sound][:, :3] == pixels[sound]).all() and (layers["color"][..., 3] == 1).all()
    np.testing.assert_allclose(layers["color"][..., :3], mend(pixels), rtol=1e-5, atol=1e-6)
    assert (share < 0.9) or sound.any() or (layers["color"][..., :3] == 0).all()


@pytest.mark.parametrize("value", [1.0000001e30, -3.4e38, 1e30])
def test_color_beyond_what_networks_take_is_mended(dump, tmp_path, value):
    """So are layers beside it; depth is not, which renderers write so where nothing was hit."""
    channels = random_channels("RGBZ")
    channels["G"][4, 7] = channels["Z"][3, 3] = value
    layers, damage = dump.mended("mended", write(tmp_path / "a.exr", channels))
    pixels = np.stack([channels[c] for c in "RGB"], -1)
    if value != 1e30:
        assert damage == ["1 values of its color are NaN, infinite or beyond 1e30, the first at pixel x=7 y=4"]
        pixels[4, 7] = np.nan
    else:
        assert not damage
    np.testing.assert_allclose(layers["color"][..., :3], mend(pixels), rtol=1e-5, atol=1e-6)
    assert layers["depth"].squeeze()[3, 3] == np.float32(value)


def test_guides_are_mended_as_where_nothing_was_hit(dump, tmp_path):
    channels = random_channels(PLAIN)
    for name in ("albedo.G", "normal.Z", "Z", "motion.X"):
        channels[name][4, 7] = np.inf
    channels["Z"][30:] = np.nan
    layers, damage = dump.mended("mended", write(tmp_path / "a.exr", channels))
    line = "values of its {} are NaN or infinite, the first at pixel x=7 y=4"
    assert damage == [f"{count} {line.format(layer)}" for count, layer in
                      ((1, "albedo"), (1, "normal"), (1 + (HEIGHT - 30) * WIDTH, "depth"), (1, "motion"))]
    for name in ("albedo.R", "albedo.G", "albedo.B", "normal.X", "normal.Y", "normal.Z", "Z", "motion.X", "motion.Y"):
        channels[name][4, 7] = 0
    channels["Z"][30:] = 0
    check_plain(layers, channels)


def test_files_beside_are_mended(dump, tmp_path):
    normal = random_channels("XYZ")
    normal["X"][1, 2] = np.nan
    write(tmp_path / "a.hdr.exr", random_channels("RGB"))
    write(tmp_path / "a.nrm.exr", normal)
    layers, damage = dump.mended("mended", tmp_path / "a.hdr.exr")
    assert damage == ["1 values of its normal are NaN or infinite, the first at pixel x=2 y=1"]
    assert (layers["normal"][1, 2] == 0).all()


def test_not_finite_where_unused(dump, tmp_path):
    channels = random_channels([*"RGB", "other.A"])
    channels["other.A"][3, 3] = np.nan
    check_layer(dump.layers("frame", write(tmp_path / "a.exr", channels))["color"], channels, "RGB")


def test_alpha_is_mended(dump, tmp_path):
    """The color stays; a bad alpha becomes the mean of its sound neighbors, those mended before it included."""
    channels = random_channels("RGBA")
    channels["A"][3, 3:5] = np.nan, -np.inf
    layers, damage = dump.mended("mended", write(tmp_path / "a.exr", channels))
    assert damage == ["2 values of its alpha are NaN or infinite, the first at pixel x=3 y=3"]
    check_layer(layers["color"], {**channels, "A": layers["color"][..., 3]}, "RGBA")
    alpha = channels["A"].astype(np.float64)
    alpha[3, 3] = np.append(alpha[2:5, 2:5].ravel()[[0, 1, 2, 3, 6, 7, 8]], []).mean()
    alpha[3, 4] = np.delete(alpha[2:5, 3:6].ravel(), 4).mean()
    np.testing.assert_allclose(layers["color"][..., 3], alpha, rtol=1e-6)


@pytest.mark.parametrize("compression", ["HTJ2K256", "HTJ2K32", "ZSTD"])
def test_newer_compression(dump, tmp_path, compression):
    """Read as the other implementation reads it, or refused by name, as the OpenEXR in use can or cannot."""
    path = write(tmp_path / "a.exr", random_channels(PLAIN), getattr(OpenEXR, f"{compression}_COMPRESSION"))
    result = dump.run("frame", path)
    if result.returncode == 0:
        decoded = OpenEXR.File(str(path), separate_channels=True).channels()
        check_plain(dump.layers("frame", path), {name: decoded[name].pixels for name in PLAIN})
    else:
        message = dump.error("frame", path)
        assert message.startswith(f"{path}: cannot decode the pixels ({path.stat().st_size} bytes in the file): "
                                  f"its compression is {compression}, which OpenEXR ")


def test_unknown_compression(dump, frame):
    head, entry, tail = frame.read_bytes().partition(b"compression\0compression\0\1\0\0\0")
    frame.write_bytes(head + entry + b"\xc8" + tail[1:])
    assert ": its compression is number 200, which OpenEXR " in dump.error("frame", frame)


def test_tiles_that_are_too_large(dump, tmp_path):
    path = write(tmp_path / "a.exr", random_channels(PLAIN), tiles=tiles(16, 8))
    head, entry, tail = path.read_bytes().partition(b"tiles\0tiledesc\0")
    path.write_bytes(head + entry + tail[:4] + struct.pack("<II", 16, 1 << 20) + tail[12:])
    assert dump.error("frame", path).endswith(
        ": its tiles are of 16x1048576 pixels and 48 bytes a pixel, expected at most 536870912 bytes")


def test_attribute_larger_than_the_file(dump, frame):
    head, entry, tail = frame.read_bytes().partition(b"channels\0chlist\0")
    content = head + entry + b"\xff\xff\xff\x7f" + tail[4:]
    frame.write_bytes(content)
    assert dump.error("frame", frame) == (
        f"{frame}: not a readable OpenEXR file ({len(content)} bytes in the file): its attribute channels has "
        f"2147483647 bytes, the file {len(tail) - 4} more")


@pytest.mark.parametrize("kind,layer", [("alb", "albedo"), ("nrm", "normal")])
def test_oidn_errors(dump, tmp_path, kind, layer):
    color, feature = tmp_path / "a.hdr.exr", tmp_path / f"a.{kind}.exr"
    write(color, random_channels("RGB"))
    write(feature, random_channels("RGB", height=5, width=6))
    assert dump.error("frame", color) == f"{feature}: 6x5 pixels, {color} has {WIDTH}x{HEIGHT}"
    write(feature, random_channels(["U", "V"]))
    assert dump.error("frame", color) == f"{feature}: no {layer} R,G,B or X,Y,Z among its channels U, V"
    feature.write_bytes(b"nothing")
    assert dump.error("frame", color).startswith(f"{feature}: not a readable OpenEXR file (7 bytes in the file): ")


def test_deep(dump, frame):
    """A flat file whose header calls it deep."""
    content = frame.read_bytes()
    version = struct.unpack("<I", content[4:8])[0]
    frame.write_bytes(content[:4] + struct.pack("<I", version | 0x800) + content[8:])
    assert dump.error("frame", frame).startswith(f"{frame}: ")


def test_write_to_missing_folder(dump, frame, tmp_path):
    message = dump.error("save", frame, tmp_path / "no" / "out.exr")
    assert message == f"{tmp_path}/no/out.exr: cannot write: No such file or directory"


def test_write_over_folder(dump, frame, tmp_path):
    (tmp_path / "out.exr").mkdir()
    message = dump.error("save", frame, tmp_path / "out.exr")
    assert message == f"{tmp_path}/out.exr: cannot write: it exists and is not a regular file"


def test_write_keeps_what_was_there_on_failure(dump, frame, tmp_path):
    """An unreadable input leaves the old output alone."""
    shutil.copy(frame, tmp_path / "out.exr")
    before = (tmp_path / "out.exr").read_bytes()
    frame.write_bytes(b"")
    dump.error("save", frame, tmp_path / "out.exr")
    assert (tmp_path / "out.exr").read_bytes() == before
