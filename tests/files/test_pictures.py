"""PFM, Radiance HDR and PNG as frames and references, against numpy's reading of the bytes."""

import json
import struct
import subprocess
import zlib

import numpy as np
import OpenEXR
import pytest

HEIGHT, WIDTH = 5, 11
RANDOM = np.random.default_rng(7)
COLOR = RANDOM.lognormal(0, 2, (HEIGHT, WIDTH, 3)).astype(np.float32)


def write_pfm(path, pixels, scale=-1.0):
    """Rows from bottom to top; a scale below 0 is little endian."""
    pixels = np.asarray(pixels, "<f4" if scale < 0 else ">f4")
    kind = "PF" if pixels.ndim == 3 else "Pf"
    path.write_bytes(f"{kind}\n{pixels.shape[1]} {pixels.shape[0]}\n{scale}\n".encode() + pixels[::-1].tobytes())
    return path


def to_rgbe(pixels):
    """Mantissas of 8 bits with the exponent of the largest."""
    largest = pixels.max(-1, keepdims=True)
    exponent = np.where(largest > 1e-32, np.floor(np.log2(np.maximum(largest, 1e-32))) + 1, -128)
    mantissas = np.floor(pixels / 2.0**exponent * 256).clip(0, 255)
    return np.concatenate([mantissas, exponent + 128], -1).astype(np.uint8)


def from_rgbe(rgbe):
    return rgbe[..., :3] * np.exp2(rgbe[..., 3:].astype(np.float64) - 136)


def write_hdr(path, rgbe, runs):
    """Flat, or each row's components one after the other, as runs of one value and pieces without."""
    data = b"" if runs else rgbe.tobytes()
    for row in rgbe if runs else []:
        data += struct.pack(">BBH", 2, 2, len(row))
        for component in row.T:
            same, rest = component[:4], component[4:]
            data += bytes([128 + 4, same[0]]) if (same == same[0]).all() else bytes([4]) + same.tobytes()
            data += bytes([len(rest)]) + rest.tobytes()
    head = f"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y {rgbe.shape[0]} +X {rgbe.shape[1]}\n"
    path.write_bytes(head.encode() + data)
    return path


def write_png(path, samples, kind, *chunks):
    """8 or 16 bits; kind is PNG's number of gray (0), r,g,b (2), gray and alpha (4), r,g,b,a (6)."""
    def chunk(name, data):
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    bits = samples.dtype.itemsize * 8
    rows = samples.astype(samples.dtype.newbyteorder(">")).reshape(samples.shape[0], -1)
    data = b"".join(b"\0" + row.tobytes() for row in rows)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", samples.shape[1], samples.shape[0],
                                                                     bits, kind, 0, 0, 0))
                     + b"".join(chunk(*c) for c in chunks) + chunk(b"IDAT", zlib.compress(data)) + chunk(b"IEND", b""))
    return path


def linear(samples):
    value = samples / np.iinfo(samples.dtype).max
    return np.where(value > 0.04045, ((value + 0.055) / 1.055) ** 2.4, value / 12.92)


# ---- Right values ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("scale", [-1.0, 1.0, -2.5])
def test_pfm(dump, tmp_path, scale):
    layers = dump.layers("frame", write_pfm(tmp_path / "a.pfm", COLOR, scale))
    assert list(layers) == ["color"]
    np.testing.assert_array_equal(layers["color"][..., :3], COLOR * np.float32(abs(scale)))
    np.testing.assert_array_equal(layers["color"][..., 3], 1)


def test_grey_pfm(dump, tmp_path):
    color = dump.layers("frame", write_pfm(tmp_path / "a.PFM", COLOR[..., 0]))["color"]
    np.testing.assert_array_equal(color[..., :3], np.repeat(COLOR[..., :1], 3, -1))


@pytest.mark.parametrize("runs", [False, True])
def test_radiance(dump, tmp_path, runs):
    rgbe = to_rgbe(COLOR)
    rgbe[1, :4] = rgbe[1, 0]
    rgbe[2, 3] = 0
    color = dump.layers("frame", write_hdr(tmp_path / "a.hdr", rgbe, runs))["color"]
    np.testing.assert_array_equal(color[..., :3], from_rgbe(rgbe).astype(np.float32))
    assert (color[..., 3] == 1).all()
    assert abs((color[0, ..., :3] - COLOR[0]) / COLOR[0].max(-1, keepdims=True)).max() < 1 / 128, "what the test writes"


@pytest.mark.parametrize("dtype", [np.uint8, np.uint16])
@pytest.mark.parametrize("kind", [0, 2, 4, 6])
def test_png(dump, tmp_path, dtype, kind):
    channels = {0: 1, 2: 3, 4: 2, 6: 4}[kind]
    samples = RANDOM.integers(0, np.iinfo(dtype).max, (HEIGHT, WIDTH, channels), dtype, endpoint=True)
    samples[0, 0] = 1
    color = dump.layers("frame", write_png(tmp_path / "a.png", samples, kind))["color"]
    alpha = samples[..., -1:] / np.iinfo(dtype).max if kind >= 4 else np.ones((HEIGHT, WIDTH, 1))
    stored = samples[..., :3] if kind in (2, 6) else samples[..., :1]
    expected = np.broadcast_to(linear(stored), (HEIGHT, WIDTH, 3)) * alpha
    np.testing.assert_allclose(color[..., :3], expected, rtol=2e-6, atol=1e-9)
    np.testing.assert_allclose(color[..., 3:], alpha, rtol=1e-6)


def test_linear_png(dump, tmp_path):
    samples = RANDOM.integers(0, 65535, (HEIGHT, WIDTH, 3), np.uint16)
    gamma = (b"gAMA", struct.pack(">I", 100000))
    color = dump.layers("frame", write_png(tmp_path / "a.png", samples, 2, gamma))["color"]
    np.testing.assert_allclose(color[..., :3], samples / 65535, rtol=1e-6)
    for name, *chunks in (("b", gamma, (b"sRGB", b"\0")), ("c", (b"gAMA", struct.pack(">I", 45455)))):
        color = dump.layers("frame", write_png(tmp_path / f"{name}.png", samples, 2, *chunks))["color"]
        np.testing.assert_allclose(color[..., :3], linear(samples), rtol=2e-6)


def test_oidn_triple(dump, tmp_path):
    normal = RANDOM.normal(0, 1, COLOR.shape).astype(np.float32)
    albedo = RANDOM.random(COLOR.shape).astype(np.float32)
    path = write_pfm(tmp_path / "s.hdr.pfm", COLOR)
    write_pfm(tmp_path / "s.alb.pfm", albedo)
    write_pfm(tmp_path / "s.nrm.pfm", normal)
    layers = dump.layers("frame", path)
    assert set(layers) == {"color", "albedo", "normal"}
    np.testing.assert_array_equal(layers["color"][..., :3], COLOR)
    np.testing.assert_array_equal(layers["albedo"][..., :3], albedo)
    np.testing.assert_array_equal(layers["normal"][..., :3], normal)
    write_pfm(tmp_path / "s.nrm.pfm", normal[:2])
    assert dump.error("frame", path) == f"{tmp_path}/s.nrm.pfm: {WIDTH}x2 pixels, {path} has {WIDTH}x{HEIGHT}"


def test_mended(dump, tmp_path):
    spoiled = COLOR.copy()
    spoiled[2, 3, 1] = np.nan
    path = write_pfm(tmp_path / "a.pfm", spoiled)
    damage = "1 values of its color are NaN or infinite, the first at pixel x=3 y=2"
    assert dump.error("frame", path) == f"{path}: {damage}"
    layers, said = dump.mended("mended", path)
    assert said == [damage]
    around = np.delete(COLOR[1:4, 2:5].reshape(9, 3), 4, 0)
    np.testing.assert_allclose(layers["color"][2, 3, :3], around.mean(0), rtol=1e-5)


# ---- References and sequences ----------------------------------------------------------------------------------------


def test_references(dump, tmp_path):
    np.testing.assert_array_equal(dump.layers("reference", write_pfm(tmp_path / "r.pfm", COLOR))["reference"][..., :3],
                                  COLOR)
    write_pfm(tmp_path / "f.1.pfm", COLOR)
    write_pfm(tmp_path / "f.1.ref.pfm", COLOR)
    write_pfm(tmp_path / "f.2.pfm", COLOR)
    frames = dump("sequence", tmp_path / "f.*.pfm")[0]
    assert [(f["path"], f["reference"]) for f in frames] == [(f"{tmp_path}/f.1.pfm", True),
                                                             (f"{tmp_path}/f.2.pfm", False)]


def test_one_format_of_a_folder(dump, tmp_path):
    """Pictures beside .exr frames are previews of them."""
    write_pfm(tmp_path / "f.1.pfm", COLOR)
    write_png(tmp_path / "f.1.png", np.zeros((HEIGHT, WIDTH, 3), np.uint8), 2)
    assert [f["path"] for f in dump("sequence", tmp_path)[0]] == [f"{tmp_path}/f.1.pfm"]
    OpenEXR.File({}, {"RGB": COLOR}).write(str(tmp_path / "f.1.exr"))
    assert [f["path"] for f in dump("sequence", tmp_path)[0]] == [f"{tmp_path}/f.1.exr"]
    assert [f["path"] for f in dump("sequence", tmp_path / "f.1.*")[0]] == [f"{tmp_path}/f.1.exr"]
    assert [f["path"] for f in dump("sequence", tmp_path / "f.1.png")[0]] == [f"{tmp_path}/f.1.png"]


def test_triple_of_a_folder(dump, tmp_path):
    for name in ("s.hdr.pfm", "s.alb.pfm", "s.nrm.pfm"):
        write_pfm(tmp_path / name, COLOR)
    assert [f["path"] for f in dump("sequence", tmp_path)[0]] == [f"{tmp_path}/s.hdr.pfm"]


# ---- Refusals --------------------------------------------------------------------------------------------------------


def refuse(dump, path, data, message):
    path.write_bytes(data)
    assert dump.error("frame", path) == f"{path}: {message}"


def test_refused(dump, tmp_path):
    pfm = tmp_path / "a.pfm"
    no_pfm = "it is no PFM: PF or Pf, width, height and scale were expected"
    refuse(dump, pfm, b"", no_pfm)
    refuse(dump, pfm, b"P6\n2 2\n255\n", no_pfm)
    refuse(dump, pfm, b"PF\n2 two\n-1\n", no_pfm)
    refuse(dump, pfm, b"PF\n0 2\n-1\n", "it is 0x2 pixels, expected 1x1 to 16384x16384")
    refuse(dump, pfm, b"PF\n2 20000\n-1\n", "it is 2x20000 pixels, expected 1x1 to 16384x16384")
    refuse(dump, pfm, b"PF\n2 2\n0\n" + bytes(48), "its scale is 0")
    refuse(dump, pfm, b"PF\n2 2\n-1\n" + bytes(47), "it has 57 bytes, 2x2 pixels of 3 channels need 58")
    hdr = tmp_path / "a.hdr"
    header = "its header is not that of an RGBE picture of rows from top to bottom"
    refuse(dump, hdr, b"no picture", "it is no Radiance HDR: #?RADIANCE or #?RGBE was expected")
    refuse(dump, hdr, b"#?RADIANCE\nFORMAT=32-bit_rle_xyze\n\n-Y 1 +X 1\n" + bytes(4), header)
    refuse(dump, hdr, b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n+X 1 -Y 1\n" + bytes(4), header)
    refuse(dump, hdr, b"#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n-Y 1 +X 20000\n",
           "it is 20000x1 pixels, expected 1x1 to 16384x16384")
    for runs in (False, True):  # stb_image alone would wait for ever for the end of runs
        whole = write_hdr(hdr, to_rgbe(COLOR), runs).read_bytes()
        for cut in (1, 2, 30, 70):
            refuse(dump, hdr, whole[:-cut],
                   f"it is cut off: {len(whole) - cut} bytes are not all of {WIDTH}x{HEIGHT} pixels")
    png = tmp_path / "a.png"
    refuse(dump, png, b"no picture", "Not a PNG file")
    whole = write_png(png, np.zeros((HEIGHT, WIDTH, 3), np.uint8), 2).read_bytes()
    refuse(dump, png, whole[:-20], "it is cut off")
    missing = tmp_path / "missing.png"
    assert dump.error("frame", missing) == f"{missing}: cannot open: No such file or directory"


def test_mappings(dump, tmp_path):
    path = write_pfm(tmp_path / "a.pfm", COLOR)
    assert dump.error("frame", path, "albedo=A") == f"{path}: PFM has no channels by names, albedo=A cannot be in it"
    assert set(dump.layers("frame", path, "reference=A")) == {"color"}
    assert dump.error("reference", path, "reference=A").endswith(": PFM has no channels by names, reference=A cannot "
                                                                 "be in it")


# ---- The program -----------------------------------------------------------------------------------------------------


def run(build, *arguments):
    result = subprocess.run([build / "app" / "wfview", *arguments], capture_output=True, timeout=120, check=False)
    assert result.returncode == 0, result.stderr.decode()
    return result


def test_filtered(build, tmp_path):
    """A PNG with alpha through the filter, with a reference that is a PFM: its alpha is filtered with it."""
    samples = RANDOM.integers(0, 65535, (HEIGHT, WIDTH, 4), np.uint16)
    frame = write_png(tmp_path / "shot.0007.png", samples, 6)
    weights = np.zeros((9, HEIGHT, WIDTH), np.float32)
    weights[4] = 1
    np.save(tmp_path / "w.npy", weights)
    reference = write_pfm(tmp_path / "r.pfm", COLOR)
    run(build, "--headless", "--backend", "cpu", "--weights", tmp_path / "w.npy", "--reference", reference, "--save",
        tmp_path / "out", "--report", tmp_path / "report.json", frame)
    channels = OpenEXR.File(str(tmp_path / "out" / "gather.0007.exr")).channels()
    saved = channels["RGBA"].pixels
    alpha = samples[..., 3:] / 65535
    np.testing.assert_allclose(saved[..., :3], linear(samples[..., :3]) * alpha, rtol=1e-5, atol=1e-9)
    np.testing.assert_allclose(saved[..., 3:], alpha, rtol=1e-5)
    report = json.loads((tmp_path / "report.json").read_text())
    assert "reference" in json.dumps(report["layers"])


def test_listed(build, tmp_path):
    write_pfm(tmp_path / "s.alb.pfm", COLOR)
    listed = run(build, "--list", write_pfm(tmp_path / "s.hdr.pfm", COLOR)).stdout.decode().splitlines()
    assert listed == [f"PFM: {WIDTH}x{HEIGHT} pixels", "color from R,G,B", "albedo from R,G,B of *.alb.pfm"]
