"""Which channels of a frame are taken is said, in every way there is."""

import json

import frames
import numpy as np
import OpenEXR
import pytest
from frames import FRAMES

RANDOM = np.random.default_rng(5)
RUN = ["--headless", "--backend", "cpu", "--kernel-size", 3]


def write(path, names, **header):
    channels = {name: RANDOM.random((6, 9), np.float32) for name in names.split()}
    return frames.write_channels(path, channels, compression=OpenEXR.PIZ_COMPRESSION, **header)


def test_said_and_reported(wfview, tmp_path):
    path = FRAMES / "studio" / "studio.0001.exr"
    result = wfview(*RUN, "--report", tmp_path / "report.json", path).done()
    expected = {"color": "ViewLayer.Combined.R,G,B", "albedo": "ViewLayer.Denoising Albedo.R,G,B",
                "normal": "ViewLayer.Denoising Normal.X,Y,Z", "depth": "ViewLayer.Denoising Depth.Z",
                "motion": "ViewLayer.Vector.X,Y", "reference": "R,G,B of reference/*.exr"}
    assert result.taken == [(str(path), expected)]
    assert json.loads((tmp_path / "report.json").read_text())["layers"] == expected


def test_said_again_where_it_changes(wfview, tmp_path):
    names = ["R G B Z", "R G B Z", "Ci.r Ci.g Ci.b N.x N.y N.z", "R G B Z"]
    paths = [str(write(tmp_path / f"a.{i}.exr", channels)) for i, channels in enumerate(names)]
    plain, renderman = {"color": "R,G,B", "depth": "Z"}, {"color": "Ci.r,g,b", "normal": "N.x,y,z"}
    assert wfview(*RUN, tmp_path).done().taken == [(paths[0], plain), (paths[2], renderman), (paths[3], plain)]


def test_mappings_and_files_beside_are_said(wfview, tmp_path):
    write(tmp_path / "shot.hdr.exr", "one two three u v")
    write(tmp_path / "shot.alb.exr", "R G B")
    write(tmp_path / "ref.exr", "Beauty.R Beauty.G Beauty.B")
    result = wfview(*RUN, "--channel", "color=one,two,three", "--channel", "motion=u,v", "--channel",
                    "reference=Beauty", "--reference", tmp_path / "ref.exr", tmp_path / "shot.hdr.exr").done()
    assert result.taken == [(str(tmp_path / "shot.hdr.exr"),
                             {"color": "one,two,three", "albedo": "R,G,B of *.alb.exr", "motion": "u,v",
                              "reference": f"Beauty.R,G,B of {tmp_path}/ref.exr"})]


def test_grey_is_said_once(wfview, tmp_path):
    path = write(tmp_path / "a.exr", "Y")
    assert wfview(*RUN, path).done().taken == [(str(path), {"color": "Y"})]


def test_normals_stored_as_pictures_are_said(wfview, tmp_path):
    """tests/files/test_normals.py has their values."""
    normals = RANDOM.normal(size=(6, 9, 3))
    normals = (normals / np.linalg.norm(normals, axis=-1, keepdims=True)).astype(np.float32)
    for name, stored, said in (("a", normals, ""), ("b", normals / 2 + 0.5, " as n/2 + 1/2")):
        channels = {letter: RANDOM.random((6, 9), np.float32) for letter in "RGB"}
        channels |= {f"N.{letter}": np.ascontiguousarray(stored[..., i]) for i, letter in enumerate("XYZ")}
        path = str(tmp_path / f"{name}.exr")
        OpenEXR.File({"type": OpenEXR.scanlineimage}, channels).write(path)
        assert wfview(*RUN, path).done().taken == [(path, {"color": "R,G,B", "normal": "N.X,Y,Z" + said})]


def test_what_looks_like_a_guide_is_warned_about(wfview, tmp_path):
    path = write(tmp_path / "a.exr",
                 "R G B myAlbedo.R myAlbedo.G myAlbedo.B shading_Normals.X worldDepth velocity.X velocity.Y")
    result = wfview(*RUN, path)
    assert result.status == 0 and result.taken == [(str(path), {"color": "R,G,B"})]
    warning = f"wfview: warning: {path}: its channel"
    assert result.errors.splitlines() == [
        f"{warning} myAlbedo.B looks like albedo, but no rule takes it: --channel albedo=NAME does",
        f"{warning} shading_Normals.X looks like normal, but no rule takes it: --channel normal=NAME does",
        f"{warning} worldDepth looks like depth, but no rule takes it: --channel depth=NAME does",
        f"{warning} velocity.X looks like motion, but no rule takes it: --channel motion=NAME does"]


def test_another_view_is_warned_about(wfview, tmp_path):
    path = write(tmp_path / "a.exr", "left.R left.G left.B right.R right.G right.B left.Z right.Z")
    result = wfview(*RUN, path)
    assert result.status == 0 and result.taken == [(str(path), {"color": "left.R,G,B", "depth": "left.Z"})]
    assert result.errors == f"wfview: warning: {path}: its view right is not taken: --channel color=right does\n"
    result = wfview(*RUN, path, "--channel", "color=right").done()
    assert result.taken == [(str(path), {"color": "right.R,G,B", "depth": "right.Z"})]


def test_another_view_layer_is_warned_about(wfview, tmp_path):
    path = write(tmp_path / "a.exr",
                 " ".join(f"{layer}.Combined.{c}" for layer in ("Back", "Composite", "Front") for c in "RGB"))
    result = wfview(*RUN, path)
    assert result.status == 0 and result.taken == [(str(path), {"color": "Back.Combined.R,G,B"})]
    assert result.errors == (
        f"wfview: warning: {path}: its view layer Front is not taken: --channel color=Front.Combined does\n")
    assert wfview(*RUN, path, "--channel", "color=Front.Combined").done().taken == [
        (str(path), {"color": "Front.Combined.R,G,B"})]


def test_list(wfview, tmp_path):
    box = np.array([2, 3], np.int32), np.array([10, 8], np.int32)
    path = write(tmp_path / "a.exr", "R G B A albedo.R albedo.G albedo.B nothing.V", dataWindow=box,
                 displayWindow=(np.array([0, 0], np.int32), np.array([19, 9], np.int32)))
    assert wfview("--list", path).done().output == (
        "part 0: scan lines, PIZ, data window 9x6 at 2,3, display window 20x10 at 0,0\n"
        "  A  float\n  B  float\n  G  float\n  R  float\n  albedo.B  float\n  albedo.G  float\n  albedo.R  float\n"
        "  nothing.V  float\n"
        "color from R,G,B (plain)\nalbedo from albedo.R,G,B (plain, Mitsuba, pbrt, RenderMan, LuxCore, appleseed)\n")
    mapped = wfview("--list", path, "--channel", "depth=nothing.V").done().output
    assert mapped.endswith("albedo from albedo.R,G,B (plain, Mitsuba, pbrt, RenderMan, LuxCore, appleseed)\ndepth from "
                           "nothing.V (--channel)\n")


def test_list_of_frames(wfview, tmp_path):
    """A folder or a pattern is as it is elsewhere: what is missing is said, and the first frame is listed."""
    for number in (8, 9, 10, 12):
        path = write(tmp_path / f"shot.{number}.exr", "R G B")
    (tmp_path / "shot.8.png").write_bytes(b"")
    first = wfview("--list", tmp_path / "shot.8.exr").done().output
    assert "frame" not in first and "color from R,G,B (plain)\n" in first
    for of in (tmp_path, tmp_path / "*.exr", tmp_path / "shot.#.exr"):
        assert wfview("--list", of).done().output == (
            f"4 frames: {tmp_path}/shot.8.exr to {path}\n1 of the frames shot.8.exr to shot.12.exr is missing, the "
            "first is number 11\n"
            f"the first one:\n{first}")
    mapped = wfview("--list", tmp_path, "--channel", "depth=R").done().output
    assert mapped.endswith("color from R,G,B (plain)\ndepth from R (--channel)\n")
    (tmp_path / "alone").mkdir()
    write(tmp_path / "alone" / "a.exr", "R G B")
    assert wfview("--list", tmp_path / "alone").done().output == f"1 frame: {tmp_path}/alone/a.exr\n{first}"


def test_list_of_no_frames(wfview, tmp_path):
    assert wfview("--list", tmp_path).sentence() == f"wfview: {tmp_path}: no frames there, nor anything else"
    assert wfview("--list",
                  tmp_path / "a.exr").sentence() == f"wfview: {tmp_path}/a.exr: cannot open: No such file or directory"
    (tmp_path / "a.1.exr").write_bytes(b"nothing")
    write(tmp_path / "a.2.exr", "R G B")
    result = wfview("--list", tmp_path)
    assert (result.status, result.output) == (1,
                                              f"2 frames: {tmp_path}/a.1.exr to {tmp_path}/a.2.exr\nthe first one:\n")
    assert result.errors.startswith(f"wfview: {tmp_path}/a.1.exr: not a readable OpenEXR file (7 bytes in the file): ")


def test_list_of_parts(wfview, tmp_path):
    """Parts of two views, one in tiles, of every type."""
    description = OpenEXR.TileDescription()
    description.xSize = description.ySize = 4
    parts = [OpenEXR.Part({"view": "left", "type": OpenEXR.tiledimage, "tiles": description},
                          {c: np.zeros((4, 4), np.float16) for c in "RGB"}, "a"),
             OpenEXR.Part({"view": "right"}, {c: np.zeros((4, 4), np.uint32) for c in "RGB"}, "b")]
    OpenEXR.File(parts).write(str(tmp_path / "a.exr"))
    windows = "data window 4x4 at 0,0, display window 4x4 at 0,0"
    assert wfview("--list", tmp_path / "a.exr").done().output == (
        f'part 0 "a", view left: tiles, ZIP, {windows}\n  B  half\n  G  half\n  R  half\n'
        f'part 1 "b", view right: scan lines, ZIP, {windows}\n  B  uint\n  G  uint\n  R  uint\n'
        "color from a.R,G,B (the only or first picture)\n")


def test_list_of_files_beside(wfview, tmp_path):
    write(tmp_path / "shot.hdr.exr", "R G B")
    write(tmp_path / "shot.nrm.exr", "X Y Z")
    assert wfview("--list", tmp_path / "shot.hdr.exr").done().output.endswith(
        f"color from R,G,B (plain)\nnormal from {tmp_path}/shot.nrm.exr (OIDN)\n")


def test_list_of_what_cannot_be_taken(wfview, tmp_path):
    path = write(tmp_path / "a.exr", "one.R one.G one.B two.R two.G two.B")
    output = wfview("--list", path).done().output
    assert output.endswith("no frame: no color among its channels one.B, one.G, one.R, two.B, two.G, two.R; "
                           "--channel color=NAME tells where it is\n")
    path.write_bytes(b"nothing")
    sentence = wfview("--list", path).sentence()
    assert sentence.startswith(f"wfview: {path}: not a readable OpenEXR file (7 bytes in the file): ")


@pytest.mark.parametrize("mapping", [["--channel", "color=ViewLayer.DiffDir"], []])
def test_what_is_said_is_what_is_filtered(wfview, tmp_path, mapping):
    """A filter of one tap gives the color back."""
    names = [f"ViewLayer.{group}.{c}" for group in ("Combined", "DiffDir") for c in "RGB"]
    channels = {name: RANDOM.random((6, 9), np.float32) for name in names}
    frames.write_channels(tmp_path / "a.exr", channels)
    np.save(tmp_path / "w.npy", np.ones((1, 6, 9), np.float32))
    result = wfview("--headless", "--backend", "cpu", "--weights", tmp_path / "w.npy", "--save", tmp_path / "out",
                    *mapping, tmp_path / "a.exr").done()
    [(_, taken)] = result.taken
    group = taken["color"].removesuffix(".R,G,B")
    assert group == ("ViewLayer.DiffDir" if mapping else "ViewLayer.Combined")
    expected = np.stack([channels[f"{group}.{c}"] for c in "RGB"], -1)
    np.testing.assert_array_equal(frames.read(tmp_path / "out" / "gather.exr"), expected)


@pytest.mark.parametrize("words",
                         [["--list"], [*RUN], [*RUN, str(FRAMES / "terrace" / "terrace.0001.exr"), "--reference"]])
def test_a_file_of_no_format(wfview, tmp_path, words):
    (tmp_path / "a.tif").write_bytes(b"II*\0 and so on")
    assert wfview(*words, tmp_path / "a.tif").sentence() == (
        f"wfview: {tmp_path}/a.tif: is no OpenEXR file, nor named as one of another format (.pfm, .hdr, .png)")
    exr = write(tmp_path / "a.exr", "R G B").rename(tmp_path / "without")
    assert wfview(*RUN, exr).done().taken == [(str(exr), {"color": "R,G,B"})]
